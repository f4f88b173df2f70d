"""Who gets which mail when something happens to a booking."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.message import EmailMessage

import icalendar
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gmp_booking.bookings.content import BookedFor, BookingContent, ReservationContent
from gmp_booking.kernel.vocabulary import Action, Kind
from tests.factories.bookings import ConfirmedBookingFactory, SubmittedBookingFactory
from tests.factories.contents import (
    DemonstrationContentFactory,
    EngineeringContentFactory,
    SessionContentFactory,
    morning,
)
from tests.notifications.conftest import MailHarness
from tests.notifications.journeys import cancelled, confirm, decided

REQUESTER, OPERATOR, OPERATOR2 = "requester@gaon.example", "operator@gaon.example", "operator2@gaon.example"
SCHEDULER, DEMO_MANAGER = "scheduler@brc.example", "demo@brc.example"


def body(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def calendar(mail: EmailMessage) -> icalendar.Calendar:
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    return icalendar.Calendar.from_ical(attached.get_content())


def calendars(mail: EmailMessage) -> list[icalendar.Calendar]:
    attached = list(mail.iter_attachments())
    assert {each.get_content_type() for each in attached} == {"text/calendar"}
    return [icalendar.Calendar.from_ical(each.get_content()) for each in attached]


def uids(mail: EmailMessage) -> list[str]:
    return [str(entry["UID"]) for each in calendars(mail) for entry in each.walk("VEVENT")]


def set_language(rows: Session, email: str, language: str) -> None:
    rows.execute(text("UPDATE person SET language = :l WHERE email = :e"), {"l": language, "e": email})
    rows.commit()


def test_a_request_is_announced_to_the_people_of_its_first_stage(post: MailHarness) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    post.work()
    ((recipient, (subject,)),) = post.subjects.items()
    assert recipient == DEMO_MANAGER
    assert subject == f"[{reference}] Waiting for your decision: Gaon Stem, T-01"
    assert "Requester: GAO requester." in body(post.mails[0])


def test_a_reviewed_request_is_announced_to_the_next_stage(post: MailHarness) -> None:
    content = EngineeringContentFactory()
    reference = SubmittedBookingFactory(database=post.database, body=content).reference
    post.work()
    assert set(post.subjects) == {SCHEDULER}
    decided(post.database, reference, Action.REVIEW, by=SCHEDULER)
    post.work()
    assert set(post.subjects) == {SCHEDULER, "qa@brc.example"}


def test_nobody_is_asked_to_decide_on_what_they_asked_for(post: MailHarness) -> None:
    SubmittedBookingFactory(
        database=post.database, body=DemonstrationContentFactory(booked_for=BookedFor("GAO")), by=DEMO_MANAGER
    )
    post.work()
    assert post.mails_to(DEMO_MANAGER) == []


def test_a_returned_request_brings_its_question_to_the_requester(post: MailHarness) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    post.work()
    decided(post.database, reference, Action.RETURN, reason="Which bioreactor will you bring?")
    post.work()
    (mail,) = post.mails_to(REQUESTER)
    assert mail["Subject"].startswith(f"[{reference}] A question about your request")
    assert "Which bioreactor will you bring?" in body(mail)
    assert "The time is reserved for you until" in body(mail)


def test_a_rejection_brings_its_reason(post: MailHarness) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    decided(post.database, reference, Action.REJECT, reason="The stage is being rebuilt")
    post.work()
    (mail,) = post.mails
    assert mail["X-RcptTo"] == REQUESTER
    assert "The stage is being rebuilt" in body(mail)


def test_a_confirmed_booking_reaches_the_requester_and_the_people_named_with_a_calendar_file(post: MailHarness) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    post.work()
    confirm(post.database, reference)
    post.work()
    assert set(post.subjects) == {DEMO_MANAGER, REQUESTER, OPERATOR}
    (mail,) = post.mails_to(REQUESTER)
    start = SessionContentFactory().start
    assert mail["Subject"] == f"[{reference}] Confirmed: T-01, {start:%Y-%m-%d (%a) %H:%M} KST"
    assert f"- T-01 Room T-01: {start:%Y-%m-%d (%a)} 09:00–13:00 KST" in body(mail)
    assert f"https://booking.brc.example/bookings/{reference}" in body(mail)
    assert mail.get_body(("html",)).get_content().count("<h") <= 2
    entries = calendar(mail)
    assert entries["METHOD"] == "REQUEST"
    (entry,) = entries.walk("VEVENT")
    assert (entry["UID"], entry["STATUS"], entry["SEQUENCE"]) == (f"{reference}-s1@booking.brc.example", "CONFIRMED", 1)
    assert entry.decoded("DTSTART") == start
    assert entry["ATTENDEE"] == f"mailto:{REQUESTER}"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_each_person_named_is_invited_to_their_own_sessions_and_the_requester_to_all(post: MailHarness) -> None:
    ConfirmedBookingFactory(
        database=post.database,
        body=DemonstrationContentFactory(
            sessions=(SessionContentFactory(crew=(OPERATOR,)), SessionContentFactory(days=1, crew=(OPERATOR2,)))
        ),
    )
    post.work()
    found = {mail["X-RcptTo"]: [uid[12:14] for uid in uids(mail)] for mail in post.mails}
    assert found == {REQUESTER: ["s1", "s2"], OPERATOR: ["s1"], OPERATOR2: ["s2"]}


def test_a_file_asks_about_one_entry_and_says_so_in_its_part(post: MailHarness) -> None:
    reference = ConfirmedBookingFactory(
        database=post.database, body=DemonstrationContentFactory(days=(0, 1, 2))
    ).reference
    post.work()
    cancelled(post.database, reference)
    post.work()
    for mail, method in zip(post.mails_to(REQUESTER), ("REQUEST", "CANCEL"), strict=True):
        assert [len(each.walk("VEVENT")) for each in calendars(mail)] == [1, 1, 1]
        assert {str(each["METHOD"]) for each in calendars(mail)} == {method}
        parts = list(mail.iter_attachments())
        assert {part["Content-Type"].params["method"] for part in parts} == {method}
        assert [part.get_filename() for part in parts] == [f"{reference}-s{number}.ics" for number in (1, 2, 3)]
        assert len(set(uids(mail))) == 3


def test_equipment_is_transparent_in_the_calendar(post: MailHarness, rows: Session) -> None:
    reserved = ReservationContent("INC-01", morning(21), morning(21) + timedelta(days=20), units=2)
    reference = SubmittedBookingFactory(
        database=post.database, body=BookingContent(kind=Kind.EQUIPMENT, product="GS-M1", equipment=(reserved,))
    ).reference
    decided(post.database, reference, Action.REVIEW, by=SCHEDULER)
    rows.execute(text("UPDATE booking SET track = 'light', stage = 0"))
    rows.commit()
    confirm(post.database, reference)
    post.work()
    (mail,) = post.mails
    (entry,) = calendar(mail).walk("VEVENT")
    assert (entry["UID"], entry["TRANSP"]) == (f"{reference}-e1@booking.brc.example", "TRANSPARENT")
    assert "- INC-01 (2 places): " in body(mail)


def test_a_cancelled_booking_is_taken_back_and_its_reminders_with_it(post: MailHarness, rows: Session) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    post.work()
    assert rows.execute(text("SELECT count(*) FROM outbox_message WHERE kind = 'upcoming'")).scalar() == 4
    cancelled(post.database, reference)
    post.work()
    rows.rollback()
    waiting = "kind = 'upcoming' AND withdrawn_at IS NULL"
    assert rows.execute(text(f"SELECT count(*) FROM outbox_message WHERE {waiting}")).scalar() == 0
    last = {mail["X-RcptTo"]: mail for mail in post.mails if "Cancelled" in mail["Subject"]}
    assert set(last) == {REQUESTER, OPERATOR, SCHEDULER}
    entries = calendar(last[OPERATOR])
    assert (entries["METHOD"], entries.walk("VEVENT")[0]["STATUS"]) == ("CANCEL", "CANCELLED")
    assert entries.walk("VEVENT")[0]["SEQUENCE"] == 2
    assert list(last[SCHEDULER].iter_attachments()) == []
    assert "The samples did not arrive" in body(last[OPERATOR])
    post.pass_time(timedelta(days=40))
    before = len(post.mails)
    post.work()
    assert len(post.mails) == before


def test_a_request_given_up_before_it_was_confirmed_takes_nothing_out_of_a_calendar(post: MailHarness) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    cancelled(post.database, reference)
    post.work()
    assert set(post.subjects) == {REQUESTER, SCHEDULER}
    assert all(list(mail.iter_attachments()) == [] for mail in post.mails)


def test_the_sender_looks_again_so_a_cancel_nobody_has_handled_yet_stops_the_mail(
    post: MailHarness, rows: Session
) -> None:
    reference = ConfirmedBookingFactory(database=post.database).reference
    post.plan()
    cancelled(post.database, reference)
    first_due = (SessionContentFactory().start - timedelta(days=14)).replace(hour=9)
    post.pass_time(first_due - datetime.now(first_due.tzinfo) + timedelta(minutes=1))
    post.send()
    assert post.mails == []
    due = rows.execute(text("SELECT count(*) FROM outbox_message WHERE withdrawn_at IS NOT NULL")).scalar()
    assert due == 4  # two confirmations, two reminders at D-14
    post.plan()
    post.send()
    assert {mail["X-RcptTo"] for mail in post.mails} == {REQUESTER, OPERATOR, SCHEDULER}


def test_a_request_already_reviewed_is_not_announced_any_more(post: MailHarness) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    post.plan()
    confirm(post.database, reference)
    post.work()
    assert DEMO_MANAGER not in post.subjects


def test_reminders_come_in_time_and_once(post: MailHarness) -> None:
    ConfirmedBookingFactory(database=post.database)
    post.work()
    sent = len(post.mails)
    start = SessionContentFactory().start
    for days in (14, 3, 1):
        due = (start - timedelta(days=days)).replace(hour=9)
        post.pass_time(due - datetime.now(due.tzinfo) - timedelta(seconds=20))
        post.work()
        assert len(post.mails) == sent, f"too early: D-{days}"
        post.pass_time(due - datetime.now(due.tzinfo) + timedelta(seconds=1))
        post.work()
        post.work()
        sent += 2
        assert len(post.mails) == sent, f"D-{days}"
    assert ["Reminder" in mail["Subject"] for mail in post.mails[2:]] == [True] * 4 + [False] * 2
    assert all(mail["Subject"].startswith("Tomorrow, ") for mail in post.mails[6:])


def test_no_reminder_comes_after_the_session_began(post: MailHarness, rows: Session) -> None:
    ConfirmedBookingFactory(database=post.database)
    post.work()
    before = len(post.mails)
    post.pass_time(timedelta(days=60))
    post.work()
    assert len(post.mails) == before
    assert rows.execute(text("SELECT count(*) FROM outbox_message WHERE withdrawn_at IS NOT NULL")).scalar() == 6


def test_who_is_no_longer_named_gets_no_reminder(post: MailHarness, rows: Session) -> None:
    ConfirmedBookingFactory(database=post.database)
    post.work()
    rows.execute(text("DELETE FROM session_person"))
    rows.commit()
    post.pass_time(
        SessionContentFactory().start - datetime.now(SessionContentFactory().start.tzinfo) - timedelta(hours=20)
    )
    post.work()
    reminded = [mail["X-RcptTo"] for mail in post.mails if "Reminder" in mail["Subject"]]
    assert set(reminded) == {REQUESTER}


def test_who_was_deactivated_gets_no_mail(post: MailHarness, rows: Session) -> None:
    reference = SubmittedBookingFactory(database=post.database).reference
    confirm(post.database, reference)
    post.plan()
    rows.execute(text("UPDATE person SET active = false WHERE email = :email"), {"email": OPERATOR})
    rows.commit()
    post.send()
    assert set(post.subjects) == {REQUESTER}


@pytest.mark.parametrize(("language", "zone_of"), [("ko", ".("), ("en", " ("), ("zh_Hans", "日（周")])
def test_mail_speaks_the_readers_language(post: MailHarness, rows: Session, language: str, zone_of: str) -> None:
    set_language(rows, REQUESTER, language)
    ConfirmedBookingFactory(database=post.database)
    post.work()
    (mail,) = post.mails_to(REQUESTER)
    assert zone_of in mail["Subject"]
    assert "KST" in body(mail)
    assert mail["Content-Language"] == language.replace("_", "-")
    names = {"ko": "T-01 실", "en": "Room T-01", "zh_Hans": "T-01室"}
    confirmed_in = {"ko": "예약 확정", "en": "Confirmed", "zh_Hans": "预约已确认"}
    assert names[language] in body(mail)
    assert confirmed_in[language] in mail["Subject"]
    assert calendar(mail).walk("VEVENT")[0]["SUMMARY"].params["LANGUAGE"] == language.replace("_", "-")


def test_a_competitors_data_is_in_no_mail(post: MailHarness, rows: Session) -> None:
    competitors = DemonstrationContentFactory(
        sessions=(SessionContentFactory(days=2, crew=("operator@saebyeok.example",)),),
        title="SECRET-CANARY",
        purpose="SECRET-CANARY",
    )
    other = SubmittedBookingFactory(database=post.database, body=competitors, by="requester@saebyeok.example").reference
    confirm(post.database, other)
    ConfirmedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(0,), title="Gaon's own"))
    post.work()
    hints = re.compile(rf"SECRET-CANARY|{other}|saebyeok|Saebyeok|새벽", re.IGNORECASE)
    for mail in post.mails:
        if mail["X-RcptTo"].endswith("gaon.example"):
            whole = str(mail["Subject"]) + body(mail) + mail.get_body(("html",)).get_content()
            whole += "".join(part.get_content() for part in mail.iter_attachments())
            assert not hints.search(whole)
    recipients = {mail["X-RcptTo"].split("@")[1] for mail in post.mails if hints.search(body(mail))}
    assert recipients <= {"saebyeok.example", "brc.example"}


def test_calendar_files_name_no_product_and_no_person(post: MailHarness) -> None:
    ConfirmedBookingFactory(
        database=post.database, body=DemonstrationContentFactory(title="TITLE-CANARY", purpose="PURPOSE-CANARY")
    )
    post.work()
    for mail in post.mails:
        (attached,) = mail.iter_attachments()
        assert not re.search(r"CANARY|GAO |Gaon", attached.get_content())


def test_line_breaks_in_a_title_stop_no_mail(post: MailHarness) -> None:
    ConfirmedBookingFactory(
        database=post.database,
        body=DemonstrationContentFactory(title="Two\r\nBcc: everybody@example.com\u2028lines\u0085"),
    )
    post.work()
    (mail,) = post.mails_to(REQUESTER)
    assert "Two Bcc: everybody@example.com lines" in mail["Subject"]
    assert mail["Bcc"] is None


def test_a_person_of_another_company_is_notified_of_nothing_even_when_named(post: MailHarness, rows: Session) -> None:
    ConfirmedBookingFactory(database=post.database)
    stranger = "SELECT id FROM person WHERE email = 'operator@saebyeok.example'"
    rows.execute(text(f"UPDATE session_person SET person_id = ({stranger})"))
    rows.commit()
    post.work()
    assert set(post.subjects) == {REQUESTER}


def test_a_delivery_that_cannot_be_handled_does_not_stop_the_others(post: MailHarness, rows: Session) -> None:
    SubmittedBookingFactory(database=post.database)
    rows.execute(text("UPDATE booking SET track = 'no such track'"))
    rows.commit()
    SubmittedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(1,)))
    post.work()
    assert list(post.subjects) == [DEMO_MANAGER]
    for _ in range(12):
        post.plan()
    found = rows.execute(
        text("SELECT attempts, done_at, last_error FROM delivery WHERE consumer = 'notifications' ORDER BY id")
    ).all()
    assert (found[0].attempts, found[0].done_at) == (10, None)
    assert "no such track" in found[0].last_error
    assert found[1].done_at
