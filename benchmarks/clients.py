"""Clients that keep a connection open and note how long each answer took."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from statistics import quantiles
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request: what is sent, and which status counts as done."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Measured:
    """Units: milliseconds; requests a second over all clients."""

    p50: float
    p95: float
    rate: float


def measure(port: int, calls: Callable[[int], Call], *, clients: int, requests: int, warm: int = 20) -> Measured:
    """Let so many clients make so many requests each; `calls` gives the n-th request of all."""
    numbers = iter(range(10**9))
    lock = threading.Lock()
    times: list[float] = []
    errors: list[str] = []
    barrier = threading.Barrier(clients + 1)

    def number() -> int:
        with lock:
            return next(numbers)

    def one(connection: HTTPConnection, call: Call) -> float:
        body = json.dumps(call.body) if call.body is not None else None
        headers = call.headers | ({"Content-Type": "application/json"} if body else {})
        began = time.perf_counter()
        connection.request(call.method, call.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        if answer.status != call.status:
            errors.append(f"{call.method} {call.path}: {answer.status} {content[:300]!r}")
        return took

    def run() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(warm):
            one(connection, calls(number()))
        barrier.wait()
        mine = [one(connection, calls(number())) for _ in range(requests)]
        with lock:
            times.extend(mine)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - began
    if errors:
        raise RuntimeError(f"{len(errors)} answers were not as expected, such as {errors[0]}")
    cuts = quantiles(times, n=100)
    return Measured(p50=cuts[49] * 1000, p95=cuts[94] * 1000, rate=len(times) / lasted)
