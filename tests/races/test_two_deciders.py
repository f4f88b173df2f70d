"""Two people decide on one booking at the same moment: one decision takes effect, the other client gets a conflict."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from datetime import datetime

import pytest

from tests.factories.bookings import ReviewedBookingFactory, SubmittedBookingFactory
from tests.factories.interfaces import ByApi
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.oracles import all_violations, lost, read_world
from tests.races.client_log import successful_calls
from tests.races.conftest import RaceSetup
from tests.races.requests import FULL_ROOMS, weeks_of_its_own, working_hours
from tests.server_harness import PASSWORD, Client, Reply, at_once

GAON = "requester@gaon.example"
REASON = "Not in this week, please"
TOLD_IN_VAIN = {409, 412}
NOT_YOUR_TURN = 403
"""What a scheduler hears who does not say what they saw, once it is QA's turn."""

Act = tuple[str, str]
"""Who, and what they do."""

DUELS: dict[str, tuple[int, list[Act]]] = {
    # name: (stage of the booking, acts at the same moment)
    "two clicks of one QA": (1, [("qa@brc.example", "approve"), ("qa@brc.example", "approve")]),
    "approve and reject": (1, [("qa@brc.example", "approve"), ("qa@brc.example", "reject")]),
    "approve and return": (1, [("qa@brc.example", "approve"), ("qa@brc.example", "return")]),
    "approve and the company cancels": (1, [("qa@brc.example", "approve"), (GAON, "cancel")]),
    "approve and the scheduler cancels": (1, [("qa@brc.example", "approve"), ("scheduler@brc.example", "cancel")]),
    "two schedulers' reviews": (0, [("scheduler@brc.example", "review"), ("scheduler@brc.example", "review")]),
    "reject and the company cancels": (0, [("scheduler@brc.example", "reject"), (GAON, "cancel")]),
    "two cancels": (0, [(GAON, "cancel"), ("scheduler@brc.example", "cancel")]),
}


def act(client: Client, reference: str, what: str, *, seen: str | None = None, key: str | None = None) -> Reply:
    body: dict = {} if what in {"review", "approve"} else {"reason": REASON}
    if what in {"approve", "reject"}:
        body["signature"] = {"password": PASSWORD}
    return client.post(f"/api/v1/bookings/{reference}/{what}", body, seen=seen, key=key)


def a_booking(race_setup: RaceSetup, room: str, span: tuple[datetime, datetime], *, stage: int) -> tuple[str, str]:
    """Submitted, and reviewed where QA is to decide; its reference and ETag."""
    client = race_setup.shared_client()
    made_by = ReviewedBookingFactory if stage else SubmittedBookingFactory
    part = SessionFactory(room=room, start=span[0], end=span[1])
    booking = made_by(through=ByApi(client.as_), body=EngineeringRequestFactory(sessions=[part]))
    etag = client.as_(GAON).get(booking.address).headers["etag"].strip('"')
    client.close()
    return booking.reference, etag


def fight(race_setup: RaceSetup, reference: str, acts: list[Act], *, seen: str | None) -> list[Reply]:
    """All acts at once, each over a connection of its own."""
    clients = [race_setup.client(who) for who, _what in acts]
    replies: list[Reply] = [Reply(0)] * len(acts)

    def one(number: int) -> None:
        what = acts[number][1]
        call = race_setup.ledger.make("", what, lambda: act(clients[number], reference, what, seen=seen))
        replies[number] = call.reply

    at_once(len(acts), one)
    for client in clients:
        client.close()
    return replies


def check_stored(name: str, replies: list[Reply], acts: list[Act], *, seen: str | None) -> None:
    statuses = [reply.status for reply in replies]
    winners = [what for reply, (_who, what) in zip(replies, acts, strict=True) if reply.is_success]
    # A confirmed booking may still be cancelled: then both took effect, one after the other.
    both = Counter(winners) == Counter({"approve": 1, "cancel": 1}) or Counter(winners) == Counter(
        {"review": 1, "cancel": 1}
    )
    assert both or len(winners) == 1, f"{name}: {statuses}"
    refused = TOLD_IN_VAIN | ({NOT_YOUR_TURN} if not seen and name == "two schedulers' reviews" else set())
    assert set(statuses) - refused == {200}, f"{name}: {statuses}"
    if both and "approve" in winners:
        assert replies[0].json["state"] == "CONFIRMED"


def run_duels(race_setup: RaceSetup, *, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    spans = working_hours(weeks_of_its_own(rounds // 125 + 1))
    places = ((room, span) for span in spans for room in FULL_ROOMS)
    for name, (stage, acts) in itertools.islice(itertools.cycle(DUELS.items()), rounds):
        room, span = next(places)
        reference, etag = a_booking(race_setup, room, span, stage=stage)
        shuffled = chance.sample(acts, len(acts))
        seen = chance.choice([etag, None])
        replies = fight(race_setup, reference, shuffled, seen=seen)
        ordered = sorted(zip(replies, shuffled, strict=True), key=lambda pair: pair[1][1])
        check_stored(name, [pair[0] for pair in ordered], [pair[1] for pair in ordered], seen=seen)
    print(f"seed {seed}: {race_setup.ledger}")
    world = read_world(race_setup.place.superuser_url)
    assert all_violations(world) + lost(world, successful_calls(race_setup.ledger.calls)) == []
    assert race_setup.server_log.deadlocks() == []


def test_of_two_decisions_at_once_one_takes_effect(race_setup: RaceSetup) -> None:
    run_duels(race_setup, rounds=16, seed=3)


@pytest.mark.long
def test_two_deciders_a_thousand_times(race_setup: RaceSetup) -> None:
    run_duels(race_setup, rounds=1000, seed=1003)


def test_four_approvers_at_once_leave_one_signature_and_one_confirmation(race_setup: RaceSetup) -> None:
    span = next(working_hours(weeks_of_its_own()))
    reference, etag = a_booking(race_setup, "B-01", span, stage=1)
    replies = fight(race_setup, reference, [("qa@brc.example", "approve")] * 4, seen=etag)
    statuses = Counter(reply.status for reply in replies)
    assert statuses[200] == 1
    assert set(statuses) <= {200, 409, 412}
    world = read_world(race_setup.place.superuser_url)
    booking = world.by_reference[reference]
    assert [row.meaning for row in world.signatures if row.booking_id == booking.id] == ["APPROVED – QA"]
    events = [row.event for row in world.journal if row.booking_id == booking.id]
    assert events.count("BookingConfirmed") == 1
    assert events.count("BookingApproved") == 1


def test_a_double_click_with_one_key_is_one_approval_answered_twice(race_setup: RaceSetup) -> None:
    span = next(working_hours(weeks_of_its_own()))
    reference, _etag = a_booking(race_setup, "B-01", span, stage=1)
    replies: list[Reply] = [Reply(0)] * 4

    def click(number: int) -> None:
        client = race_setup.client("qa@brc.example")
        replies[number] = act(client, reference, "approve", key="double click")
        client.close()

    at_once(4, click)
    assert [reply.status for reply in replies] == [200] * 4
    assert len({reply.body for reply in replies}) == 1
    assert all_violations(read_world(race_setup.place.superuser_url)) == []
