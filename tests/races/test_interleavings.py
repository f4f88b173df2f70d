"""Clients change, decide, give up, hold, begin and overrun the same bookings at once: the rules hold all the while."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmp_booking.infra.mail.dev_mail_server import list_messages, read_message
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from tests.conftest import Place
from tests.oracles.observed_history import Course, read_course
from tests.oracles.rule_oracle import amiss
from tests.races.clients_at_work import Crowd
from tests.races.random_actions import PEOPLE
from tests.races.running_installation import running_house

CLIENTS = 8


def run_interleaved(
    cluster: EmbeddedPostgres, template: Place, folder: Path, *, acts: int, seed: int, minutes_an_act: float
) -> Course:
    with running_house(cluster, template, folder, PEOPLE) as house:
        crowd = Crowd(house, acts=acts, seed=seed, diary=folder / "diary.jsonl", minutes_an_act=minutes_an_act)
        crowd.work(CLIENTS)
        house.wait_until_idle()
        mails = [read_message(house.post, name) for name in list_messages(house.post)]
        print(f"seed {seed}: {acts} acts, {len(mails)} mails, {crowd.diary.counts}; {folder}")
        assert house.server_log.deadlocks() == []
        return read_course(house.place.superuser_url, mails=mails, said=crowd.diary.said)


def test_changes_decisions_and_overruns_interleave(cluster: EmbeddedPostgres, template: Place, tmp_path: Path) -> None:
    course = run_interleaved(cluster, template, tmp_path, acts=150, seed=150, minutes_an_act=2)
    assert amiss(course) == []


@pytest.mark.long
def test_five_thousand_acts_interleave(cluster: EmbeddedPostgres, template: Place, tmp_path: Path) -> None:
    assert amiss(run_interleaved(cluster, template, tmp_path, acts=5000, seed=5000, minutes_an_act=1)) == []
