"""Random actions of the clients: mostly what a booking's state suggests, sometimes any action."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.factories.request_bodies import (
    DemonstrationRequestFactory,
    EngineeringRequestFactory,
    HoldFactory,
    ReservationFactory,
    SessionFactory,
)
from tests.server_harness import PASSWORD
from tests.zones import SEOUL

COMPANIES = ("gaon.example", "saebyeok.example", "hanbit.example")
GMP_ROOMS = ("B-01", "B-02", "B-03", "C-01", "C-02", "L-01")
DEMO_ROOMS = ("T-01", "T-02")
SCHEDULER, QA, DEMO, ENGINEER = "scheduler@brc.example", "qa@brc.example", "demo@brc.example", "engineer@brc.example"
PRODUCTION = "production@brc.example"
PEOPLE = [
    *(f"{user}@{domain}" for domain in COMPANIES for user in ("requester", "operator", "operator2", "operator3")),
    *(SCHEDULER, QA, DEMO, ENGINEER, PRODUCTION),
]
POINTS = ["papers", "previous_out", "status", "surfaces", "waste_out"]
SIGNED = {"signature": {"password": PASSWORD}}
WHY = {"reason": "The plan of this week has changed"}
Doc = Mapping[str, Any]


@dataclass(frozen=True)
class RandomAction:
    """One action: who sends which request about which booking."""

    act: str
    who: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    method: str = "POST"
    reference: str = ""


@dataclass(frozen=True)
class ActionChooser:
    """Chooses an action from a random source and the current time."""

    chance: random.Random
    now: datetime
    wildness: float = 0.1
    """How often an action is chosen whatever the state of the booking suggests."""

    # -- new bookings and outages

    def create(self) -> RandomAction:
        domain = self.chance.choice(COMPANIES)
        return RandomAction("create", f"requester@{domain}", "/api/v1/bookings", self._a_booking(domain))

    def _a_booking(self, domain: str) -> dict[str, Any]:
        start = self._a_start()
        if self.chance.random() < 0.35:
            room = self.chance.choice(DEMO_ROOMS)
            return DemonstrationRequestFactory(sessions=[self._session(domain, room, start)], title="Show")
        sessions = [self._session(domain, self.chance.choice(GMP_ROOMS), start)]
        for _ in range(self.chance.choice([0, 0, 0, 1, 2])):
            start = self._on_a_day(start + timedelta(days=1))
            sessions.append(self._session(domain, self.chance.choice(GMP_ROOMS), start))
        body = EngineeringRequestFactory(by=f"requester@{domain}", sessions=sessions)
        if self.chance.random() < 0.25:
            until = start + timedelta(hours=self.chance.randint(2, 30))
            body["equipment"] = [
                ReservationFactory(resource="INC-01", start=start, end=until, units=self.chance.randint(1, 3))
            ]
        return body

    def _session(self, domain: str, room: str, start: datetime) -> dict[str, Any]:
        end = start + timedelta(minutes=30 * self.chance.randint(2, 5))
        crew = self.chance.sample(("operator", "operator2", "operator3"), self.chance.choice([0, 1, 1, 2]))
        margins = {"setup_min": self.chance.choice([0, 0, 15]), "teardown_min": self.chance.choice([0, 0, 15])}
        more: dict[str, Any] = {"people": [{"email": f"{user}@{domain}"} for user in crew]}
        if room == "B-01" and self.chance.random() < 0.3:
            more["equipment"] = ["BSC-01"]
        return SessionFactory(room=room, start=start, end=end, headcount=2, **margins, **more)

    def _a_start(self) -> datetime:
        """Half of all within the next hours, the rest in the days that follow."""
        if self.chance.random() < 0.5:
            minutes = 30 * (self.now.minute // 30 + self.chance.randint(1, 6))
            near = self.now.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=minutes)
            if near.hour < 18:
                return near
        return self._on_a_day(self.now + timedelta(days=self.chance.randint(1, 9)))

    def _on_a_day(self, day: datetime) -> datetime:
        while day.weekday() >= 5:
            day += timedelta(days=1)
        return day.replace(minute=0, second=0, microsecond=0, hour=9) + timedelta(
            minutes=30 * self.chance.randrange(16)
        )

    def place(self) -> RandomAction:
        start = self._on_a_day(self.now + timedelta(days=self.chance.randint(0, 4)))
        start = max(start, self.now + timedelta(minutes=1))
        window = {"start": start.isoformat(), "end": (start + timedelta(hours=self.chance.randint(1, 5))).isoformat()}
        room = self.chance.choice(GMP_ROOMS + DEMO_ROOMS)
        if self.chance.random() < 0.5:
            body = HoldFactory(code=room) | WHY
            return RandomAction("place", QA, "/api/v1/outages", body | ({} if self.chance.random() < 0.5 else window))
        kind, subject = self.chance.choice(
            [
                ("MAINTENANCE", {"kind": "ROOM", "code": room}),
                ("MAINTENANCE", {"kind": "EQUIPMENT", "code": "BSC-01"}),
                ("AHU_STOP", {"kind": "AHU", "code": "AHU-3"}),
            ]
        )
        return RandomAction("place", ENGINEER, "/api/v1/outages", {"subject": subject, "kind": kind} | window | WHY)

    def lift(self, outage_id: int, kind: str) -> RandomAction:
        who = QA if kind == "HOLD" else ENGINEER
        body = WHY | (SIGNED if kind == "HOLD" else {})
        return RandomAction("lift", who, f"/api/v1/outages/{outage_id}/lift", body)

    # -- one booking

    def about(self, doc: Doc, *, changes: bool) -> RandomAction:
        """An action on this booking; `changes` when a change request waits."""
        if self.chance.random() < self.wildness:
            return self.chance.choice([*_BOOKING_ACTS.values()])(self, doc)
        choices = _likely(doc, self.now, changes=changes)
        return self.chance.choices([*choices], [*choices.values()])[0](self, doc)

    def amend(self, doc: Doc) -> RandomAction:
        """Another day, hour or room for one part of it."""
        sessions, rest = _sessions_to_send(doc), [_plain(each) for each in doc["equipment"]]
        if not sessions:
            return self.cancel(doc)
        session = self.chance.choice(sessions)
        start, end = _times(session)
        what = self.chance.choice(["day", "day", "hour", "room", "shorter", "longer"])
        moved = {
            "day": lambda: self._on_a_day(start + timedelta(days=self.chance.choice([-2, -1, 1, 2, 3]))),
            "hour": lambda: start + timedelta(minutes=30 * self.chance.choice([-3, -2, -1, 1, 2, 3])),
        }.get(what, lambda: start)()
        length = {"shorter": timedelta(minutes=-30), "longer": timedelta(minutes=30)}.get(what, timedelta())
        session |= {"start": moved.isoformat(), "end": (moved + (end - start) + length).isoformat()}
        if what == "room":
            rooms = DEMO_ROOMS if session["room"] in DEMO_ROOMS else GMP_ROOMS
            session |= {"room": self.chance.choice(rooms), "equipment": []}
        return self._patch("amend", doc, sessions, rest)

    def swap(self, doc: Doc) -> RandomAction:
        """Somebody else comes."""
        sessions = _sessions_to_send(doc)
        if not sessions:
            return self.cancel(doc)
        session = self.chance.choice(sessions)
        users = self.chance.sample(("operator", "operator2", "operator3"), len(session["people"]) or 1)
        session["people"] = [{"email": f"{user}@{_domain(doc)}"} for user in users]
        return self._patch("swap", doc, sessions, [_plain(each) for each in doc["equipment"]])

    def _patch(
        self, act: str, doc: Doc, sessions: list[dict[str, Any]], equipment: list[dict[str, Any]]
    ) -> RandomAction:
        head = {name: doc[name] for name in ("kind", "run_type", "product", "title") if doc.get(name)}
        body = head | {"sessions": sessions, "equipment": equipment} | WHY
        return self._of(doc, act, self._owner(doc), body, path="", method="PATCH")

    def move(self, doc: Doc) -> RandomAction:
        number, session = self._one(doc)
        start, end = _times(session)
        by = timedelta(minutes=30 * self.chance.choice([-4, -2, -1, 1, 2, 4]))
        body = {"start": (start + by).isoformat(), "end": (end + by).isoformat()}
        who = self.chance.choice([SCHEDULER, SCHEDULER, self._owner(doc)])
        return self._of(doc, "move", who, body, path=f"/sessions/{number}/move")

    def give_up(self, doc: Doc) -> RandomAction:
        number, _ = self._one(doc)
        return self._of(doc, "give up", self._owner(doc), WHY, path=f"/sessions/{number}/cancel")

    def cancel(self, doc: Doc) -> RandomAction:
        return self._of(doc, "cancel", self.chance.choice([self._owner(doc), SCHEDULER]), WHY)

    def withdraw(self, doc: Doc) -> RandomAction:
        return self._of(doc, "withdraw", self._owner(doc), WHY)

    def review(self, doc: Doc) -> RandomAction:
        return self._of(doc, "review", SCHEDULER, {})

    def approve(self, doc: Doc) -> RandomAction:
        return self._of(doc, "approve", self._approver(doc), SIGNED)

    def approve_a_move(self, doc: Doc) -> RandomAction:
        return self._of(doc, "approve", SCHEDULER, {})

    def reject(self, doc: Doc) -> RandomAction:
        who = self.chance.choice([SCHEDULER, self._approver(doc)])
        return self._of(doc, "reject", who, SIGNED | WHY)

    def send_back(self, doc: Doc) -> RandomAction:
        return self._of(doc, "return", self.chance.choice([SCHEDULER, self._approver(doc)]), WHY)

    def answer(self, doc: Doc) -> RandomAction:
        return self._of(doc, "answer", self._owner(doc), {"text": "It is the larger one of both"})

    def expire(self, doc: Doc) -> RandomAction:
        return RandomAction("expire", "", "", reference=doc["reference"])

    # -- its sessions

    def clear(self, doc: Doc) -> RandomAction:
        return self._in_session(doc, "clear", self._operator(doc), {"items": POINTS})

    def verify_clearance(self, doc: Doc) -> RandomAction:
        return self._in_session(doc, "verify-clearance", QA, {})

    def ready(self, doc: Doc) -> RandomAction:
        return self._in_session(doc, "ready", QA, SIGNED)

    def check_in(self, doc: Doc) -> RandomAction:
        if doc["kind"] == "CLEANROOM" and self.chance.random() < 0.5:
            return self._in_session(doc, "check-in", PRODUCTION, WHY | {"deviation_no": "DEV-27-004"})
        return self._in_session(doc, "check-in", self._operator(doc), WHY)

    def takes_until(self, doc: Doc) -> RandomAction:
        number, session = self._one(doc, "IN_USE", "SUSPENDED")
        until = _times(session)[1] + timedelta(minutes=15 * self.chance.choice([-1, 0, 1, 2, 4, 8]))
        body = {"until": until.isoformat()}
        return self._of(doc, "takes-until", self._operator(doc), body, path=f"/sessions/{number}/takes-until")

    def complete(self, doc: Doc) -> RandomAction:
        at = self.now - timedelta(minutes=self.chance.choice([0, 1, 5, 20]))
        return self._in_session(doc, "complete", self._operator(doc), WHY | {"at": at.isoformat()}, "IN_USE")

    def suspend(self, doc: Doc) -> RandomAction:
        return self._in_session(doc, "suspend", QA, SIGNED | WHY, "IN_USE")

    def resume(self, doc: Doc) -> RandomAction:
        return self._in_session(doc, "resume", QA, SIGNED | WHY, "SUSPENDED")

    def abort(self, doc: Doc) -> RandomAction:
        body = SIGNED | WHY | {"deviation_no": "DEV-27-005"}
        return self._in_session(doc, "abort", QA, body, "IN_USE", "SUSPENDED")

    def verify(self, doc: Doc) -> RandomAction:
        return self._in_session(doc, "verify", f"operator2@{_domain(doc)}", {}, "DONE")

    def close(self, doc: Doc) -> RandomAction:
        return self._of(doc, "close", QA, SIGNED)

    def missed(self, doc: Doc) -> RandomAction:
        return self._in_session(doc, "missed", SCHEDULER, {})

    def _in_session(self, doc: Doc, act: str, who: str, body: Mapping[str, Any], *states: str) -> RandomAction:
        number, _ = self._one(doc, *states)
        return self._of(doc, act, who, body, path=f"/sessions/{number}/{act}")

    def _one(self, doc: Doc, *states: str) -> tuple[int, Doc]:
        """One of its sessions, if possible in one of these states, of those to come the next one."""
        fitting = [each for each in doc["sessions"] if each["state"] in (states or ("PLANNED", "READY"))]
        session = fitting[0] if fitting else self.chance.choice(doc["sessions"] or [_NO_SESSION])
        return session["number"], session

    def _of(
        self, doc: Doc, act: str, who: str, body: Mapping[str, Any], *, path: str | None = None, method: str = "POST"
    ) -> RandomAction:
        reference = doc["reference"]
        end = f"/{act}" if path is None else path
        return RandomAction(act, who, f"/api/v1/bookings/{reference}{end}", body, method, reference)

    def _owner(self, doc: Doc) -> str:
        return f"requester@{_domain(doc)}"

    def _operator(self, doc: Doc) -> str:
        return f"operator@{_domain(doc)}"

    def _approver(self, doc: Doc) -> str:
        return DEMO if doc["track"] == "light" else QA


_NO_SESSION = {"number": 1, "start": "2027-01-04T09:00:00+09:00", "end": "2027-01-04T10:00:00+09:00"}
_DOMAIN = {"GAO": "gaon.example", "SAE": "saebyeok.example", "HBT": "hanbit.example"}
_SESSION_FIELDS = ("room", "step", "exposure", "headcount", "setup_min", "teardown_min", "people", "equipment")


def _domain(doc: Doc) -> str:
    return _DOMAIN[doc["company"]]


def _times(session: Doc) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(session[name]).astimezone(SEOUL) for name in ("start", "end"))
    return start, end


def _sessions_to_send(doc: Doc) -> list[dict[str, Any]]:
    """The sessions as they are sent again."""
    return [
        {name: each[name] for name in (*_SESSION_FIELDS, "start", "end") if each[name] is not None}
        for each in doc["sessions"]
        if each["state"] != "CANCELLED"
    ]


def _plain(reservation: Doc) -> dict[str, Any]:
    return {name: reservation[name] for name in ("resource", "units", "start", "end")}


Likely = dict[Callable[[ActionChooser, Doc], RandomAction], float]


def _likely(doc: Doc, now: datetime, *, changes: bool) -> Likely:
    state = doc["state"]
    if state in {"SUBMITTED", "UNDER_REVIEW"}:
        decide: Likely = (
            {ActionChooser.approve: 6}
            if state == "UNDER_REVIEW" or doc["track"] == "light"
            else {ActionChooser.review: 6}
        )
        return decide | {
            ActionChooser.amend: 1.5,
            ActionChooser.reject: 0.5,
            ActionChooser.send_back: 0.7,
            ActionChooser.cancel: 0.4,
            ActionChooser.expire: 0.5,
        }
    if state == "RETURNED":
        return {ActionChooser.answer: 3, ActionChooser.amend: 3, ActionChooser.cancel: 0.7, ActionChooser.expire: 0.7}
    if state != "CONFIRMED":
        return {ActionChooser.cancel: 1, ActionChooser.amend: 1, ActionChooser.approve: 1}
    return _likely_of_confirmed(doc, now, changes=changes)


def _likely_of_confirmed(doc: Doc, now: datetime, *, changes: bool) -> Likely:
    states = {each["state"] for each in doc["sessions"]}
    likely: Likely = {
        ActionChooser.swap: 1.2,
        ActionChooser.give_up: 0.4,
        ActionChooser.cancel: 0.5,
        ActionChooser.move: 1,
    }
    if changes:
        likely |= {
            ActionChooser.review: 3,
            ActionChooser.approve: 3,
            ActionChooser.approve_a_move: 0.7,
            ActionChooser.reject: 1.2,
            ActionChooser.withdraw: 0.8,
        }
        likely |= {
            ActionChooser.send_back: 0.5,
            ActionChooser.answer: 0.5,
            ActionChooser.expire: 0.8,
            ActionChooser.amend: 0.5,
        }
    else:
        likely |= {ActionChooser.amend: 3}
    if "IN_USE" in states:
        likely |= {
            ActionChooser.takes_until: 4,
            ActionChooser.complete: 4,
            ActionChooser.suspend: 0.6,
            ActionChooser.abort: 0.5,
        }
    if "SUSPENDED" in states:
        likely |= {ActionChooser.resume: 3, ActionChooser.abort: 1}
    if "DONE" in states:
        likely |= {ActionChooser.verify: 1.5}
    if states <= {"DONE", "ABORTED", "MISSED", "CANCELLED"}:
        likely |= {ActionChooser.close: 2}
    ahead = [_times(each)[0] for each in doc["sessions"] if each["state"] in {"PLANNED", "READY"}]
    if ahead and min(ahead) < now + timedelta(hours=4):
        likely |= {ActionChooser.check_in: 5, ActionChooser.missed: 0.5}
        if doc["kind"] == "CLEANROOM":
            likely |= {ActionChooser.clear: 1, ActionChooser.verify_clearance: 1, ActionChooser.ready: 1}
    return likely


_BOOKING_ACTS: Mapping[str, Callable[[ActionChooser, Doc], RandomAction]] = {
    name: getattr(ActionChooser, name)
    for name in (
        *("amend", "swap", "move", "give_up", "cancel", "withdraw", "review", "approve", "approve_a_move", "reject"),
        *("send_back", "answer", "expire", "clear", "verify_clearance", "ready", "check_in", "takes_until"),
        *("complete", "suspend", "resume", "abort", "missed", "verify", "close"),
    )
}
