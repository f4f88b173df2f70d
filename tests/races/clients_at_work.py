"""Eight clients at work at once, from one seed: each act is noted when it is asked for and when it is answered."""

from __future__ import annotations

import json
import random
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from gmp_booking.approvals.jobs import expire_overdue
from tests.oracles.observed_history import Said
from tests.races.random_actions import SCHEDULER, Doc, Mind, Wish
from tests.races.running_installation import House
from tests.server_harness import Client, Reply, at_once

WARM = 14
"""How many of the latest bookings everybody reaches for."""
FEW_OUTAGES = 3
_ENDED = {"REJECTED", "EXPIRED", "CANCELLED"}
_WAITING = ("SUBMITTED", "UNDER_REVIEW", "RETURNED")


class Diary:
    """What all clients asked and were told, a line of JSON each, in the order in which it happened."""

    def __init__(self, path: Path) -> None:
        self.said: list[Said] = []
        self.counts: dict[str, dict[int, int]] = {}
        self._file = path.open("w")
        self._lock = threading.Lock()

    def invoke(self, number: int, client: int, wish: Wish) -> None:
        with self._lock:
            line = {"number": number, "client": client, "type": "invoke", "what": wish.act, "who": wish.who}
            self._write(line | {"path": wish.path, "body": wish.body, "reference": wish.reference})

    def answer(self, number: int, client: int, wish: Wish, reply: Reply) -> None:
        kind = "info" if reply.status == 0 else "ok" if reply.is_success else "fail"
        body = reply.json if reply.body and reply.status < 500 else {}
        said = Said(
            act=wish.act,
            reference=body.get("reference") or wish.reference,
            status=reply.status,
            request_id=reply.headers.get("x-request-id", ""),
            is_replay="idempotency-replayed" in reply.headers,
            outcome=body.get("outcome", ""),
        )
        with self._lock:
            self.said.append(said)
            counted = self.counts.setdefault(wish.act, {})
            counted[reply.status] = counted.get(reply.status, 0) + 1
            self._write({"number": number, "client": client, "type": kind} | said._asdict())
            if kind == "fail":
                self._write({"number": number, "type": "why", "why": body.get("detail") or body.get("errors")})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()


class Crowd:
    """What the clients know of each other's work: the bookings there are, and the outages that stand."""

    def __init__(self, house: House, *, acts: int, seed: int, diary: Path, minutes_an_act: float) -> None:
        self.house = house
        self.diary = Diary(diary)
        self._seed = seed
        self._acts = acts
        self._minutes_an_act = minutes_an_act
        self._begun = 0
        self._references: list[str] = []
        self._outages: list[tuple[int, str]] = []
        self._lock = threading.Lock()

    def work(self, clients: int) -> None:
        with closing(self.diary):
            at_once(clients, self._one)

    def _next(self) -> int | None:
        with self._lock:
            if self._begun >= self._acts:
                return None
            self._begun += 1
            return self._begun

    def _one(self, number: int) -> None:
        chance = random.Random(self._seed * 1000 + number)
        with closing(self.house.service.client("", tokens=self.house.tokens)) as client:
            while (act := self._next()) is not None:
                if act % 20 == 0:
                    self.house.clock.pass_time(timedelta(minutes=20 * self._minutes_an_act))
                wish, seen = self._wish(client, chance)
                key = f"{self._seed}-{act}" if chance.random() < 0.5 else None
                self._carry_out(client, number, act, wish, key=key, seen=seen)
                if key is not None and chance.random() < 0.15:
                    self._carry_out(client, number, act, wish, key=key, seen=seen)

    def _wish(self, client: Client, chance: random.Random) -> tuple[Wish, str | None]:
        mind = Mind(chance, self.house.clock.now())
        with self._lock:
            known, outages = self._references[-WARM:], list(self._outages)
        dice = chance.random()
        if len(known) < 4 or dice < 0.13:
            return mind.create(), None
        if dice < 0.145 and len(outages) < FEW_OUTAGES:
            return mind.place(), None
        if dice < 0.165 and outages:
            return mind.lift(*chance.choice(outages)), None
        doc, seen, changes = self._look(client, chance.choice(known))
        if doc["state"] in _ENDED and chance.random() < 0.5:
            self._forget(doc["reference"])
            return mind.create(), None
        return mind.about(doc, changes=changes), seen if chance.random() < 0.4 else None

    def _look(self, client: Client, reference: str) -> tuple[Doc, str, bool]:
        client.as_(SCHEDULER)
        reply = client.get(f"/api/v1/bookings/{reference}")
        assert reply.status == 200, reply
        changes = reply.json["state"] == "CONFIRMED" and (
            client.get(f"/api/v1/bookings/{reference}/change").status == 200
        )
        return reply.json, reply.headers["etag"].strip('"'), changes

    def _forget(self, reference: str) -> None:
        with self._lock:
            self._references = [each for each in self._references if each != reference]

    def _carry_out(
        self, client: Client, number: int, act: int, wish: Wish, *, key: str | None, seen: str | None
    ) -> None:
        self.diary.invoke(act, number, wish)
        if wish.act == "expire":
            self._let_expire(wish.reference)
            self.diary.answer(act, number, wish, Reply(204))
            return
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        headers |= {"If-Match": f'"{seen}"'} if seen else {}
        body = json.dumps(wish.body).encode()
        reply = client.as_(wish.who).send(wish.method, wish.path, body, headers)
        self.diary.answer(act, number, wish, reply)
        if reply.is_success:
            self._remember(wish, reply)

    def _let_expire(self, reference: str) -> None:
        """Its time is up now, and the job happens to look."""
        past = "pending_until = gmp_now() - interval '1 second'"
        self.house.say(
            f"UPDATE booking SET {past} WHERE reference = %s AND state = ANY (%s) RETURNING id",
            reference,
            list(_WAITING),
        )
        self.house.say(
            f"UPDATE booking_change AS n SET {past} FROM booking AS b"
            " WHERE b.id = n.booking_id AND b.reference = %s AND n.state = ANY (%s) RETURNING n.id",
            reference,
            list(_WAITING),
        )
        expire_overdue(self.house.database)

    def _remember(self, wish: Wish, reply: Reply) -> None:
        with self._lock:
            if wish.act == "create" and reply.json["reference"] not in self._references:
                self._references.append(reply.json["reference"])
            if wish.act == "place":
                self._outages += [
                    (each["id"], each["kind"])
                    for each in reply.json["outages"]
                    if (each["id"], each["kind"]) not in self._outages
                ]
            if wish.act == "lift":
                self._outages = [each for each in self._outages if f"/{each[0]}/lift" not in wish.path]
