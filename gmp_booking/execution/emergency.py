"""Emergency entry: the crew begins although nobody can release the room; production or QA confirms it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import text

from gmp_booking.bookings.lifecycle.session_steps import EMERGENCY
from gmp_booking.bookings.session_events import EmergencyEntryConfirmed, EmergencyEntryMade
from gmp_booking.bookings.transitions import Taken
from gmp_booking.conflicts.opening import outside_hours
from gmp_booking.evaluation.providers import calendar
from gmp_booking.evaluation.providers.calendar import HolidayRow, HoursRow
from gmp_booking.execution.actual_times import check_in
from gmp_booking.execution.session_actions import (
    SessionAction,
    session_event_fields,
    step_of,
    subject_of,
    write_step,
)
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Role, is_allowed
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import NOT_BEGUN
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.typed_json import from_json

CAN_RELEASE: Final = frozenset({Role.PRODUCTION_MANAGER, Role.QA})

# Of the roster, the night that began yesterday counts, too.
_CALENDAR = text(
    f"""
    WITH found AS (
        SELECT CAST(:room_id AS bigint) AS id
    ), days AS (
        SELECT CAST(CAST(:now AS timestamptz) AT TIME ZONE :zone AS date) - back AS day,
               CAST(:now AS timestamptz) AT TIME ZONE :zone AS at
        FROM generate_series(0, 1) AS g (back)
    )
    SELECT jsonb_build_object('hours', ({calendar.HOURS}), 'holidays', ({calendar.HOLIDAYS}), 'is_on_call', EXISTS (
        SELECT FROM days
        JOIN on_call AS o ON o.ended_at IS NULL AND o.valid_from <= days.day
             AND (o.valid_until IS NULL OR o.valid_until >= days.day)
             AND (o.on_date = days.day OR o.weekday = CAST(EXTRACT(isodow FROM days.day) AS int) - 1)
        JOIN person AS who ON who.id = o.person_id AND who.active
        JOIN person_role AS r
            ON r.person_id = who.id AND r.revoked_at IS NULL AND r.role IN ({sql_values(CAN_RELEASE)})
        WHERE days.at >= days.day + o.from_time
          AND days.at < days.day + CAST(o.until_time <= o.from_time AS int) + o.until_time))
    """
)

_IS_UNCONFIRMED = text(
    """
    SELECT EXISTS (
        SELECT FROM session_record WHERE booking_id = :booking_id AND number = :number
        AND emergency_told IS NOT NULL AND emergency_confirmed_at IS NULL)
    """
)


@dataclass(frozen=True)
class _Calendar:
    """Shape: `is_on_call` when somebody is who can release a room."""

    hours: tuple[HoursRow, ...]
    holidays: tuple[HolidayRow, ...]
    is_on_call: bool


def is_possible(uow: Uow, session: SessionRow) -> bool:
    """Whether the crew may enter in an emergency now.

    It may outside the opening hours of the room, and while nobody is on call who can release it.
    """
    today = uow.today
    values = {
        "now": uow.now,
        "zone": uow.zone.key,
        "room_id": session.room_id,
        "from_on": today - timedelta(days=1),
        "until_on": today,
    }
    with uow.as_engine():
        found = from_json(_Calendar, uow.session.execute(_CALENDAR, values).scalar_one())
    facts = calendar.calendar_facts(found.hours, found.holidays, (), uow.zone)
    is_open = not outside_hours(facts, session.room, Period(uow.now, uow.now + timedelta(seconds=1)))
    return not (is_open and found.is_on_call)


def may_enter(uow: Uow, session: SessionRow) -> bool:
    """Whether the actor may enter in an emergency now."""
    allowed = is_allowed(uow.actor, Permission.SESSION_EMERGENCY_ENTRY, subject_of(session, EMERGENCY))
    return allowed and session.stands in NOT_BEGUN and is_possible(uow, session)


def enter(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    """Errors: Invalid without a reason, or without who was told; Conflict while the room can be released."""
    if not act.told:
        raise Invalid(field_errors={"told": [N_("Enter who was told by telephone, and when.")]})
    if not is_possible(uow, session):
        raise Conflict(N_("An emergency entry is not possible now: somebody can release the room."))
    check_in(uow, session, replace(act, at=None))
    event = EmergencyEntryMade(**session_event_fields(session), told=act.told, explanation=act.reason or "")
    uow.record(event)


def confirm(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    step = step_of(session, act)
    if not session.is_to_be_confirmed:
        raise Conflict(N_("There is no emergency entry to confirm."))
    write_step(
        uow,
        session,
        step,
        emergency_confirmed_at=uow.now,
        emergency_confirmed_by=uow.actor.person_id,
        deviation_no=act.deviation_no or session.deviation_no,
    )
    event = EmergencyEntryConfirmed(**session_event_fields(session))
    uow.record(Taken(step, event, act.reason).event)


def is_unconfirmed(uow: Uow, booking_id: int, number: int) -> bool:
    """Whether an emergency entry of a session waits for its confirmation."""
    values = {"booking_id": booking_id, "number": number}
    return bool(uow.session.execute(_IS_UNCONFIRMED, values).scalar_one())
