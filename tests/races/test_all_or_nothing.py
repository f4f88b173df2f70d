"""Bookings of five resources at once, named in random order: each gets all it needs or nothing."""

import random
from datetime import datetime, timedelta

import pytest

from tests.factories.request_bodies import EngineeringRequestFactory, ReservationFactory, SessionFactory
from tests.oracles import Need, all_violations, effects_beyond_one, lost, read_world, refused_in_vain
from tests.oracles.world import World
from tests.races.client_log import successful_calls
from tests.races.conftest import REQUESTERS, RaceSetup
from tests.races.requests import weeks_of_its_own
from tests.server_harness import race

HOME = {"BSC-01": "B-01", "BSC-02": "B-02", "TFF-01": "C-01", "CHR-01": "C-01"}
ROOMS = ("B-01", "B-02", "B-03", "C-01", "C-02")
INCUBATORS = ("INC-01", "INC-02", "INC-03")
CHOICES = ROOMS + INCUBATORS + tuple(HOME)


def a_mixed_request(chance: random.Random, monday: datetime, *, days: int) -> dict:
    """Five things on one day: rooms by sessions, incubator places for hours, attended equipment alone or in a session."""
    day = monday + timedelta(days=chance.randrange(days))
    sessions, reservations = [], []
    for code in chance.sample(CHOICES, 5):
        start = day + timedelta(minutes=30 * chance.randrange(16))
        end = start + timedelta(minutes=30 * chance.randint(1, 6))
        if code in ROOMS:
            sessions.append(
                SessionFactory(room=code, start=start, end=end, setup_min=chance.choice([0, 0, 15]), teardown_min=0)
            )
        elif code in INCUBATORS:
            end = start + timedelta(hours=chance.randint(1, 30))
            reservations.append(ReservationFactory(resource=code, start=start, end=end, units=chance.randint(1, 5)))
        elif sessions and chance.random() < 0.5:
            # In whatever room the session is: its home room is taken along.
            sessions[-1].setdefault("equipment", []).append(code)
        else:
            reservations.append(ReservationFactory(resource=code, start=start, end=end))
    if not sessions:
        start = day + timedelta(hours=chance.randrange(8))
        sessions.append(SessionFactory(room=chance.choice(ROOMS), start=start, hours=1))
    chance.shuffle(sessions)
    chance.shuffle(reservations)
    return {"sessions": sessions, "equipment": reservations}


def needs_of(request: dict, world: World) -> list[Need]:
    """What a request takes, derived from its body."""
    ids = {resource.code: resource.id for resource in world.resources}
    found = []
    for session in request["sessions"]:
        start = datetime.fromisoformat(session["start"]) - timedelta(minutes=session.get("setup_min", 0))
        codes = {session["room"], *session.get("equipment", ())}
        codes |= {HOME[code] for code in codes if code in HOME}
        found += [Need(ids[code], 0, start, datetime.fromisoformat(session["end"]), 1) for code in codes]
    for each in request["equipment"]:
        start, end = datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])
        found.append(Need(ids[each["resource"]], 0, start, end, each["units"]))
        if each["resource"] in HOME:
            found.append(Need(ids[HOME[each["resource"]]], 0, start, end, 1))
    return found


def run_mixed(race_setup: RaceSetup, *, attempts: int, days: int, clients: int, seed: int) -> World:
    chance = random.Random(seed)
    monday = weeks_of_its_own(days // 7 + 1)
    refused: list[tuple[str, dict]] = []
    jobs = []
    for number in range(attempts):
        email = chance.choice(REQUESTERS)
        request = a_mixed_request(chance, monday, days=days)

        def job(client, email=email, request=request, key=f"mixed-{seed}-{number}"):
            body = EngineeringRequestFactory(by=email, sessions=request["sessions"], equipment=request["equipment"])
            ask = lambda: client.as_(email).post("/api/v1/bookings", body, key=key)  # noqa: E731
            call = race_setup.ledger.make("", "submit", ask, key=key)
            if call.reply.status == 409:
                refused.append((key, request))

        jobs.append(job)
    race([race_setup.shared_client() for _ in range(clients)], jobs)
    print(f"seed {seed}: {race_setup.ledger}")
    world = read_world(race_setup.place.superuser_url)
    wanted = [(key, needs_of(request, world)) for key, request in refused]
    assert refused_in_vain(world, wanted) == []
    return world


def check_stored(race_setup: RaceSetup, world: World) -> None:
    assert set(race_setup.ledger.statuses()) == {201, 409}
    answered = successful_calls(race_setup.ledger.calls)
    assert all_violations(world) + lost(world, answered) + effects_beyond_one(answered) == []
    assert race_setup.server_log.deadlocks() == []


def test_five_resources_are_had_together_or_not_at_all(race_setup: RaceSetup) -> None:
    check_stored(race_setup, run_mixed(race_setup, attempts=120, days=3, clients=32, seed=120))


@pytest.mark.long
def test_five_thousand_bookings_of_five_resources(race_setup: RaceSetup) -> None:
    check_stored(race_setup, run_mixed(race_setup, attempts=5000, days=60, clients=32, seed=5005))
