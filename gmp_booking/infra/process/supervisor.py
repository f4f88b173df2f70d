"""Start programs in order, restart those that end, and stop all of them cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

from gmp_booking.infra.process.parent_death_signal import ServiceUser, with_parent_death_signal

POLL_S: Final = 0.05
FIRST_RESTART_DELAY_S: Final = 0.1
MAX_RESTART_DELAY_S: Final = 2.0
STABLE_AFTER_S: Final = 10.0
"""A child that ran this long is restarted without delay."""

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SupervisorError(Exception):
    """A program did not start; the message names it."""


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM. A BaseException like KeyboardInterrupt, so that no `except Exception` swallows it."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One program to keep running.

    `argv` and `env` may be functions, called before each start. `env` is the whole environment.
    `ready` tells whether the program serves; without it a running process counts as ready.
    """

    name: str
    argv: Sequence[str] | Callable[[], Sequence[str]]
    env: Mapping[str, str] | Callable[[], Mapping[str, str]]
    ready: Callable[[], bool] | None = None
    ready_within_s: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 15.0
    run_as: ServiceUser | None = None
    log: Path | None = None


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_after: float = 0.0
    delay_s: float = field(default=FIRST_RESTART_DELAY_S)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps children running inside a `with` block of the main thread, and stops them, last first, at its end.

    Each child leads a session of its own, so Ctrl-C reaches only the supervisor. The parent-death signal ends the
    children of a supervisor that was killed.
    """

    def __init__(self, report: Callable[[str], None] | None = None) -> None:
        self._print = report or (lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201 - the console is the place
        self._running: list[_Running] = []
        self._previous: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            self._previous[number] = signal.signal(number, _request_stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: self._kill_all())
        for running in reversed(self._running):
            self._stop(running)
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def start(self, child: Child) -> None:
        """Start a child and wait until it is ready.

        Errors: SupervisorError when it ends or is not ready in time.
        """
        running = _Running(child)
        self._running.append(running)
        self._launch(running)
        deadline = time.monotonic() + child.ready_within_s
        while child.ready and not child.ready():
            if not running.is_alive:
                raise SupervisorError(f"{child.name} ended instead of starting{_see_log(child.log)}.")
            if time.monotonic() > deadline:
                raise SupervisorError(
                    f"{child.name} was not ready within {child.ready_within_s:g} s{_see_log(child.log)}."
                )
            time.sleep(POLL_S)

    def watch(self) -> None:
        """Restart children that end, until a stop is requested."""
        try:
            while True:
                for running in self._running:
                    self._restart_if_ended(running)
                time.sleep(POLL_S)
        except StopRequested:
            return

    def _restart_if_ended(self, running: _Running) -> None:
        if running.is_alive:
            return
        now = time.monotonic()
        if running.process is not None:
            self._print(f"{running.child.name} ended ({_exit_reason(running.process.returncode)}); starting it again.")
            _end_group(running.process.pid)
            ran_s = now - running.started_at
            running.delay_s = (
                FIRST_RESTART_DELAY_S if ran_s > STABLE_AFTER_S else min(running.delay_s * 2, MAX_RESTART_DELAY_S)
            )
            running.start_after = now if ran_s > STABLE_AFTER_S else now + running.delay_s
            running.process = None
        if now < running.start_after:
            return
        try:
            self._launch(running)
        except Exception as error:
            self._print(f"{running.child.name} could not be started: {error}")
            running.start_after = time.monotonic() + MAX_RESTART_DELAY_S

    def _launch(self, running: _Running) -> None:
        child = running.child
        argv = child.argv() if callable(child.argv) else child.argv
        env = child.env() if callable(child.env) else child.env
        output = _open_log(child.log) if child.log else None
        try:
            running.process = subprocess.Popen(
                with_parent_death_signal(argv, die_with=child.stop_signal, run_as=child.run_as),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            if output is not None:
                os.close(output)
        running.started_at = time.monotonic()

    def _stop(self, running: _Running) -> None:
        process = running.process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(running.child.stop_signal)
            try:
                process.wait(running.child.stop_within_s)
            except subprocess.TimeoutExpired:
                self._print(
                    f"{running.child.name} did not stop within {running.child.stop_within_s:g} s and was killed."
                )
                process.kill()
                process.wait()
        _end_group(process.pid)

    def _kill_all(self) -> None:
        for running in self._running:
            if running.process is not None:
                _end_group(running.process.pid)


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested


def _end_group(leader: int) -> None:
    """Kill what is left of a child's process group: workers whose master was killed would keep its port open."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _open_log(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _see_log(log: Path | None) -> str:
    return f"; see {log}" if log else ""


def _exit_reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
