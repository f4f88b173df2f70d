"""Eight concurrent clients driven by one seed; each action is recorded when it is sent and when it is answered."""

from __future__ import annotations

import json
import math
import random
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from gmp_booking.approvals.jobs import expire_overdue
from tests.oracles.observed_history import ClientAnswer
from tests.races.random_actions import SCHEDULER, ActionChooser, Doc, RandomAction
from tests.races.running_installation import RunningInstallation
from tests.server_harness import Client, Reply, at_once

WARM = 14
"""How many of the latest bookings everybody reaches for."""
FEW_OUTAGES = 3
_ENDED = {"REJECTED", "EXPIRED", "CANCELLED"}
_WAITING = ("SUBMITTED", "UNDER_REVIEW", "RETURNED")


class ActionLog:
    """Requests and answers of all clients, one line of JSON each, in order of time."""

    def __init__(self, path: Path) -> None:
        self.answers: list[ClientAnswer] = []
        self.counts: dict[str, dict[int, int]] = {}
        self._file = path.open("w")
        self._lock = threading.Lock()

    def invoke(self, number: int, client: int, action: RandomAction) -> None:
        with self._lock:
            line = {"number": number, "client": client, "type": "invoke", "what": action.act, "who": action.who}
            self._write(line | {"path": action.path, "body": action.body, "reference": action.reference})

    def answer(self, number: int, client: int, action: RandomAction, reply: Reply) -> None:
        kind = "info" if reply.status == 0 else "ok" if reply.is_success else "fail"
        body = reply.json if reply.body and reply.status < 500 else {}
        received = ClientAnswer(
            act=action.act,
            reference=body.get("reference") or action.reference,
            status=reply.status,
            request_id=reply.headers.get("x-request-id", ""),
            is_replay="idempotency-replayed" in reply.headers,
            outcome=body.get("outcome", ""),
        )
        with self._lock:
            self.answers.append(received)
            counted = self.counts.setdefault(action.act, {})
            counted[reply.status] = counted.get(reply.status, 0) + 1
            self._write({"number": number, "client": client, "type": kind} | received._asdict())
            if kind == "fail":
                self._write({"number": number, "type": "why", "why": body.get("detail") or body.get("errors")})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()


class Clients:
    """The clients of one run, and the bookings and open outages they share."""

    def __init__(
        self,
        installation: RunningInstallation,
        *,
        acts: int,
        seed: int,
        action_log: Path,
        minutes_an_act: float,
        wildness: float = 0.1,
        lasts_s: float = math.inf,
    ) -> None:
        self.installation = installation
        self.action_log = ActionLog(action_log)
        self._seed = seed
        self._acts = acts
        self._minutes_an_act = minutes_an_act
        self._wildness = wildness
        self._ends_at = time.monotonic() + lasts_s
        self._begun = 0
        self._references: list[str] = []
        self._outages: list[tuple[int, str]] = []
        self._lock = threading.Lock()

    def work(self, clients: int) -> None:
        with closing(self.action_log):
            at_once(clients, self._one)

    def _next(self) -> int | None:
        with self._lock:
            if self._begun >= self._acts or time.monotonic() > self._ends_at:
                return None
            self._begun += 1
            return self._begun

    def _one(self, number: int) -> None:
        chance = random.Random(self._seed * 1000 + number)
        with closing(self.installation.service.client("", tokens=self.installation.tokens)) as client:
            while (act := self._next()) is not None:
                if act % 20 == 0:
                    self.installation.clock.pass_time(timedelta(minutes=20 * self._minutes_an_act))
                action, seen = self._choose(client, chance)
                key = f"{self._seed}-{act}" if chance.random() < 0.5 else None
                self._carry_out(client, number, act, action, key=key, seen=seen)
                if key is not None and chance.random() < 0.15:
                    self._carry_out(client, number, act, action, key=key, seen=seen)

    def _choose(self, client: Client, chance: random.Random) -> tuple[RandomAction, str | None]:
        chooser = ActionChooser(chance, self.installation.clock.now(), self._wildness)
        with self._lock:
            known, outages = self._references[-WARM:], list(self._outages)
        dice = chance.random()
        if len(known) < 4 or dice < 0.13:
            return chooser.create(), None
        if dice < 0.145 and len(outages) < FEW_OUTAGES:
            return chooser.place(), None
        if dice < 0.165 and outages:
            return chooser.lift(*chance.choice(outages)), None
        doc, seen, changes = self._look(client, chance.choice(known))
        if doc["state"] in _ENDED and chance.random() < 0.5:
            self._remove(doc["reference"])
            return chooser.create(), None
        return chooser.about(doc, changes=changes), seen if chance.random() < 0.4 else None

    def _look(self, client: Client, reference: str) -> tuple[Doc, str, bool]:
        client.as_(SCHEDULER)
        reply = client.get(f"/api/v1/bookings/{reference}")
        assert reply.status == 200, reply
        changes = reply.json["state"] == "CONFIRMED" and (
            client.get(f"/api/v1/bookings/{reference}/change").status == 200
        )
        return reply.json, reply.headers["etag"].strip('"'), changes

    def _remove(self, reference: str) -> None:
        with self._lock:
            self._references = [each for each in self._references if each != reference]

    def _carry_out(
        self, client: Client, number: int, act: int, action: RandomAction, *, key: str | None, seen: str | None
    ) -> None:
        self.action_log.invoke(act, number, action)
        if action.act == "expire":
            self._let_expire(action.reference)
            self.action_log.answer(act, number, action, Reply(204))
            return
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        headers |= {"If-Match": f'"{seen}"'} if seen else {}
        body = json.dumps(action.body).encode()
        reply = client.as_(action.who).send(action.method, action.path, body, headers)
        self.action_log.answer(act, number, action, reply)
        if reply.is_success:
            self._remember(action, reply)

    def _let_expire(self, reference: str) -> None:
        """Its time is up now, and the job happens to look."""
        past = "pending_until = gmp_now() - interval '1 second'"
        self.installation.say(
            f"UPDATE booking SET {past} WHERE reference = %s AND state = ANY (%s) RETURNING id",
            reference,
            list(_WAITING),
        )
        self.installation.say(
            f"UPDATE booking_change AS n SET {past} FROM booking AS b"
            " WHERE b.id = n.booking_id AND b.reference = %s AND n.state = ANY (%s) RETURNING n.id",
            reference,
            list(_WAITING),
        )
        expire_overdue(self.installation.database)

    def _remember(self, action: RandomAction, reply: Reply) -> None:
        with self._lock:
            if action.act == "create" and reply.json["reference"] not in self._references:
                self._references.append(reply.json["reference"])
            if action.act == "place":
                self._outages += [
                    (each["id"], each["kind"])
                    for each in reply.json["outages"]
                    if (each["id"], each["kind"]) not in self._outages
                ]
            if action.act == "lift":
                self._outages = [each for each in self._outages if f"/{each[0]}/lift" not in action.path]
