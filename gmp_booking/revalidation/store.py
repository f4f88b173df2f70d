"""Queries of affected bookings, and of the queue of bookings to revalidate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from gmp_booking.bookings.part_resources import overlaps_session, session_uses
from gmp_booking.bookings.session_state import JOINED_STATE, state_of
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import AGREED, NOT_BEGUN, STANDING
from gmp_booking.kernel.vocabulary import SubjectKind
from gmp_booking.outages.store import OutageTimes, list_resources_hit

MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=10)

_ENQUEUE = """
    INSERT INTO revalidation (booking_id, due_at, cause, attempts)
    SELECT hit.booking_id, :now, :cause, 0 FROM ({affected}) AS hit (booking_id)
    ORDER BY hit.booking_id
    ON CONFLICT (booking_id) DO UPDATE
    SET due_at = LEAST(COALESCE(revalidation.due_at, EXCLUDED.due_at), EXCLUDED.due_at), cause = EXCLUDED.cause,
        attempts = 0, last_error = NULL
    RETURNING booking_id
"""

_BY_TIME = """
    SELECT DISTINCT s.booking_id
    FROM unnest(CAST(:froms AS timestamptz[]), CAST(:untils AS timestamptz[])) AS w (from_at, until_at)
    CROSS JOIN unit AS u
    CROSS JOIN LATERAL (
        SELECT slot.booking_id FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.id, u.id, '[]')
          AND slot.during && tstzrange(w.from_at, w.until_at)
    ) AS s
    JOIN booking AS b ON b.id = s.booking_id
    WHERE u.resource_id = ANY (:resources) AND b.state = ANY (:states)
"""
_BY_HOLDER = """
    SELECT b.id FROM booking AS b
    WHERE b.state = ANY (:states) AND b.ends_at > (CAST(:froms AS timestamptz[]))[1]
      AND b.starts_at < COALESCE((CAST(:untils AS timestamptz[]))[1], 'infinity')
      AND ((:kind = 'COMPANY' AND b.company_id = :id) OR (:kind = 'PRODUCT' AND b.product_id = :id)
           OR (:kind = 'PERSON' AND EXISTS (
               SELECT FROM session_person AS sp WHERE sp.booking_id = b.id AND sp.active AND sp.person_id = :id)))
"""
_RESOURCES, _STATES = bindparam("resources", type_=ARRAY(BigInteger)), bindparam("states", type_=ARRAY(Text))


@dataclass(frozen=True)
class OutageScope:
    """The subject of an outage and its remaining times."""

    kind: SubjectKind
    subject_id: int | None
    times: Sequence[OutageTimes]


def enqueue_affected(uow: Uow, scope: OutageScope, *, cause: str) -> list[int]:
    """Queue every booking an outage affects, in one statement."""
    affected, values = _affected(uow, scope)
    if not scope.times:
        return []
    return list(
        uow.session.execute(
            _statement(_ENQUEUE.format(affected=affected), affected), values | _cause_values(uow, cause)
        ).scalars()
    )


def list_affected_bookings(uow: Uow, scope: OutageScope) -> list[int]:
    """The ids of the bookings an outage affects."""
    affected, values = _affected(uow, scope)
    if not scope.times:
        return []
    return list(uow.session.execute(_statement(affected, affected), values).scalars())


def _statement(statement: str, affected: str) -> TextClause:
    return text(statement).bindparams(*([_RESOURCES, _STATES] if affected is _BY_TIME else [_STATES]))


def _affected(uow: Uow, scope: OutageScope) -> tuple[str, dict[str, object]]:
    times = {
        "froms": [max(each.start, uow.now) for each in scope.times],
        "untils": [each.until for each in scope.times],
        "states": sorted(state.value for state in STANDING),
    }
    if scope.kind in {SubjectKind.COMPANY, SubjectKind.PRODUCT, SubjectKind.PERSON}:
        return _BY_HOLDER, times | {"kind": scope.kind.value, "id": scope.subject_id}
    hit = list_resources_hit(uow, scope.kind, scope.subject_id)
    return _BY_TIME, times | {"resources": [resource_id for resource_id, _ in hit]}


# Rooms and equipment come from the booking's parts, since a cancelled booking has no slots any more.
_NEIGHBOURS = """
    SELECT b.id FROM booking AS b WHERE b.id = :booking_id AND b.state = ANY (:states)
    UNION
    SELECT s.booking_id
    FROM (
        SELECT room_id AS resource_id FROM booking_session WHERE booking_id = :booking_id
        UNION SELECT se.equipment_id FROM booking_session AS bs
              JOIN session_equipment AS se ON se.booking_session_id = bs.id WHERE bs.booking_id = :booking_id
        UNION SELECT q.equipment_id FROM equipment_reservation AS q WHERE q.booking_id = :booking_id
        UNION SELECT e.home_room_id FROM equipment_reservation AS q JOIN equipment AS e ON e.id = q.equipment_id
              WHERE q.booking_id = :booking_id
    ) AS mine
    JOIN unit AS u ON u.resource_id = mine.resource_id
    CROSS JOIN LATERAL (
        SELECT slot.booking_id, slot.starts_at FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.id, u.id, '[]')
          AND slot.during && tstzrange(:now, NULL)
    ) AS s
    JOIN booking AS b ON b.id = s.booking_id AND b.state = ANY (:states)
    WHERE b.at_risk OR (:also_next AND s.starts_at < :now + interval '36 hours')
"""


def enqueue_with_neighbours(uow: Uow, booking_id: int, *, cause: str, also_next: bool) -> list[int]:
    """Queue a booking, bookings at risk that share resources with it, and with `also_next` those that follow soon."""
    statement = text(_ENQUEUE.format(affected=_NEIGHBOURS)).bindparams(_STATES)
    values = {"booking_id": booking_id, "states": sorted(state.value for state in STANDING), "also_next": also_next}
    return list(uow.session.execute(statement, values | _cause_values(uow, cause)).scalars())


_NOT_REVALIDATED = f"""
    SELECT b.id FROM booking AS b LEFT JOIN revalidation AS r ON r.booking_id = b.id
    WHERE b.state IN ({sql_values(AGREED)}) AND b.ends_at > :now
      AND (r.looked_at IS NULL OR r.looked_at < :since) AND r.due_at IS NULL
"""


def enqueue_not_revalidated(uow: Uow, since: datetime, *, cause: str) -> list[int]:
    """Queue the approved bookings that have not ended and were not revalidated since `since`."""
    statement = text(_ENQUEUE.format(affected=_NOT_REVALIDATED))
    return list(uow.session.execute(statement, {"since": since} | _cause_values(uow, cause)).scalars())


# Each use is queued once: at the moment at which rule RM-01 puts it at risk.
_DELAYED = f"""
    SELECT DISTINCT following.booking_id
    FROM occupancy AS o
    JOIN booking AS b ON b.id = o.booking_id
    JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version AND s.number = o.session_number
    JOIN session_record AS r ON r.booking_id = b.id AND r.number = s.number
    JOIN room ON room.id = o.resource_id
    CROSS JOIN LATERAL (
        SELECT greatest(s.ends_at, r.expected_end_at) + :grace AS overdue_at
    ) AS due
    CROSS JOIN LATERAL (
        SELECT n.booking_id, n.starts_at - greatest(
                   :ahead, (n.setup_min + coalesce(room.recovery_min, 0)) * interval '1 minute') AS at_risk_at
        FROM booking_session AS n
        JOIN booking AS nb ON nb.id = n.booking_id AND nb.version = n.version
        WHERE n.room_id = room.id AND n.starts_at < :now + interval '2 days'
          AND n.ends_at > :now AND n.booking_id <> o.booking_id
          AND nb.state IN ({sql_values(STANDING)}) AND NOT nb.at_risk
          AND {state_of("n")} IN ({sql_values(NOT_BEGUN)})
    ) AS following
    LEFT JOIN revalidation AS v ON v.booking_id = following.booking_id
    WHERE upper_inf(o.during) AND NOT o.shared AND due.overdue_at <= :now AND following.at_risk_at <= :now
      AND (v.looked_at IS NULL OR v.looked_at < greatest(due.overdue_at, following.at_risk_at)) AND v.due_at IS NULL
"""


def enqueue_delayed(uow: Uow, *, grace: timedelta, ahead: timedelta, cause: str) -> list[int]:
    """Queue the bookings whose use of a room an overdue session delays, each once."""
    statement = text(_ENQUEUE.format(affected=_DELAYED))
    values = {"grace": grace, "ahead": ahead} | _cause_values(uow, cause)
    return list(uow.session.execute(statement, values).scalars())


def _cause_values(uow: Uow, cause: str) -> dict[str, object]:
    return {"now": uow.now, "cause": cause}


_NEXT = text(
    """
    SELECT booking_id FROM revalidation
    WHERE due_at <= (SELECT gmp_now()) AND attempts < :most AND booking_id <> ALL (:skip_ids)
    ORDER BY due_at, booking_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """
).bindparams(bindparam("skip_ids", type_=ARRAY(BigInteger)))
_MARK_REVALIDATED = text(
    "UPDATE revalidation SET due_at = NULL, looked_at = :now, attempts = 0, last_error = NULL"
    " WHERE booking_id = :booking_id"
)
_FAILED = text(
    """
    UPDATE revalidation SET attempts = attempts + 1, last_error = :error,
           due_at = gmp_now() + :pause * (attempts + 1)
    WHERE booking_id = :booking_id AND due_at IS NOT NULL
    RETURNING attempts
    """
)


def take_next(uow: Uow, *, skip_ids: Collection[int]) -> int | None:
    """The next queued booking; its row is locked, so that no other worker takes it."""
    return uow.session.execute(_NEXT, {"most": MOST_ATTEMPTS, "skip_ids": list(skip_ids)}).scalar()


def mark_revalidated(uow: Uow, booking_id: int) -> None:
    uow.session.execute(_MARK_REVALIDATED, {"booking_id": booking_id, "now": uow.now})


def note_failure(uow: Uow, booking_id: int, error: str) -> bool:
    """Count a failure and schedule a retry. Shape: True when there will be no further attempt."""
    values = {"booking_id": booking_id, "error": error[:1000], "pause": FIRST_PAUSE}
    attempts = uow.session.execute(_FAILED, values).scalar()
    return attempts is not None and attempts >= MOST_ATTEMPTS


_OUTAGES = text(
    "SELECT subject_kind, subject_id, starts_at, until_at FROM outage WHERE id = ANY (:ids) ORDER BY starts_at"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


def scope_of(uow: Uow, outage_ids: Sequence[int]) -> OutageScope | None:
    """The scope of outages of one subject, lifted or not; None when there are none."""
    rows = uow.session.execute(_OUTAGES, {"ids": list(outage_ids)}).all()
    if not rows:
        return None
    times = [OutageTimes(start, until) for _, _, start, until in rows if until is None or until > uow.now]
    return OutageScope(SubjectKind(rows[0][0]), rows[0][1], times)


# DISTINCT: several units of one equipment are one period.
_AFFECTED_PERIODS = text(
    f"""
    SELECT DISTINCT b.reference, b.kind, b.state, b.at_risk, c.code AS company, r.code AS resource,
           s.starts_at, s.ends_at, bs.number,
           CASE WHEN bs.id IS NULL THEN '' ELSE {JOINED_STATE} END AS session_state,
           b.title
    FROM booking AS b JOIN company AS c ON c.id = b.company_id
    JOIN slot AS s ON s.booking_id = b.id AND s.active AND s.ends_at > :now
    JOIN resource AS r ON r.id = s.resource_id
    LEFT JOIN LATERAL (
        SELECT x.id, x.booking_id, x.number FROM booking_session AS x
        WHERE x.booking_id = b.id AND x.version = b.version AND {overlaps_session("s", "x")}
          AND {session_uses("x", "s.resource_id")}
        ORDER BY x.number LIMIT 1
    ) AS bs ON true
    LEFT JOIN session_record AS record ON record.booking_id = bs.booking_id AND record.number = bs.number
    WHERE b.id = ANY (:bookings)
    ORDER BY s.starts_at, r.code, b.reference
    """
).bindparams(bindparam("bookings", type_=ARRAY(BigInteger)))


@dataclass(frozen=True)
class AffectedPeriod:
    """One affected period of a booking, as staff see it before they create an outage."""

    reference: str
    kind: str
    state: str
    at_risk: bool
    company: str
    resource: str
    starts_at: datetime
    ends_at: datetime
    number: int | None
    session_state: str
    title: str | None


def list_affected_periods(uow: Uow, booking_ids: Sequence[int]) -> list[AffectedPeriod]:
    rows = uow.session.execute(_AFFECTED_PERIODS, {"bookings": list(booking_ids), "now": uow.now})
    return [AffectedPeriod(**row._mapping) for row in rows]  # noqa: SLF001
