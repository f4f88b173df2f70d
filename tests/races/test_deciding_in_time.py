"""A limit that many ask for at once holds; of an approval and an expiry in the same moment exactly one happens."""

from __future__ import annotations

import threading
from collections import Counter

import psycopg
import pytest

from gmp_booking.approvals.jobs import expire_overdue
from gmp_booking.infra.database.uow import Database
from gmp_booking.registry import CONSUMERS
from tests.factories.bookings import ReviewedBookingFactory
from tests.factories.interfaces import ByApi
from tests.factories.request_bodies import DemonstrationRequestFactory, EngineeringRequestFactory, SessionFactory
from tests.oracles import all_violations, read_world
from tests.races.conftest import ALONE, RaceSetup
from tests.races.requests import FULL_ROOMS, weeks_of_its_own, working_hours
from tests.server_harness import PASSWORD, Reply, at_once
from tests.zones import SEOUL


def say(race_setup: RaceSetup, statement: str, *values: object) -> list[tuple]:
    with psycopg.connect(race_setup.place.superuser_url, autocommit=True) as connection:
        return connection.execute(statement, values).fetchall()


def waiting_room_days(race_setup: RaceSetup, company: str) -> int:
    """Started 24 hours of room time of each room, counted from the rows by other means than the product's."""
    rows = say(
        race_setup,
        """
        SELECT s.room_id, s.starts_at, s.ends_at, s.setup_min + s.teardown_min
        FROM booking_session s JOIN booking b ON b.id = s.booking_id AND b.version = s.version
        JOIN company c ON c.id = b.company_id
        WHERE c.code = %s AND b.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED')
        """,
        company,
    )
    minutes: Counter[int] = Counter()
    for room, start, end, margins in rows:
        minutes[room] += int((end - start).total_seconds()) // 60 + margins
    return sum(-(-each // 1440) for each in minutes.values())


def rush(race_setup: RaceSetup, *, clients: int, limit: int) -> list[Reply]:
    """Every client asks for a room of its own at a time of its own, so that nothing but the limit is in the way.

    The company takes part in no other race: a room-day somebody began elsewhere would have room for more.
    """
    start, end = next(working_hours(weeks_of_its_own()))
    rooms = [*FULL_ROOMS, "T-01", "T-02"]
    wanted = [(rooms[number % len(rooms)], number // len(rooms)) for number in range(clients)]
    replies: list[Reply] = [Reply(0)] * clients

    def one(number: int) -> None:
        room, half_day = wanted[number]
        client = race_setup.client(ALONE)
        length = (end - start) / 2
        span = (start + half_day * length, start + (half_day + 1) * length)
        body = (
            DemonstrationRequestFactory(sessions=[SessionFactory(room=room, start=span[0], end=span[1])], title="Show")
            if room.startswith("T")
            else EngineeringRequestFactory(by=ALONE, sessions=[SessionFactory(room=room, start=span[0], end=span[1])])
        )
        replies[number] = client.post("/api/v1/bookings", body)
        client.close()

    say(race_setup, "UPDATE company SET pending_room_days_cap = %s WHERE code = 'NRU' RETURNING id", limit)
    at_once(clients, one)
    say(race_setup, "UPDATE company SET pending_room_days_cap = 100000 WHERE code = 'NRU' RETURNING id")
    return replies


def test_of_many_requests_at_once_no_more_get_in_than_the_limit_lets(race_setup: RaceSetup) -> None:
    assert waiting_room_days(race_setup, "NRU") == 0
    replies = rush(race_setup, clients=12, limit=3)
    assert {reply.status for reply in replies} == {201, 409}, [reply.body for reply in replies]
    refused = [reply for reply in replies if reply.status == 409]
    assert all("pending_limit" in reply.json for reply in refused)
    assert waiting_room_days(race_setup, "NRU") == 3
    assert all_violations(read_world(race_setup.place.superuser_url)) == []


def duel(race_setup: RaceSetup, database: Database, room: str, span: tuple) -> tuple[str, int]:
    """QA approves while the time runs out; the final state and the answer QA got."""
    client = race_setup.shared_client()
    part = SessionFactory(room=room, start=span[0], end=span[1])
    body = EngineeringRequestFactory(sessions=[part])
    booking = ReviewedBookingFactory(through=ByApi(client.as_), body=body)
    client.close()
    quality = race_setup.client("qa@brc.example")
    statuses: list[int] = []
    together = threading.Barrier(2)

    def approve() -> None:
        together.wait()
        statuses.append(quality.post(f"{booking.address}/approve", {"signature": {"password": PASSWORD}}).status)

    approving = threading.Thread(target=approve)
    approving.start()
    statement = "UPDATE booking SET pending_until = gmp_now() WHERE reference = %s RETURNING id"
    say(race_setup, statement, booking.reference)
    together.wait()
    expire_overdue(database)
    approving.join()
    quality.close()
    ((state, events),) = say(
        race_setup,
        "SELECT b.state, array_agg(j.event ORDER BY j.id) FROM booking b JOIN journal j ON j.subject_id = b.id"
        " WHERE b.reference = %s GROUP BY b.state",
        booking.reference,
    )
    assert ("BookingExpired" in events) != ("BookingConfirmed" in events), events
    assert state == ("EXPIRED" if "BookingExpired" in events else "CONFIRMED")
    return state, statuses[0]


def run_duels(race_setup: RaceSetup, rounds: int) -> Counter[tuple[str, int]]:
    database = Database(race_setup.place.app_url, zone=SEOUL, consumers=CONSUMERS, pool_size=2)
    spans = working_hours(weeks_of_its_own(rounds // 125 + 1))
    places = ((room, span) for span in spans for room in FULL_ROOMS)
    ends = Counter(duel(race_setup, database, *next(places)) for _ in range(rounds))
    database.dispose()
    print(dict(ends))
    assert set(ends) <= {("CONFIRMED", 200), ("EXPIRED", 409), ("EXPIRED", 412)}
    assert all_violations(read_world(race_setup.place.superuser_url)) == []
    assert race_setup.server_log.deadlocks() == []
    return ends


def test_of_an_approval_and_an_expiry_at_once_one_happens(race_setup: RaceSetup) -> None:
    run_duels(race_setup, 8)


@pytest.mark.long
def test_an_approval_and_an_expiry_at_once_three_hundred_times(race_setup: RaceSetup) -> None:
    assert {state for state, _status in run_duels(race_setup, 300)} == {"CONFIRMED", "EXPIRED"}
