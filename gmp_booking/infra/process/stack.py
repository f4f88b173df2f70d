"""One command that runs everything on one machine: database, mail sink of the demo, web server and worker."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from gunicorn.config import KNOWN_SETTINGS

from config import PREFIX, Config
from gmp_booking.infra.process import gunicorn_hooks
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.infra.process.errors import EmbeddedDatabaseError
from gmp_booking.infra.process.supervisor import Child, StopRequested, Supervisor, SupervisorError

DATABASE: Final = "gmp"


class StackError(Exception):
    """The machine cannot run the stack; the message says what to do."""


def run_stack(
    config: Config,
    *,
    migrate: Callable[[str], None],
    prepare: Callable[[Config], Sequence[str]],
) -> None:
    """Start everything, print the address, and keep it running until Ctrl-C or SIGTERM.

    `migrate` gets the owner's database URL. `prepare` gets the settings with the actual addresses and returns the lines
    to print once the site answers. It runs before the web server starts: afterwards a killed child must be restarted at
    once, which only `watch` does.
    Errors: StackError.
    """
    with _exclusive(config.data_dir), Supervisor() as supervisor:
        try:
            _require_free_port(config)
            config = _start_database(config, supervisor)
            config = _start_mail_sink(config, supervisor)
            migrate(config.owner_database_url)
            welcome = prepare(config)
            supervisor.start(_web(config))
            supervisor.start(_worker(config))
            print(*welcome, sep="\n", flush=True)  # noqa: T201 - the console is the place
            supervisor.watch()
        except StopRequested:
            return
        except (SupervisorError, EmbeddedDatabaseError) as error:
            raise StackError(str(error)) from error


def mail_dir(config: Config) -> Path:
    """The folder in which the demo's mail sink stores messages."""
    return config.data_dir / "mail"


@contextmanager
def embedded_database(config: Config) -> Iterator[Config]:
    """The settings with a database; the embedded one is started for the block when none is configured."""
    if config.database_url:
        yield config
        return
    postgres = EmbeddedPostgres(config.data_dir)
    was_alive = postgres.is_alive()
    postgres.start()
    try:
        postgres.ensure_database(DATABASE)
        yield _connected(config, postgres)
    finally:
        if not was_alive:
            postgres.stop()


def _connected(config: Config, postgres: EmbeddedPostgres) -> Config:
    return replace(config, database_url=postgres.app_url(DATABASE), owner_database_url=postgres.owner_url(DATABASE))


def _start_database(config: Config, supervisor: Supervisor) -> Config:
    if config.database_url:
        return config
    postgres = EmbeddedPostgres(config.data_dir)
    postgres.prepare()
    supervisor.start(
        Child(
            name="database",
            argv=postgres.command,
            env=postgres.environment,
            ready=postgres.is_alive,
            stop_signal=signal.SIGINT,
            stop_within_s=30,
            run_as=postgres.run_as,
            log=postgres.log,
        )
    )
    postgres.make_roles()
    postgres.ensure_database(DATABASE)
    return _connected(config, postgres)


def _start_mail_sink(config: Config, supervisor: Supervisor) -> Config:
    if not config.demo:
        return config
    if not _is_free("127.0.0.1", config.smtp_port):
        config = replace(config, smtp_port=_any_free_port())
    config = replace(config, smtp_host="127.0.0.1", smtp_starttls=False, smtp_user="")
    options = ["--port", str(config.smtp_port), "--dir", str(mail_dir(config))]
    supervisor.start(
        Child(
            name="mail sink",
            argv=[sys.executable, "-m", "gmp_booking.infra.mail.dev_mail_server", *options],
            env=_environment(config),
            log=config.data_dir / "mailsink.log",
        )
    )
    return config


def _web(config: Config) -> Child:
    options = ["--bind", f"{config.host}:{config.port}", "--workers", str(config.workers)]
    options += ["--worker-class", "gthread", "--threads", str(config.threads)]
    options += ["--preload", "--config", f"python:{gunicorn_hooks.__name__}"]
    options += ["--timeout", "30", "--graceful-timeout", "10", "--log-level", "warning"]
    if "control_socket_disable" in {setting.name for setting in KNOWN_SETTINGS}:
        options.append("--no-control-socket")
    return Child(
        name="web server",
        argv=[sys.executable, "-m", "gunicorn", *options, "wsgi:app"],
        env=_environment(config),
        ready=lambda: _answers(config),
    )


def _worker(config: Config) -> Child:
    program = Path(sys.executable).with_name("gmp-booking")
    return Child(name="worker", argv=[str(program), "worker"], env=_environment(config))


def _environment(config: Config) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | config.as_env()


@contextmanager
def _exclusive(data_dir: Path) -> Iterator[None]:
    """Two stacks on one data directory would stop each other's database."""
    data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(
                f"gmp-booking is already running on {data_dir}: stop it, or choose another folder with GMP_DATA_DIR."
            ) from error
        yield


def _require_free_port(config: Config) -> None:
    if not _is_free(config.host, config.port):
        raise StackError(
            f"Port {config.port} is in use: stop the program that uses it, or choose another, for example PORT=8010."
        )


def _is_free(host: str, port: int) -> bool:
    """Whether the port is free.

    Errors: StackError when the address is not of this machine or the port needs other privileges.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise StackError(f"Nothing can listen on {host}:{port} here ({error.strerror}).") from error
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(config: Config) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "[::]": "[::1]"}.get(config.host, config.host)  # noqa: S104 - compared
    try:
        with urllib.request.urlopen(f"http://{host}:{config.port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
