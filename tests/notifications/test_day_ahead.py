"""The morning before: one mail a person for the whole day, written from what stands then."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from gmp_booking.bookings.content import BookingContent
from tests.factories.bookings import CancelledBookingFactory, ConfirmedBookingFactory
from tests.factories.contents import DemonstrationContentFactory, SessionContentFactory
from tests.notifications.conftest import MailHarness
from tests.notifications.journeys import cancelled

OPERATOR = "operator@gaon.example"
DAY = SessionContentFactory().start.replace(hour=0)


def at_hours(*hours: int) -> BookingContent:
    """A demonstration with a session of two hours at each of these hours of the day."""
    starts = [DAY.replace(hour=hour) for hour in hours]
    sessions = (SessionContentFactory(start=start, end=start + timedelta(hours=2)) for start in starts)
    return DemonstrationContentFactory(sessions=tuple(sessions))


def the_morning_before(post: MailHarness) -> None:
    due = DAY.replace(hour=9) - timedelta(days=1)
    post.pass_time(due - datetime.now(due.tzinfo) + timedelta(seconds=5))


def mails_of_tomorrow(post: MailHarness, to: str) -> list[str]:
    mails = [mail for mail in post.mails_to(to) if mail["Subject"].startswith("Tomorrow, ")]
    return [mail.get_body(("plain",)).get_content() for mail in mails]


def test_three_sessions_of_two_bookings_are_one_mail_a_person(post: MailHarness) -> None:
    first = ConfirmedBookingFactory(database=post.database, body=at_hours(8, 15)).reference
    second = ConfirmedBookingFactory(database=post.database, body=at_hours(12)).reference
    post.work()
    the_morning_before(post)
    for _again in range(3):
        post.work()
    for reader in (OPERATOR, "requester@gaon.example"):
        (said,) = mails_of_tomorrow(post, reader)
        lines = [line for line in said.splitlines() if line.startswith("- ")]
        assert [line.rsplit(", ", 1)[1] for line in lines] == [first, second, first]
        assert "08:00–10:00 KST: T-01" in lines[0]
    assert mails_of_tomorrow(post, "operator2@gaon.example") == []


def test_what_was_cancelled_meanwhile_is_not_in_it(post: MailHarness) -> None:
    kept = ConfirmedBookingFactory(database=post.database, body=at_hours(9)).reference
    gone = ConfirmedBookingFactory(database=post.database, body=at_hours(12)).reference
    post.work()
    cancelled(post.database, gone)
    the_morning_before(post)
    post.work()
    (said,) = mails_of_tomorrow(post, OPERATOR)
    assert kept in said
    assert gone not in said


def test_nothing_left_is_no_mail(post: MailHarness, rows: Session) -> None:
    CancelledBookingFactory(confirmed=True, database=post.database, body=at_hours(9))
    post.work()
    the_morning_before(post)
    post.work()
    assert mails_of_tomorrow(post, OPERATOR) == []
    open_ones = text(
        "SELECT count(*) FROM outbox_message WHERE kind = 'day_ahead' AND sent_at IS NULL AND withdrawn_at IS NULL"
    )
    assert rows.execute(open_ones).scalar() == 0


def test_it_is_kept_once_however_often_bookings_of_the_day_are_confirmed(post: MailHarness, rows: Session) -> None:
    for hour in (9, 11, 13):
        ConfirmedBookingFactory(database=post.database, body=at_hours(hour))
    post.plan()
    kept = text("SELECT recipient, count(*) FROM outbox_message WHERE kind = 'day_ahead' GROUP BY 1")
    assert dict(rows.execute(kept).all()) == {OPERATOR: 1, "requester@gaon.example": 1}
