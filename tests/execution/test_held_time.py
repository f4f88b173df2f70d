"""Held time is what the parts of a booking need: nothing else is kept, and nothing that is needed is given away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gmp_booking.approvals.jobs import expire_overdue
from tests.clients import SIGNED
from tests.execution.conftest import OPERATOR, OPERATOR2, PRODUCTION, QA, SCHEDULER, ExecutionClient
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import EngineeringRequestFactory, ReservationFactory, SessionFactory

HOUR = timedelta(hours=1)
BY = "requester@gaon.example"


def held(execution: ExecutionClient, reference: str, code: str) -> list[tuple[datetime, datetime]]:
    rows = execution.shared_app.ask(
        "SELECT s.starts_at, s.ends_at FROM slot s JOIN resource r ON r.id = s.resource_id"
        " JOIN booking b ON b.id = s.booking_id"
        " WHERE s.active AND b.reference = %s AND r.code = %s ORDER BY 1",
        reference,
        code,
    )
    return [(row["starts_at"], row["ends_at"]) for row in rows]


def times(execution: ExecutionClient, reference: str, number: int = 1) -> tuple[datetime, datetime]:
    row = execution.session(reference, number=number)
    return row["starts_at"], row["ends_at"]


def run_of(execution: ExecutionClient, *sessions: dict[str, Any], equipment: tuple[Any, ...], starts_in: float) -> str:
    """A released engineering run with these parts, brought to now."""
    named = [each | {"people": [{"email": execution.person_of("gaon")}]} for each in sessions]
    body = EngineeringRequestFactory(by=BY, sessions=named, equipment=list(equipment))
    reference = ConfirmedBookingFactory(app=execution.shared_app, by=BY, body=body).reference
    execution.bring(reference, starts_in)
    execution.shared_app.ask(
        "UPDATE equipment_reservation q SET starts_at = q.starts_at + x.by, ends_at = q.ends_at + x.by"
        " FROM booking b, (SELECT booking_id, min(starts_at) - %s AS by FROM booking_session GROUP BY 1) x"
        " WHERE x.booking_id = b.id AND q.booking_id = b.id AND b.reference = %s RETURNING q.id",
        min(datetime.fromisoformat(session["start"]) for session in sessions),
        reference,
    )
    execution.release(reference)
    return str(reference)


def asked_anew(execution: ExecutionClient, reference: str, *added: dict[str, Any], headcount: int = 2) -> None:
    """The same booking with further sessions, or with more people in its last one, is asked for."""
    shown = execution.shared_app.api_client(SCHEDULER).get(f"/api/v1/bookings/{reference}").json
    sessions = [
        {key: each[key] for key in ("room", "start", "end", "step", "exposure", "headcount")}
        | {"people": [{"email": person["email"]} for person in each["people"]]}
        for each in shown["sessions"]
    ]
    sessions[-1]["headcount"] = headcount
    body = EngineeringRequestFactory(by=BY) | {"sessions": [*sessions, *added]}
    client = execution.shared_app.api_client(BY)
    answer = client.client.patch(f"/api/v1/bookings/{reference}", json=body, headers=client.headers)
    assert answer.json.get("outcome") == "requested", answer.text


def a_monday() -> datetime:
    monday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(weeks=9)
    return monday - timedelta(days=monday.weekday()) + timedelta(hours=1)


def test_k2_1_a_device_that_is_reserved_longer_stays_held_when_its_session_ends(execution: ExecutionClient) -> None:
    execution.empty()
    start = a_monday()
    session = SessionFactory(room="C-01", start=start, hours=2, equipment=["CHR-01"], headcount=2)
    reserved = ReservationFactory(resource="CHR-01", start=start, hours=9, units=1)
    reference = run_of(execution, session, equipment=(reserved,), starts_in=-1)
    before = held(execution, reference, "CHR-01")
    execution.do(OPERATOR, reference, "check-in")
    execution.do(OPERATOR, reference, "complete")
    assert held(execution, reference, "CHR-01") == before != []


def test_k2_2_a_device_that_two_sessions_need_stays_held_for_the_second(execution: ExecutionClient) -> None:
    execution.empty()
    start = a_monday() + 24 * HOUR
    first = SessionFactory(room="C-01", start=start, hours=3, equipment=["CHR-01"], headcount=2)
    second = SessionFactory(room="C-02", start=start + 2 * HOUR, hours=7, equipment=["CHR-01"], headcount=2)
    reference = run_of(execution, first, second, equipment=(), starts_in=-2.5)
    until = times(execution, reference, 2)[1]
    execution.do(OPERATOR, reference, "check-in")
    execution.do(OPERATOR, reference, "complete")
    assert held(execution, reference, "CHR-01")[-1][1] == until


def test_k2_3_closing_ends_a_waiting_change_and_frees_what_it_held(execution: ExecutionClient) -> None:
    execution.empty()
    execution.restart()
    reference = execution.running(3)
    asked_anew(execution, reference, SessionFactory(room="B-01", start=a_monday(), hours=3, headcount=2))
    assert len(held(execution, reference, "B-01")) == 2
    execution.do(OPERATOR, reference, "complete")
    execution.do(OPERATOR2, reference, "verify")
    closed = execution.shared_app.api_client(QA).post(f"/api/v1/bookings/{reference}/close", SIGNED)
    assert closed.status_code == 200, closed.text
    assert len(held(execution, reference, "B-01")) == 1
    change = "SELECT c.state FROM booking_change c JOIN booking b ON b.id = c.booking_id WHERE b.reference = %s"
    assert execution.shared_app.ask(change, reference)[0]["state"] == "WITHDRAWN"
    assert execution.last_event(reference)["event"] == "BookingChangeWithdrawn"


def test_k2_3_a_change_that_outlived_its_booking_is_expired(execution: ExecutionClient) -> None:
    execution.empty()
    reference = execution.confirmed(3)
    asked_anew(execution, reference, SessionFactory(room="B-01", start=a_monday() + 48 * HOUR, hours=3, headcount=2))
    closed = "UPDATE booking SET state = 'CLOSED' WHERE reference = %s RETURNING id"
    row = execution.shared_app.ask(closed, reference)[0]
    execution.shared_app.ask(
        "UPDATE booking_change SET pending_until = gmp_now() WHERE booking_id = %s RETURNING id", row["id"]
    )
    expire_overdue(execution.shared_app.database)
    found = execution.shared_app.ask("SELECT state FROM booking_change WHERE booking_id = %s", row["id"])
    assert found[0]["state"] == "EXPIRED"


def test_k2_6_a_long_extension_needs_the_scheduler(execution: ExecutionClient) -> None:
    execution.empty()
    reference = execution.running(2)
    end = times(execution, reference)[1].replace(microsecond=0)
    far = {"until": (end + 5 * HOUR).isoformat()}
    refused = execution.act(OPERATOR, reference, "takes-until", far)
    assert refused.status_code == 403
    assert execution.act(PRODUCTION, reference, "takes-until", far).status_code == 403
    execution.do(OPERATOR, reference, "takes-until", {"until": (end + 3 * HOUR).isoformat()})
    execution.do(SCHEDULER, reference, "takes-until", far)
    assert held(execution, reference, "B-01")[-1][1] == end + 5 * HOUR


def test_k2_7_a_crew_is_free_after_its_session_ended_whatever_is_approved_later(execution: ExecutionClient) -> None:
    execution.empty()
    execution.restart()
    reference = execution.running(3, 3, session={"people": [{"email": OPERATOR}]})
    end = times(execution, reference)[1]
    execution.do(OPERATOR, reference, "complete")
    asked_anew(execution, reference, headcount=3)
    busy = (
        "SELECT max(p.ends_at) AS until FROM session_person p JOIN booking_session s ON s.id = p.booking_session_id"
        " JOIN booking b ON b.id = p.booking_id WHERE b.reference = %s AND s.number = 1 AND p.active"
    )
    assert execution.shared_app.ask(busy, reference)[0]["until"] < end
    for by, action in ((SCHEDULER, "review"), (QA, "approve")):
        address = f"/api/v1/bookings/{reference}/{action}"
        assert execution.shared_app.api_client(by).post(address, SIGNED).status_code == 200
    assert execution.shared_app.ask(busy, reference)[0]["until"] < end
