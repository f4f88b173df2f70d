"""Changes of confirmed bookings wait in the same inbox, are decided among others, asked about, and expire."""

from __future__ import annotations

from gmp_booking.approvals.jobs import expire_overdue
from tests.approvals.test_inbox import QA, SCHEDULER, act, references, waiting
from tests.bookings.changing import a_run, hold_of
from tests.clients import SIGNED
from tests.factories.bookings import ChangeRequestedBookingFactory, SubmittedBookingFactory
from tests.shared_app import SharedApp

REQUESTER = "requester@gaon.example"


def with_a_change(shared_app: SharedApp) -> str:
    """A confirmed run its company asks to have a week later."""
    return a_run(shared_app, ChangeRequestedBookingFactory).reference


def change_of(shared_app: SharedApp, reference: str) -> str:
    statement = "SELECT n.state FROM booking_change n JOIN booking b ON b.id = n.booking_id WHERE b.reference = %s"
    return str(shared_app.ask(f"{statement} ORDER BY n.id DESC", reference)[0]["state"])


def test_a_change_stands_in_the_inbox_and_is_decided_among_others(shared_app: SharedApp) -> None:
    reference, other = with_a_change(shared_app), SubmittedBookingFactory(app=shared_app).reference
    changes = references(waiting(shared_app, changes=1))
    assert reference in changes
    assert other not in changes
    assert other in references(waiting(shared_app))
    shown = shared_app.page_client(SCHEDULER).get("/inbox").text
    assert "change of a confirmed booking" in shown
    body = {"items": [act(shared_app, reference, "review"), act(shared_app, other, "review")]}
    results = shared_app.api_client(SCHEDULER).post("/api/v1/decisions", body).json["results"]
    assert [each["done"] for each in results] == [True, True]
    form = shared_app.page_client(QA).get(f"/inbox/decide?item={reference}:1").text
    assert "Version 2" in form
    signed = SIGNED | {"items": [act(shared_app, reference, "approve")]}
    assert shared_app.api_client(QA).post("/api/v1/decisions", signed).json["results"][0]["done"]
    assert change_of(shared_app, reference) == "APPROVED"
    assert reference not in references(waiting(shared_app, QA, changes=1))


def test_a_change_nobody_decides_expires_and_the_booking_stays(shared_app: SharedApp) -> None:
    reference = with_a_change(shared_app)
    (before,) = shared_app.ask("SELECT id FROM booking WHERE reference = %s", reference)
    held = hold_of(shared_app, reference)
    late = "UPDATE booking_change SET pending_until = gmp_now() WHERE booking_id = %s RETURNING id"
    shared_app.ask(late, before["id"])
    expire_overdue(shared_app.database)
    assert change_of(shared_app, reference) == "EXPIRED"
    assert shared_app.ask("SELECT state, version FROM booking WHERE reference = %s", reference)[0] == {
        "state": "CONFIRMED",
        "version": 1,
    }
    assert sum(map(len, hold_of(shared_app, reference).values())) < sum(map(len, held.values()))
    expire_overdue(shared_app.database)
    events = shared_app.ask(
        "SELECT count(*) FROM journal WHERE reference = %s AND event = 'BookingChangeExpired'", reference
    )
    assert events[0]["count"] == 1


def test_a_question_about_a_change_is_answered_in_words(shared_app: SharedApp) -> None:
    reference = with_a_change(shared_app)
    address = f"/api/v1/bookings/{reference}"
    scheduler = shared_app.api_client(SCHEDULER)
    assert scheduler.post(f"{address}/return", {"reason": "Why a week later?"}).status_code == 200
    assert scheduler.post(f"{address}/ask", {"text": "And who will come?"}).status_code == 200
    answered = shared_app.api_client(REQUESTER).post(f"{address}/answer", {"text": "The donor comes later"})
    assert answered.status_code == 200, answered.text
    assert change_of(shared_app, reference) == "SUBMITTED"
    page = shared_app.page_client(REQUESTER).get(f"/bookings/{reference}").text
    assert page.index("Why a week later?") < page.index("The donor comes later")
