"""Until when a request holds its time: counted from its first submission, and never past its start."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp

REQUESTER, SCHEDULER = "requester@gaon.example", "scheduler@brc.example"
HOUR = timedelta(hours=1)


def run_at(start: datetime, *, room: str = "B-01", hours: float = 3, **more: Any) -> dict[str, Any]:
    return EngineeringRequestFactory(
        by=REQUESTER, sessions=[SessionFactory(room=room, start=start, hours=hours, headcount=2)], **more
    )


def ask_again(shared_app: SharedApp, reference: str, body: dict[str, Any], *, status: int = 200) -> dict[str, Any]:
    client = shared_app.api_client(REQUESTER)
    answer = client.client.patch(f"/api/v1/bookings/{reference}", json=body, headers=client.headers)
    assert answer.status_code == status, answer.text
    return dict(answer.json)


def let_pass(shared_app: SharedApp, reference: str, **time: float) -> None:
    """The request is so much older than it was."""
    for table in ("booking", "booking_change"):
        own = "id = b.id" if table == "booking" else "booking_id = b.id"
        shared_app.ask(
            f"UPDATE {table} AS x SET pending_since = x.pending_since - %s, pending_until = x.pending_until - %s,"
            f" returned_at = x.returned_at - %s FROM booking AS b WHERE x.{own} AND b.reference = %s RETURNING x.id",
            *[timedelta(**time)] * 3,
            reference,
        )


def pending_until(shared_app: SharedApp, reference: str) -> datetime:
    statement = (
        "SELECT COALESCE(c.pending_until, b.pending_until) AS at FROM booking b"
        " LEFT JOIN booking_change c ON c.booking_id = b.id AND c.ended_at IS NULL WHERE b.reference = %s"
    )
    at = shared_app.ask(statement, reference)[0]["at"]
    assert isinstance(at, datetime)
    return at


def far_away(shared_app: SharedApp) -> datetime:
    start = shared_app.free_hour().replace(hour=1) + timedelta(weeks=20)
    return start + timedelta(days=-start.weekday() % 7)


def test_k2_4_asking_again_for_the_same_request_does_not_prolong_it(shared_app: SharedApp) -> None:
    body = run_at(far_away(shared_app))
    reference = shared_app.api_client(REQUESTER).post("/api/v1/bookings", body).json["reference"]
    for _ in range(3):
        let_pass(shared_app, reference, days=5)
        before = pending_until(shared_app, reference)
        ask_again(shared_app, reference, body | {"purpose": "P2 harvest"})
        assert pending_until(shared_app, reference) <= before + timedelta(days=2), "a weekend may lie between"


def test_k2_4_asking_again_for_the_same_change_does_not_prolong_it(shared_app: SharedApp) -> None:
    start = far_away(shared_app) + timedelta(days=28)
    reference = ConfirmedBookingFactory(app=shared_app, by=REQUESTER, body=run_at(start)).reference
    wanted = run_at(start + timedelta(days=2), hours=4)
    ask_again(shared_app, reference, wanted)
    for _ in range(3):
        let_pass(shared_app, reference, days=5)
        before = pending_until(shared_app, reference)
        assert ask_again(shared_app, reference, wanted)["outcome"] == "requested"
        assert pending_until(shared_app, reference) <= before + timedelta(days=2)


def test_k2_4_the_time_with_the_company_is_added(shared_app: SharedApp) -> None:
    body = run_at(far_away(shared_app) + timedelta(days=14))
    reference = shared_app.api_client(REQUESTER).post("/api/v1/bookings", body).json["reference"]
    address = f"/api/v1/bookings/{reference}"
    before = pending_until(shared_app, reference)
    shared_app.api_client(SCHEDULER).post(f"{address}/return", {"reason": "Which lot is it?"})
    shared_app.ask(
        "UPDATE booking SET returned_at = returned_at - interval '7 days' WHERE reference = %s RETURNING id", reference
    )
    assert shared_app.api_client(REQUESTER).post(f"{address}/answer", {"text": "Lot 7, upper shelf"}).status_code == 200
    after = pending_until(shared_app, reference)
    assert before + timedelta(days=5) <= after <= before + timedelta(days=11)


def test_k2_4_a_request_is_never_pending_past_its_start(shared_app: SharedApp) -> None:
    start = shared_app.free_hour() + timedelta(days=1)
    made = shared_app.api_client(REQUESTER).post("/api/v1/bookings", run_at(start, room="C-01")).json
    assert pending_until(shared_app, made["reference"]) == start - 2 * HOUR
    decide_by = datetime.fromisoformat(made["decide_by"])
    assert decide_by <= pending_until(shared_app, made["reference"])


def test_k2_4_a_change_is_pending_until_the_earlier_of_its_old_and_its_new_start(shared_app: SharedApp) -> None:
    start = shared_app.free_hour() + timedelta(days=2)
    reference = ConfirmedBookingFactory(app=shared_app, by=REQUESTER, body=run_at(start, room="C-01")).reference
    ask_again(shared_app, reference, run_at(start + timedelta(days=70), room="C-01", hours=4))
    assert pending_until(shared_app, reference) == start - 2 * HOUR


def test_k2_5_what_a_change_holds_counts_against_the_limit(shared_app: SharedApp) -> None:
    start = far_away(shared_app) + timedelta(days=60)
    body = run_at(start, room="C-01")
    reference = ConfirmedBookingFactory(app=shared_app, by=REQUESTER, body=body).reference
    shared_app.ask(
        "UPDATE booking SET pending_until = gmp_now() WHERE state IN ('SUBMITTED', 'UNDER_REVIEW') RETURNING id"
    )
    cap = "UPDATE company SET pending_room_days_cap = %s WHERE code = 'GAO' RETURNING id"
    waiting = shared_app.ask("SELECT count(*) AS n FROM booking WHERE state IN ('SUBMITTED', 'UNDER_REVIEW')")[0]["n"]
    shared_app.ask(cap, waiting + 10)
    days = [SessionFactory(room="C-01", start=start + timedelta(days=7 + day), hours=10) for day in range(54)]
    many = body | {"sessions": [*body["sessions"], *({**each, "headcount": 2} for each in days)]}
    signatory = shared_app.api_client("approver@gaon.example")
    refused = signatory.client.patch(f"/api/v1/bookings/{reference}", json=many, headers=signatory.headers)
    assert refused.status_code == 409, refused.text
    assert refused.json["pending_limit"]["together"] > waiting + 10
    shared_app.ask(cap, 100_000)
    accepted = signatory.client.patch(f"/api/v1/bookings/{reference}", json=many, headers=signatory.headers)
    assert accepted.status_code == 200, accepted.text
    shared_app.ask(cap, 20)
    another = signatory.post("/api/v1/bookings", run_at(start + timedelta(days=90), room="B-02"))
    assert another.status_code == 409, "the change that waits counts for other requests, too"
    shared_app.ask(cap, 100_000)


def test_k2_6_only_short_requests_with_notice_are_confirmed_automatically(shared_app: SharedApp) -> None:
    client = shared_app.api_client("approver@gaon.example")
    start = far_away(shared_app) + timedelta(days=100)

    def quality_control(start: datetime, hours: float) -> str:
        session = SessionFactory(room="L-01", start=start, hours=hours, headcount=1)
        answer = client.post("/api/v1/bookings", {"kind": "QC", "sessions": [session]})
        assert answer.status_code == 201, answer.text
        return str(answer.json["state"])

    assert quality_control(start, 3) == "CONFIRMED"
    assert quality_control(start + timedelta(days=1), 24 * 300) == "SUBMITTED"
