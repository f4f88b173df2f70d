"""A healthy diary, written straight into the tables: every kind of booking, 220 of each, each in a place of its own.

It is written from the rules of what a booking holds, without the code that books.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

EACH = 220
FIRST_ID = 500_000
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
PERSON = 1
COMPANY = 1
# Kind of booking → the days from today on which it takes place; each kind has days of its own in every room.
KINDS = {
    "closed": -30,
    "missed": -24,
    "aborted": -18,
    "done": -12,
    "running": 0,
    "confirmed": 6,
    "in change": 12,
    "submitted": 18,
    "rejected": 24,
}
Rows = dict[str, list[dict[str, Any]]]


class Diary:
    """The rows of one diary; `ids` are those of the bookings by kind."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.ids: defaultdict[str, list[int]] = defaultdict(list)
        self.references: dict[int, str] = {}
        self._last = FIRST_ID
        self._places = [self._place(number) for number in range(EACH)]
        for kind in KINDS:
            for place in self._places:
                _Booking(self, kind, place)

    def next_id(self) -> int:
        self._last += 1
        return self._last

    def add(self, table: str, **values: Any) -> int:
        values.setdefault("id", self.next_id())
        self.rows[table].append(values)
        return int(values["id"])

    def _place(self, number: int) -> dict[str, int]:
        """A room, attended equipment with another home room, and four incubators that run alone."""
        room, home = (self._resource(f"{letter}-{number}", "ROOM") for letter in "XY")
        for each in (room, home):
            self.add("room", id=each, grade="C", room_class="GMP", area_m2=20, max_occupancy=4, gmp=True,
                     changeover_policy="NONE")  # fmt: skip
        device = self._resource(f"DEV-{number}", "EQUIPMENT")
        self.add("equipment", id=device, equipment_kind="ANALYSER", home_room_id=home, room_use="ATTENDED")
        incubator = self._resource(f"INC-X{number}", "EQUIPMENT", units=4)
        self.add("equipment", id=incubator, equipment_kind="INCUBATOR", home_room_id=room, room_use="RUNS_ALONE")
        return {"room": room, "home": home, "device": device, "incubator": incubator}

    def _resource(self, code: str, kind: str, *, units: int = 1) -> int:
        resource = self.add("resource", code=code, kind=kind, name_ko=code, name_en=code, name_zh=code)
        for number in range(1, units + 1):
            self.add("unit", id=resource * 10 + number, resource_id=resource, number=number)
        return resource

    def write(self, superuser_url: str) -> None:
        """Without triggers and foreign keys; the constraints of slots hold."""
        with psycopg.connect(superuser_url) as connection:
            connection.execute("SET session_replication_role = replica")
            for table, rows in self.rows.items():
                columns = ", ".join(rows[0])
                connection.execute(
                    f"INSERT INTO {table} ({columns}) SELECT {columns}"
                    f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)",
                    [json.dumps(rows, default=str)],
                )


class _Booking:
    """The rows of one booking."""

    def __init__(self, diary: Diary, kind: str, place: dict[str, int]) -> None:
        self.diary, self.kind, self.place = diary, kind, place
        self.random = diary.random
        self.id = diary.next_id()
        self.reference = f"BK-T{self.id:07d}"
        diary.ids[kind].append(self.id)
        diary.references[self.id] = self.reference
        self.setup, self.teardown = self.random.choice([0, 15, 45]), self.random.choice([0, 20, 60])
        self.start, self.end = self._times(KINDS[kind])
        self.with_device = self.random.random() < 0.5
        self.units = self.random.randint(1, 2)
        self._write()

    def _times(self, days: int) -> tuple[datetime, datetime]:
        start = NOW + timedelta(days=days, minutes=self.random.randrange(0, 600, 5))
        if self.kind == "running":
            start = NOW - timedelta(minutes=self.random.randrange(30, 90))
        return start, start + timedelta(minutes=self.random.randrange(120, 300, 5))

    def _write(self) -> None:
        state = {"submitted": "SUBMITTED", "rejected": "REJECTED", "closed": "CLOSED"}.get(self.kind, "CONFIRMED")
        pending, ended = state == "SUBMITTED", state in {"REJECTED", "CLOSED"}
        asked = self.start - timedelta(days=40)
        values: dict[str, Any] = {
            "id": self.id, "reference": self.reference, "company_id": COMPANY, "kind": "CLEANROOM", "state": state,
            "version": 1, "revision": 1, "visibility": "BUSY", "room_mode": "SESSIONS", "live_material": False,
            "partners": [], "track": "engineering", "stage": 0, "at_risk": False, "sequence": 1,
            "starts_at": self.start, "ends_at": self.end, "requested_by": PERSON, "entered_by": PERSON,
            "created_at": asked, "changed_at": asked, "submitted_at": asked,
            "pending_until": self.start - timedelta(hours=2) if pending else None,
            "confirmed_at": None if pending or state == "REJECTED" else asked, "ended_at": NOW if ended else None,
        }  # fmt: skip
        self.diary.add("booking", **values)
        before = values | {"sequence": 0, "state": "SUBMITTED"}
        for old, new in ((None, before), (before, values)):
            self.diary.add("row_history", table_name="booking", row_id=self.id, operation="UPDATE", old_row=old,
                           new_row=new, at=asked)  # fmt: skip
        session = self._version(1, self.start, self.end)
        self._record(session, held=state != "REJECTED")

    def _version(self, version: int, start: datetime, end: datetime) -> int:
        content = {"sessions": [{"room": "X", "start": start.isoformat()}], "batch": self.random.choice(["배치", "B"])}
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        hashed = hashlib.sha256(canonical).hexdigest()
        key = {"booking_id": self.id, "company_id": COMPANY, "version": version}
        self.diary.add("booking_version", **key, content=content, canonical="\\x" + canonical.hex(),
                       content_hash=hashed, created_at=NOW, created_by=PERSON)  # fmt: skip
        self.diary.add("signature", company_id=COMPANY, record_type="booking", record_id=self.id,
                       record_reference=self.reference, record_version=version, content_hash=hashed,
                       meaning="APPROVED – QA", printed_name="x", signer_id=PERSON, signed_at=NOW, time_zone="UTC",
                       auth_method="password")  # fmt: skip
        session = self.diary.add(
            "booking_session", **key, number=1, room_id=self.place["room"], starts_at=start, ends_at=end,
            setup_min=self.setup, teardown_min=self.teardown, exposure="CLOSED", headcount=2,
        )  # fmt: skip
        if self.with_device:
            self.diary.add("session_equipment", booking_session_id=session, company_id=COMPANY,
                           equipment_id=self.place["device"])  # fmt: skip
        self.diary.add("equipment_reservation", **key, number=1, equipment_id=self.place["incubator"],
                       units=self.units, starts_at=start, ends_at=end + timedelta(hours=5))  # fmt: skip
        return session

    def _record(self, session: int, *, held: bool) -> None:
        """What happened, who was busy until when, and what is held."""
        until, busy_until = self.end + self._after, self.end
        match self.kind:
            case "closed" | "done" | "aborted":
                busy_until = self.start + timedelta(minutes=self.random.randrange(30, 110))
                until = busy_until + self._after
                self._ended("ABORTED" if self.kind == "aborted" else "DONE", busy_until)
            case "missed":
                busy_until = until = self.start + timedelta(minutes=60)
                self._state("MISSED", end_entered_at=busy_until)
            case "running":
                began = self.start + timedelta(minutes=self.random.randrange(-20, 20))
                self._state(self.random.choice(["IN_USE", "SUSPENDED"]), actual_start_at=began)
            case "rejected":
                self._state("CANCELLED")
            case "confirmed":
                self._reminder(session)
            case "in change":
                self._change()
        self._busy(session, busy_until, active=held)
        if held:
            self._hold(self.start - timedelta(minutes=self.setup), until, self.end)

    @property
    def _after(self) -> timedelta:
        return timedelta(minutes=self.teardown)

    def _ended(self, state: str, end: datetime) -> None:
        began = self.start + timedelta(minutes=self.random.randrange(-10, 20))
        self._state(state, actual_start_at=began, actual_end_at=end,
                    deviation_no="DEV-1" if state == "ABORTED" else None)  # fmt: skip
        self._journal("SessionStarted", began, {"session": 1, "room": "X", "regardless": []})

    def _state(self, state: str, **more: Any) -> None:
        fields = ("actual_start_at", "actual_end_at", "end_entered_at", "deviation_no")
        self.diary.add("session_record", company_id=COMPANY, booking_id=self.id, number=1, state=state,
                       **dict.fromkeys(fields) | more)  # fmt: skip

    def _journal(self, event: str, at: datetime, data: dict[str, Any]) -> None:
        self.diary.add("journal", event=event, at=at, actor_name="x", company_id=COMPANY, subject_kind="BOOKING",
                       subject_id=self.id, reference=self.reference, version=1, schema=1, data=data)  # fmt: skip

    def _busy(self, session: int, until: datetime, *, active: bool = True) -> None:
        self.diary.add("session_person", booking_session_id=session, booking_id=self.id, company_id=COMPANY,
                       person_id=PERSON, role="OPERATOR", room_id=self.place["room"], starts_at=self.start,
                       ends_at=until, active=active)  # fmt: skip

    def _reminder(self, session: int) -> None:
        due = self.start - timedelta(days=3)
        self.diary.add("outbox_message", kind="upcoming", recipient="x@x.example", language="en",
                       subject_kind="BOOKING", subject_id=self.id, subject_version=1, booking_session_id=session,
                       due_at=due, payload={"start": self.start.isoformat()}, created_at=NOW, next_attempt_at=due,
                       attempts=0, message_id=f"m{self.id}")  # fmt: skip

    def _change(self) -> None:
        """A later time is proposed; both times are held."""
        start, end = self.start + timedelta(days=2), self.end + timedelta(days=2)
        session = self._version(2, start, end)
        self._busy(session, end)
        self.diary.add("booking_change", booking_id=self.id, company_id=COMPANY, version=2, base_version=1,
                       state="UNDER_REVIEW", track="engineering", stage=0, revision=1, head={}, requested_by=PERSON,
                       entered_by=PERSON, submitted_at=NOW, pending_since=NOW, decide_by=start,
                       pending_until=start, created_at=NOW, changed_at=NOW)  # fmt: skip
        self._hold(start - timedelta(minutes=self.setup), end + self._after, end)

    def _hold(self, start: datetime, until: datetime, planned_end: datetime) -> None:
        for unit in self._units():
            self._slot(unit, start, until)
        for number in range(1, self.units + 1):
            began = start + timedelta(minutes=self.setup)
            self._slot(self.place["incubator"] * 10 + number, began, planned_end + timedelta(hours=5))

    def _units(self) -> Iterator[int]:
        yield self.place["room"] * 10 + 1
        if self.with_device:
            yield self.place["device"] * 10 + 1
            yield self.place["home"] * 10 + 1

    def _slot(self, unit: int, start: datetime, end: datetime) -> None:
        self.diary.add("slot", unit_id=unit, resource_id=unit // 10, active=True, company_id=COMPANY,
                       booking_id=self.id, during=f"[{start.isoformat()},{end.isoformat()})")  # fmt: skip
