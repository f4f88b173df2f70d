"""Many clients want the same room at the same time, over HTTP and several gunicorn workers: one gets it."""

import itertools
import random
from collections import Counter

import pytest

from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.oracles import all_violations, effects_beyond_one, lost, read_world
from tests.races.client_log import successful_calls
from tests.races.conftest import REQUESTERS, RaceSetup
from tests.races.requests import FULL_ROOMS, weeks_of_its_own, working_hours
from tests.server_harness import race


def run_for_the_same_times(
    race_setup: RaceSetup, *, targets: int, attempts_each: int, clients: int, seed: int
) -> Counter[str]:
    """Every target is asked for by many at about the same time; returns the winners of each."""
    chance = random.Random(seed)
    places = [
        (room, span)
        for span in itertools.islice(working_hours(weeks_of_its_own(targets // 125 + 1)), targets)
        for room in FULL_ROOMS
    ]
    jobs = []
    for room, (start, end) in places[:targets]:
        target = f"{room} {start:%m-%d %H}"
        for _ in range(attempts_each):
            email = chance.choice(REQUESTERS)
            # Not always the very same period: any overlap is a competitor.
            shift = chance.choice([0, 0, 0, 10, 20])
            session = SessionFactory(room=room, start=start, end=end, setup_min=0, teardown_min=0)
            session |= {"start": start.replace(minute=shift).isoformat()}
            body = EngineeringRequestFactory(by=email, sessions=[session])
            key = f"{seed}-{len(jobs)}"

            def job(client, email=email, body=body, target=target, key=key):
                race_setup.ledger.make(
                    target, "submit", lambda: client.as_(email).post("/api/v1/bookings", body, key=key), key=key
                )

            jobs.append(job)
    race([race_setup.shared_client() for _ in range(clients)], jobs)
    print(f"seed {seed}: {race_setup.ledger}")
    return Counter(call.target for call in race_setup.ledger.calls if call.reply.status == 201)


def check_stored(race_setup: RaceSetup, winners: Counter[str], *, targets: int) -> None:
    assert set(race_setup.ledger.statuses()) == {201, 409}
    assert len(winners) == targets
    assert set(winners.values()) == {1}
    world = read_world(race_setup.place.superuser_url)
    answered = successful_calls(race_setup.ledger.calls)
    assert all_violations(world) + lost(world, answered) + effects_beyond_one(answered) == []
    assert race_setup.server_log.deadlocks() == []


def test_of_many_who_want_one_time_exactly_one_gets_it(race_setup: RaceSetup) -> None:
    winners = run_for_the_same_times(race_setup, targets=20, attempts_each=10, clients=32, seed=20261122)
    check_stored(race_setup, winners, targets=20)


@pytest.mark.long
def test_five_thousand_attempts_have_250_winners(race_setup: RaceSetup) -> None:
    winners = run_for_the_same_times(race_setup, targets=250, attempts_each=20, clients=32, seed=5000)
    check_stored(race_setup, winners, targets=250)
