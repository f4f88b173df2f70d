"""Free time of a resource: visible slots, other companies' merged busy time and outages are subtracted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.period import Period, merge
from gmp_booking.kernel.text import N_
from gmp_booking.resources.models import LONGEST_SLOT, Slot, Unit
from gmp_booking.resources.store import get_resource_id, not_available, others_busy

MAX_WINDOW = timedelta(days=93)


def free_periods(uow: Uow, code: str, window: Period, *, shortest: timedelta) -> list[Period]:
    """Periods of at least `shortest` in which one unit is free throughout.

    Errors: NotFound; Invalid for a window of more than three months.
    """
    if window.duration > MAX_WINDOW:
        raise Invalid(field_errors={"to": [N_("View at most three months at once.")]})
    resource_id = get_resource_id(uow, code)
    units = list(uow.session.scalars(select(Unit.id).where(Unit.resource_id == resource_id)))
    busy: dict[int, list[Period]] = {unit: [] for unit in units}
    for unit, period in others_busy(uow, [resource_id], window).get(resource_id, ()):
        busy[unit].append(period)
    own = select(Slot.unit_id, Slot.starts_at, Slot.ends_at).where(
        Slot.active,
        Slot.resource_id == resource_id,
        Slot.starts_at < window.end,
        Slot.ends_at > window.start,
        Slot.ends_at < window.end + LONGEST_SLOT,
    )
    if uow.actor.company_id is not None:
        own = own.where(Slot.company_id == uow.actor.company_id)
    for unit, start, end in uow.session.execute(own):
        busy[unit].append(Period(start, end))
    withdrawn = not_available(uow, [resource_id], window).get(resource_id, [])
    for unit in units:
        busy[unit].extend(withdrawn)
    free = {gap for unit in units for gap in gaps(busy[unit], window) if gap.duration >= shortest}
    return sorted(free)


def gaps(busy: Iterable[Period], window: Period) -> list[Period]:
    """The parts of the window outside the busy periods."""
    free: list[Period] = []
    cursor = window.start
    for period in merge(busy):
        if period.start > cursor and cursor < window.end:
            free.append(Period(cursor, min(period.start, window.end)))
        cursor = max(cursor, period.end)
    if cursor < window.end:
        free.append(Period(cursor, window.end))
    return free
