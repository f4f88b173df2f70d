"""Check-in while somebody else uses the room: the refusal, and what both sides are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from gmp_booking.bookings.session_events import CheckInRefused, NextUseRefused, SecondUseRecorded
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.refusals import refusal
from gmp_booking.execution import store
from gmp_booking.execution.room_use.records import Beginning
from gmp_booking.execution.session_actions import SessionEventFields, session_event_fields
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import RecordKind, Severity

IN_USE: Final = "in_use"
"""The key of the codes of what is in use, in the detail of the refusal."""

TOLD_AGAIN_AFTER: Final = timedelta(minutes=15)
"""Who tries again sooner is refused without another mail. Source: default is ours."""

_USERS = text(
    """
    SELECT DISTINCT b.company_id, b.id AS booking_id, b.reference, b.version, o.session_number AS session,
           room.code AS room
    FROM resource AS r JOIN unit ON unit.resource_id = r.id
    JOIN occupancy AS o ON o.unit_id = unit.id AND upper_inf(o.during) AND NOT o.shared
    JOIN booking AS b ON b.id = o.booking_id
    JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version AND s.number = o.session_number
    JOIN resource AS room ON room.id = s.room_id
    WHERE r.code = ANY (:codes) AND (o.booking_id, o.session_number) <> (:booking_id, :number)
    ORDER BY b.id, session
    """
).bindparams(bindparam("codes", type_=ARRAY(Text)))
_TOLD = text(
    """
    SELECT EXISTS (
        SELECT FROM journal WHERE subject_kind = :kind AND subject_id = :booking_id AND event = :event
        AND data @> jsonb_build_object('session', CAST(:number AS integer)) AND at > :since)
    """
)
_CODES = text("SELECT id, code FROM resource WHERE id = ANY (:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)


def still_in_use(uow: Uow, session: SessionRow, beginning: Beginning) -> Conflict:
    """The refusal at check-in. Shape: it names what is in use; by which bookings, to the facility only."""
    codes = sorted(beginning.in_use, key=lambda code: (code != session.room, code)) or [session.room]
    message = N_("%(resource)s is still in use.")
    if not beginning.is_open:
        message = N_("%(resource)s was in use at that time.")
    users = _users(uow, session, codes) if uow.actor.sees_facility else []
    named = {"references": sorted({user["reference"] for user in users})} if users else {}
    findings = [replace(_finding(session, code, text="in use"), staff_params=named) for code in codes]
    verdict = Verdict(tuple(findings) if beginning.is_open else ())
    return Conflict(message, params={"resource": codes[0]}, detail={"verdict": verdict, IN_USE: tuple(codes)})


def taken_before(uow: Uow, session: SessionRow, taken: Mapping[int, Period]) -> Conflict:
    """The refusal of an early start. Shape: `taken` is by resource id, until its own slot begins."""
    codes: dict[int, str] = {row.id: row.code for row in uow.session.execute(_CODES, {"ids": list(taken)})}
    return refusal(Verdict(tuple(_finding(session, codes[each], period=period) for each, period in taken.items())))


def _finding(session: SessionRow, code: str, *, text: str = "", period: Period | None = None) -> Finding:
    is_room = code == session.room
    return Finding(
        code="RM-01" if is_room else "EQ-01",
        severity=Severity.HARD,
        resource=code,
        period=period,
        session=session.number,
        text=text,
        names=session.room_names if is_room else {},
    )


def record_second_use(uow: Uow, session: SessionRow, in_use: Sequence[str], deviation_no: str) -> None:
    """Record for both sides that a session began although others have not ended."""
    own = session_event_fields(session)
    uow.record(SecondUseRecorded(**own, deviation_no=deviation_no, entered=True))
    for user in _users(uow, session, in_use):
        uow.record(SecondUseRecorded(**user, deviation_no=deviation_no, entered=False), for_others=True)


def record_refusal(uow: Uow, reference: str, number: int, in_use: Sequence[str]) -> None:
    """Record for both sides that somebody was refused at check-in; once, however often they try."""
    session = store.get_session(uow, reference, number)
    if _is_recorded(uow, session):
        return
    uow.record(CheckInRefused(**session_event_fields(session), in_use=tuple(in_use)))
    for user in _users(uow, session, in_use):
        uow.record(NextUseRefused(**user))


def _is_recorded(uow: Uow, session: SessionRow) -> bool:
    values = {
        "kind": RecordKind.BOOKING.value,
        "event": CheckInRefused.__name__,
        "booking_id": session.booking_id,
        "number": session.number,
        "since": uow.now - TOLD_AGAIN_AFTER,
    }
    return bool(uow.session.execute(_TOLD, values).scalar_one())


def _users(uow: Uow, session: SessionRow, in_use: Sequence[str]) -> list[SessionEventFields]:
    """The sessions that use these resources now."""
    values = {"codes": list(in_use), "booking_id": session.booking_id, "number": session.number}
    return [
        {
            "company_id": row.company_id,
            "booking_id": row.booking_id,
            "reference": row.reference,
            "version": row.version,
            "session": row.session,
            "room": row.room,
        }
        for row in uow.session.execute(_USERS, values)
    ]
