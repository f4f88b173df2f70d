"""Python runs this file at start-up where its folder is on the path: two runs then do the same in the same order.

The worker works when it is told to. Its timetable is kept, its intervals are not: each connection to the socket named in
TRANSCRIPT_ROUNDS starts one round, every job once, in the order of the timetable.
With TRANSCRIPT_SEED, references are drawn from a seeded generator; that needs a single web process. They break ties
where lists are sorted, so random ones would change the
order of bookings that begin at the same time. Secrets stay random.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
import sys
import threading
from typing import Any

JOBS: list[tuple[Any, tuple[Any, ...]]] = []


def _keep(_scheduler: Any, run: Any, _trigger: Any = None, args: Any = (), **_more: Any) -> None:
    JOBS.append((run, tuple(args)))


def _start(_scheduler: Any, *_args: Any, **_more: Any) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.environ["TRANSCRIPT_ROUNDS"])
    listener.listen()
    threading.Thread(target=_serve, args=(listener,), daemon=True).start()


def _serve(listener: socket.socket) -> None:
    while True:
        connection, _address = listener.accept()
        with connection:
            for run, args in JOBS:
                run(*args)
            connection.sendall(b"done")


def _stop(_scheduler: Any, *_args: Any, **_more: Any) -> None:
    pass


if "TRANSCRIPT_SEED" in os.environ:
    secrets.choice = random.Random(os.environ["TRANSCRIPT_SEED"]).choice

if "TRANSCRIPT_ROUNDS" in os.environ and any(word.endswith("worker") for word in sys.orig_argv):
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.schedulers.base import BaseScheduler

    BaseScheduler.add_job = _keep
    for method, replacement in (("start", _start), ("shutdown", _stop)):
        setattr(BackgroundScheduler, method, replacement)
