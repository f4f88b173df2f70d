"""The on-call roster for the time outside opening hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import select

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import FACILITY_ROLES, Permission, Role, require
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound
from gmp_booking.kernel.text import N_
from gmp_booking.people.models import Person, PersonRole
from gmp_booking.policies.events import OnCallAdded, OnCallEnded
from gmp_booking.policies.models import OnCall

ON_CALL_ROLES = tuple(sorted(role.value for role in FACILITY_ROLES - {Role.AUDITOR, Role.COMMITTEE, Role.SYSADMIN}))


@dataclass(frozen=True, kw_only=True)
class RosterEntry:
    """A new entry: weekly on one weekday (Monday is 0), or on one date."""

    role: str
    email: str
    from_time: time
    until_time: time
    weekday: int | None = None
    on_date: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class RosterLine:
    entry: OnCall
    name: str


def list_roster(uow: Uow) -> Sequence[RosterLine]:
    """The current entries: weekly ones by weekday, then single dates; past ones are left out."""
    require(uow.actor, Permission.ROSTER_READ)
    today = uow.today
    statement = (
        select(OnCall, Person.name)
        .join(Person, Person.id == OnCall.person_id)
        .where(OnCall.ended_at.is_(None))
        .where(OnCall.on_date.is_(None) | (OnCall.on_date >= today))
        .where(OnCall.valid_until.is_(None) | (OnCall.valid_until >= today))
        .order_by(OnCall.on_date.nulls_first(), OnCall.weekday, OnCall.from_time, OnCall.id)
    )
    return [RosterLine(entry, name) for entry, name in uow.session.execute(statement)]


def list_callable_people(uow: Uow) -> Sequence[tuple[str, str]]:
    """The staff who may be on call: (e-mail, name)."""
    require(uow.actor, Permission.ROSTER_READ)
    statement = (
        select(Person.email, Person.name)
        .where(Person.company_id.is_(None), Person.active)
        .where(
            select(PersonRole.id)
            .where(
                PersonRole.person_id == Person.id, PersonRole.revoked_at.is_(None), PersonRole.role.in_(ON_CALL_ROLES)
            )
            .exists()
        )
        .order_by(Person.email)
    )
    return [(email, name) for email, name in uow.session.execute(statement)]


def add_on_call(uow: Uow, new: RosterEntry) -> OnCall:
    """Errors: Forbidden; Invalid by field; Conflict when the same entry exists."""
    require(uow.actor, Permission.ROSTER_EDIT)
    found = select(Person).where(Person.email == new.email.strip().lower(), Person.company_id.is_(None), Person.active)
    person = uow.session.scalars(found).one_or_none()
    mistakes = _validation_errors(uow, new, person)
    if mistakes or person is None:
        raise Invalid(field_errors=mistakes)
    assert uow.actor.person_id is not None, "only people keep the roster"
    row: dict[str, Any] = {
        "role": new.role,
        "person_id": person.id,
        "weekday": new.weekday,
        "on_date": new.on_date,
        "from_time": new.from_time,
        "until_time": new.until_time,
    }
    same = select(OnCall.id).where(OnCall.ended_at.is_(None), *(getattr(OnCall, name) == row[name] for name in row))
    if uow.session.scalars(same.limit(1)).first() is not None:
        raise Conflict(N_("The roster already has this entry."))
    entry = OnCall(
        **row,
        valid_from=new.valid_from or new.on_date or uow.today,
        valid_until=new.valid_until,
        created_by=uow.actor.person_id,
    )
    uow.session.add(entry)
    uow.session.flush()
    uow.record(OnCallAdded(on_call_id=entry.id, role=new.role, person_id=person.id))
    return entry


def _validation_errors(uow: Uow, new: RosterEntry, person: Person | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if new.role not in ON_CALL_ROLES:
        found["role"] = [N_("Not one of the choices.")]
    if person is None:
        found["email"] = [N_("Nobody of the facility has this e-mail address.")]
    elif new.role in ON_CALL_ROLES and not _has_role(uow, person.id, new.role):
        found["email"] = [N_("This person does not have this role.")]
    if (new.weekday is None) == (new.on_date is None):
        found["weekday"] = [N_("Choose a weekday or a date.")]
    if new.weekday is not None and not 0 <= new.weekday <= 6:
        found["weekday"] = [N_("Not one of the choices.")]
    if new.on_date is not None and new.on_date < uow.today:
        found["on_date"] = [N_("This day is in the past.")]
    if new.valid_from and new.valid_until and new.valid_until < new.valid_from:
        found["valid_until"] = [N_("The end must be after the start.")]
    return found


def _has_role(uow: Uow, person_id: int, role: str) -> bool:
    statement = select(PersonRole.id).where(
        PersonRole.person_id == person_id, PersonRole.role == role, PersonRole.revoked_at.is_(None)
    )
    return uow.session.scalars(statement.limit(1)).first() is not None


def end_on_call(uow: Uow, on_call_id: int) -> None:
    """End an entry of the roster; it stays as history. Errors: Forbidden; NotFound."""
    require(uow.actor, Permission.ROSTER_EDIT)
    entry = uow.session.get(OnCall, on_call_id, with_for_update=True)
    if entry is None or entry.ended_at is not None:
        raise NotFound
    entry.ended_at = uow.now
    uow.session.flush()
    uow.record(OnCallEnded(on_call_id=entry.id, role=entry.role, person_id=entry.person_id))
