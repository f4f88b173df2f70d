"""One key, one effect: requests sent several times, at once and later, some of them altered."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.oracles import all_violations, effects_beyond_one, lost, read_world
from tests.races.client_log import successful_calls
from tests.races.conftest import REQUESTERS, RaceSetup
from tests.races.requests import FULL_ROOMS, weeks_of_its_own, working_hours
from tests.server_harness import Client, Reply, race

Replies = defaultdict[str, list[tuple[bool, Reply]]]


def sending(
    race_setup: RaceSetup, replies: Replies, email: str, key: str, *, body: dict, is_altered: bool
) -> Callable[[Client], None]:
    def job(client: Client) -> None:
        call = race_setup.ledger.make(
            "", "submit", lambda: client.as_(email).post("/api/v1/bookings", body, key=key), key=f"{email} {key}"
        )
        replies[key].append((is_altered, call.reply))

    return job


def run_repeated(race_setup: RaceSetup, *, keys: int, seed: int) -> None:
    """Each key is sent one to five times at once, then all once more; a fifth of the repeats ask for something else."""
    chance = random.Random(seed)
    replies: Replies = defaultdict(list)
    now, later = [], []
    places = ((room, span) for span in working_hours(weeks_of_its_own(keys // 125 + 1)) for room in FULL_ROOMS)
    for number, (room, span) in enumerate(itertools.islice(places, keys)):
        email, key = chance.choice(REQUESTERS), f"again-{seed}-{number}"
        as_asked = EngineeringRequestFactory(by=email, sessions=[SessionFactory(room=room, start=span[0], end=span[1])])
        changes = [bool(repeat) and chance.random() < 0.2 for repeat in range(chance.randint(1, 5) + 1)]
        jobs = [
            sending(
                race_setup,
                replies,
                email,
                key,
                body=as_asked | ({"batch": "OTHER"} if change else {}),
                is_altered=change,
            )
            for change in changes
        ]
        now += jobs[:-1]
        later.append(jobs[-1])
    race([race_setup.shared_client() for _ in range(16)], now)
    race([race_setup.shared_client() for _ in range(16)], chance.sample(later, len(later)))
    print(f"seed {seed}: {keys} keys, {race_setup.ledger}")
    for key, answers in replies.items():
        check_key(key, answers)
    check_all_keys(race_setup, keys=keys)


def check_key(key: str, answers: list[tuple[bool, Reply]]) -> None:
    """One of the two bodies was first; its answers are identical, those of the other one are refused."""
    booked = {reply.body for _altered, reply in answers if reply.status == 201}
    assert len(booked) == 1, f"{key}: {[(altered, reply.status) for altered, reply in answers]}"
    statuses = {altered: {r.status for a, r in answers if a == altered} for altered in (False, True)}
    assert {201} in statuses.values(), f"{key}: {statuses}"
    assert set().union(*statuses.values()) <= {201, 422}, f"{key}: {statuses}"
    assert not (201 in statuses[False] and 201 in statuses[True]), f"{key}: {statuses}"
    replies = [reply for _altered, reply in answers if reply.status == 201]
    originals = [reply for reply in replies if "idempotency-replayed" not in reply.headers]
    assert len(originals) == 1, f"{key}: {len(originals)} of {len(replies)} answers were no replays"
    assert len({(reply.headers["location"], reply.headers["etag"]) for reply in replies}) == 1


def check_all_keys(race_setup: RaceSetup, *, keys: int) -> None:
    answered = successful_calls(race_setup.ledger.calls)
    world = read_world(race_setup.place.superuser_url)
    assert len({one.reference for one in answered}) == keys
    assert all_violations(world) + lost(world, answered) + effects_beyond_one(answered) == []


def test_a_request_sent_again_has_one_effect_and_the_same_answer(race_setup: RaceSetup) -> None:
    run_repeated(race_setup, keys=40, seed=8)


@pytest.mark.long
def test_two_thousand_keys(race_setup: RaceSetup) -> None:
    run_repeated(race_setup, keys=2000, seed=2008)


def test_a_refusal_is_not_kept(race_setup: RaceSetup) -> None:
    span = next(working_hours(weeks_of_its_own()))
    client = race_setup.shared_client()
    taken = client.as_(REQUESTERS[0]).post(
        "/api/v1/bookings",
        EngineeringRequestFactory(by=REQUESTERS[0], sessions=[SessionFactory(room="B-01", start=span[0], end=span[1])]),
    )
    wanted = EngineeringRequestFactory(
        by=REQUESTERS[1], sessions=[SessionFactory(room="B-01", start=span[0], end=span[1])]
    )
    assert client.as_(REQUESTERS[1]).post("/api/v1/bookings", wanted, key="patient").status == 409
    gone = client.as_(REQUESTERS[0]).post(
        f"/api/v1/bookings/{taken.json['reference']}/cancel", {"reason": "Not needed any more"}
    )
    assert gone.status == 200
    assert client.as_(REQUESTERS[1]).post("/api/v1/bookings", wanted, key="patient").status == 201
    client.close()


def test_keys_of_two_people_are_two_keys(race_setup: RaceSetup) -> None:
    first, second = itertools.islice(working_hours(weeks_of_its_own()), 2)
    client = race_setup.shared_client()
    for email, span in zip(REQUESTERS, (first, second), strict=False):
        reply = client.as_(email).post(
            "/api/v1/bookings",
            EngineeringRequestFactory(by=email, sessions=[SessionFactory(room="B-02", start=span[0], end=span[1])]),
            key="k",
        )
        assert reply.status == 201
        assert "idempotency-replayed" not in reply.headers
    client.close()
