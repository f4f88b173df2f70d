"""Clients change, decide, give up, hold, begin and overrun the same bookings at once: the rules hold all the while."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmp_booking.infra.mail.dev_mail_server import list_messages, read_message
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from tests.conftest import Place
from tests.oracles.observed_history import ObservedHistory, read_history
from tests.oracles.rule_oracle import amiss
from tests.races.clients_at_work import Clients
from tests.races.random_actions import PEOPLE
from tests.races.running_installation import running_installation

CLIENTS = 8


def run_interleaved(
    cluster: EmbeddedPostgres, template: Place, folder: Path, *, acts: int, seed: int, minutes_an_act: float
) -> ObservedHistory:
    with running_installation(cluster, template, folder, PEOPLE) as installation:
        clients = Clients(
            installation, acts=acts, seed=seed, action_log=folder / "actions.jsonl", minutes_an_act=minutes_an_act
        )
        clients.work(CLIENTS)
        installation.settle()
        assert installation.faults() == {}
        mails = [read_message(installation.post, name) for name in list_messages(installation.post)]
        print(f"seed {seed}: {acts} acts, {len(mails)} mails, {clients.action_log.counts}; {folder}")
        assert installation.server_log.deadlocks() == []
        return read_history(installation.place.superuser_url, mails=mails, answers=clients.action_log.answers)


def test_changes_decisions_and_overruns_interleave(cluster: EmbeddedPostgres, template: Place, tmp_path: Path) -> None:
    history = run_interleaved(cluster, template, tmp_path, acts=150, seed=150, minutes_an_act=2)
    assert amiss(history) == []


@pytest.mark.long
def test_five_thousand_acts_interleave(cluster: EmbeddedPostgres, template: Place, tmp_path: Path) -> None:
    assert amiss(run_interleaved(cluster, template, tmp_path, acts=5000, seed=5000, minutes_an_act=1)) == []
