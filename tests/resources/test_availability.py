"""Free time agrees with a diary that is kept minute by minute."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta

from tests.clients import weekday_at
from tests.factories.request_bodies import EquipmentRequestFactory, ReservationFactory
from tests.shared_app import SharedApp

STEP = timedelta(minutes=15)
GAON, HANBIT = "requester@gaon.example", "requester@hanbit.example"
FIRST = weekday_at(0, weeks=6, weekday=0).astimezone(UTC)
LAST = FIRST + timedelta(days=3)


def add_reservations(
    shared_app: SharedApp, dice: random.Random, *, of: str, places: int
) -> list[tuple[datetime, datetime, int]]:
    """Random reservations of two companies; those that were taken."""
    taken = []
    for _ in range(14):
        start = FIRST + STEP * dice.randrange(0, 3 * 96 - 8)
        end = start + STEP * dice.randint(1, 40)
        units = dice.randint(1, places)
        part = ReservationFactory(resource=of, start=start, end=end, units=units)
        api_client = shared_app.api_client(dice.choice([GAON, HANBIT]))
        answer = api_client.post("/api/v1/bookings", EquipmentRequestFactory(equipment=[part]))
        assert answer.status_code in {201, 409}, answer.text
        if answer.status_code == 201:
            taken.append((start, end, units))
    return taken


def test_a_moment_is_free_when_fewer_places_are_taken_than_there_are(shared_app: SharedApp) -> None:
    seed = int(os.environ.get("GMP_SEED", random.randrange(10**6)))
    print(f"GMP_SEED={seed}")
    dice = random.Random(seed)
    for code, places in (("INC-01", 8), ("TFF-01", 1)):
        taken = add_reservations(shared_app, dice, of=code, places=places)
        assert taken
        query = f"resource={code}&from={FIRST:%Y-%m-%dT%H:%M:%SZ}&to={LAST:%Y-%m-%dT%H:%M:%SZ}&minutes=1"
        for reader in (GAON, HANBIT, "scheduler@brc.example"):
            listed = shared_app.api_client(reader).get(f"/api/v1/availability?{query}").json["free"]
            free = [(datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])) for each in listed]
            moment = FIRST
            while moment < LAST:
                held = sum(units for start, end, units in taken if start <= moment < end)
                assert any(start <= moment < end for start, end in free) is (held < places), (moment, reader)
                moment += STEP


def test_no_stretch_is_shorter_than_asked_for_or_leaves_the_window(shared_app: SharedApp) -> None:
    for minutes in (15, 240, 1440):
        query = f"resource=INC-01&from={FIRST:%Y-%m-%dT%H:%M:%SZ}&to={LAST:%Y-%m-%dT%H:%M:%SZ}&minutes={minutes}"
        for each in shared_app.api_client(GAON).get(f"/api/v1/availability?{query}").json["free"]:
            start, end = datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])
            assert FIRST <= start < end <= LAST
            assert end - start >= timedelta(minutes=minutes)


def test_an_unknown_resource_is_not_there(shared_app: SharedApp) -> None:
    query = f"resource=Z-99&from={FIRST:%Y-%m-%dT%H:%M:%SZ}&to={LAST:%Y-%m-%dT%H:%M:%SZ}"
    assert shared_app.api_client(GAON).get(f"/api/v1/availability?{query}").status_code == 404


def test_rooms_and_equipment_are_listed_for_everybody_alike(shared_app: SharedApp) -> None:
    lists = [shared_app.api_client(email).get("/api/v1/resources").json for email in (GAON, HANBIT, "qa@brc.example")]
    assert lists[0] == lists[1] == lists[2]
    assert {"B-01", "T-02", "INC-01", "TFF-01"} <= {each["code"] for each in lists[0]["resources"]}
