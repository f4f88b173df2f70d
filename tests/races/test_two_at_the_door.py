"""Crews of several bookings check in to one room at the same moment, over HTTP and several workers: one gets in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from gmp_booking.infra.process.embedded import EmbeddedPostgres
from tests.conftest import Place
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.races.conftest import RaceSetup, serving
from tests.races.requests import weeks_of_its_own, working_hours
from tests.server_harness import PASSWORD, Reply, ServerLog, at_once

CREWS = ("requester@gaon.example", "requester@hanbit.example", "requester@saebyeok.example")
SCHEDULER, QA, PRODUCTION = "scheduler@brc.example", "qa@brc.example", "production@brc.example"
ROOM = "C-02"
"""Its engineering runs need no line clearance: the crews wait at the door."""

SIGNED = {"signature": {"password": PASSWORD}}
NOW_IN_USE = """
    SELECT b.reference, o.regardless FROM occupancy AS o JOIN booking AS b ON b.id = o.booking_id
    JOIN resource AS r ON r.id = o.resource_id WHERE r.code = %s AND upper_inf(o.during)
"""
# Their plans lie beside each other in the past: what is left is who is in the room.
INTO_THE_PAST = """
    WITH moved AS (
        UPDATE booking_session AS s SET starts_at = %(at)s, ends_at = %(at)s + interval '5 minutes'
        FROM booking AS b WHERE b.id = s.booking_id AND b.reference = %(reference)s RETURNING s.booking_id
    ), whole AS (
        UPDATE booking SET starts_at = %(at)s, ends_at = %(at)s + interval '5 minutes' WHERE reference = %(reference)s
    )
    UPDATE slot SET during = tstzrange(%(at)s, %(at)s + interval '5 minutes')
    FROM moved WHERE slot.booking_id = moved.booking_id RETURNING slot.id
"""


@pytest.fixture(scope="module")
def door(cluster: EmbeddedPostgres, template: Place) -> Iterator[RaceSetup]:
    """A database of its own: plans are moved into the past by SQL, which no use case does."""
    with serving(cluster, template, "door") as (service, tokens, place):
        yield RaceSetup(service, tokens, place, ServerLog(cluster.log))


def ask(race_setup: RaceSetup, query: str, values: Any) -> list[dict[str, Any]]:
    with psycopg.connect(race_setup.place.superuser_url, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("SET session_replication_role = replica")
        return connection.execute(query, values).fetchall()


def confirmed(race_setup: RaceSetup, crew: str, span: tuple[datetime, datetime], past: datetime) -> str:
    client = race_setup.shared_client()
    session = SessionFactory(room=ROOM, start=span[0], end=span[1], setup_min=0, teardown_min=0, headcount=1)
    body = EngineeringRequestFactory(by=crew, sessions=[session])
    reply = client.as_(crew).post("/api/v1/bookings", body)
    assert reply.status == 201, reply.body
    reference = str(reply.json["reference"])
    address = f"/api/v1/bookings/{reference}"
    assert client.as_(SCHEDULER).post(f"{address}/review", {}).status == 200
    assert client.as_(QA).post(f"{address}/approve", SIGNED).json["state"] == "CONFIRMED"
    client.close()
    assert ask(race_setup, INTO_THE_PAST, {"reference": reference, "at": past})
    return reference


def check_in_at_once(race_setup: RaceSetup, references: list[str], *, regardless: frozenset[int]) -> list[Reply]:
    """Each crew for its own session, and production for those recorded regardless."""
    replies = [Reply(0)] * len(references)
    people = [PRODUCTION if number in regardless else crew for number, crew in enumerate(CREWS)]
    clients = [race_setup.client(person) for person in people]

    def one(number: int) -> None:
        reason = {"reason": "They work side by side today", "deviation_no": f"DEV-27-{number}"}
        body = reason if number in regardless else {}
        replies[number] = clients[number].post(f"/api/v1/bookings/{references[number]}/sessions/1/check-in", body)

    at_once(len(references), one)
    for client in clients:
        client.close()
    return replies


def run_at_the_door(race_setup: RaceSetup, *, rounds: int) -> None:
    spans = working_hours(weeks_of_its_own(rounds // 8 + 1))
    for number in range(rounds):
        past = datetime.now(UTC) - timedelta(minutes=50)
        references = [
            confirmed(race_setup, crew, next(spans), past + timedelta(minutes=10 * place))
            for place, crew in enumerate(CREWS)
        ]
        regardless = frozenset({2} if number % 2 else ())
        replies = check_in_at_once(race_setup, references, regardless=regardless)
        statuses = [reply.status for reply in replies]
        inside = ask(race_setup, NOW_IN_USE, (ROOM,))
        # Who is recorded regardless is so only where somebody was quicker.
        ordinary = [each for each in inside if not each["regardless"]]
        assert len(ordinary) == 1, statuses
        assert {each["reference"] for each in inside} == {
            reference for reference, status in zip(references, statuses, strict=True) if status == 200
        }
        assert set(statuses) <= {200, 409}, statuses
        assert statuses.count(200) == len(inside) <= 1 + len(regardless)
        assert all(reply.json["detail"] == f"{ROOM} is still in use." for reply in replies if reply.status == 409)
        ask(race_setup, "DELETE FROM occupancy WHERE upper_inf(during) RETURNING id", ())
        ask(race_setup, "UPDATE session_record SET state = 'CANCELLED' WHERE state = 'IN_USE' RETURNING id", ())
        ask(race_setup, "UPDATE slot SET active = false WHERE ends_at < gmp_now() AND active RETURNING id", ())
    assert race_setup.server_log.deadlocks() == []


def test_of_three_crews_at_one_door_one_gets_in(door: RaceSetup) -> None:
    run_at_the_door(door, rounds=4)


@pytest.mark.long
def test_three_crews_at_one_door_a_hundred_times(door: RaceSetup) -> None:
    run_at_the_door(door, rounds=100)
