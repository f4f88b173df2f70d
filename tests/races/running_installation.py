"""A running installation for a race: gunicorn, the worker process, a mail server and a movable clock."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from gmp_booking.approvals.jobs import expire_overdue
from gmp_booking.consistency.service import verify_data
from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.mail.dev_mail_server import running_sink
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.registry import CONSUMERS
from tests.conftest import Place, drop_database, place_of
from tests.notifications.conftest import config_for
from tests.notifications.test_worker import PROGRAM
from tests.server_harness import ServerLog, Service, enrol
from tests.zones import SEOUL

IDLE_WITHIN_S = 180
_CLOSES = 17
_WAITS = """
    SELECT (SELECT count(*) FROM delivery WHERE done_at IS NULL),
           (SELECT count(*) FROM revalidation WHERE due_at <= gmp_now()),
           (SELECT count(*) FROM outbox_message WHERE sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL
                AND next_attempt_at <= gmp_now())
"""


class Clock:
    """The clock of the installation; it can be moved and skips nights and weekends."""

    def __init__(self, place: Place) -> None:
        self._url = place.owner_url.replace("+psycopg", "")
        self._offset = timedelta()
        self._lock = threading.Lock()
        monday = datetime.now(SEOUL) + timedelta(days=7)
        monday -= timedelta(days=monday.weekday())
        self._jump(monday.replace(hour=9, minute=0, second=0, microsecond=0) - datetime.now(SEOUL))

    def now(self) -> datetime:
        return datetime.now(SEOUL) + self._offset

    def pass_time(self, by: timedelta) -> None:
        """Go on by so much; in the evening, on to the next working morning."""
        with self._lock:
            there = self.now() + by
            if there.hour >= _CLOSES:
                days = 3 if there.weekday() == 4 else 1
                there = (there + timedelta(days=days)).replace(hour=9, minute=0)
            self._jump(there - datetime.now(SEOUL))

    def _jump(self, offset: timedelta) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            now = f"SELECT clock_timestamp() + interval '1 second' * {offset.total_seconds()}"
            connection.execute(
                f"CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ {now} $$"
            )
        self._offset = offset


@dataclass(frozen=True)
class RunningInstallation:
    place: Place
    service: Service
    database: Database
    tokens: dict[str, str]
    clock: Clock
    post: Path
    server_log: ServerLog
    worker: subprocess.Popen[bytes]

    def say(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """As the superuser, whom no row policy stops."""
        with psycopg.connect(self.place.superuser_url, autocommit=True) as connection:
            return connection.execute(statement, values).fetchall()

    def faults(self) -> dict[str, list[str]]:
        """What `gmp-booking verify-data` finds, by check."""
        return {
            result.check.name: [f"{each.reference}: {each.detail}" for each in result.found]
            for result in verify_data(self.database)
            if result.found
        }

    def settle(self) -> None:
        """End what was not decided in time, which this worker leaves out, and wait until nothing is left to do."""
        expire_overdue(self.database)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Until nothing is left that the worker could do now."""
        deadline = time.monotonic() + IDLE_WITHIN_S
        while (left := self.say(_WAITS)[0]) != (0, 0, 0):
            assert self.worker.poll() is None, "the worker is gone"
            assert time.monotonic() < deadline, f"deliveries, looks and mails that are left: {left}"
            time.sleep(0.2)


@contextmanager
def running_installation(
    cluster: EmbeddedPostgres, template: Place, folder: Path, people: list[str]
) -> Iterator[RunningInstallation]:
    """A copy of the test facility with everything running that runs in an installation."""
    name = f"installation_{os.getpid()}_{folder.name}".replace("-", "_")
    cluster.ensure_database(name, template=template.name)
    place = place_of(cluster, name)
    database = Database(place.app_url, zone=SEOUL, consumers=CONSUMERS, pool_size=4)
    tokens = enrol(database, people)
    clock = Clock(place)
    with (
        running_sink(folder / "mail") as port,
        Service(place.app_url, place.owner_url, workers=4) as service,
        _worker(place, folder, port) as worker,
    ):
        yield RunningInstallation(
            place, service, database, tokens, clock, folder / "mail", ServerLog(cluster.log), worker
        )
    database.dispose()
    drop_database(cluster, name)


@contextmanager
def _worker(place: Place, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    config = replace(config_for(folder, port), database_url=place.app_url, owner_database_url=place.owner_url)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GMP_")}
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=inherited | config.as_env(), stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)
