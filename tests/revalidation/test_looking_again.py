"""Who is looked at again, when, and what a look leaves behind."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.registry import CONSUMERS
from gmp_booking.revalidation.jobs import enqueue_nightly, revalidate_waiting, work
from tests.clients import weekday_at
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import EquipmentRequestFactory, HoldFactory, MaintenanceFactory, ReservationFactory
from tests.outages.acts import ENGINEER, QA, lifted, placed
from tests.revalidation.test_a_hold import GAON, SAEBYEOK, a_run, at_risk, events, run_now
from tests.shared_app import SharedApp
from tests.zones import SEOUL

_weeks = itertools.count(6)


def in_a_fresh_week(hour: int = 9, *, weekday: int = 1) -> datetime:
    """A working hour of a week no other test has booked."""
    return weekday_at(hour, weeks=next(_weeks), weekday=weekday)


@pytest.fixture(autouse=True)
def caught_up(shared_app: SharedApp) -> None:
    """Nothing stands and nothing waits from the test before."""
    shared_app.ask(
        "UPDATE outage SET lifted_at = gmp_now(), lifted_by = raised_by, lift_reason = 'over'"
        " WHERE lifted_at IS NULL AND (until_at IS NULL OR until_at > gmp_now()) RETURNING id"
    )
    work(shared_app.database)
    shared_app.ask("UPDATE revalidation SET looked_at = gmp_now(), due_at = NULL RETURNING id")


def evaluations(shared_app: SharedApp, reference: str) -> list[str]:
    rows = shared_app.ask(
        "SELECT e.occasion FROM evaluation AS e JOIN booking AS b ON b.id = e.booking_id WHERE b.reference = %s"
        " ORDER BY e.id",
        reference,
    )
    return [row["occasion"] for row in rows]


def an_incubation(start: datetime, *, units: int = 1, hours: int = 48) -> dict[str, Any]:
    part = ReservationFactory(resource="INC-03", units=units, start=start, hours=hours)
    return EquipmentRequestFactory(equipment=[part])


SUBJECTS = [
    ("ROOM", "B-03", [True, False]),
    ("ZONE", "Z1", [True, False]),
    ("FACILITY", "", [True, True]),
    ("COMPANY", "GAO", [True, False]),
    ("PRODUCT", "GAO/GS-M1", [True, False]),
    ("PERSON", "operator@gaon.example", [True, False]),
    ("EQUIPMENT", "BSC-01", [False, False]),
]


@pytest.mark.heavy
@pytest.mark.parametrize("kind, code, expected", SUBJECTS, ids=[row[0] for row in SUBJECTS])
def test_a_hold_reaches_whatever_depends_on_its_subject(
    shared_app: SharedApp, kind: str, code: str, expected: list[bool]
) -> None:
    start = in_a_fresh_week()
    ours = a_run("B-03", start)
    ours["sessions"][0] |= {"people": [{"email": "operator@gaon.example", "role": "OPERATOR"}]}
    theirs = a_run("C-01", start, by=SAEBYEOK)
    references = [
        ConfirmedBookingFactory(app=shared_app, body=ours).reference,
        ConfirmedBookingFactory(app=shared_app, body=theirs, by=SAEBYEOK).reference,
    ]
    work(shared_app.database)
    hold = placed(shared_app, HoldFactory() | {"subject": {"kind": kind, "code": code}})
    work(shared_app.database)
    assert at_risk(shared_app, *references) == expected
    lifted(shared_app, hold)
    work(shared_app.database)
    assert at_risk(shared_app, *references) == [False, False]


def test_stopped_air_reaches_the_rooms_it_serves_and_only_warns_of_what_runs_alone(shared_app: SharedApp) -> None:
    start = in_a_fresh_week()
    room = ConfirmedBookingFactory(app=shared_app, body=a_run("B-02", start + timedelta(hours=1), hours=2)).reference
    device = ConfirmedBookingFactory(app=shared_app, body=an_incubation(start)).reference
    other = ConfirmedBookingFactory(app=shared_app, body=a_run("C-01", start)).reference
    work(shared_app.database)
    stop = MaintenanceFactory(code="", start=start, hours=10, kind="AHU_STOP", subject={"kind": "AHU", "code": "AHU-1"})
    placed(shared_app, stop)
    work(shared_app.database)
    assert {one: at_risk(shared_app, one)[0] for one in (room, device, other)} == {
        room: True,
        device: False,
        other: False,
    }
    page = shared_app.page_client(GAON).get(f"/bookings/{device}").text
    assert "The air handling of B-02 is stopped" in page
    assert "AHU-1" not in page


def test_an_outage_that_only_touches_a_session_leaves_it_clear(shared_app: SharedApp) -> None:
    start = in_a_fresh_week()
    reference = ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", start, hours=3)).reference
    placed(shared_app, MaintenanceFactory(code="B-03", start=start - timedelta(hours=2), hours=2))
    placed(shared_app, MaintenanceFactory(code="B-03", start=start + timedelta(hours=3), hours=2))
    work(shared_app.database)
    assert at_risk(shared_app, reference) == [False]
    assert evaluations(shared_app, reference) == ["SUBMIT", "APPROVE", "APPROVE"]


def test_a_look_that_finds_the_same_writes_nothing(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", in_a_fresh_week())).reference
    placed(shared_app, HoldFactory(code="B-03"))
    work(shared_app.database)
    before = shared_app.count_rows()
    shared_app.ask(
        "UPDATE revalidation SET due_at = gmp_now()"
        " WHERE booking_id = (SELECT id FROM booking WHERE reference = %s) RETURNING id",
        reference,
    )
    revalidate_waiting(shared_app.database)
    assert shared_app.count_rows() == before
    assert evaluations(shared_app, reference)[-1] == "REEXAMINE"


def test_work_that_is_over_is_not_judged_any_more(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app, body=a_run("C-02", in_a_fresh_week(weekday=2))).reference
    run_now(shared_app, reference)
    hold = placed(shared_app, HoldFactory(code="C-02"))
    work(shared_app.database)
    assert at_risk(shared_app, reference) == [True]
    shared_app.ask(
        "UPDATE session_record SET state = 'DONE', actual_end_at = gmp_now()"
        " WHERE booking_id = (SELECT id FROM booking WHERE reference = %s) RETURNING id",
        reference,
    )
    shared_app.ask("UPDATE revalidation SET due_at = gmp_now() RETURNING id")
    revalidate_waiting(shared_app.database)
    assert at_risk(shared_app, reference) == [False]
    lifted(shared_app, hold)


def test_what_is_given_up_is_at_risk_of_nothing_any_more(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", in_a_fresh_week())).reference
    placed(shared_app, HoldFactory(code="B-03"))
    work(shared_app.database)
    assert at_risk(shared_app, reference) == [True]
    shared_app.api_client(GAON).post(f"/api/v1/bookings/{reference}/cancel", {"reason": "Another room is better"})
    assert at_risk(shared_app, reference) == [False]
    work(shared_app.database)
    assert events(shared_app, reference) == ["BookingAtRisk"], "it was not said to be clear"


def test_the_nightly_look_finds_what_nobody_told_of(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", in_a_fresh_week())).reference
    work(shared_app.database)
    # Rows as somebody's script would leave them: no event tells of them.
    shared_app.ask(
        "INSERT INTO outage (subject_kind, subject_id, kind, starts_at, reason, raised_by)"
        " SELECT 'ROOM', r.id, 'MAINTENANCE', gmp_now(), 'Nobody told', p.id FROM resource AS r, person AS p"
        " WHERE r.code = 'B-03' AND p.email = %s RETURNING id",
        ENGINEER,
    )
    work(shared_app.database)
    assert at_risk(shared_app, reference) == [False]
    enqueue_nightly(shared_app.database)
    work(shared_app.database)
    assert at_risk(shared_app, reference) == [False], "looked at since last night"
    shared_app.ask("UPDATE revalidation SET looked_at = looked_at - interval '25 hours' RETURNING id")
    enqueue_nightly(shared_app.database)
    work(shared_app.database)
    assert at_risk(shared_app, reference) == [True]


def test_ten_workers_look_once(shared_app: SharedApp) -> None:
    monday = in_a_fresh_week(weekday=0)
    starts = [monday + timedelta(days=day, hours=hour) for day in range(3) for hour in (0, 3)]
    references = [
        ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", start, hours=1)).reference for start in starts
    ]
    work(shared_app.database)
    placed(shared_app, HoldFactory(code="B-03"))
    workers = [Database(shared_app.place.app_url, zone=SEOUL, consumers=CONSUMERS, pool_size=2) for _ in range(10)]

    def at_once(database: Database) -> None:
        enqueue_nightly(database)
        work(database)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(at_once, workers))
    for database in workers:
        work(database)
        database.dispose()
    assert at_risk(shared_app, *references) == [True] * 6
    assert all(events(shared_app, one) == ["BookingAtRisk"] for one in references)
    assert all(evaluations(shared_app, one).count("REEXAMINE") == 1 for one in references)


def test_a_booking_that_cannot_be_judged_stops_no_other(
    shared_app: SharedApp, caplog: pytest.LogCaptureFixture
) -> None:
    start = in_a_fresh_week()
    broken = ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", start)).reference
    sound = ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", start + timedelta(hours=5))).reference
    work(shared_app.database)
    shared_app.ask("UPDATE booking SET kind = 'NO SUCH KIND' WHERE reference = %s RETURNING id", broken)
    placed(shared_app, HoldFactory(code="B-03"))
    work(shared_app.database)
    assert at_risk(shared_app, sound) == [True]
    (row,) = shared_app.ask(
        "SELECT attempts, last_error FROM revalidation JOIN booking ON booking.id = booking_id WHERE reference = %s",
        broken,
    )
    assert row["attempts"] == 1
    assert "NO SUCH KIND" in row["last_error"]
    shared_app.ask("UPDATE booking SET kind = 'CLEANROOM' WHERE reference = %s RETURNING id", broken)
    shared_app.ask("UPDATE revalidation SET due_at = gmp_now() WHERE due_at IS NOT NULL RETURNING id")
    revalidate_waiting(shared_app.database)
    assert at_risk(shared_app, broken) == [True]


def test_equipment_that_is_taken_out_of_service_puts_its_bookings_at_risk(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app, body=an_incubation(in_a_fresh_week(), units=2)).reference
    work(shared_app.database)
    shared_app.ask("UPDATE equipment SET status = 'OUT_OF_SERVICE' FROM resource AS r WHERE r.id = equipment.id"
                 " AND r.code = 'INC-03' RETURNING r.id")  # fmt: skip
    shared_app.ask("UPDATE revalidation SET looked_at = looked_at - interval '25 hours' RETURNING id")
    enqueue_nightly(shared_app.database)
    work(shared_app.database)
    assert at_risk(shared_app, reference) == [True]
    shared_app.ask("UPDATE equipment SET status = 'AVAILABLE' RETURNING id")
    shared_app.ask("UPDATE revalidation SET due_at = gmp_now() RETURNING id")
    revalidate_waiting(shared_app.database)
    assert at_risk(shared_app, reference) == [False]


def test_a_request_that_waits_is_at_risk_too_and_what_needs_an_override_is_no_risk(shared_app: SharedApp) -> None:
    night = a_run("B-03", in_a_fresh_week(21), hours=2)
    made = shared_app.api_client(GAON).post("/api/v1/bookings", night)
    assert made.status_code == 201, made.text
    work(shared_app.database)
    assert at_risk(shared_app, made.json["reference"]) == [False]
    placed(shared_app, HoldFactory(code="B-03"))
    work(shared_app.database)
    assert at_risk(shared_app, made.json["reference"]) == [True]
    cancelled = shared_app.api_client(GAON).post(
        f"/api/v1/bookings/{made.json['reference']}/cancel", {"reason": "The room is not available"}
    )
    assert cancelled.status_code == 200
    work(shared_app.database)
    assert events(shared_app, made.json["reference"]) == ["BookingAtRisk"]


@pytest.mark.parametrize("_time", range(3))
def test_an_outage_that_races_a_request_is_seen_by_it_or_puts_it_at_risk(shared_app: SharedApp, _time: int) -> None:
    monday = in_a_fresh_week(weekday=0)
    starts = [monday + timedelta(days=day, hours=hour) for day in range(4) for hour in (0, 3)]
    api_clients = [shared_app.api_client(GAON) for _ in starts]

    def ask(index: int) -> tuple[int, str]:
        client = shared_app.app.test_client()
        body = a_run("B-03", starts[index], hours=2)
        answer = client.post("/api/v1/bookings", json=body, headers=api_clients[index].headers)
        return answer.status_code, answer.json.get("reference", "")

    def hold(_index: int) -> tuple[int, str]:
        client = shared_app.app.test_client()
        answer = client.post(
            "/api/v1/outages", json=HoldFactory(code="B-03"), headers=shared_app.api_client(QA).headers
        )
        return answer.status_code, "hold"

    with ThreadPoolExecutor(9) as pool:
        asking = [pool.submit(ask, index) for index in range(4)]
        holding = pool.submit(hold, 0)
        asking += [pool.submit(ask, index) for index in range(4, 8)]
        answers = [each.result() for each in asking]
    assert holding.result()[0] == 201
    assert {status for status, _ in answers} <= {201, 409}
    work(shared_app.database)
    taken = [reference for status, reference in answers if status == 201]
    print(f"{len(taken)} of 8 came before the hold")
    assert at_risk(shared_app, *taken) == [True] * len(taken)


def test_the_system_looks_and_nobody_else_is_named(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", in_a_fresh_week())).reference
    placed(shared_app, HoldFactory(code="B-03"))
    work(shared_app.database)
    rows = shared_app.ask("SELECT actor_name FROM journal WHERE reference = %s AND event = 'BookingAtRisk'", reference)
    assert [row["actor_name"] for row in rows] == [SYSTEM.name]
