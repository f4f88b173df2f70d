"""Bookings as lists, histories and timelines read them; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select, text
from sqlalchemy.orm import defer

from gmp_booking.bookings.content import LONGEST
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.part_resources import overlaps_session, reservation_uses, session_uses
from gmp_booking.bookings.store import get_booking
from gmp_booking.conflicts.parameter import OVERDUE_AFTER
from gmp_booking.infra.database.journal import JournalEntry, is_about
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_value, sql_values
from gmp_booking.kernel.states import COMPLETED, FREED, OPEN_CHANGE_SHOWN_AS
from gmp_booking.kernel.vocabulary import RecordKind
from gmp_booking.resources.models import LONGEST_SLOT, Resource, Slot

END_OF_TIME: ColumnElement[datetime] = literal_column("'infinity'::timestamptz")


@dataclass(frozen=True)
class BookingFilter:
    """Which bookings are asked for; a reader's company is a matter of row-level security."""

    states: tuple[str, ...] = ()
    resource: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    requested_by: int | None = None
    offset: int = 0
    limit: int = 50
    soonest_first: bool = False


def list_bookings(uow: Uow, criteria: BookingFilter) -> list[Booking]:
    """Bookings, newest first (or by their start)."""
    statement = (
        select(Booking).options(defer(Booking.draft, raiseload=True)).offset(criteria.offset).limit(criteria.limit)
    )
    if criteria.states:
        statement = statement.where(Booking.state.in_(criteria.states))
    if criteria.from_at is not None:
        statement = statement.where(Booking.id.in_(_ids_not_ended_by(criteria.from_at, criteria.until_at)))
    if criteria.until_at is not None:
        statement = statement.where(Booking.starts_at < criteria.until_at)
    if criteria.requested_by is not None:
        statement = statement.where(Booking.requested_by == criteria.requested_by)
    if criteria.resource is not None:
        taken = (
            select(Slot.id)
            .join(Resource, Resource.id == Slot.resource_id)
            .where(Slot.booking_id == Booking.id, Resource.code == criteria.resource)
        )
        statement = statement.where(taken.exists())
    if criteria.soonest_first:
        return list(uow.session.scalars(statement.order_by(Booking.starts_at, Booking.id)))
    return list(uow.session.scalars(statement.order_by(Booking.created_at.desc(), Booking.id.desc())))


def _ids_not_ended_by(from_at: datetime, until_at: datetime | None) -> Select[int]:
    """Found by their end first: in the order of the list, a window long ago is looked for through all that came after.

    Nothing lasts longer than LONGEST, so whatever begins before a window's end has ended that much later.
    """
    latest = END_OF_TIME if until_at is None else until_at + LONGEST
    return select(Booking.id).where(Booking.ends_at > from_at, Booking.ends_at < latest).offset(0)


def list_history(uow: Uow, reference: str) -> list[JournalEntry]:
    """The booking's journal, oldest first. Errors: NotFound."""
    return list_happened(uow, get_booking(uow, reference))


def list_happened(uow: Uow, booking: Booking) -> list[JournalEntry]:
    """The journal of a booking that has been read, oldest first."""
    statement = select(JournalEntry).where(is_about(RecordKind.BOOKING, booking.id)).order_by(JournalEntry.id)
    return list(uow.session.scalars(statement))


@dataclass(frozen=True)
class TakenTime:
    """Time that a booking the reader may know of holds or uses of one unit; what touches is one period."""

    unit_id: int
    resource_id: int
    starts_at: datetime
    ends_at: datetime
    reference: str
    company_id: int
    company: str | None
    kind: str
    state: str
    product: str | None
    title: str | None
    step: str | None


_TAKEN_COLUMNS = f"""
    s.unit_id, s.resource_id, s.starts_at, s.ends_at, b.reference, b.company_id, c.code AS company, b.kind,
    CASE WHEN least(session.version, reservation.version) > b.version THEN {sql_value(OPEN_CHANGE_SHOWN_AS)}
         ELSE b.state END AS state,
    p.code AS product, b.title, CASE WHEN reservation.version < session.version THEN NULL ELSE session.step END AS step
"""
# The planner takes the overlap of ranges for far less selective than it is and would read all bookings to join them;
# OFFSET 0 leaves it nothing but the look-up of each, and of each unit's time by its index.
# What a waiting change holds beyond the version in force serves no part of that version: it is not agreed.
_TAKEN_JOINS = f"""
    CROSS JOIN LATERAL (SELECT * FROM booking WHERE booking.id = s.booking_id OFFSET 0) AS b
    LEFT JOIN company AS c ON c.id = b.company_id
    LEFT JOIN product AS p ON p.id = b.product_id
    LEFT JOIN LATERAL (
        SELECT x.version, x.step FROM booking_session AS x
        WHERE x.booking_id = b.id AND x.version >= b.version AND {overlaps_session("s", "x")}
          AND {session_uses("x", "s.resource_id")}
        ORDER BY x.version, x.number LIMIT 1
    ) AS session ON true
    LEFT JOIN LATERAL (
        SELECT q.version FROM equipment_reservation AS q
        WHERE session.version IS DISTINCT FROM b.version AND q.booking_id = b.id AND q.version >= b.version
          AND q.starts_at < s.ends_at AND q.ends_at > s.starts_at AND {reservation_uses("q", "s.resource_id")}
        ORDER BY q.version LIMIT 1
    ) AS reservation ON true
"""
# What runs on after its slots is there still, until somebody says otherwise.
_RUNS_ON = """
    SELECT o.unit_id, o.resource_id, o.held_until, o.used_until, b.reference, b.company_id, c.code, b.kind, b.state,
           p.code, b.title, o.step
    FROM (
        SELECT used.unit_id, used.resource_id, used.booking_id, s.step,
               greatest(s.ends_at, r.expected_end_at, :now + :grace) + s.teardown_min * interval '1 minute'
                   AS used_until,
               coalesce((SELECT max(slot.ends_at) FROM slot
                   WHERE slot.booking_id = used.booking_id AND slot.active AND slot.unit_id = used.unit_id
                     AND slot.during && tstzrange(lower(used.during), greatest(s.ends_at, lower(used.during)), '[]')),
                   lower(used.during)) AS held_until
        FROM occupancy AS used
        JOIN booking_session AS s ON s.booking_id = used.booking_id AND s.number = used.session_number
        JOIN session_record AS r ON r.booking_id = s.booking_id AND r.number = s.number
        WHERE upper_inf(used.during) AND used.resource_id = ANY (:resources)
          AND s.version = (SELECT version FROM booking WHERE booking.id = s.booking_id)
    ) AS o
    JOIN booking AS b ON b.id = o.booking_id
    LEFT JOIN company AS c ON c.id = b.company_id
    LEFT JOIN product AS p ON p.id = b.product_id
    WHERE o.held_until < o.used_until AND o.held_until < :until_at AND o.used_until > :from_at
"""
_OWN_TIME = text(
    f"""
    SELECT {_TAKEN_COLUMNS} FROM slot AS s {_TAKEN_JOINS}
    WHERE s.active AND s.company_id = :company_id AND s.resource_id = ANY (:resources)
      AND s.ends_at > :from_at AND s.ends_at < :latest_end AND s.starts_at < :until_at
    UNION ALL {_RUNS_ON}
    ORDER BY resource_id, starts_at
    """
)
_ALL_TIME = text(
    f"""
    SELECT {_TAKEN_COLUMNS}
    FROM unit AS u CROSS JOIN LATERAL (
        SELECT * FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.id, u.id, '[]')
          AND slot.during && tstzrange(:from_at, :until_at) OFFSET 0
    ) AS s {_TAKEN_JOINS}
    WHERE u.resource_id = ANY (:resources)
    UNION ALL {_RUNS_ON}
    ORDER BY resource_id, starts_at
    """
)


def list_taken_time(uow: Uow, resource_ids: Sequence[int], window: Period) -> list[TakenTime]:
    """The time of the bookings the reader may know of: a company's own, or all for the facility."""
    values: dict[str, Any] = {
        "resources": list(resource_ids),
        "from_at": window.start,
        "until_at": window.end,
        "now": uow.now,
        "grace": OVERDUE_AFTER,
    }
    statement = _ALL_TIME
    if uow.actor.company_id is not None:
        statement = _OWN_TIME
        values |= {"company_id": uow.actor.company_id, "latest_end": window.end + LONGEST_SLOT}
    return _joined(TakenTime(*row) for row in uow.session.execute(statement, values))


def _joined(slots: Iterable[TakenTime]) -> list[TakenTime]:
    """The slots, in the same order; one that continues the last of the same booking and unit is added to it."""
    joined: list[TakenTime] = []
    last: dict[tuple[object, ...], int] = {}
    for slot in slots:
        shown = (slot.unit_id, slot.reference, slot.state, slot.step)
        at = last.get(shown)
        if at is not None and joined[at].ends_at == slot.starts_at:
            joined[at] = replace(joined[at], ends_at=slot.ends_at)
        else:
            last[shown] = len(joined)
            joined.append(slot)
    return joined


_SUMMARIES = f"""
    SELECT b.reference, b.title, b.kind, b.state, b.at_risk, b.starts_at, b.ends_at,
           jsonb_build_object('ko', c.name_ko, 'en', c.name_en, 'zh_Hans', c.name_zh) AS company,
           p.code AS product, b.draft ->> 'product' AS draft_product,
           (SELECT string_agg(DISTINCT r.code, ', ') FROM booking_session AS s JOIN resource AS r ON r.id = s.room_id
            WHERE s.booking_id = b.id AND s.version = b.version) AS rooms,
           (SELECT string_agg(DISTINCT r.code, ', ') FROM equipment_reservation AS q
            JOIN resource AS r ON r.id = q.equipment_id
            WHERE q.booking_id = b.id AND q.version = b.version) AS equipment,
           (SELECT count(*) FROM booking_session AS s WHERE s.booking_id = b.id AND s.version = b.version) AS sessions,
           (SELECT count(*) FROM booking_session AS s JOIN session_record AS x USING (booking_id, number)
            WHERE s.booking_id = b.id AND s.version = b.version AND x.state IN ({sql_values(COMPLETED)})
           ) AS sessions_done
    FROM booking AS b
    LEFT JOIN company AS c ON c.id = b.company_id
    LEFT JOIN product AS p ON p.id = b.product_id
"""


@dataclass(frozen=True)
class BookingSummary:
    """A booking as a line of a list.

    Shape: `company` is the name by language; `draft_product` is what a draft says; `rooms` and `equipment` are codes.
    """

    reference: str
    title: str | None
    kind: str
    state: str
    at_risk: bool
    starts_at: datetime | None
    ends_at: datetime | None
    company: Mapping[str, str]
    product: str | None
    draft_product: str | None
    rooms: str | None
    equipment: str | None
    sessions: int
    sessions_done: int


@dataclass(frozen=True)
class Summaries:
    rows: Sequence[BookingSummary]
    has_more: bool


_WHEN = {
    "upcoming": "(b.ends_at > :now OR b.ends_at IS NULL)",
    "past": "b.ends_at <= :now",
    "all": "true",
}
_LIKE_ESCAPES = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


def list_summaries(
    uow: Uow, *, state: str | None, when: str, searched: str = "", offset: int = 0, limit: int = 30
) -> Summaries:
    """The bookings the reader may know of: the next to begin first, or the latest first when looking back."""
    conditions = [_WHEN[when]]
    if state is not None:
        conditions.append("b.state = :state")
    elif when == "upcoming":
        conditions.append(f"b.state NOT IN ({sql_values(FREED)})")
    if searched:
        columns = ("b.reference", "b.title", "p.code", "b.batch")
        conditions.append("(" + " OR ".join(f"{column} ILIKE :text" for column in columns) + ")")
    order = "b.starts_at NULLS FIRST, b.id" if when == "upcoming" else "b.starts_at DESC NULLS FIRST, b.id DESC"
    condition = f"WHERE {' AND '.join(conditions)} ORDER BY {order} OFFSET :offset LIMIT :limit"
    values = {
        "now": uow.now,
        "state": state,
        "text": f"%{searched.translate(_LIKE_ESCAPES)}%",
        "offset": offset,
        "limit": limit + 1,
    }
    named = {name: value for name, value in values.items() if f":{name}" in condition}
    rows = [BookingSummary(*row) for row in uow.session.execute(text(f"{_SUMMARIES} {condition}"), named)]
    return Summaries(rows[:limit], has_more=len(rows) > limit)
