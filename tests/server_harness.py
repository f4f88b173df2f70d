"""The service as an installation runs it: real gunicorn workers over one database, clients with tokens, logs of both.

people = enrol(database, [...])            accounts and API tokens of people of the test facility
with Service(place, workers=4) as service: real processes on a free port
    client = service.client(people["qa@brc.example"])
    client.post("/api/v1/bookings", body, key="k1")
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from config import Config
from gmp_booking.accounts import passwords
from gmp_booking.accounts.service import create_account, create_token
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.infra.process import stack
from gmp_booking.infra.process.parent_death_signal import with_parent_death_signal
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.people.service import find_person_by_email

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "demo-bitgoeul-2027"
CHEAP_HASH = "t=1,m=1024,p=1"
ANSWER_WITHIN_S = 30.0


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def enrol(database: Database, emails: Iterable[str]) -> dict[str, str]:
    """Give each of these people an account and a token; the secrets by address."""
    passwords.configure(cost=CHEAP_HASH, slots=4)
    hashed = passwords.hash_password(PASSWORD)
    return {email: database.transact(SYSTEM, _enrol_one, email, hashed) for email in emails}


def _enrol_one(uow: Uow, email: str, hashed: str) -> str:
    account = create_account(uow, find_person_by_email(uow, email), hashed)
    uow.session.flush()
    return create_token(uow, name="test", days=30, account_id=account.id).secret


@dataclass(frozen=True)
class Reply:
    """What a client got; status 0 when there was no answer at all."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Call:
    """One line of the client log: what was asked, and what came of it."""

    target: str
    action: str
    reply: Reply
    started_at: float
    ended_at: float
    key: str | None = None
    body: Any = None

    @property
    def reference(self) -> str | None:
        return self.reply.json["reference"] if self.reply.is_success else None


class Client:
    """One keep-alive connection, opened anew when it breaks, not shared between threads; who speaks may change."""

    def __init__(self, port: int, token: str = "", tokens: Mapping[str, str] | None = None) -> None:
        self._port = port
        self._token = token
        self._tokens = tokens or {}
        self._connection: http.client.HTTPConnection | None = None

    def as_(self, email: str) -> Self:
        """From now on this person speaks."""
        self._token = self._tokens[email]
        return self

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: Any, *, key: str | None = None, seen: str | None = None) -> Reply:
        headers = {"Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= {"If-Match": f'"{seen}"'} if seen else {}
        return self.send("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)

    def patch(self, path: str, body: Any) -> Reply:
        return self.send("PATCH", path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """One request on the wire, never repeated: a stale keep-alive connection is told apart before sending."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Language": "en", **headers}
        try:
            connection = self._open()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            reply = Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            self.close()
            return Reply(0)
        if answer.will_close:
            self.close()
        return reply

    def _open(self) -> http.client.HTTPConnection:
        connection = self._connection
        if connection is not None and connection.sock is not None and _was_closed(connection.sock):
            connection.close()
            connection = None
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_WITHIN_S)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = connection
        return connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _was_closed(sock: socket.socket) -> bool:
    sock.settimeout(0)
    try:
        return sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(ANSWER_WITHIN_S)


class Service:
    """gunicorn with real worker processes over one database, as `gmp-booking run` starts it."""

    def __init__(self, app_url: str, owner_url: str, *, workers: int = 4, threads: int = 8) -> None:
        self.port = a_free_port()
        self.workers = workers
        self._threads = threads
        self._urls = (app_url, owner_url)
        self._folder = tempfile.TemporaryDirectory(prefix="gmp-server-")
        self.log = Path(self._folder.name) / "gunicorn.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GMP_")}
        child = stack._web(Config.from_env(self._settings()))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                with_parent_death_signal([str(word) for word in child.argv]),
                cwd=ROOT,
                env=clean | self._settings(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_for_workers()
        return self

    def _settings(self) -> dict[str, str]:
        return {
            "GMP_DATABASE_URL": self._urls[0],
            "GMP_OWNER_DATABASE_URL": self._urls[1],
            "GMP_DATA_DIR": self._folder.name,
            "GMP_PORT": str(self.port),
            "GMP_WORKERS": str(self.workers),
            "GMP_THREADS": str(self._threads),
            "GMP_AUTH_ARGON2": CHEAP_HASH,
            "GMP_TESTING": "1",
        }

    def _wait_for_workers(self) -> None:
        deadline = time.monotonic() + 60
        while not self._is_complete():
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"gunicorn did not start: {self.log.read_text()}"
            time.sleep(0.05)

    def _is_complete(self) -> bool:
        with contextlib.closing(Client(self.port)) as client:
            return len(self.worker_pids()) == self.workers and client.get("/healthz").status == 200

    def worker_pids(self) -> list[int]:
        assert self._process is not None
        return children_of(self._process.pid)

    def __exit__(self, *_error: object) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._folder.cleanup()

    def client(self, token: str = "", tokens: Mapping[str, str] | None = None) -> Client:
        return Client(self.port, token, tokens)


def children_of(pid: int) -> list[int]:
    """The direct children of a process, empty when it is gone."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def at_once(count: int, work: Callable[[int], None]) -> None:
    """Run `work(0) … work(count - 1)` in as many threads, released together; the first error is raised."""
    barrier = threading.Barrier(count)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            barrier.wait(30)
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@dataclass
class Ledger:
    """What all clients asked and got, in the order of the answers."""

    calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, target: str, action: str, ask: Callable[[], Reply], **more: Any) -> Call:
        started_at = time.monotonic()
        reply = ask()
        call = Call(target, action, reply, started_at, time.monotonic(), **more)
        with self._lock:
            self.calls.append(call)
        return call

    def statuses(self) -> dict[int, int]:
        counted: dict[int, int] = {}
        for call in self.calls:
            counted[call.reply.status] = counted.get(call.reply.status, 0) + 1
        return dict(sorted(counted.items()))

    def milliseconds(self, share: float) -> float:
        """The answer time that this share of all calls kept to."""
        taken = sorted(call.ended_at - call.started_at for call in self.calls)
        return round(1000 * taken[min(int(share * len(taken)), len(taken) - 1)], 1)

    def __str__(self) -> str:
        figures = f"p50 {self.milliseconds(0.5)} ms, p95 {self.milliseconds(0.95)} ms" if self.calls else ""
        return f"{len(self.calls)} calls, statuses {self.statuses()}, {figures}"


def race(
    clients: Sequence[Client], jobs: Sequence[Callable[[Client], Any]], *, until: Callable[[], bool] = lambda: False
) -> None:
    """Let all clients work off the jobs in their order, each taking the next one as soon as it is free."""
    numbers: Iterator[int] = iter(range(len(jobs)))
    lock = threading.Lock()

    def work(number: int) -> None:
        with contextlib.closing(clients[number]) as client:
            while not until():
                with lock:
                    job = next(numbers, None)
                if job is None:
                    return
                jobs[job](client)

    at_once(len(clients), work)


class ServerLog:
    """The part of PostgreSQL's log that is written from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = path.stat().st_size if path.exists() else 0

    def lines(self) -> list[str]:
        with self._path.open("rb") as file:
            file.seek(self._from)
            return file.read().decode(errors="replace").splitlines()

    def deadlocks(self) -> list[str]:
        return [line for line in self.lines() if "deadlock detected" in line or "40P01" in line]
