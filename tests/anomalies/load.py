"""People at work: bookings asked for, reviewed, approved and given up, all at once, each asked again until answered."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tests.factories.request_bodies import EngineeringRequestFactory, ReservationFactory, SessionFactory
from tests.races.requests import FULL_ROOMS, weeks_of_its_own, working_hours
from tests.server_harness import PASSWORD, Call, Client, Ledger, Reply

REQUESTERS = ["requester@gaon.example", "requester@saebyeok.example", "requester@hanbit.example"]
SCHEDULER, QA = "scheduler@brc.example", "qa@brc.example"
OF_NO_ACCOUNT = {0, 502, 503}
"""What a client may see while something is down: no answer, or an honest one."""


@dataclass(frozen=True)
class KnownBooking:
    reference: str
    email: str


class Load:
    """Threads of requesters and of one decider; `stop()` ends them after each has had its last answer."""

    def __init__(self, shared_client: Callable[[], Client], *, requesters: int, seed: int) -> None:
        self.ledger = Ledger()
        self.interrupted = Ledger()
        """The calls that had no answer, or a 502 or 503; each was made again with the same key."""
        self._crowd = shared_client
        self._seed = seed
        self._spans = itertools.cycle(itertools.islice(working_hours(weeks_of_its_own()), 400))
        self._lock = threading.Lock()
        self._waiting: list[KnownBooking] = []
        self._confirmed: list[KnownBooking] = []
        self._stopping = threading.Event()
        self._keys = itertools.count(1)
        self.errors: list[BaseException] = []
        roles = [self._request] * requesters + [self._decide]
        self._threads = [threading.Thread(target=self._work, args=(number, role)) for number, role in enumerate(roles)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(90)
        assert not any(thread.is_alive() for thread in self._threads), "somebody still waits for an answer"
        if self.errors:
            raise self.errors[0]

    def _work(self, number: int, role: Callable[[Client, random.Random], None]) -> None:
        chance = random.Random(self._seed * 1000 + number)
        try:
            with contextlib.closing(self._crowd()) as client:
                while not self._stopping.is_set():
                    role(client, chance)
        except BaseException as error:
            self.errors.append(error)

    def _until_answered(self, target: str, action: str, send: Callable[[str], Reply]) -> Call:
        key = f"load-{self._seed}-{next(self._keys)}"
        deadline = time.monotonic() + 60
        while True:
            started_at = time.monotonic()
            reply = send(key)
            if reply.status not in OF_NO_ACCOUNT:
                call = Call(target, action, reply, started_at, time.monotonic(), key=key)
                self._note(self.ledger, call)
                return call
            self._note(self.interrupted, Call(target, action, reply, started_at, time.monotonic(), key=key))
            assert time.monotonic() < deadline, f"{action} had no answer for a minute"
            time.sleep(0.1)

    def _note(self, ledger: Ledger, call: Call) -> None:
        with self._lock:
            ledger.calls.append(call)

    def _take(self, held: list[KnownBooking], chance: random.Random) -> KnownBooking | None:
        with self._lock:
            return held.pop(chance.randrange(len(held))) if held else None

    # -- who does what

    def _request(self, client: Client, chance: random.Random) -> None:
        given_up = self._take(self._confirmed, chance) if chance.random() < 0.1 else None
        if given_up is not None:
            path = f"/api/v1/bookings/{given_up.reference}/cancel"
            reason = {"reason": "The culture was lost"}
            self._until_answered("", "cancel", lambda key: client.as_(given_up.email).post(path, reason, key=key))
            return
        email = chance.choice(REQUESTERS)
        body = self._body(email, chance)
        call = self._until_answered("", "submit", lambda key: client.as_(email).post("/api/v1/bookings", body, key=key))
        if call.reply.status == 201:
            with self._lock:
                self._waiting.append(KnownBooking(call.reference or "", email))

    def _body(self, email: str, chance: random.Random) -> dict:
        with self._lock:
            start, end = self._next_span(chance)
        rooms = chance.sample(FULL_ROOMS, chance.choice([1, 1, 2]))
        reservations = (
            [ReservationFactory(resource="INC-01", start=start, end=end, units=chance.randint(1, 3))]
            if chance.random() < 0.4
            else []
        )
        return EngineeringRequestFactory(
            by=email,
            sessions=[SessionFactory(room=room, start=start, end=end) for room in rooms],
            equipment=reservations,
        )

    def _next_span(self, chance: random.Random) -> tuple[datetime, datetime]:
        """Often the one somebody else just asked for."""
        if chance.random() < 0.5 or not hasattr(self, "_last"):
            self._last = next(self._spans)
        return self._last

    def _decide(self, client: Client, chance: random.Random) -> None:
        held = self._take(self._waiting, chance)
        if held is None:
            time.sleep(0.05)
            return
        path = f"/api/v1/bookings/{held.reference}"
        reviewed = self._until_answered(
            "", "review", lambda key: client.as_(SCHEDULER).post(f"{path}/review", {}, key=key)
        )
        if not reviewed.reply.is_success:
            return
        signature = {"signature": {"password": PASSWORD}}
        rejection = signature | {"reason": "Not possible in that week"}
        action, body = ("reject", rejection) if chance.random() < 0.1 else ("approve", signature)
        decided = self._until_answered("", action, lambda key: client.as_(QA).post(f"{path}/{action}", body, key=key))
        if action == "approve" and decided.reply.is_success:
            with self._lock:
                self._confirmed.append(held)
