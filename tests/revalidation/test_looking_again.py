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
from gmp_booking.revalidation.jobs import look, look_tonight, work
from tests.doors import weekday_at
from tests.outages.acts import ENGINEER, QA, a_hold, a_maintenance, lifted, placed
from tests.revalidation.test_a_hold import GAON, a_run, at_risk, confirmed, events, run_now
from tests.standing import Standing

SAEBYEOK = "requester@saebyeok.example"
_weeks = itertools.count(6)


def in_a_fresh_week(hour: int = 9, *, weekday: int = 1) -> datetime:
    """A working hour of a week no other test has booked."""
    return weekday_at(hour, weeks=next(_weeks), weekday=weekday)


@pytest.fixture(autouse=True)
def caught_up(standing: Standing) -> None:
    """Nothing stands and nothing waits from the test before."""
    standing.ask(
        "UPDATE outage SET lifted_at = gmp_now(), lifted_by = raised_by, lift_reason = 'over'"
        " WHERE lifted_at IS NULL AND (until_at IS NULL OR until_at > gmp_now()) RETURNING id"
    )
    work(standing.database)
    standing.ask("UPDATE revalidation SET looked_at = gmp_now(), due_at = NULL RETURNING id")


def evaluations(standing: Standing, reference: str) -> list[str]:
    rows = standing.ask(
        "SELECT e.occasion FROM evaluation AS e JOIN booking AS b ON b.id = e.booking_id WHERE b.reference = %s"
        " ORDER BY e.id",
        reference,
    )
    return [row["occasion"] for row in rows]


def an_incubation(start: datetime, *, units: int = 1, hours: int = 48) -> dict[str, Any]:
    part = {"resource": "INC-03", "units": units, "start": start.isoformat()}
    return {"kind": "EQUIPMENT", "equipment": [part | {"end": (start + timedelta(hours=hours)).isoformat()}]}


SUBJECTS = [
    ("ROOM", "B-03", [True, False]),
    ("ZONE", "Z1", [True, False]),
    ("FACILITY", "", [True, True]),
    ("COMPANY", "GAO", [True, False]),
    ("PRODUCT", "GAO/GS-M1", [True, False]),
    ("PERSON", "operator@gaon.example", [True, False]),
    ("EQUIPMENT", "BSC-01", [False, False]),
]


@pytest.mark.parametrize("kind, code, expected", SUBJECTS, ids=[row[0] for row in SUBJECTS])
def test_a_hold_reaches_whatever_depends_on_its_subject(
    standing: Standing, kind: str, code: str, expected: list[bool]
) -> None:
    start = in_a_fresh_week()
    ours = a_run("B-03", start)
    ours["sessions"][0] |= {"people": [{"email": "operator@gaon.example", "role": "OPERATOR"}]}
    theirs = a_run("C-01", start, product="SE-01")
    references = [confirmed(standing, ours), confirmed(standing, theirs, by=SAEBYEOK)]
    work(standing.database)
    hold = placed(standing, a_hold() | {"subject": {"kind": kind, "code": code}})
    work(standing.database)
    assert at_risk(standing, *references) == expected
    lifted(standing, hold)
    work(standing.database)
    assert at_risk(standing, *references) == [False, False]


def test_stopped_air_reaches_the_rooms_it_serves_and_only_warns_of_what_runs_alone(standing: Standing) -> None:
    start = in_a_fresh_week()
    room = confirmed(standing, a_run("B-02", start + timedelta(hours=1), hours=2))
    device = confirmed(standing, an_incubation(start))
    other = confirmed(standing, a_run("C-01", start))
    work(standing.database)
    stop = a_maintenance("", start, hours=10, kind="AHU_STOP", subject={"kind": "AHU", "code": "AHU-1"})
    placed(standing, stop)
    work(standing.database)
    assert {one: at_risk(standing, one)[0] for one in (room, device, other)} == {
        room: True,
        device: False,
        other: False,
    }
    page = standing.visit(GAON).get(f"/bookings/{device}").text
    assert "The air handling of B-02 is stopped" in page
    assert "AHU-1" not in page


def test_an_outage_that_only_touches_a_session_leaves_it_clear(standing: Standing) -> None:
    start = in_a_fresh_week()
    reference = confirmed(standing, a_run("B-03", start, hours=3))
    placed(standing, a_maintenance("B-03", start - timedelta(hours=2), hours=2))
    placed(standing, a_maintenance("B-03", start + timedelta(hours=3), hours=2))
    work(standing.database)
    assert at_risk(standing, reference) == [False]
    assert evaluations(standing, reference) == ["SUBMIT", "APPROVE", "APPROVE"]


def test_a_look_that_finds_the_same_writes_nothing(standing: Standing) -> None:
    reference = confirmed(standing, a_run("B-03", in_a_fresh_week()))
    placed(standing, a_hold("B-03"))
    work(standing.database)
    before = standing.count_rows()
    standing.ask(
        "UPDATE revalidation SET due_at = gmp_now()"
        " WHERE booking_id = (SELECT id FROM booking WHERE reference = %s) RETURNING id",
        reference,
    )
    look(standing.database)
    assert standing.count_rows() == before
    assert evaluations(standing, reference)[-1] == "REEXAMINE"


def test_work_that_is_over_is_not_judged_any_more(standing: Standing) -> None:
    reference = confirmed(standing, a_run("C-02", in_a_fresh_week(weekday=2)))
    run_now(standing, reference)
    hold = placed(standing, a_hold("C-02"))
    work(standing.database)
    assert at_risk(standing, reference) == [True]
    standing.ask(
        "UPDATE booking_session SET state = 'DONE', actual_end_at = gmp_now()"
        " WHERE booking_id = (SELECT id FROM booking WHERE reference = %s) RETURNING id",
        reference,
    )
    standing.ask("UPDATE revalidation SET due_at = gmp_now() RETURNING id")
    look(standing.database)
    assert at_risk(standing, reference) == [False]
    lifted(standing, hold)


def test_what_is_given_up_is_at_risk_of_nothing_any_more(standing: Standing) -> None:
    reference = confirmed(standing, a_run("B-03", in_a_fresh_week()))
    placed(standing, a_hold("B-03"))
    work(standing.database)
    assert at_risk(standing, reference) == [True]
    standing.program(GAON).post(f"/api/v1/bookings/{reference}/cancel", {"reason": "Another room is better"})
    assert at_risk(standing, reference) == [False]
    work(standing.database)
    assert events(standing, reference) == ["BookingAtRisk"], "it was not said to be clear"


def test_the_nightly_look_finds_what_nobody_told_of(standing: Standing) -> None:
    reference = confirmed(standing, a_run("B-03", in_a_fresh_week()))
    work(standing.database)
    # Rows as somebody's script would leave them: no event tells of them.
    standing.ask(
        "INSERT INTO outage (subject_kind, subject_id, kind, starts_at, reason, raised_by)"
        " SELECT 'ROOM', r.id, 'MAINTENANCE', gmp_now(), 'Nobody told', p.id FROM resource AS r, person AS p"
        " WHERE r.code = 'B-03' AND p.email = %s RETURNING id",
        ENGINEER,
    )
    work(standing.database)
    assert at_risk(standing, reference) == [False]
    look_tonight(standing.database)
    work(standing.database)
    assert at_risk(standing, reference) == [False], "looked at since last night"
    standing.ask("UPDATE revalidation SET looked_at = looked_at - interval '25 hours' RETURNING id")
    look_tonight(standing.database)
    work(standing.database)
    assert at_risk(standing, reference) == [True]


def test_ten_workers_look_once(standing: Standing) -> None:
    monday = in_a_fresh_week(weekday=0)
    starts = [monday + timedelta(days=day, hours=hour) for day in range(3) for hour in (0, 3)]
    references = [confirmed(standing, a_run("B-03", start, hours=1)) for start in starts]
    work(standing.database)
    placed(standing, a_hold("B-03"))
    workers = [Database(standing.place.app_url, consumers=CONSUMERS, pool_size=2) for _ in range(10)]

    def at_once(database: Database) -> None:
        look_tonight(database)
        work(database)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(at_once, workers))
    for database in workers:
        work(database)
        database.dispose()
    assert at_risk(standing, *references) == [True] * 6
    assert all(events(standing, one) == ["BookingAtRisk"] for one in references)
    assert all(evaluations(standing, one).count("REEXAMINE") == 1 for one in references)


def test_a_booking_that_cannot_be_judged_stops_no_other(standing: Standing, caplog: pytest.LogCaptureFixture) -> None:
    start = in_a_fresh_week()
    broken = confirmed(standing, a_run("B-03", start))
    sound = confirmed(standing, a_run("B-03", start + timedelta(hours=5)))
    work(standing.database)
    standing.ask("UPDATE booking SET kind = 'NO SUCH KIND' WHERE reference = %s RETURNING id", broken)
    placed(standing, a_hold("B-03"))
    work(standing.database)
    assert at_risk(standing, sound) == [True]
    (row,) = standing.ask(
        "SELECT attempts, last_error FROM revalidation JOIN booking ON booking.id = booking_id WHERE reference = %s",
        broken,
    )
    assert row["attempts"] == 1
    assert "NO SUCH KIND" in row["last_error"]
    standing.ask("UPDATE booking SET kind = 'CLEANROOM' WHERE reference = %s RETURNING id", broken)
    standing.ask("UPDATE revalidation SET due_at = gmp_now() WHERE due_at IS NOT NULL RETURNING id")
    look(standing.database)
    assert at_risk(standing, broken) == [True]


def test_equipment_that_is_taken_out_of_service_puts_its_bookings_at_risk(standing: Standing) -> None:
    reference = confirmed(standing, an_incubation(in_a_fresh_week(), units=2))
    work(standing.database)
    standing.ask("UPDATE equipment SET status = 'OUT_OF_SERVICE' FROM resource AS r WHERE r.id = equipment.id"
                 " AND r.code = 'INC-03' RETURNING r.id")  # fmt: skip
    standing.ask("UPDATE revalidation SET looked_at = looked_at - interval '25 hours' RETURNING id")
    look_tonight(standing.database)
    work(standing.database)
    assert at_risk(standing, reference) == [True]
    standing.ask("UPDATE equipment SET status = 'AVAILABLE' RETURNING id")
    standing.ask("UPDATE revalidation SET due_at = gmp_now() RETURNING id")
    look(standing.database)
    assert at_risk(standing, reference) == [False]


def test_a_request_that_waits_is_at_risk_too_and_what_needs_an_override_is_no_risk(standing: Standing) -> None:
    night = a_run("B-03", in_a_fresh_week(21), hours=2) | {"run_type": "ENG"}
    made = standing.program(GAON).post("/api/v1/bookings", night)
    assert made.status_code == 201, made.text
    work(standing.database)
    assert at_risk(standing, made.json["reference"]) == [False]
    placed(standing, a_hold("B-03"))
    work(standing.database)
    assert at_risk(standing, made.json["reference"]) == [True]
    cancelled = standing.program(GAON).post(
        f"/api/v1/bookings/{made.json['reference']}/cancel", {"reason": "The room is not available"}
    )
    assert cancelled.status_code == 200
    work(standing.database)
    assert events(standing, made.json["reference"]) == ["BookingAtRisk"]


@pytest.mark.parametrize("_time", range(3))
def test_an_outage_that_races_a_request_is_seen_by_it_or_puts_it_at_risk(standing: Standing, _time: int) -> None:
    monday = in_a_fresh_week(weekday=0)
    starts = [monday + timedelta(days=day, hours=hour) for day in range(4) for hour in (0, 3)]
    programs = [standing.program(GAON) for _ in starts]

    def ask(index: int) -> tuple[int, str]:
        client = standing.app.test_client()
        body = a_run("B-03", starts[index], hours=2)
        answer = client.post("/api/v1/bookings", json=body, headers=programs[index].headers)
        return answer.status_code, answer.json.get("reference", "")

    def hold(_index: int) -> tuple[int, str]:
        client = standing.app.test_client()
        answer = client.post("/api/v1/outages", json=a_hold("B-03"), headers=standing.program(QA).headers)
        return answer.status_code, "hold"

    with ThreadPoolExecutor(9) as pool:
        asking = [pool.submit(ask, index) for index in range(4)]
        holding = pool.submit(hold, 0)
        asking += [pool.submit(ask, index) for index in range(4, 8)]
        answers = [each.result() for each in asking]
    assert holding.result()[0] == 201
    assert {status for status, _ in answers} <= {201, 409}
    work(standing.database)
    taken = [reference for status, reference in answers if status == 201]
    print(f"{len(taken)} of 8 came before the hold")
    assert at_risk(standing, *taken) == [True] * len(taken)


def test_the_system_looks_and_nobody_else_is_named(standing: Standing) -> None:
    reference = confirmed(standing, a_run("B-03", in_a_fresh_week()))
    placed(standing, a_hold("B-03"))
    work(standing.database)
    rows = standing.ask("SELECT actor_name FROM journal WHERE reference = %s AND event = 'BookingAtRisk'", reference)
    assert [row["actor_name"] for row in rows] == [SYSTEM.name]
