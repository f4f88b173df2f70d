"""Which bookings a change concerns, and their place in the line of those to be judged again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import AGREED, STANDING
from gmp_booking.kernel.vocabulary import SubjectKind
from gmp_booking.outages.store import OutageTimes, list_resources_hit

MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=10)

_WANT = """
    INSERT INTO revalidation (booking_id, due_at, cause, attempts)
    SELECT hit.booking_id, :now, :cause, 0 FROM ({hits}) AS hit (booking_id)
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
class Reach:
    """On what an outage lies and when, so far as it concerns what is still to come."""

    kind: SubjectKind
    subject_id: int | None
    times: Sequence[OutageTimes]


def want_hit_by(uow: Uow, reach: Reach, *, cause: str) -> list[int]:
    """Put every booking an outage touches into the line, in one statement."""
    hits, values = _hits(uow, reach)
    if not reach.times:
        return []
    return list(uow.session.execute(_statement(_WANT.format(hits=hits), hits), values | _why(uow, cause)).scalars())


def find_hit(uow: Uow, reach: Reach) -> list[int]:
    """The bookings an outage touches, by id."""
    hits, values = _hits(uow, reach)
    if not reach.times:
        return []
    return list(uow.session.execute(_statement(hits, hits), values).scalars())


def _statement(statement: str, hits: str) -> TextClause:
    return text(statement).bindparams(*([_RESOURCES, _STATES] if hits is _BY_TIME else [_STATES]))


def _hits(uow: Uow, reach: Reach) -> tuple[str, dict[str, object]]:
    times = {
        "froms": [max(each.start, uow.now) for each in reach.times],
        "untils": [each.until for each in reach.times],
        "states": sorted(state.value for state in STANDING),
    }
    if reach.kind in {SubjectKind.COMPANY, SubjectKind.PRODUCT, SubjectKind.PERSON}:
        return _BY_HOLDER, times | {"kind": reach.kind.value, "id": reach.subject_id}
    hit = list_resources_hit(uow, reach.kind, reach.subject_id)
    return _BY_TIME, times | {"resources": [resource_id for resource_id, _ in hit]}


# Rooms and equipment as the booking names them: of a cancelled one the slots are gone.
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


def want_around(uow: Uow, booking_id: int, *, cause: str, also_next: bool) -> list[int]:
    """Put one booking into the line, those at risk that share something with it, and those that come next there."""
    statement = text(_WANT.format(hits=_NEIGHBOURS)).bindparams(_STATES)
    values = {"booking_id": booking_id, "states": sorted(state.value for state in STANDING), "also_next": also_next}
    return list(uow.session.execute(statement, values | _why(uow, cause)).scalars())


_NOT_LOOKED_AT = f"""
    SELECT b.id FROM booking AS b LEFT JOIN revalidation AS r ON r.booking_id = b.id
    WHERE b.state IN ({sql_values(AGREED)}) AND b.ends_at > :now
      AND (r.looked_at IS NULL OR r.looked_at < :since) AND r.due_at IS NULL
"""


def want_not_looked_at(uow: Uow, since: datetime, *, cause: str) -> list[int]:
    """Put every agreed booking into the line that lies ahead and was not looked at since then."""
    statement = text(_WANT.format(hits=_NOT_LOOKED_AT))
    return list(uow.session.execute(statement, {"since": since} | _why(uow, cause)).scalars())


def _why(uow: Uow, cause: str) -> dict[str, object]:
    return {"now": uow.now, "cause": cause}


_NEXT = text(
    """
    SELECT booking_id FROM revalidation
    WHERE due_at <= (SELECT gmp_now()) AND attempts < :most AND booking_id <> ALL (:skip_ids)
    ORDER BY due_at, booking_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """
).bindparams(bindparam("skip_ids", type_=ARRAY(BigInteger)))
_LOOKED = text(
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


def take_next(uow: Uow, *, skip_ids: Sequence[int]) -> int | None:
    """The booking whose turn it is, held for this transaction; nobody else is at it."""
    return uow.session.execute(_NEXT, {"most": MOST_ATTEMPTS, "skip_ids": list(skip_ids)}).scalar()


def note_looked_at(uow: Uow, booking_id: int) -> None:
    uow.session.execute(_LOOKED, {"booking_id": booking_id, "now": uow.now})


def note_failure(uow: Uow, booking_id: int, error: str) -> bool:
    """Count a failed look and come back later; whether it was the last one there will be."""
    values = {"booking_id": booking_id, "error": error[:1000], "pause": FIRST_PAUSE}
    attempts = uow.session.execute(_FAILED, values).scalar()
    return attempts is not None and attempts >= MOST_ATTEMPTS


_OUTAGES = text(
    "SELECT subject_kind, subject_id, starts_at, until_at FROM outage WHERE id = ANY (:ids) ORDER BY starts_at"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


def reach_of(uow: Uow, outage_ids: Sequence[int]) -> Reach | None:
    """What outages of one subject reach as they were planned, lifted or not; None when all that is past."""
    rows = uow.session.execute(_OUTAGES, {"ids": list(outage_ids)}).all()
    if not rows:
        return None
    times = [OutageTimes(start, until) for _, _, start, until in rows if until is None or until > uow.now]
    return Reach(SubjectKind(rows[0][0]), rows[0][1], times)


# Several places of one piece of equipment are one line.
_LINES = text(
    """
    SELECT DISTINCT b.reference, b.kind, b.state, b.at_risk, c.code AS company, r.code AS resource,
           s.starts_at, s.ends_at, bs.number, COALESCE(bs.state, '') AS session_state, b.title
    FROM booking AS b JOIN company AS c ON c.id = b.company_id
    JOIN slot AS s ON s.booking_id = b.id AND s.active AND s.ends_at > :now
    JOIN resource AS r ON r.id = s.resource_id
    LEFT JOIN booking_session AS bs ON bs.id = s.booking_session_id
    WHERE b.id = ANY (:bookings)
    ORDER BY s.starts_at, r.code, b.reference
    """
).bindparams(bindparam("bookings", type_=ARRAY(BigInteger)))


@dataclass(frozen=True)
class HitLine:
    """One piece of a booking's time, as the facility reads it before placing an outage."""

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


def list_lines(uow: Uow, booking_ids: Sequence[int]) -> list[HitLine]:
    rows = uow.session.execute(_LINES, {"bookings": list(booking_ids), "now": uow.now})
    return [HitLine(**row._mapping) for row in rows]  # noqa: SLF001
