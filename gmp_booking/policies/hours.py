"""Opening hours: the default week, and the weeks of resources with their own hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.fingerprint import require_unchanged
from gmp_booking.kernel.text import N_
from gmp_booking.policies.events import HoursSet
from gmp_booking.policies.models import OpeningHours

WEEKDAYS = range(7)
WEEKDAY_NAMES = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
Week = Mapping[int, tuple[time, time] | None]


def set_hours(uow: Uow, weekdays: Iterable[int], opens: time, *, closes: time, resource_id: int | None = None) -> None:
    """Set the hours of these weekdays (Monday is 0), of a resource or as the default.

    Errors: Forbidden; Invalid when it closes before it opens.
    """
    require(uow.actor, Permission.HOURS_EDIT)
    days = tuple(weekdays)
    if opens >= closes:
        raise Invalid(field_errors={"closes": [N_("The closing time must be after the opening time.")]})
    for weekday in days:
        _upsert(uow, resource_id, weekday, opens=opens, closes=closes, active=True)
    uow.record(HoursSet(resource_id=resource_id, weekdays=days, opens=opens, closes=closes))


def change_week(uow: Uow, week: Week, *, resource_id: int | None, seen: str | None = None) -> None:
    """Set a whole week; None is a closed day. A resource with all days closed has the default hours again.

    Errors: Forbidden; Invalid by `opens-N` and `closes-N`; Stale when somebody else changed it since `seen`.
    """
    require(uow.actor, Permission.HOURS_EDIT)
    before = week_of(uow, resource_id, held=True)
    require_unchanged(seen, as_values(before))
    wrong = N_("The closing time must be after the opening time.")
    errors = {f"closes-{day}": [wrong] for day, hours in week.items() if hours and hours[0] >= hours[1]}
    if errors:
        raise Invalid(field_errors=errors)
    for day in WEEKDAYS:
        new = week.get(day)
        if new == before[day]:
            continue
        opens, closes = new or before[day] or (time(0), time(1))
        _upsert(uow, resource_id, day, opens=opens, closes=closes, active=new is not None)
        uow.record(
            HoursSet(
                resource_id=resource_id,
                weekdays=(day,),
                opens=opens if new else None,
                closes=closes if new else None,
            )
        )


def week_of(uow: Uow, resource_id: int | None, *, held: bool = False) -> dict[int, tuple[time, time] | None]:
    """The hours by weekday; all None when the resource has no hours of its own."""
    statement = select(OpeningHours).where(OpeningHours.resource_id.is_not_distinct_from(resource_id))
    if held:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = {row.weekday: (row.opens, row.closes) for row in uow.session.scalars(statement) if row.active}
    return {day: found.get(day) for day in WEEKDAYS}


def hours_ids(uow: Uow, resource_id: int | None) -> list[int]:
    """The rows of one week, for their history."""
    statement = select(OpeningHours.id).where(OpeningHours.resource_id.is_not_distinct_from(resource_id))
    return list(uow.session.scalars(statement.order_by(OpeningHours.weekday)))


def as_values(week: Week) -> dict[str, Any]:
    return {str(day): list(hours) if hours else None for day, hours in week.items()}


def _upsert(uow: Uow, resource_id: int | None, weekday: int, *, opens: time, closes: time, active: bool) -> None:
    values = {"opens": opens, "closes": closes, "active": active}
    statement = insert(OpeningHours).values(resource_id=resource_id, weekday=weekday, **values)
    key = [OpeningHours.resource_id, OpeningHours.weekday]
    uow.session.execute(statement.on_conflict_do_update(index_elements=key, set_=values))
