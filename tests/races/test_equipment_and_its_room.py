"""Attended equipment takes its room: who books TFF-01 and who books its room C-01 are competitors."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from datetime import datetime

import pytest

from tests.factories.request_bodies import (
    EngineeringRequestFactory,
    EquipmentRequestFactory,
    ReservationFactory,
    SessionFactory,
)
from tests.oracles import all_violations, read_world
from tests.races.conftest import RaceSetup
from tests.races.requests import weeks_of_its_own, working_hours
from tests.server_harness import Reply, at_once

GAON, SAEBYEOK = "requester@gaon.example", "requester@saebyeok.example"
Span = tuple[datetime, datetime]


def equipment_alone(email: str, span: Span) -> dict:
    return EquipmentRequestFactory(
        equipment=[ReservationFactory(resource="TFF-01", start=span[0], end=span[1])],
        product=EngineeringRequestFactory(by=email)["product"],
        run_type="ENG",
    )


def equipment_in_another_room(email: str, span: Span) -> dict:
    return EngineeringRequestFactory(
        by=email, sessions=[SessionFactory(room="C-02", start=span[0], end=span[1], equipment=["TFF-01"])]
    )


def its_room(email: str, span: Span) -> dict:
    return EngineeringRequestFactory(by=email, sessions=[SessionFactory(room="C-01", start=span[0], end=span[1])])


def ask(race_setup: RaceSetup, email: str, body: dict) -> Reply:
    client = race_setup.client(email)
    reply = client.post("/api/v1/bookings", body)
    client.close()
    return reply


@pytest.mark.parametrize("by_equipment", [equipment_alone, equipment_in_another_room])
def test_whoever_comes_first_has_both(race_setup: RaceSetup, by_equipment) -> None:
    first, second = itertools.islice(working_hours(weeks_of_its_own()), 2)
    assert ask(race_setup, GAON, by_equipment(GAON, first)).status == 201
    refused = ask(race_setup, SAEBYEOK, its_room(SAEBYEOK, first))
    assert (refused.status, {each["rule"] for each in refused.json["findings"]}) == (409, {"RM-01"})
    assert ask(race_setup, SAEBYEOK, its_room(SAEBYEOK, second)).status == 201
    refused = ask(race_setup, GAON, by_equipment(GAON, second))
    assert (refused.status, {each["rule"] for each in refused.json["findings"]}) == (409, {"RM-01"})
    assert all_violations(read_world(race_setup.place.superuser_url)) == []


def run_competitors(race_setup: RaceSetup, *, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    won: Counter[str] = Counter()
    for span in itertools.islice(working_hours(weeks_of_its_own(rounds // 25 + 1)), rounds):
        by_equipment = chance.choice([equipment_alone, equipment_in_another_room])
        bodies = [(GAON, by_equipment(GAON, span)), (SAEBYEOK, its_room(SAEBYEOK, span))]
        chance.shuffle(bodies)
        replies: list[Reply] = [Reply(0), Reply(0)]

        def one(number: int, bodies=bodies, replies=replies) -> None:
            replies[number] = ask(race_setup, *bodies[number])

        at_once(2, one)
        assert sorted(reply.status for reply in replies) == [201, 409]
        won["equipment" if replies[[email for email, _body in bodies].index(GAON)].is_success else "room"] += 1
    print(f"seed {seed}: won {dict(won)}")
    assert all_violations(read_world(race_setup.place.superuser_url)) == []
    assert race_setup.server_log.deadlocks() == []


def test_at_the_same_moment_one_of_them_wins(race_setup: RaceSetup) -> None:
    run_competitors(race_setup, rounds=10, seed=4)


@pytest.mark.long
def test_at_the_same_moment_one_of_them_wins_three_hundred_times(race_setup: RaceSetup) -> None:
    run_competitors(race_setup, rounds=300, seed=304)
