"""Name the crew of a session when it starts, or afterwards; how many people were in the room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from gmp_booking.bookings.change_store import CrewMember, add_crew, fit_crew
from gmp_booking.bookings.session_events import CrewNamed
from gmp_booking.bookings.transitions import Taken
from gmp_booking.execution import store
from gmp_booking.execution.crew_rules import MINIMUM_CREW, ROOM_LIMIT
from gmp_booking.execution.session_actions import SessionAction, session_event_fields, step_of, write_step
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import LockKey, Uow
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import LockKind
from gmp_booking.people.service import list_people

_FIND = text(
    """
    SELECT p.email, p.id FROM booking AS b
    JOIN person AS p ON p.active AND (p.company_id = b.company_id OR p.company_id IS NULL)
    WHERE b.reference = :reference AND p.email = ANY (:emails)
    """
).bindparams(bindparam("emails", type_=ARRAY(Text)))
_NOBODY: Final = N_("Neither the company nor the facility has a person with this e-mail address.")
_NO_NAMES: Final = N_("Name the people in the room; without names work cannot start.")
_TWO_NAMES: Final = N_("Open aseptic work needs two people by name.")
_NO_HOST: Final = N_("Name a host.")
_TOO_MANY: Final = N_("%(room)s allows %(maximum)s people. Production or QA can record more, with a reason.")


def find_people(uow: Uow, act: SessionAction) -> Mapping[str, int]:
    """The ids of the people named in an action, by e-mail address. Errors: Invalid for an unknown one."""
    if not act.people:
        return {}
    emails = sorted({person.email for person in act.people})
    with uow.as_engine():
        rows = uow.session.execute(_FIND, {"reference": act.reference, "emails": emails}).all()
    if len(rows) < len(emails):
        raise Invalid(field_errors={"people": [_NOBODY]})
    return {row.email: int(row.id) for row in rows}


def locks_of_people(ids: Mapping[str, int]) -> set[LockKey]:
    return {(LockKind.PERSON, person_id) for person_id in ids.values()}


@dataclass(frozen=True)
class CrewChoice:
    """Somebody who may be named."""

    email: str
    name: str
    is_staff: bool


def list_crew_choices(uow: Uow, session: SessionRow) -> list[CrewChoice]:
    """Who may be named on the page: the company's people, and for staff those of the facility."""
    found = list(list_people(uow, session.company_id))
    if uow.actor.company_id is None:
        found += list_people(uow, None)
    return [CrewChoice(each.email, each.name, each.company_id is None) for each in found]


def name_crew(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    """Name people of a session that has begun. Errors: Invalid without any."""
    step = step_of(session, act)
    if not act.people:
        raise Invalid(field_errors={"people": [_NO_NAMES]})
    write_step(uow, session, step)
    event = _add(uow, session, act)
    fit_crew(uow, session.booking_id)
    uow.record(Taken(step, event, act.reason).event)


def with_crew(uow: Uow, session: SessionRow, act: SessionAction) -> SessionRow:
    """The session with the people who are named at its start."""
    if not act.people:
        return session
    uow.record(_add(uow, session, act))
    return replace(session, named=store.count_named(uow, session))


def _add(uow: Uow, session: SessionRow, act: SessionAction) -> CrewNamed:
    ids = act.person_ids
    add_crew(uow, [CrewMember(session.id, ids[person.email], person.role) for person in act.people])
    return CrewNamed(**session_event_fields(session), people=tuple(sorted(ids.values())))


def require_crew(session: SessionRow, *, recorded_anyway: bool) -> tuple[str, ...]:
    """The code of the rule when too few people are named, which is recorded anyway.

    Errors: Invalid when too few are named, unless it is recorded anyway.
    """
    if session.named >= session.names_needed:
        return ()
    if not recorded_anyway:
        few = _TWO_NAMES if session.names_needed > 1 else _NO_NAMES if session.cleared_first else _NO_HOST
        raise Invalid(field_errors={"people": [few]})
    return (MINIMUM_CREW,)


def require_headcount(session: SessionRow, headcount: int, *, recorded_anyway: bool) -> tuple[str, ...]:
    """The code of the rule when more people were in the room than it allows, which is recorded anyway.

    Errors: Invalid when there were more, unless it is recorded anyway or was explained at the start.
    """
    was_explained = session.headcount_reason is not None and headcount == session.headcount_actual
    if headcount <= session.max_occupancy or was_explained:
        return ()
    if not recorded_anyway:
        params = {"room": session.room, "maximum": session.max_occupancy}
        raise Invalid(field_errors={"headcount": [_TOO_MANY]}, params=params)
    return (ROOM_LIMIT,)
