"""Start programs in order, start again what dies, and stop all of them cleanly."""

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

from gmp_booking.infra.process.parent_death_signal import ServiceUser, tethered

POLL_S: Final = 0.05
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 2.0
SETTLED_S: Final = 10.0
"""Who lived this long is started again at once the next time."""

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SupervisorError(Exception):
    """A program did not start; the message names it."""


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM. Like KeyboardInterrupt no Exception, so that nobody swallows it."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One program to keep running.

    `argv` and `env` may be functions: they are asked anew before each start. `env` is the whole environment.
    `ready` tells whether the program does its work; without it, running is enough.
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
    pause_s: float = field(default=FIRST_PAUSE_S)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps children running inside a `with` block of the main thread, and stops them, last first, at its end.

    Each child leads a session of its own, so Ctrl-C reaches only the supervisor, once; and each hangs on a tether, so
    that none outlives a supervisor that was killed.
    """

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say or (lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201 - the console is the place
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
                raise SupervisorError(f"{child.name} ended instead of starting{_see(child.log)}.")
            if time.monotonic() > deadline:
                raise SupervisorError(f"{child.name} was not ready within {child.ready_within_s:g} s{_see(child.log)}.")
            time.sleep(POLL_S)

    def watch(self) -> None:
        """Start again what dies, until somebody asks to stop."""
        try:
            while True:
                for running in self._running:
                    self._look_after(running)
                time.sleep(POLL_S)
        except StopRequested:
            return

    def _look_after(self, running: _Running) -> None:
        if running.is_alive:
            return
        now = time.monotonic()
        if running.process is not None:
            self._say(f"{running.child.name} ended ({_ending(running.process.returncode)}); starting it again.")
            _end_group(running.process.pid)
            lived_s = now - running.started_at
            running.pause_s = FIRST_PAUSE_S if lived_s > SETTLED_S else min(running.pause_s * 2, LONGEST_PAUSE_S)
            running.start_after = now if lived_s > SETTLED_S else now + running.pause_s
            running.process = None
        if now < running.start_after:
            return
        try:
            self._launch(running)
        except Exception as error:
            self._say(f"{running.child.name} could not be started: {error}")
            running.start_after = time.monotonic() + LONGEST_PAUSE_S

    def _launch(self, running: _Running) -> None:
        child = running.child
        argv = child.argv() if callable(child.argv) else child.argv
        env = child.env() if callable(child.env) else child.env
        output = _open_log(child.log) if child.log else None
        try:
            running.process = subprocess.Popen(
                tethered(argv, die_with=child.stop_signal, run_as=child.run_as),
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
                self._say(f"{running.child.name} did not stop within {running.child.stop_within_s:g} s and was killed.")
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
    """Kill whatever is left of a child's process group; workers whose master was killed would hold on to its port."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _open_log(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _see(log: Path | None) -> str:
    return f"; see {log}" if log else ""


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
