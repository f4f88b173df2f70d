"""The worker as it runs: a process of its own that keeps its timetable whatever happens around it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest

from gmp_booking.worker import TIMETABLE
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.contents import DemonstrationContentFactory
from tests.notifications.conftest import MailHarness

pytestmark = pytest.mark.heavy

PROGRAM = "import os; from config import Config; from gmp_booking.worker import run; run(Config.from_env(os.environ))"


@pytest.fixture
def worker(post: MailHarness) -> Iterator[subprocess.Popen[str]]:
    config = replace(post.config, database_url=post.place.app_url, owner_database_url=post.place.owner_url)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GMP_")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=inherited | config.as_env(), stderr=subprocess.PIPE, text=True
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def wait_for(happened: Callable[[], bool], within_s: float = 60) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.1)
    return False


def lock_out(post: MailHarness, allowed: str) -> None:
    """Let nobody in, and put out who is; or let them in again."""
    with psycopg.connect(post.place.superuser_url.replace(f"/{post.place.name}", "/postgres"), autocommit=True) as door:
        door.execute(f'ALTER DATABASE "{post.place.name}" ALLOW_CONNECTIONS {allowed}')
        door.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [post.place.name])


def test_the_worker_sends_outlives_the_database_and_stops_when_signalled(
    post: MailHarness, worker: subprocess.Popen[str]
) -> None:
    ConfirmedBookingFactory(database=post.database)
    assert wait_for(lambda: len(post.mails) == 2)
    lock_out(post, "false")
    time.sleep(3)
    assert worker.poll() is None
    lock_out(post, "true")
    post.database.dispose()
    ConfirmedBookingFactory(database=post.database, body=DemonstrationContentFactory(days=(1,)))
    assert wait_for(lambda: len(post.mails) == 4)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0


def test_the_worker_stops_at_once_when_signalled_before_it_has_begun_anything(worker: subprocess.Popen[str]) -> None:
    time.sleep(2)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) in {0, -signal.SIGTERM}


def test_the_timetable_ticks_and_names_its_lines() -> None:
    assert len({tick.name for tick in TIMETABLE}) == len(TIMETABLE)
    assert all(tick.every_s >= 1 for tick in TIMETABLE)
