"""The installation that is observed: started by its own command, with a clock that stands still until it is moved.

The benchmarks of two versions start theirs in the same way, with the real clock.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.rows import dict_row

from tests.transcript.mailbox import Mailbox, running_mailbox
from tests.zones import SEOUL

BASE_URL = "http://booking.example"
DATABASE = "gmp"
STARTS_WITHIN_S = 120
STOPS_WITHIN_S = 60
MOST_ROUNDS = 12
_ON_DEMAND = Path(__file__).with_name("on_demand")
_PROGRESS = {
    "open": "SELECT count(*) FROM delivery WHERE done_at IS NULL",
    "journal": "SELECT count(*) FROM journal",
    "messages": "SELECT count(*) FROM outbox_message",
    "sent": "SELECT count(*) FROM outbox_message WHERE sent_at IS NOT NULL OR withdrawn_at IS NOT NULL",
}


@dataclass
class Installation:
    """A running installation. Its worker works when `work` is called; its clock stands still unless it has no `now`."""

    command: Path
    data_dir: Path
    port: int
    environment: dict[str, str]
    mailbox: Mailbox
    now: datetime | None
    process: subprocess.Popen[bytes] | None = None
    _connections: dict[str, psycopg.Connection[dict[str, Any]]] = field(default_factory=dict)

    @property
    def checkout(self) -> Path:
        """Where the command runs: Python would import the product from any other checkout it is started in."""
        return self.command.parents[2]

    @property
    def log(self) -> Path:
        return self.data_dir / "transcript.log"

    # -- starting and stopping

    def start(self) -> None:
        if self._is_listening():
            raise RuntimeError(f"Port {self.port} is in use: choose another one.")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.command), "run"],
                cwd=self.checkout,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_for(self._answers, "the site to answer")
        self._wait_for(self._rounds.exists, "the worker")
        self._set_clock()
        self._keep_plans()

    def stop(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOPS_WITHIN_S)

    def restart(self) -> None:
        """Stop and start: whatever a process keeps for a while is read anew."""
        self.stop()
        self._rounds.unlink(missing_ok=True)
        self.start()

    def call(self, *arguments: str) -> str:
        """What a command of the installation prints."""
        done = subprocess.run(
            [str(self.command), *arguments],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"{self.command} has ended:\n{self.log.read_text()[-2000:]}")
        return self._is_listening()

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @staticmethod
    def _wait_for(condition: Any, what: str) -> None:
        give_up_at = time.monotonic() + STARTS_WITHIN_S
        while not condition():
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"Waited {STARTS_WITHIN_S} s for {what}.")
            time.sleep(0.1)

    # -- the database

    @property
    def superuser_url(self) -> str:
        return self._url("superuser", "postgres")

    @property
    def owner_url(self) -> str:
        return self._url("owner", "gmp_owner")

    def _url(self, role: str, user: str) -> str:
        kept = json.loads((self.data_dir / "postgres.json").read_text())
        host, password = (quote(kept[name], safe="") for name in ("socket_dir", role))
        return f"postgresql://{user}:{password}@/{DATABASE}?host={host}"

    def _connect(self, role: str, user: str) -> psycopg.Connection[dict[str, Any]]:
        if role not in self._connections:
            connection = psycopg.connect(self._url(role, user), row_factory=dict_row, autocommit=True)
            connection.execute(f"SET timezone = '{SEOUL.key}'")
            self._connections[role] = connection
        return self._connections[role]

    def ask(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Rows as the superuser sees them: past row-level security."""
        cursor = self._connect("superuser", "postgres").execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []

    # -- time

    def move_clock(self, *, to: datetime | None = None, by: timedelta = timedelta()) -> None:
        if self.now is not None:
            self.now = (to or self.now) + by
            self._set_clock()

    def _set_clock(self) -> None:
        if self.now is None:
            return
        self._connect("owner", "gmp_owner").execute(
            "CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE"
            f" AS 'SELECT timestamptz ''{self.now.isoformat()}'''"
        )

    def _keep_plans(self) -> None:
        """Statistics gathered at a moment that differs from run to run would change plans, and with them orders."""
        if self.now is not None:
            self.ask("ALTER SYSTEM SET autovacuum = off")
            self.ask("SELECT pg_reload_conf()")

    # -- the worker

    @property
    def _rounds(self) -> Path:
        return Path(self.environment["TRANSCRIPT_ROUNDS"])

    def work(self) -> None:
        """Let the worker do everything that is due now, until a round changes nothing."""
        before = self._progress()
        for _ in range(MOST_ROUNDS):
            with socket.socket(socket.AF_UNIX) as worker:
                worker.settimeout(STARTS_WITHIN_S)
                worker.connect(str(self._rounds))
                if worker.recv(8) != b"done":
                    raise RuntimeError("The worker ended within a round.")
            after = self._progress()
            if after == before:
                return
            before = after
        raise RuntimeError(f"After {MOST_ROUNDS} rounds the worker still finds something to do: {before}")

    def _progress(self) -> dict[str, Any]:
        counted = ", ".join(f"({query}) AS {name}" for name, query in _PROGRESS.items())
        return self.ask(f"SELECT {counted}")[0]

    def first_link(self) -> str:
        """The path of the page that begins an empty facility, as `init` prints it."""
        found = re.search(r"/welcome/\S+", self.call("init"))
        if not found:
            raise RuntimeError("The command `init` printed no link.")
        return found[0]


def end_in_good_order() -> None:
    """Let SIGTERM end this program as an error does: what it has started is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@contextmanager
def running_installation(
    command: Path, data_dir: Path, port: int, *, now: datetime | None, **settings: str
) -> Iterator[Installation]:
    """An empty installation in a new data directory, for as long as the block lasts."""
    data_dir.mkdir(parents=True)
    data_dir.chmod(0o711)
    with running_mailbox() as mailbox:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GMP_")}
        environment |= {
            "GMP_AUTH_ABSOLUTE_S": "86400",
            "GMP_AUTH_ARGON2": "t=1,m=1024,p=1",
            "GMP_AUTH_IDLE_STAFF_MIN": "1440",
            "GMP_BASE_URL": BASE_URL,
            "GMP_DATA_DIR": str(data_dir),
            "GMP_DEMO": "0",
            "GMP_MAIL_FROM": "no-reply@booking.example",
            "GMP_PORT": str(port),
            "GMP_SMTP_PORT": str(mailbox.port),
            "GMP_TESTING": "1",
            "GMP_THREADS": "2",
            "GMP_WORKERS": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(_ON_DEMAND),
            **({"TRANSCRIPT_SEED": f"{now:%Y%m%d}"} if now else {}),
            "TRANSCRIPT_ROUNDS": str(data_dir / "rounds.socket"),
        } | settings
        installation = Installation(command, data_dir, port, environment, mailbox, now)
        try:
            installation.start()
            yield installation
        finally:
            installation.stop()
