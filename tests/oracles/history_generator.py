"""Generates a small history without a fault, action by action, to test the oracles with."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.oracles.observed_history import (
    Booking,
    Change,
    ClientAnswer,
    Crew,
    Entry,
    Journal,
    ObservedHistory,
    Outage,
    Pending,
    Person,
    ReceivedMail,
    Resource,
    Session,
    Signature,
    Slot,
    Step,
    Version,
)

NOW = datetime(2027, 3, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKER, OPERATOR, SCHEDULER, QA = 1, 2, 3, 4
PEOPLE = (
    Person(ASKER, "requester@gaon.example"),
    Person(OPERATOR, "operator@gaon.example"),
    Person(SCHEDULER, "scheduler@brc.example"),
    Person(QA, "qa@brc.example"),
)
ROOMS = (1, 2)
EMAILS = dict(PEOPLE)


class HistoryGenerator:
    """Builds a history; every booking has one session in one room, one requester and one operator."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        resources = tuple(Resource(room, f"R-{room}", 1, 1, None, None) for room in ROOMS)
        self.history = ObservedHistory(NOW, people=PEOPLE, resources=resources)
        self._ids = 0

    def _id(self) -> int:
        self._ids += 1
        return self._ids

    def _add(self, name: str, *rows: Any) -> None:
        self.history = replace(self.history, **{name: (*getattr(self.history, name), *rows)})

    def swap(self, name: str, old: Any, new: Any) -> Any:
        rows = tuple(new if row is old else row for row in getattr(self.history, name))
        self.history = replace(self.history, **{name: rows})
        return new

    def booking(self, booking_id: int) -> Booking:
        return self.history.by_id[booking_id]

    def _session(self, booking_id: int, version: int | None = None) -> Session:
        wanted = version or self.booking(booking_id).version
        return next(row for row in self.history.sessions if (row.booking_id, row.version) == (booking_id, wanted))

    # -- what is written down with each act

    def _act(self, booking_id: int, act: str, *events: str, version: int | None = None) -> None:
        booking = self.booking(booking_id)
        request = f"request {self._id()}"
        self._add("answers", ClientAnswer(act, booking.reference, 200, request))
        for event in events:
            self._add("journal", Journal(self._id(), booking_id, event, version or booking.version, request, {}))

    def _alone(self, booking_id: int, event: str) -> None:
        self._add("journal", Journal(self._id(), booking_id, event, self.booking(booking_id).version, None, {}))

    def _become(self, booking_id: int, **values: Any) -> None:
        old = self.booking(booking_id)
        new = self.swap("bookings", old, old._replace(**values))
        self._add("steps", Step(self._id(), "booking", booking_id, old._asdict(), new._asdict(), None))

    def _session_becomes(self, session: Session, **values: Any) -> Session:
        record_id = session.record_id or self._id()
        new: Session = self.swap("sessions", session, session._replace(record_id=record_id, **values))
        before = None if session.record_id is None else session._asdict()
        step = Step(self._id(), "session_record", record_id, before, new._asdict(), None)
        self._add("steps", step)
        return new

    def _send_mail(self, booking_id: int, says: str, *who: int, method: str = "") -> None:
        booking, session = self.booking(booking_id), self._session(booking_id)
        uid = f"{booking.reference}-s1@brc.example"
        entries = (Entry(uid, booking.sequence, method, session.start, session.end),) if method else ()
        self._add("mails", *(ReceivedMail(EMAILS[each], booking.reference, says, entries) for each in who))

    def _sign(self, booking_id: int, version: int, meaning: str) -> None:
        self._add("signatures", Signature(booking_id, version, f"hash {booking_id} {version}", meaning))

    def _write_version(self, booking_id: int, version: int, room: int, start: datetime, end: datetime) -> Session:
        session = Session(self._id(), booking_id, version, 1, room, start, end, 0, 0, "PLANNED")
        self._add("sessions", session)
        self._add("versions", Version(booking_id, version, f"hash {booking_id} {version}"))
        self._add("crew", Crew(session.id, OPERATOR))
        return session

    def _hold(self, booking_id: int, room: int, *periods: tuple[datetime, datetime]) -> None:
        """Hold exactly these from now on."""
        for slot in self.history.slots:
            if slot.booking_id == booking_id and slot.active:
                self.swap("slots", slot, slot._replace(active=False))
        self._add("slots", *(Slot(self._id(), room, room, start, end, True, booking_id) for start, end in periods))

    # -- the acts

    def ask(self, room: int, start: datetime, end: datetime) -> int:
        booking_id = self._id()
        booking = Booking(booking_id, f"BK-{booking_id:08}", "SUBMITTED", 1, 0, "engineering", False, 1, 1, ASKER)
        self._add("bookings", booking)
        self._add("steps", Step(self._id(), "booking", booking_id, None, booking._asdict(), None))
        self._write_version(booking_id, 1, room, start, end)
        self._hold(booking_id, room, (start, end))
        self._act(booking_id, "create", "BookingSubmitted")
        self._send_mail(booking_id, "Waiting for your decision", SCHEDULER)
        return booking_id

    def review(self, booking_id: int) -> None:
        self._become(booking_id, state="UNDER_REVIEW")
        self._act(booking_id, "review", "BookingReviewed")
        self._send_mail(booking_id, "Waiting for your decision", QA)

    def confirm(self, booking_id: int) -> None:
        self.review(booking_id)
        self._become(booking_id, state="CONFIRMED", sequence=1)
        self._sign(booking_id, 1, "APPROVED – QA")
        self._act(booking_id, "approve", "BookingApproved", "BookingConfirmed")
        self._send_mail(booking_id, "Confirmed", ASKER, OPERATOR, method="REQUEST")
        self._add("pending", Pending("upcoming", booking_id, 1, self._session(booking_id).id, ASKER))

    def end(self, booking_id: int, act: str, state: str, says: str, *who: int, was_confirmed: bool = False) -> None:
        if state == "REJECTED":
            self._sign(booking_id, self.booking(booking_id).version, "REJECTED")
        self._become(booking_id, state=state, sequence=self.booking(booking_id).sequence + 1)
        self._session_becomes(self._session(booking_id), state="CANCELLED")
        self._hold(booking_id, 1)
        event = f"Booking{state.title()}"
        self._act(booking_id, act, event) if act else self._alone(booking_id, event)
        self._send_mail(booking_id, says, *who, method="CANCEL" if was_confirmed else "")
        kept = tuple(row for row in self.history.pending if row.booking_id != booking_id)
        self.history = replace(self.history, pending=kept)

    def request_change(self, booking_id: int, start: datetime, end: datetime) -> Change:
        old = self._session(booking_id)
        self._write_version(booking_id, 2, old.room_id, start, end)
        change = Change(booking_id, 2, 1, "SUBMITTED", "engineering")
        self._add("changes", change)
        self._hold(booking_id, old.room_id, (old.start, old.end), (start, end))
        self._act(booking_id, "amend", "BookingChangeRequested", version=2)
        self._send_mail(booking_id, "Waiting for your decision", SCHEDULER)
        return change

    def apply_change(self, booking_id: int, change: Change) -> None:
        self._act(booking_id, "review", "BookingChangeReviewed", version=2)
        new = self._session(booking_id, 2)
        self.swap("changes", change, change._replace(state="APPROVED"))
        self._become(booking_id, version=2, sequence=2)
        self._sign(booking_id, 2, "APPROVED – QA")
        self._hold(booking_id, new.room_id, (new.start, new.end))
        self._act(booking_id, "approve", "BookingChangeApproved")
        self._send_mail(booking_id, "Changed", ASKER, OPERATOR, method="REQUEST")
        kept = tuple(row._replace(version=2) if row.booking_id == booking_id else row for row in self.history.pending)
        self.history = replace(self.history, pending=kept)

    def begin(self, booking_id: int) -> None:
        session = self._session(booking_id)
        self._session_becomes(session, state="IN_USE", actual_start=session.start)
        self._act(booking_id, "check-in", "SessionStarted")

    def overrun(self, booking_id: int, until: datetime, held: datetime) -> None:
        session = self._session_becomes(self._session(booking_id), expected_end=until)
        self._hold(booking_id, session.room_id, (session.start, held))
        self._act(booking_id, "takes-until", "SessionOverran")

    def complete(self, booking_id: int, at: datetime) -> None:
        session = self._session_becomes(self._session(booking_id), state="DONE", actual_end=at)
        self._hold(booking_id, session.room_id, (session.start, at))
        self._act(booking_id, "complete", "SessionCompleted")

    def put_at_risk(self, *booking_ids: int) -> None:
        for booking_id in booking_ids:
            self._become(booking_id, at_risk=True)
            self._alone(booking_id, "BookingAtRisk")
            self._send_mail(booking_id, "At risk", ASKER)

    def withdraw_time(self, room: int, start: datetime, end: datetime | None) -> None:
        self._add("outages", Outage(self._id(), "ROOM", room, "HOLD", start, end))

    def refuse(self, booking_id: int) -> None:
        self._add("answers", ClientAnswer("approve", self.booking(booking_id).reference, 409, f"request {self._id()}"))


def a_clean_history(chance: random.Random) -> ObservedHistory:
    """Bookings of all fates, one after the other; the day and the room of each are drawn."""
    generator = HistoryGenerator(chance)
    days: Iterable[int] = iter(chance.sample(range(2, 40), 10))

    def period() -> tuple[datetime, datetime]:
        start = NOW + timedelta(days=next(iter(days)), hours=chance.randrange(8))
        return start, start + chance.choice([1, 2, 3]) * HOUR

    def confirmed(room: int, start: datetime, end: datetime) -> int:
        booking_id = generator.ask(room, start, end)
        generator.confirm(booking_id)
        return booking_id

    room, other = chance.sample(ROOMS, 2)
    generator.ask(room, *period())
    generator.review(generator.ask(room, *period()))
    generator.refuse(confirmed(room, *period()))
    start, end = period()
    generator.request_change(confirmed(room, start, end), start + timedelta(days=60), end + timedelta(days=60))
    start, end = period()
    moved = confirmed(room, start, end)
    generator.apply_change(moved, generator.request_change(moved, start + timedelta(days=60), end + timedelta(days=60)))
    generator.end(confirmed(room, *period()), "cancel", "CANCELLED", "Cancelled", ASKER, OPERATOR, was_confirmed=True)
    generator.end(generator.ask(room, *period()), "reject", "REJECTED", "Rejected", ASKER)
    generator.end(generator.ask(room, *period()), "", "EXPIRED", "Expired", ASKER, SCHEDULER)
    _add_today(generator, confirmed, room, other)
    return generator.history


def _add_today(generator: HistoryGenerator, confirmed: Any, room: int, other: int) -> None:
    """One is done early, one takes longer than the next one likes, and the other room is on hold."""
    done = confirmed(room, NOW - 5 * HOUR, NOW - 3 * HOUR)
    generator.begin(done)
    generator.complete(done, NOW - 4 * HOUR)
    running = confirmed(room, NOW - HOUR, NOW + HOUR)
    following = confirmed(room, NOW + 2 * HOUR, NOW + 4 * HOUR)
    generator.begin(running)
    generator.overrun(running, NOW + 3 * HOUR, NOW + 2 * HOUR)
    hit = confirmed(other, NOW + 50 * HOUR, NOW + 51 * HOUR)
    generator.withdraw_time(other, NOW - HOUR, None)
    generator.put_at_risk(following, hit)
