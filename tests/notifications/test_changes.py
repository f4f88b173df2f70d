"""Who receives which mail about a change: deciders, requesters, and everybody whose plan it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import text
from sqlalchemy.orm import Session

from gmp_booking.approvals.jobs import expire_overdue
from gmp_booking.bookings.content import BookingContent, NamedPerson
from gmp_booking.bookings.views import get_view
from gmp_booking.changes.service import cancel_session, change, move_session, withdraw
from gmp_booking.kernel.vocabulary import Action
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.contents import DemonstrationContentFactory
from tests.notifications.conftest import MailHarness
from tests.notifications.journeys import decided, somebody

REQUESTER, OPERATOR, OTHER = "requester@gaon.example", "operator@gaon.example", "operator2@gaon.example"


def content_of(post: MailHarness, reference: str) -> BookingContent:
    return post.database.read(somebody(post.database, REQUESTER), get_view, reference).content


def changed(post: MailHarness, reference: str, content: BookingContent, by: str = REQUESTER) -> str:
    actor = somebody(post.database, by)
    return post.database.transact(actor, change, reference, content, explanation="The donor is late").outcome.value


def later(content: BookingContent, by: timedelta) -> BookingContent:
    sessions = tuple(replace(each, start=each.start + by, end=each.end + by) for each in content.sessions)
    return replace(content, sessions=sessions)


def entries(mail: EmailMessage) -> list[tuple[str, int, str, datetime]]:
    """Each attached entry as its method, sequence, name and start."""
    found = []
    for part in mail.iter_attachments():
        calendar: Any = Calendar.from_ical(part.get_content())
        (event,) = calendar.walk("VEVENT")
        name = str(event["UID"]).partition("@")[0].rpartition("-")[2]
        found.append((str(calendar["METHOD"]), int(event["SEQUENCE"]), name, event["DTSTART"].dt))
    return sorted(found)


def newest(post: MailHarness, recipient: str) -> EmailMessage:
    return post.mails_to(recipient)[-1]


def test_a_change_is_put_before_whoever_decides_and_its_approval_renews_the_invitations(post: MailHarness) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    content = content_of(post, reference)
    post.work()
    before = len(post.mails_to(OPERATOR))
    assert changed(post, reference, later(content, timedelta(days=7))) == "requested"
    post.work()
    assert "change request of" in newest(post, "demo@brc.example")["Subject"]
    assert len(post.mails_to(OPERATOR)) == before, "nobody's plan has changed yet"
    decided(post.database, reference, Action.APPROVE)
    post.work()
    mail = newest(post, OPERATOR)
    assert "Changed" in mail["Subject"]
    assert entries(mail) == [("REQUEST", 2, "s1", later(content, timedelta(days=7)).sessions[0].start)]


def test_a_change_decided_before_its_mail_went_out_is_not_asked_about(post: MailHarness) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    changed(post, reference, later(content_of(post, reference), timedelta(days=7)))
    post.plan()
    post.database.transact(somebody(post.database, REQUESTER), withdraw, reference)
    post.work()
    assert not [mail for mail in post.mails_to("demo@brc.example") if "change request of" in mail["Subject"]]


def test_a_change_that_ended_before_anybody_looked_is_nobodys_and_no_trouble(post: MailHarness, rows) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    changed(post, reference, later(content_of(post, reference), timedelta(days=7)))
    post.database.transact(somebody(post.database, REQUESTER), withdraw, reference)
    post.work()
    open_or_failed = (
        "SELECT count(*) FROM delivery WHERE consumer = 'notifications' AND (done_at IS NULL OR attempts > 0)"
    )
    assert rows.scalar(text(open_or_failed)) == 0
    assert not [mail for mail in post.mails_to("demo@brc.example") if "change request of" in mail["Subject"]]


def test_a_rejected_change_notifies_who_requested_it_and_leaves_the_reminders(post: MailHarness, rows) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    post.work()
    due = rows.execute(
        text("SELECT count(*) FROM outbox_message WHERE sent_at IS NULL AND withdrawn_at IS NULL")
    ).scalar()
    changed(post, reference, later(content_of(post, reference), timedelta(days=7)))
    decided(post.database, reference, Action.REJECT, reason="The room is needed for a course")
    post.work()
    assert "rejected" in newest(post, REQUESTER)["Subject"]
    rows.rollback()
    still = rows.execute(
        text("SELECT count(*) FROM outbox_message WHERE sent_at IS NULL AND withdrawn_at IS NULL")
    ).scalar()
    assert still == due > 0


def test_a_returned_change_brings_its_question_to_who_requested_it(post: MailHarness) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    changed(post, reference, later(content_of(post, reference), timedelta(days=7)))
    decided(post.database, reference, Action.RETURN, reason="Why a week later?")
    post.work()
    mail = newest(post, REQUESTER)
    assert mail["Subject"].startswith(f"[{reference}] A question about your change")
    assert "Why a week later?" in mail.get_body(("plain",)).get_content()


def test_both_sides_are_notified_that_a_change_has_expired(post: MailHarness, rows) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    changed(post, reference, later(content_of(post, reference), timedelta(days=7)))
    post.work()
    rows.execute(text("UPDATE booking_change SET pending_until = gmp_now() - interval '1 second'"))
    rows.commit()
    expire_overdue(post.database)
    post.work()
    for recipient in (REQUESTER, "demo@brc.example"):
        assert "Change request expired" in newest(post, recipient)["Subject"]


def test_somebody_swapped_out_is_taken_out_and_the_new_one_invited(post: MailHarness) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    content = content_of(post, reference)
    (session,) = content.sessions
    swapped = replace(content, sessions=(replace(session, people=(NamedPerson(OTHER, "OPERATOR"),)),))
    assert changed(post, reference, swapped) == "adjusted"
    post.work()
    assert entries(newest(post, OPERATOR)) == [("CANCEL", 1, "s1", session.start)]
    assert entries(newest(post, OTHER)) == [("REQUEST", 1, "s1", session.start)]


def test_somebody_swapped_out_of_one_session_keeps_the_other_one(post: MailHarness) -> None:
    reference = ConfirmedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(1, 2))).reference
    content = content_of(post, reference)
    first, second = content.sessions
    assert [person.email for person in second.people] == [OPERATOR]
    swapped = replace(content, sessions=(replace(first, people=(NamedPerson(OTHER, "OPERATOR"),)), second))
    assert changed(post, reference, swapped) == "adjusted"
    post.work()
    got = [entry for mail in post.mails_to(OPERATOR) for entry in entries(mail)]
    assert ("CANCEL", 1, "s1", first.start) in got
    assert ("CANCEL", 1, "s2", second.start) not in got


def test_a_moved_session_reaches_every_calendar_and_is_reminded_of_at_its_new_time(post: MailHarness, rows) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    (session,) = content_of(post, reference).sessions
    post.work()
    by = timedelta(days=1)
    times = {"start": session.start + by, "end": session.end + by}
    post.database.transact(somebody(post.database, "scheduler@brc.example"), move_session, reference, 1, **times)
    post.work()
    assert entries(newest(post, OPERATOR)) == [("REQUEST", 2, "s1", session.start + by)]
    pending = "SELECT DISTINCT due_at FROM outbox_message WHERE kind = 'upcoming' AND sent_at IS NULL AND withdrawn_at IS NULL"
    dues = sorted(rows.execute(text(pending)).scalars())
    assert dues
    for due in dues:
        assert (due - by).date() not in {each.date() for each in dues}, "the old reminders are withdrawn"
    back = {"start": session.start, "end": session.end}
    post.database.transact(somebody(post.database, "scheduler@brc.example"), move_session, reference, 1, **back)
    post.work()
    rows.rollback()
    assert sorted(rows.execute(text(pending)).scalars()) == [due - by for due in dues], "moved back, they are due again"


def test_a_session_given_up_is_taken_out_and_the_others_stay(post: MailHarness) -> None:
    reference = ConfirmedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(0, 1))).reference
    actor = somebody(post.database, REQUESTER)
    post.database.transact(actor, cancel_session, reference, 1, reason="The first day is not needed")
    post.work()
    assert [(method, name) for method, _sequence, name, _start in entries(newest(post, OPERATOR))] == [
        ("CANCEL", "s1"),
        ("REQUEST", "s2"),
    ]


def test_a_session_given_up_is_taken_out_although_the_booking_is_closed_at_once(
    post: MailHarness, rows: Session
) -> None:
    reference = ConfirmedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(0, 1))).reference
    post.work()
    actor = somebody(post.database, REQUESTER)
    post.database.transact(actor, cancel_session, reference, 1, reason="The first day is not needed")
    rows.execute(text("UPDATE booking SET state = 'CLOSED' WHERE reference = :reference"), {"reference": reference})
    rows.commit()
    post.work()
    assert ("CANCEL", "s1") in [(method, name) for method, _, name, _ in entries(newest(post, OPERATOR))]


def test_a_reminder_that_is_due_at_the_same_time_tells_the_new_start(post: MailHarness, rows: Session) -> None:
    reference = ConfirmedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(0,))).reference
    post.work()
    (session,) = content_of(post, reference).sessions
    later = {"start": session.start + timedelta(hours=1), "end": session.end + timedelta(hours=1)}
    post.database.transact(somebody(post.database, "scheduler@brc.example"), move_session, reference, 1, **later)
    post.work()
    waiting = text(
        "SELECT DISTINCT (payload ->> 'start')::timestamptz FROM outbox_message"
        " WHERE kind = 'upcoming' AND sent_at IS NULL AND withdrawn_at IS NULL"
    )
    assert list(rows.execute(waiting).scalars()) == [later["start"]]


def test_no_reminder_waits_for_a_session_that_was_given_up(post: MailHarness, rows: Session) -> None:
    reference = ConfirmedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(0, 1))).reference
    first, second = (each.start for each in content_of(post, reference).sessions)
    actor = somebody(post.database, REQUESTER)
    post.database.transact(actor, cancel_session, reference, 1, reason="The first day is not needed")
    post.work()
    waiting = text(
        "SELECT DISTINCT (payload ->> 'start')::timestamptz FROM outbox_message"
        " WHERE kind = 'upcoming' AND sent_at IS NULL AND withdrawn_at IS NULL"
    )
    assert first != second
    assert list(rows.execute(waiting).scalars()) == [second]


def test_a_session_that_an_approved_change_leaves_out_is_taken_out(post: MailHarness) -> None:
    reference = ConfirmedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(0, 1))).reference
    content = content_of(post, reference)
    first, second = content.sessions
    fewer = replace(content, sessions=(replace(first, headcount=5),))
    assert changed(post, reference, fewer) == "requested"
    decided(post.database, reference, Action.APPROVE)
    post.work()
    received = [entry for mail in post.mails_to(OPERATOR) for entry in entries(mail)]
    assert ("CANCEL", 2, "s2", second.start) in received
    assert ("REQUEST", 2, "s1", first.start) in received


@pytest.mark.parametrize("ending", ["waits", "withdrawn"])
def test_both_sides_are_notified_that_a_change_is_about_to_expire_while_it_waits(
    post: MailHarness, rows, ending: str
) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    content = content_of(post, reference)
    assert changed(post, reference, later(content, timedelta(days=7))) == "requested"
    post.work()
    (until,) = rows.scalars(text("SELECT pending_until FROM booking_change WHERE ended_at IS NULL"))
    if ending == "withdrawn":
        post.database.transact(somebody(post.database, REQUESTER), withdraw, reference)
    post.pass_time(until - timedelta(hours=12) - datetime.now(UTC))
    post.work()
    for recipient in (REQUESTER, "demo@brc.example"):
        received = [mail["Subject"] for mail in post.mails_to(recipient) if "Change request expires" in mail["Subject"]]
        assert bool(received) is (ending == "waits"), (recipient, received)


def test_what_is_said_of_a_risk_outlives_the_version_it_was_said_of(post: MailHarness, rows) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    happened = (
        "INSERT INTO journal (event, at, actor_name, company_id, subject_kind, subject_id, reference, version, data)"
    )
    happened += " SELECT :event, gmp_now(), 'x', company_id, 'BOOKING', id, reference, version, CAST(:data AS jsonb) FROM booking"
    entry = rows.scalar(text(f"{happened} RETURNING id"), {"event": "BookingClear", "data": "{}"})
    rows.execute(text("INSERT INTO delivery (journal_id, consumer) VALUES (:id, 'notifications')"), {"id": entry})
    rows.commit()
    post.plan()
    changed(post, reference, later(content_of(post, reference), timedelta(days=7)))
    decided(post.database, reference, Action.APPROVE)
    post.work()
    assert [mail for mail in post.mails_to(REQUESTER) if "No longer at risk" in mail["Subject"]]
