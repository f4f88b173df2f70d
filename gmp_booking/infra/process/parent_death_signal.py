"""Start a program that ends when the one who started it ends.

Run by path with `python -I -S`, so it imports nothing of the project and costs some 15 ms. It is a program of its own,
and not a `preexec_fn`, because code between fork and exec deadlocks now and then in a process with threads. The kernel
forgets the wish to be told of a parent's death whenever the user changes: the wish comes after the change, before exec.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """The operating-system user a program runs as."""

    name: str
    uid: int
    gid: int


def tethered(
    argv: Sequence[str], *, die_with: signal.Signals = signal.SIGTERM, run_as: ServiceUser | None = None
) -> list[str]:
    """The command that runs `argv` on a tether to the calling process.

    `die_with` is what the program is sent when the caller dies, even by SIGKILL (Linux; elsewhere there is no tether).
    The tether hangs on the *thread* that starts it: start programs from a thread that lives as long as they should.
    """
    identity = f"{run_as.uid}:{run_as.gid}" if run_as else "-"
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), str(int(die_with)), identity, *argv]


def _become(identity: str) -> None:
    if identity == "-":
        return
    uid, gid = (int(part) for part in identity.split(":"))
    os.chdir("/")
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _tie(parent: int, die_with: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, die_with, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("tether: whoever started this is already gone")


def main() -> None:
    """Change user, tie, exec."""
    parent, die_with, identity, *argv = sys.argv[1:]
    _become(identity)
    _tie(int(parent), int(die_with))
    os.execvp(argv[0], argv)  # noqa: S606 - replacing ourselves is the point


if __name__ == "__main__":
    main()
