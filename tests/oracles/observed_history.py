"""What was observed: stored rows and their history, mails that arrived, and the answers clients got; raw rows only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any, NamedTuple

import icalendar
import psycopg


class ClientAnswer(NamedTuple):
    """The answer a client got to one action; status 0 means no answer."""

    act: str
    reference: str
    status: int
    request_id: str = ""
    is_replay: bool = False
    outcome: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class Booking(NamedTuple):
    id: int
    reference: str
    state: str
    version: int
    sequence: int
    track: str
    at_risk: bool
    company_id: int
    product_id: int | None
    requested_by: int


class Version(NamedTuple):
    booking_id: int
    version: int
    hash: str


class Change(NamedTuple):
    booking_id: int
    version: int
    base_version: int
    state: str
    track: str


class Session(NamedTuple):
    """`start` and `end` are the planned ones, without margins."""

    id: int
    booking_id: int
    version: int
    number: int
    room_id: int
    start: datetime
    end: datetime
    setup_min: int
    teardown_min: int
    state: str
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    expected_end: datetime | None = None
    record_id: int | None = None
    """The row of its record; a session without one is planned."""


class Attended(NamedTuple):
    session_id: int
    equipment_id: int


class Crew(NamedTuple):
    session_id: int
    person_id: int


class Reservation(NamedTuple):
    booking_id: int
    version: int
    number: int
    equipment_id: int
    units: int
    start: datetime
    end: datetime


class Slot(NamedTuple):
    id: int
    unit_id: int
    resource_id: int
    start: datetime
    end: datetime
    active: bool
    booking_id: int


class Resource(NamedTuple):
    """`zone_id` and `ahu` of a room, `home_room_id` and `room_use` of equipment."""

    id: int
    code: str
    zone_id: int | None
    ahu_id: int | None
    home_room_id: int | None
    room_use: str | None


class Journal(NamedTuple):
    id: int
    booking_id: int | None
    event: str
    version: int | None
    request_id: str | None
    data: Mapping[str, Any]


class Step(NamedTuple):
    """One line of the row history: what a row was and became."""

    id: int
    table: str
    row_id: int
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    request_id: str | None


class Signature(NamedTuple):
    booking_id: int
    version: int
    hash: str
    meaning: str


class Outage(NamedTuple):
    """Lies on its subject from `start` to `end`, None while it is open."""

    id: int
    subject_kind: str
    subject_id: int | None
    kind: str
    start: datetime
    end: datetime | None


class Pending(NamedTuple):
    """A mail that is still to go out."""

    kind: str
    booking_id: int | None
    version: int | None
    session_id: int | None
    person_id: int | None


class Person(NamedTuple):
    id: int
    email: str


class Entry(NamedTuple):
    """One entry of a calendar that came with a mail."""

    uid: str
    sequence: int
    method: str
    start: datetime
    end: datetime


class ReceivedMail(NamedTuple):
    """One mail as it arrived; mails stand in the order of arrival."""

    recipient: str
    reference: str
    says: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class ObservedHistory:
    now: datetime
    bookings: tuple[Booking, ...] = ()
    versions: tuple[Version, ...] = ()
    changes: tuple[Change, ...] = ()
    sessions: tuple[Session, ...] = ()
    attended: tuple[Attended, ...] = ()
    crew: tuple[Crew, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    slots: tuple[Slot, ...] = ()
    resources: tuple[Resource, ...] = ()
    journal: tuple[Journal, ...] = ()
    steps: tuple[Step, ...] = ()
    signatures: tuple[Signature, ...] = ()
    outages: tuple[Outage, ...] = ()
    pending: tuple[Pending, ...] = ()
    people: tuple[Person, ...] = ()
    mails: tuple[ReceivedMail, ...] = ()
    answers: tuple[ClientAnswer, ...] = field(default=())

    @property
    def by_id(self) -> Mapping[int, Booking]:
        return {booking.id: booking for booking in self.bookings}


_QUERIES: Mapping[str, tuple[type, str]] = {
    "bookings": (
        Booking,
        """
        SELECT id, reference, state, version, sequence, track, at_risk, company_id, product_id, requested_by
        FROM booking
        """,
    ),
    "versions": (Version, "SELECT booking_id, version, content_hash FROM booking_version"),
    "changes": (Change, "SELECT booking_id, version, base_version, state, track FROM booking_change"),
    "sessions": (
        Session,
        """
        SELECT s.id, booking_id, version, number, room_id, starts_at, ends_at, setup_min, teardown_min,
               COALESCE(r.state, 'PLANNED'), r.actual_start_at, r.actual_end_at, r.expected_end_at, r.id
        FROM booking_session AS s LEFT JOIN session_record AS r USING (booking_id, number)
        """,
    ),
    "attended": (Attended, "SELECT booking_session_id, equipment_id FROM session_equipment"),
    "crew": (Crew, "SELECT booking_session_id, person_id FROM session_person WHERE left_at IS NULL"),
    "reservations": (
        Reservation,
        """
        SELECT booking_id, version, number, equipment_id, units, starts_at, ends_at FROM equipment_reservation
        """,
    ),
    "slots": (
        Slot,
        """
        SELECT id, unit_id, resource_id, lower(during), upper(during), active, booking_id FROM slot
        """,
    ),
    "resources": (
        Resource,
        """
        SELECT r.id, r.code, m.air_zone_id, z.ahu_id, e.home_room_id, e.room_use FROM resource r
        LEFT JOIN room m ON m.id = r.id LEFT JOIN air_zone z ON z.id = m.air_zone_id
        LEFT JOIN equipment e ON e.id = r.id
        """,
    ),
    "journal": (
        Journal,
        """
        SELECT id, CASE subject_kind WHEN 'BOOKING' THEN subject_id END, event, version, request_id, data
        FROM journal ORDER BY id
        """,
    ),
    "steps": (
        Step,
        """
        SELECT id, table_name, row_id, old_row, new_row, request_id FROM row_history ORDER BY id
        """,
    ),
    "signatures": (
        Signature,
        """
        SELECT record_id, record_version, content_hash, meaning FROM signature WHERE record_type = 'booking'
        """,
    ),
    "outages": (
        Outage,
        """
        SELECT id, subject_kind, subject_id, kind, starts_at, LEAST(until_at, lifted_at) FROM outage
        """,
    ),
    "pending": (
        Pending,
        """
        SELECT kind, subject_id, subject_version, booking_session_id, person_id FROM outbox_message
        WHERE sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL
        """,
    ),
    "people": (Person, "SELECT id, email FROM person"),
}


def read_history(
    superuser_url: str, *, mails: Iterable[EmailMessage] = (), answers: Iterable[ClientAnswer] = ()
) -> ObservedHistory:
    """Everything at one instant."""
    with psycopg.connect(superuser_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        (now,) = connection.execute("SELECT gmp_now()").fetchone() or (None,)
        rows = {name: tuple(map(row._make, connection.execute(query))) for name, (row, query) in _QUERIES.items()}
    assert now is not None
    return ObservedHistory(now, **rows, mails=tuple(map(read_mail, mails)), answers=tuple(answers))


_SUBJECT = re.compile(r"\[(?P<reference>BK-\w+)\] (?P<says>[^:,]+)")


def read_mail(mail: EmailMessage) -> ReceivedMail:
    """What a mail says in its subject, and what its calendar files hold."""
    subject = " ".join(str(mail["Subject"]).split())
    found = _SUBJECT.match(subject)
    entries = [
        _entry(event, str(calendar["METHOD"]))
        for part in mail.iter_attachments()
        if part.get_content_type() == "text/calendar"
        for calendar in [icalendar.Calendar.from_ical(part.get_payload(decode=True))]
        for event in calendar.walk("VEVENT")
    ]
    reference, says = (found["reference"], found["says"]) if found else ("", subject)
    says = re.sub(r" on [0-9-]+ .*", " on", says)
    return ReceivedMail(str(mail["X-RcptTo"]), reference, says, tuple(entries))


def _entry(event: Any, method: str) -> Entry:
    start, end = event["DTSTART"].dt, event["DTEND"].dt
    return Entry(str(event["UID"]), int(event["SEQUENCE"]), method, start, end)
