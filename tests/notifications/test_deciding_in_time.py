"""Mails about requests that wait: before they expire, when they do, every morning, and with one-tap links."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gmp_booking.approvals.clarification_answers import answer
from gmp_booking.approvals.clarifications import add_question
from gmp_booking.approvals.jobs import expire_overdue
from gmp_booking.bookings.content import BookedFor
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.notifications.jobs import plan_schedules
from gmp_booking.notifications.kinds.digest import is_due, this_morning
from gmp_booking.notifications.planning import plan_scheduled
from tests.factories.bookings import SubmittedBookingFactory
from tests.factories.contents import DemonstrationContentFactory
from tests.notifications.conftest import MailHarness
from tests.notifications.journeys import confirm, decided, somebody
from tests.zones import SEOUL

REQUESTER, APPROVER = "requester@gaon.example", "approver@gaon.example"
DEMO_MANAGER, MANAGER, SCHEDULER = "demo@brc.example", "manager@brc.example", "scheduler@brc.example"


def words(mail) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def notices(rows: Session) -> list[tuple[str, datetime]]:
    statement = "SELECT recipient, due_at FROM outbox_message WHERE kind = 'expiring' AND withdrawn_at IS NULL"
    return [(row.recipient, row.due_at) for row in rows.execute(text(f"{statement} ORDER BY due_at, recipient"))]


def pending_until(rows: Session) -> datetime:
    return rows.execute(text("SELECT pending_until FROM booking")).scalar_one()


def owner_says(rows: Session, statement: str, **values: object) -> None:
    rows.execute(text(statement), values)
    rows.commit()


def test_both_sides_are_notified_five_days_and_one_day_before_in_the_morning(post: MailHarness, rows: Session) -> None:
    SubmittedBookingFactory(database=post.database)
    post.plan()
    last = pending_until(rows).astimezone(SEOUL).date()
    mornings = [datetime(d.year, d.month, d.day, 9, tzinfo=SEOUL) for d in (last - timedelta(5), last - timedelta(1))]
    assert notices(rows) == [(who, due) for due in mornings for who in (DEMO_MANAGER, REQUESTER)]


def test_a_notice_says_when_and_is_not_sent_once_it_is_decided(post: MailHarness, rows: Session) -> None:
    first, second = (
        SubmittedBookingFactory(database=post.database).reference,
        SubmittedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(1,))).reference,
    )
    post.plan()
    confirm(post.database, second)
    until = rows.execute(text("SELECT pending_until FROM booking WHERE reference = :r"), {"r": first}).scalar_one()
    post.pass_time(until - timedelta(days=4) - datetime.now(SEOUL))
    post.work()
    received = [(mail["X-RcptTo"], mail["Subject"]) for mail in post.mails if "Expires on" in mail["Subject"]]
    assert {who for who, _ in received} == {REQUESTER, DEMO_MANAGER}
    assert all(first in subject for _, subject in received)
    own = next(mail for mail in post.mails_to(REQUESTER) if "Expires on" in mail["Subject"])
    assert "Your request has not been decided yet." in words(own)


def test_a_return_gives_new_dates_and_the_old_notices_are_silent(post: MailHarness, rows: Session) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    post.plan()
    decided(post.database, reference, Action.RETURN, reason="Which guests will come?")
    post.plan()
    until = pending_until(rows)
    post.pass_time(until - timedelta(hours=12) - datetime.now(SEOUL))
    post.work()
    received = [mail for mail in post.mails_to(REQUESTER) if "Expires on" in mail["Subject"]]
    assert received
    assert all("is waiting for your answer" in words(mail) for mail in received)
    later = [due for _, due in notices(rows) if due > until]
    post.pass_time(max(later) + timedelta(hours=1) - datetime.now(SEOUL))
    before = len(post.mails)
    post.work()
    assert len(post.mails) == before


def test_when_it_expires_both_sides_are_notified_within_a_minute(post: MailHarness, rows: Session) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    post.work()
    owner_says(rows, "UPDATE booking SET pending_until = gmp_now() - interval '1 second'")
    expire_overdue(post.database)
    post.work()
    received = {mail["X-RcptTo"]: mail for mail in post.mails if "Expired" in mail["Subject"]}
    assert set(received) == {REQUESTER, DEMO_MANAGER}
    assert "was not decided in time" in words(received[REQUESTER])
    assert reference in received[REQUESTER]["Subject"]


def test_questions_and_answers_go_to_and_fro(post: MailHarness) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    decided(post.database, reference, Action.RETURN, reason="Which guests will come?")
    post.database.transact(somebody(post.database, DEMO_MANAGER), add_question, reference, text="And how many of them?")
    post.work()
    asked = [words(mail) for mail in post.mails_to(REQUESTER)]
    assert sum("Which guests will come?" in mail for mail in asked) == 1
    assert sum("And how many of them?" in mail for mail in asked) == 1
    post.database.transact(somebody(post.database, REQUESTER), answer, reference, text="Eight from the university")
    post.work()
    (received,) = [mail for mail in post.mails_to(DEMO_MANAGER) if "Answered" in mail["Subject"]]
    assert "Eight from the university" in words(received)


def late(rows: Session, *, by: str, expires: str = "10 days") -> None:
    statement = "UPDATE booking SET decide_by = gmp_now() - CAST(:by AS interval)"
    owner_says(rows, statement + ", pending_until = gmp_now() + CAST(:expires AS interval)", by=by, expires=expires)


def at_nine(post: MailHarness) -> None:
    """Tomorrow morning, between the reminders' eight o'clock and the quiet hours."""
    tomorrow = (datetime.now(SEOUL) + timedelta(days=1)).replace(hour=9, minute=0, second=0)
    post.pass_time(tomorrow - datetime.now(SEOUL))


def remind(post: MailHarness) -> None:
    plan_schedules(post.database)
    post.work()


def digests(post: MailHarness) -> list[tuple[str, str]]:
    return sorted((mail["X-RcptTo"], words(mail)) for mail in post.mails if "overdue" in mail["Subject"])


def test_every_morning_whoever_keeps_something_late_is_reminded_once(post: MailHarness, rows: Session) -> None:
    first, second = (
        SubmittedBookingFactory(database=post.database).reference,
        SubmittedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(1,))).reference,
    )
    at_nine(post)
    late(rows, by="2 days")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: post.database.transact(SYSTEM, plan_scheduled, "digest"), range(6)))
    remind(post)
    ((who, said),) = digests(post)
    assert who == DEMO_MANAGER
    assert first in said
    assert second in said
    assert "https://booking.brc.example/inbox?late=1" in said


def test_the_facility_manager_is_notified_before_a_request_expires_undecided(post: MailHarness, rows: Session) -> None:
    SubmittedBookingFactory(database=post.database)
    at_nine(post)
    late(rows, by="6 days", expires="2 days")
    remind(post)
    assert [who for who, _ in digests(post)] == [DEMO_MANAGER, MANAGER]
    assert "soon expire without a decision" in digests(post)[1][1]


def test_nobody_is_reminded_of_what_was_decided_meanwhile_nor_at_night(post: MailHarness, rows: Session) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    at_nine(post)
    late(rows, by="2 days")
    post.database.transact(SYSTEM, plan_scheduled, "digest")
    confirm(post.database, reference)
    post.work()
    assert digests(post) == []


@pytest.mark.parametrize(("hour", "is_time"), [(7, False), (8, True), (20, True), (21, False)])
def test_reminders_keep_the_quiet_hours(post: MailHarness, rows: Session, hour: int, is_time: bool) -> None:
    SubmittedBookingFactory(database=post.database)
    moment = (datetime.now(SEOUL) + timedelta(days=1)).replace(hour=hour, minute=5)
    post.pass_time(moment - datetime.now(SEOUL))
    late(rows, by="2 days")
    assert post.database.read(SYSTEM, is_due) is is_time
    assert this_morning(moment, SEOUL).hour == 8


def test_who_phoned_gets_a_link_and_nobody_after_it_was_confirmed(post: MailHarness, rows: Session) -> None:
    SubmittedBookingFactory(
        database=post.database, body=DemonstrationContentFactory(booked_for=BookedFor(person=REQUESTER)), by=SCHEDULER
    )
    post.work()
    (mail,) = post.mails_to(REQUESTER)
    assert "Please confirm" in mail["Subject"]
    assert re.search(r"https://booking\.brc\.example/confirm/gmpc_\S{40,}", words(mail))
    SubmittedBookingFactory(
        database=post.database, body=DemonstrationContentFactory(days=(1,), booked_for=BookedFor("GAO")), by=SCHEDULER
    )
    owner_says(rows, "UPDATE acknowledgement SET confirmed_at = gmp_now()")
    post.work()
    assert post.mails_to(APPROVER) == []
