"""HTTP clients that keep a connection open and measure the duration of each request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from itertools import count
from statistics import quantiles
from typing import Any

IDLE_S = 1.0


@dataclass(frozen=True)
class Call:
    """One request and the status that it must return."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Measured:
    """Units: milliseconds."""

    p50: float
    p95: float

    @classmethod
    def of(cls, times: list[float]) -> Measured:
        cuts = quantiles(times, n=100)
        return cls(p50=cuts[49], p95=cuts[94])


class Client:
    """One connection, one request after the other."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._used_at = time.monotonic()

    def time(self, call: Call) -> float:
        """Milliseconds until the whole response was read. Errors: RuntimeError for another status than expected."""
        began = time.perf_counter()
        self._send(call)
        return (time.perf_counter() - began) * 1000

    def headers_of(self, call: Call) -> dict[str, str]:
        """The headers of the response."""
        return dict(self._send(call).getheaders())

    def _send(self, call: Call) -> HTTPResponse:
        body = json.dumps(call.body) if call.body is not None else None
        headers = call.headers | ({"Content-Type": "application/json"} if body else {})
        if time.monotonic() - self._used_at > IDLE_S:
            self._connection.close()  # The server closes idle connections; the next request connects again.
        self._connection.request(call.method, call.path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        self._used_at = time.monotonic()
        if response.status != call.status:
            raise RuntimeError(f"{call.method} {call.path}: {response.status} {content[:300]!r}")
        return response


def rate(port: int, calls: Callable[[int], Call], *, clients: int, requests: int, warm: int) -> float:
    """Responses per second while `clients` send `requests` each at once; `calls` gives the n-th request of all."""
    shared = ConcurrentClients(port, calls)
    barrier = threading.Barrier(clients + 1)
    threads = [threading.Thread(target=shared.run, args=(barrier, requests, warm)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    with suppress(threading.BrokenBarrierError):
        barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - began
    if shared.errors:
        raise shared.errors[0]
    return clients * requests / lasted


class ConcurrentClients:
    """What the clients of one run share: the next request and the errors."""

    def __init__(self, port: int, calls: Callable[[int], Call]) -> None:
        self.port = port
        self.errors: list[Exception] = []
        self._calls = map(calls, count())
        self._lock = threading.Lock()

    def _next(self) -> Call:
        with self._lock:
            return next(self._calls)

    def run(self, barrier: threading.Barrier, requests: int, warm: int) -> None:
        client = Client(self.port)
        try:
            for _ in range(warm):
                client.time(self._next())
            barrier.wait()
            client = Client(self.port)  # The server may have closed the first connection during the wait.
            for _ in range(requests):
                client.time(self._next())
        except Exception as error:
            self.errors.append(error)
            barrier.abort()
