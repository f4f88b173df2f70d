"""Start a program that ends when its parent process ends (Linux: PR_SET_PDEATHSIG).

Run by path with `python -I -S`, so it imports nothing of the project and costs about 15 ms. It is a program of its own
and no `preexec_fn`, because code between fork and exec can deadlock in a process with threads. setuid() clears
PR_SET_PDEATHSIG, so the signal is set after the change of user.
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


def with_parent_death_signal(
    argv: Sequence[str], *, die_with: signal.Signals = signal.SIGTERM, run_as: ServiceUser | None = None
) -> list[str]:
    """The command that runs `argv` and has the kernel send it `die_with` when the calling process dies.

    Other systems than Linux have no such signal. The kernel watches the *thread* that starts the program: start it from
    a thread that lives as long as the program should.
    """
    identity = f"{run_as.uid}:{run_as.gid}" if run_as else "-"
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), str(int(die_with)), identity, *argv]


def _change_user(identity: str) -> None:
    if identity == "-":
        return
    uid, gid = (int(part) for part in identity.split(":"))
    os.chdir("/")
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _set_signal(parent: int, die_with: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, die_with, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent process has already ended")


def main() -> None:
    """Change user, set the signal, exec."""
    parent, die_with, identity, *argv = sys.argv[1:]
    _change_user(identity)
    _set_signal(int(parent), int(die_with))
    os.execvp(argv[0], argv)  # noqa: S606 - exec without a shell is intended


if __name__ == "__main__":
    main()
