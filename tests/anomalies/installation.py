"""A whole installation as an operator starts it, `gmp-booking run`, on a durable database of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.registry import CONSUMERS
from tests.facility import create_test_facility
from tests.server_harness import CHEAP_HASH, ROOT, Client, ServerLog, a_free_port, children_of, command_of, enrol
from tests.zones import SEOUL

PROGRAM = Path(sys.executable).with_name("gmp-booking")
PARTS = {
    "web": ("-m gunicorn",),
    "worker": ("gmp-booking worker", "gmp_booking.worker"),
    "database": ("bin/postgres",),
}


class Installation:
    """Started by `with`; `tokens` of its people by address."""

    def __init__(self, data_dir: Path, *, workers: int = 4) -> None:
        self.data_dir = data_dir
        self.port = a_free_port()
        self.tokens: dict[str, str] = {}
        self._workers = workers
        self._said = data_dir.with_suffix(".log")

    def __enter__(self) -> Self:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GMP_")}
        with self._said.open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "run"],
                cwd=ROOT,
                env=clean
                | {
                    "GMP_DATA_DIR": str(self.data_dir),
                    "GMP_PORT": str(self.port),
                    "GMP_SMTP_PORT": str(a_free_port()),
                    "GMP_WORKERS": str(self._workers),
                    "GMP_AUTH_ARGON2": CHEAP_HASH,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_until_whole(within_s=120)
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGINT)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        EmbeddedPostgres(self.data_dir).destroy()

    def furnish(self, emails: list[str]) -> None:
        """Lay the facility of the tests, and let these people in."""
        database = Database(self._alchemy_url(), zone=SEOUL, consumers=CONSUMERS, pool_size=1)
        database.transact(SYSTEM, create_test_facility)
        self.tokens = enrol(database, emails)
        database.dispose()

    def _alchemy_url(self) -> str:
        return EmbeddedPostgres(self.data_dir).app_url("gmp").replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def superuser_url(self) -> str:
        return EmbeddedPostgres(self.data_dir).superuser_url("gmp")

    @property
    def server_log(self) -> ServerLog:
        return ServerLog(EmbeddedPostgres(self.data_dir).log)

    @property
    def said(self) -> str:
        return self._said.read_text()

    @property
    def bugs(self) -> str:
        """The tracebacks the web workers wrote."""
        return "\n".join(part[-3000:] for part in self.said.split("Traceback (most recent call last):")[1:])

    def shared_client(self) -> Client:
        return Client(self.port, tokens=self.tokens)

    def pid_of(self, part: str) -> int | None:
        children = children_of(self._process.pid)
        return next((pid for pid in children if any(word in command_of(pid) for word in PARTS[part])), None)

    def web_workers(self) -> list[int]:
        master = self.pid_of("web")
        return [pid for pid in children_of(master) if command_of(pid)] if master else []

    def missing(self) -> str | None:
        """What is not there yet; None when everything runs and the service reaches its database."""
        gone = [part for part in PARTS if self.pid_of(part) is None]
        if gone:
            return f"no {gone[0]} process"
        if len(self.web_workers()) != self._workers:
            return f"{len(self.web_workers())} of {self._workers} web workers"
        with contextlib.closing(Client(self.port)) as client:
            status = client.get("/readyz").status
        return None if status == 200 else f"/readyz answers {status}"

    def wait_until_whole(self, *, within_s: float) -> float:
        """Unit: the seconds it took."""
        started = time.monotonic()
        while (missing := self.missing()) is not None:
            assert self._process.poll() is None, self.said
            assert time.monotonic() - started < within_s, f"{missing} after {within_s} s:\n{self.said[-3000:]}"
            time.sleep(0.05)
        return time.monotonic() - started
