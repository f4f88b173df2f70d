"""Facts on line clearances: what happened in their rooms since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.execution.clearance import CLEARANCE_LASTS
from gmp_booking.execution.line_clearance.lapse import (
    CAUSED_BY_OTHERS,
    LAPSE_TEXTS,
    OTHERS_LAPSE_TEXT,
    Clearance,
    Lapse,
    Use,
    find_lapse,
)
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.sql import sql_value, sql_values
from gmp_booking.kernel.states import BROKEN_OFF, IN_FORCE, RELEASED
from gmp_booking.kernel.vocabulary import OutageKind, SubjectKind

NOTHING_FOUND: Final = Verdict()
_LONGEST_DELAY: Final = "interval '30 days'"
"""How long after a use its deviation may be recorded and still be found."""

# A room has one unit; its uses are found by unit and time.
_USES = f"""
    SELECT array_agg(lower(o.during) ORDER BY o.id) AS began_at, array_agg(upper(o.during) ORDER BY o.id) AS ended_at,
           array_agg(CASE WHEN x.deviation_no IS NULL THEN NULL
                          WHEN x.state IN ({sql_values(BROKEN_OFF)}) THEN x.end_entered_at
                          ELSE x.start_entered_at END ORDER BY o.id) AS deviations
    FROM unit
    JOIN occupancy AS o ON int8range(o.unit_id, o.unit_id, '[]') && int8range(unit.id, unit.id, '[]')
    LEFT JOIN session_record AS x ON x.booking_id = o.booking_id AND x.number = o.session_number
    WHERE unit.resource_id = bs.room_id AND lc.id IS NOT NULL
      AND o.during && tstzrange(lc.performed_at - {_LONGEST_DELAY}, NULL)
      AND (o.booking_id, o.session_number) <> (bs.booking_id, bs.number)
"""
_HOLDS = f"""
    SELECT greatest(o.created_at, o.starts_at) FROM outage AS o
    WHERE o.kind = {sql_value(OutageKind.HOLD)} AND o.created_at <= :now AND o.starts_at <= :now
      AND greatest(o.created_at, o.starts_at) > lc.performed_at
      AND (o.subject_kind = {sql_value(SubjectKind.ROOM)} AND o.subject_id = bs.room_id
        OR o.subject_kind = {sql_value(SubjectKind.ZONE)} AND o.subject_id = room.air_zone_id
        OR o.subject_kind = {sql_value(SubjectKind.AHU)} AND o.subject_id = zone.ahu_id
        OR o.subject_kind = {sql_value(SubjectKind.FACILITY)})
"""
_FACTS = f"""
    SELECT b.reference, bs.number, lc.performed_at AS begun_at, bs.starts_at,
           used.began_at, used.ended_at, used.deviations, ARRAY({_HOLDS}) AS holds
    FROM booking_session AS bs
    JOIN booking AS b ON b.id = bs.booking_id AND b.version = bs.version
    JOIN room ON room.id = bs.room_id
    LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
    LEFT JOIN session_record AS record ON record.booking_id = bs.booking_id AND record.number = bs.number
    LEFT JOIN line_clearance AS lc ON lc.booking_id = b.id AND lc.session_number = bs.number AND lc.void_at IS NULL
         AND lc.room_id = bs.room_id AND lc.starts_at = bs.starts_at
    CROSS JOIN LATERAL ({_USES}) AS used
"""
_OF_SESSION = text(f"{_FACTS} WHERE b.reference = :reference AND bs.number = :number")
_OF_RELEASED = text(
    f"""
    {_FACTS} WHERE record.state IN ({sql_values(RELEASED)}) AND b.state IN ({sql_values(IN_FORCE)})
      AND (:reference = '' OR b.reference = :reference AND bs.number = :number)
    ORDER BY record.released_at
    """
)


@dataclass(frozen=True)
class ClearedRoom:
    """What happened in a room since it was cleared for a session.

    Shape: `clearance` is None when the session was moved since.
    """

    reference: str
    number: int
    clearance: Clearance | None
    uses: tuple[Use, ...]
    holds: tuple[datetime, ...]
    deviations: tuple[datetime, ...]

    def lapse(self, now: datetime) -> Lapse | None:
        """Errors: AssertionError without a clearance."""
        assert self.clearance is not None
        return find_lapse(self.uses, self.holds, self.deviations, self.clearance, now)


def find_lapse_of(uow: Uow, session: SessionRow) -> Lapse | None:
    """Why the clearance of a session is not valid, whoever used its room since; None while it is."""
    with uow.as_engine():
        rows = uow.session.execute(
            _OF_SESSION, {"reference": session.reference, "number": session.number, "now": uow.now}
        ).all()
    (facts,) = _facts_of(rows)
    return facts.lapse(uow.now)


def lapsed(uow: Uow, session: SessionRow, lapse: Lapse, verdict: Verdict = NOTHING_FOUND) -> Conflict:
    """The refusal, with the findings of a verdict; a company reads nothing about others."""
    hidden = lapse in CAUSED_BY_OTHERS and uow.actor.company_id is not None
    hours = int(CLEARANCE_LASTS.total_seconds() // 3600)
    message = OTHERS_LAPSE_TEXT if hidden else LAPSE_TEXTS[lapse]
    return Conflict(
        message, params={"room": session.room, "resource": session.room, "hours": hours}, detail={"verdict": verdict}
    )


def list_facts_of_released(uow: Uow) -> list[ClearedRoom]:
    """What happened in the rooms of all released sessions, the earliest release first."""
    return _released(uow)


def facts_of_released(uow: Uow, reference: str, number: int) -> ClearedRoom | None:
    """What happened in the room of one session; None when it is not released any more."""
    return next(iter(_released(uow, reference=reference, number=number)), None)


def _released(uow: Uow, *, reference: str = "", number: int = 0) -> list[ClearedRoom]:
    values = {"reference": reference, "number": number, "now": uow.now}
    return list(_facts_of(uow.session.execute(_OF_RELEASED, values).all()))


def _facts_of(rows: Iterable[Any]) -> Iterator[ClearedRoom]:
    for row in rows:
        clearance = Clearance(row.begun_at, row.starts_at) if row.begun_at else None
        uses = tuple(Use(*times) for times in zip(row.began_at or (), row.ended_at or (), strict=True))
        deviations = tuple(at for at in row.deviations or () if at is not None)
        yield ClearedRoom(row.reference, row.number, clearance, uses, tuple(row.holds), deviations)
