"""A change is decided while its booking is cancelled, the change withdrawn, or competitors reach for the places it frees."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import psycopg
import pytest

from tests.factories.bookings import ChangeRequestedBookingFactory, review
from tests.factories.interfaces import ByApi
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.races.conftest import RaceSetup
from tests.races.requests import weeks_of_its_own
from tests.server_harness import PASSWORD, Client, Reply, at_once

GAON, COMPETITOR, SCHEDULER, QA = (
    "requester@gaon.example",
    "requester@hanbit.example",
    "scheduler@brc.example",
    "qa@brc.example",
)
REASON = {"reason": "The donor material was not released"}
SIGNED = {"signature": {"password": PASSWORD}}
Span = tuple[datetime, datetime]

DUELS = {
    "two approvals": ("approve", "approve"),
    "approve and reject": ("approve", "reject"),
    "approve and withdraw": ("approve", "withdraw"),
    "reject and withdraw": ("reject", "withdraw"),
    "approve and cancel": ("approve", "cancel"),
    "approve and a competitor for the old place": ("approve", "take old"),
    "reject and a competitor for the new place": ("reject", "take new"),
    "approve and a competitor for the new place": ("approve", "take new"),
}


def places() -> Iterator[tuple[str, datetime]]:
    """A room and a morning that nobody else uses, free the week after, too."""
    while True:
        monday = weeks_of_its_own(2)
        for room, day in itertools.product(("B-01", "B-02", "B-03"), range(5)):
            yield room, monday + timedelta(days=day)


PLACES = places()


def a_waiting_change(race_setup: RaceSetup, room: str, old: Span, new: Span) -> str:
    """A confirmed booking whose change to another week waits for QA."""
    client = race_setup.shared_client()
    agreed, wanted = (
        EngineeringRequestFactory(sessions=[SessionFactory(room=room, start=start, end=end)])
        for start, end in (old, new)
    )
    booking = ChangeRequestedBookingFactory(through=ByApi(client.as_), body=agreed, wanted=wanted)
    review(booking)
    client.close()
    return booking.reference


def act(race_setup: RaceSetup, reference: str, what: str, taken: Mapping[str, dict]) -> Reply:
    path = f"/api/v1/bookings/{reference}"
    if what.startswith("take"):
        work = EngineeringRequestFactory(by=COMPETITOR, sessions=[taken[what.removeprefix("take ")]])
        return _post(race_setup.client(COMPETITOR), "/api/v1/bookings", work)
    if what in {"approve", "reject"}:
        return _post(race_setup.client(QA), f"{path}/{what}", REASON | SIGNED)
    return _post(race_setup.client(GAON), f"{path}/{what}", REASON)


def _post(client: Client, path: str, body: dict) -> Reply:
    reply = client.post(path, body)
    client.close()
    return reply


def held(race_setup: RaceSetup, *references: str | None) -> list[Span]:
    with psycopg.connect(race_setup.place.superuser_url) as connection:
        rows = connection.execute(
            "SELECT s.starts_at, s.ends_at FROM slot s JOIN booking b ON b.id = s.booking_id"
            " WHERE s.active AND b.reference = ANY (%s) ORDER BY 1",
            (list(references),),
        )
        return [(start, end) for start, end in rows]


def overlaps(race_setup: RaceSetup) -> int:
    with psycopg.connect(race_setup.place.superuser_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM slot a JOIN slot b ON a.unit_id = b.unit_id AND a.id < b.id"
            " AND a.active AND b.active AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
        ).fetchone()
        assert row is not None
        return int(row[0])


def expected(acts: tuple[str, str], replies: list[Reply], old: Span, new: Span) -> list[Span]:
    """What the booking holds by what was answered: a cancelled one nothing, an approved change the new time only."""
    done = [what for what, reply in zip(acts, replies, strict=True) if reply.status == 200]
    if "cancel" in done:
        return []
    return [new] if "approve" in done else [old]


def fight(race_setup: RaceSetup, acts: tuple[str, str]) -> None:
    room, day = next(PLACES)
    old, new = ((day + timedelta(days=days), day + timedelta(days=days, hours=3)) for days in (0, 7))
    reference = a_waiting_change(race_setup, room, old, new)
    assert held(race_setup, reference) == [old, new]
    replies: list[Reply] = [Reply(0)] * 2
    sessions = {
        "old": SessionFactory(room=room, start=old[0], end=old[1]),
        "new": SessionFactory(room=room, start=new[0], end=new[1]),
    }

    def one(number: int) -> None:
        replies[number] = act(race_setup, reference, acts[number], sessions)

    at_once(2, one)
    statuses = [reply.status for reply in replies]
    assert all(status in {200, 201, 403, 409, 412} for status in statuses), [reply.body for reply in replies]
    if acts[1] in {"approve", "reject", "withdraw"}:
        assert statuses.count(200) == 1, statuses
    if acts[1] == "cancel" or acts[1].startswith("take"):
        assert replies[0].status == 200 or acts[1] == "cancel", replies[0].body
    assert held(race_setup, reference) == expected(acts, replies, old, new)
    assert overlaps(race_setup) == 0


@pytest.mark.parametrize("acts", DUELS.values(), ids=DUELS)
def test_a_change_and_what_races_it_end_in_one_truth(race_setup: RaceSetup, acts: tuple[str, str]) -> None:
    fight(race_setup, acts)


@pytest.mark.long
def test_many_rounds_of_changes_and_what_races_them(race_setup: RaceSetup) -> None:
    for acts in itertools.islice(itertools.cycle(DUELS.values()), 200):
        fight(race_setup, acts)
