"""Clients call whatever they like, legal or not, while the clock moves on: the stored data stay without a fault."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from gmp_booking.infra.process.embedded import EmbeddedPostgres
from tests.conftest import Place
from tests.races.clients_at_work import Clients
from tests.races.random_actions import PEOPLE
from tests.races.running_installation import running_installation

CLIENTS = 4
SEED = int(os.environ.get("GMP_TEST_SEED") or random.SystemRandom().randrange(1_000_000))
TEN_MINUTES_S = 600


def walk(
    cluster: EmbeddedPostgres, template: Place, folder: Path, *, acts: int, minutes_an_act: float, lasts_s: float
) -> dict[str, list[str]]:
    """The faults that are found afterwards, by check."""
    with running_installation(cluster, template, folder, PEOPLE) as installation:
        clients = Clients(
            installation,
            acts=acts,
            seed=SEED,
            action_log=folder / "actions.jsonl",
            minutes_an_act=minutes_an_act,
            wildness=0.4,
            lasts_s=lasts_s,
        )
        # Months go by for the clients; how tokens expire is tested elsewhere.
        installation.say("UPDATE api_token SET expires_at = gmp_now() + interval '9 years' RETURNING id")
        clients.work(CLIENTS)
        installation.settle()
        counts = clients.action_log.counts
        answered = sum(sum(each.values()) for each in counts.values())
        succeeded = sum(each.get(200, 0) + each.get(201, 0) for each in counts.values())
        print(f"seed {SEED}: {answered} calls, {succeeded} succeeded; {folder}")
        assert not any(status >= 500 for each in counts.values() for status in each), counts
        return installation.faults()


def test_random_calls_leave_no_fault(cluster: EmbeddedPostgres, template: Place, tmp_path: Path) -> None:
    assert walk(cluster, template, tmp_path, acts=160, minutes_an_act=4, lasts_s=60) == {}


@pytest.mark.long
def test_ten_minutes_of_random_calls_leave_no_fault(cluster: EmbeddedPostgres, template: Place, tmp_path: Path) -> None:
    assert walk(cluster, template, tmp_path, acts=1_000_000, minutes_an_act=2, lasts_s=TEN_MINUTES_S) == {}
