"""Processes die in the middle of work: nothing that was answered for is lost, and all comes back by itself."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.anomalies.installation import Installation
from tests.anomalies.load import OF_NO_ACCOUNT, QA, REQUESTERS, SCHEDULER, Load
from tests.oracles import all_violations, effects_beyond_one, lost, read_world
from tests.races.client_log import successful_calls

BACK_WITHIN_S = 30
VICTIMS = ("web worker", "worker", "database")


def kill(installation: Installation, victim: str, chance: random.Random) -> None:
    """SIGKILL, or for PostgreSQL the immediate stop: no goodbye to anybody."""
    if victim == "web worker":
        os.kill(chance.choice(installation.web_workers()), signal.SIGKILL)
        return
    pid = installation.pid_of(victim)
    assert pid is not None
    os.kill(pid, signal.SIGQUIT if victim == "database" else signal.SIGKILL)


def run_with_kills(installation: Installation, *, kills: int, requesters: int, seed: int) -> None:
    chance = random.Random(seed)
    log = installation.server_log
    load = Load(installation.shared_client, requesters=requesters, seed=seed)
    victims = [VICTIMS[number % len(VICTIMS)] for number in range(kills)]
    chance.shuffle(victims)
    back: dict[str, list[float]] = {victim: [] for victim in VICTIMS}
    load.start()
    try:
        for victim in victims:
            time.sleep(chance.uniform(0.3, 1.5))
            kill(installation, victim, chance)
            time.sleep(0.02)
            back[victim].append(installation.wait_until_whole(within_s=BACK_WITHIN_S))
            print(f"{victim}: back after {back[victim][-1]:.1f} s")
        time.sleep(0.5)
    finally:
        load.stop()
    slowest = {victim: f"{max(times):.1f} s" for victim, times in back.items() if times}
    print(f"seed {seed}: {kills} kills, slowest recovery {slowest}")
    print(f"answered: {load.ledger}; interrupted: {load.interrupted.statuses()}")
    check_stored(installation, load)
    assert log.deadlocks() == []


def check_stored(installation: Installation, load: Load) -> None:
    assert set(load.interrupted.statuses()) <= OF_NO_ACCOUNT
    assert set(load.ledger.statuses()) <= {200, 201, 409, 412}, installation.bugs
    by_action = Counter(call.action for call in load.ledger.calls if call.reply.is_success)
    assert by_action["submit"], "nothing was booked, so nothing was shown"
    world = read_world(installation.superuser_url)
    answered = successful_calls(load.ledger.calls)
    assert all_violations(world) + lost(world, answered) + effects_beyond_one(answered) == []
    # Whoever had no answer asked again with the same key: so nothing is stored that nobody was told of.
    assert {row.reference for row in world.bookings} - {one.reference for one in answered} == set()


@pytest.fixture
def installation(tmp_path: Path):
    """Its database is killed the moment the site answers, and must be back before anything else."""
    with Installation(tmp_path / "data") as started:
        kill(started, "database", random.Random(1))
        time.sleep(0.02)
        started.wait_until_whole(within_s=BACK_WITHIN_S)
        started.furnish([*REQUESTERS, SCHEDULER, QA])
        yield started


def test_six_kills_lose_nothing(installation: Installation) -> None:
    run_with_kills(installation, kills=6, requesters=6, seed=6)


@pytest.mark.long
def test_fifty_kills_lose_nothing(installation: Installation) -> None:
    run_with_kills(installation, kills=51, requesters=12, seed=50)
