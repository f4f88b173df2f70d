"""The operating-system processes of one PostgreSQL cluster, found by their working directory."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gmp_booking.infra.process.errors import EmbeddedDatabaseError

STOP_LIMIT_S: Final = 30.0
POLL_S: Final = 0.02


def recorded_pid(cluster: Path) -> int | None:
    """The process id in the cluster's pid file; it may be stale."""
    try:
        return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def is_server(cluster: Path, pid: int) -> bool:
    """Whether that process is a PostgreSQL of this cluster; the system may have reused the id for another program."""
    try:
        is_here = Path(f"/proc/{pid}/cwd").resolve(strict=True) == cluster.resolve()
        return is_here and not _is_zombie(pid)
    except OSError:
        return False


def wait_for_predecessor(cluster: Path, *, is_alive: Callable[[], bool]) -> None:
    """Wait for a server that is still starting or stopping.

    Errors: EmbeddedDatabaseError when it keeps running.
    """
    pid = recorded_pid(cluster)
    deadline = time.monotonic() + STOP_LIMIT_S
    while pid is not None and is_server(cluster, pid):
        if is_alive() or time.monotonic() > deadline:
            raise EmbeddedDatabaseError(f"Another PostgreSQL (process {pid}) is running on {cluster}.")
        time.sleep(POLL_S)


def end_orphans(cluster: Path) -> None:
    """End sessions that outlived a killed server: while one exists, a new server refuses to start."""
    deadline = time.monotonic() + STOP_LIMIT_S
    while orphans := [pid for pid in _all_pids() if is_server(cluster, pid)]:
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(f"PostgreSQL processes {orphans} are still working in {cluster}: end them.")
        for pid in orphans:
            _send(pid, signal.SIGQUIT)
        time.sleep(POLL_S)


def wait_for_end(cluster: Path, pid: int, *, has_ended: Callable[[], bool]) -> None:
    """Errors: EmbeddedDatabaseError when the server does not stop in time."""
    deadline = time.monotonic() + STOP_LIMIT_S
    while is_server(cluster, pid):
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(f"PostgreSQL (process {pid}) did not stop within {STOP_LIMIT_S:.0f} s.")
        if has_ended():
            return
        time.sleep(POLL_S)


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
