"""Requests expire when their time is up, both sides are notified, and a company's limit holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from gmp_booking.approvals.jobs import expire_overdue
from tests.clients import SIGNED
from tests.factories.bookings import (
    ConfirmedBookingFactory,
    ReturnedBookingFactory,
    ReviewedBookingFactory,
    SubmittedBookingFactory,
    let_its_time_pass,
)
from tests.factories.form_fields import form_of
from tests.factories.request_bodies import DemonstrationRequestFactory, EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp

SCHEDULER, QA, REQUESTER, APPROVER = (
    "scheduler@brc.example",
    "qa@brc.example",
    "requester@gaon.example",
    "approver@gaon.example",
)
NOTHING_WAITS = "requester@hanbit.example"
"""Whose company asks for nothing else in this module."""


def state_of(shared_app: SharedApp, reference: str) -> str:
    return str(shared_app.ask("SELECT state FROM booking WHERE reference = %s", reference)[0]["state"])


def slots_of(shared_app: SharedApp, reference: str) -> int:
    statement = "SELECT count(*) FROM slot JOIN booking b ON b.id = booking_id WHERE b.reference = %s AND slot.active"
    return int(shared_app.ask(statement, reference)[0]["count"])


def events_of(shared_app: SharedApp, reference: str) -> list[str]:
    rows = shared_app.ask("SELECT event FROM journal WHERE reference = %s ORDER BY id", reference)
    return [row["event"] for row in rows]


def test_a_request_whose_time_is_up_frees_its_slots_and_no_other_one_does(shared_app: SharedApp) -> None:
    ended, returned, standing_one = (
        SubmittedBookingFactory(app=shared_app).reference,
        ReturnedBookingFactory(app=shared_app).reference,
        SubmittedBookingFactory(app=shared_app).reference,
    )
    for reference in (ended, returned):
        let_its_time_pass(shared_app, reference)
    expire_overdue(shared_app.database)
    assert [state_of(shared_app, each) for each in (ended, returned, standing_one)] == [
        "EXPIRED",
        "EXPIRED",
        "SUBMITTED",
    ]
    assert [slots_of(shared_app, each) for each in (ended, returned, standing_one)] == [0, 0, 1]
    (entry,) = shared_app.ask("SELECT * FROM journal WHERE reference = %s AND event = 'BookingExpired'", returned)
    assert (entry["actor_name"], entry["data"]["was"]) == ("gmp_booking", "RETURNED")


def test_what_is_confirmed_never_expires(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app).reference
    assert (
        shared_app.ask("SELECT pending_until FROM booking WHERE reference = %s", reference)[0]["pending_until"] is None
    )
    let_its_time_pass(shared_app, reference)
    expire_overdue(shared_app.database)
    assert state_of(shared_app, reference) == "CONFIRMED"


def test_ten_workers_at_once_let_each_request_expire_once(shared_app: SharedApp) -> None:
    references = [SubmittedBookingFactory(app=shared_app).reference for _ in range(3)]
    for reference in references:
        let_its_time_pass(shared_app, reference)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: expire_overdue(shared_app.database), range(10)))
    assert [events_of(shared_app, each).count("BookingExpired") for each in references] == [1, 1, 1]


def cap(shared_app: SharedApp, room_days: int, company: str = "GAO") -> None:
    shared_app.ask("UPDATE company SET pending_room_days_cap = %s WHERE code = %s RETURNING id", room_days, company)


def test_a_company_keeps_no_more_waiting_than_its_limit_and_is_told_how_much_that_is(shared_app: SharedApp) -> None:
    api_client = shared_app.api_client(NOTHING_WAITS)
    cap(shared_app, 1, "HBT")
    day = weekdays(shared_app)
    first = api_client.post("/api/v1/bookings", room_on(next(day), "T-01"))
    assert first.status_code == 201, first.text
    second = api_client.post("/api/v1/bookings", room_on(next(day), "T-01"))
    assert second.status_code == 201, "8 and 8 hours of one room are one room-day"
    refused = api_client.post("/api/v1/bookings", room_on(next(day), "T-02"))
    assert refused.status_code == 409
    assert refused.json["pending_limit"] == {"waiting": 1, "together": 2, "limit": 1}
    assert "the limit is 1" in refused.json["detail"]
    assert api_client.post("/api/v1/bookings", shared_app.incubator_body()).status_code == 201, (
        "an incubator is no room"
    )
    entered = shared_app.api_client(SCHEDULER).post(
        "/api/v1/bookings", room_on(next(day), "T-02") | {"booked_for": "HBT"}
    )
    assert entered.status_code == 409, "what staff enter counts for the company"
    api_client.post(f"/api/v1/bookings/{first.json['reference']}/cancel", {"reason": "Not needed any more"})
    api_client.post(f"/api/v1/bookings/{second.json['reference']}/cancel", {"reason": "Not needed any more"})
    assert api_client.post("/api/v1/bookings", room_on(next(day), "T-02")).status_code == 201
    cap(shared_app, 100_000, "HBT")


def weekdays(shared_app: SharedApp) -> Any:
    """Mornings nobody else of this module uses."""
    start = shared_app.free_hour().replace(hour=9) + timedelta(weeks=30)
    while True:
        if start.weekday() < 5:
            yield start
        start += timedelta(days=1)


def room_on(start: Any, room: str) -> dict[str, Any]:
    end = start + timedelta(hours=8)
    return DemonstrationRequestFactory(sessions=[SessionFactory(room=room, start=start, end=end, headcount=2)])


def test_the_form_is_kept_when_the_limit_is_in_the_way(shared_app: SharedApp) -> None:
    cap(shared_app, 0)
    start = next(weekdays(shared_app))
    part = {"room": "T-01", "start": start, "end": start + timedelta(hours=3), "headcount": "2"}
    page = shared_app.page_client(REQUESTER).post(
        "/bookings/new", form_of(kind="TECH_DEMO", product="", run_type="", title="Autumn show", sessions=[part])
    )
    assert page.status_code == 409
    assert "Autumn show" in page.text
    assert "the limit is 0" in page.text
    cap(shared_app, 100_000)


def campaign(shared_app: SharedApp, room: str = "B-03") -> dict[str, Any]:
    days = weekdays(shared_app)
    starts = [next(days) for _ in range(6)]
    sessions = [SessionFactory(room=room, start=s, hours=4, headcount=2) for s in starts]
    return EngineeringRequestFactory(sessions=sessions)


def test_work_on_more_than_five_days_is_asked_for_by_a_signatory_unless_the_company_has_but_one_manager(
    shared_app: SharedApp,
) -> None:
    body = campaign(shared_app)
    refused = shared_app.api_client(REQUESTER).post("/api/v1/bookings", body)
    assert refused.status_code == 403
    assert "authorised signatory" in refused.json["detail"]
    shared_app.ask("UPDATE company SET single_signatory = true WHERE code = 'GAO' RETURNING id")
    assert shared_app.api_client(REQUESTER).post("/api/v1/bookings", body).status_code == 201
    shared_app.ask("UPDATE company SET single_signatory = false WHERE code = 'GAO' RETURNING id")
    assert shared_app.api_client(APPROVER).post("/api/v1/bookings", campaign(shared_app, "B-02")).status_code == 201


def test_an_answer_in_words_gives_the_request_back_to_the_stage_that_asked(shared_app: SharedApp) -> None:
    reference = ReviewedBookingFactory(app=shared_app).reference
    address = f"/api/v1/bookings/{reference}"
    asked = shared_app.api_client(QA).post(f"{address}/return", {"reason": "Which lot is it?"})
    assert asked.json["state"] == "RETURNED"
    assert shared_app.api_client(QA).post(f"{address}/ask", {"text": "And which shelf?"}).json["state"] == "RETURNED"
    assert shared_app.api_client(SCHEDULER).post(f"{address}/ask", {"text": "And which shelf?"}).status_code == 403
    api_client = shared_app.api_client(REQUESTER)
    assert api_client.post(f"{address}/answer", {"text": " "}).status_code == 422
    answered = api_client.post(f"{address}/answer", {"text": "Lot 7, the upper shelf"})
    assert (answered.json["state"], answered.json["version"]) == ("UNDER_REVIEW", 1)
    assert api_client.post(f"{address}/answer", {"text": "Lot 7, the upper shelf"}).status_code == 409
    page = shared_app.page_client(REQUESTER).get(f"/bookings/{reference}").text
    assert page.index("Which lot is it?") < page.index("And which shelf?") < page.index("Lot 7, the upper shelf")
    assert shared_app.api_client(QA).post(f"{address}/approve", SIGNED).json["state"] == "CONFIRMED"


def test_an_answer_goes_with_a_changed_request(shared_app: SharedApp) -> None:
    reference = ReturnedBookingFactory(app=shared_app).reference
    page_client = shared_app.page_client(REQUESTER)
    form = page_client.get(f"/bookings/{reference}/edit").text
    assert "Which shelf is it?" in form
    start = shared_app.free_hour()
    part = {"resource": "INC-01", "units": "1", "start": start, "end": start + timedelta(hours=1)}
    fields = form_of(kind="EQUIPMENT", product="", run_type="", equipment=[part]) | {"answer": "The lowest one"}
    assert page_client.post(f"/bookings/{reference}/edit", fields).status_code == 303
    assert events_of(shared_app, reference)[-2:] == ["BookingAnswered", "BookingSubmitted"]
    assert "The lowest one" in page_client.get(f"/bookings/{reference}").text


def test_of_two_tabs_the_second_draft_is_told(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(REQUESTER)
    made = page_client.post("/bookings/new", form_of(operation="save_draft", purpose="first"))
    address = made.headers["Location"].split("?")[0]
    (row,) = shared_app.ask("SELECT revision FROM booking WHERE reference = %s", address.split("/")[2])
    fields = {"revision": str(row["revision"])}
    assert page_client.post(address, form_of(operation="save_draft", purpose="second") | fields).status_code == 303
    stale = page_client.post(address, form_of(operation="save_draft", purpose="third") | fields)
    assert stale.status_code == 412
    assert "third" in stale.text
