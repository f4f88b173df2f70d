"""The time that other bookings and changeovers hold of the units a booking needs; read once, and only when needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from gmp_booking.conflicts.case import ENDLESS
from gmp_booking.evaluation.needs import Need
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period, uncovered

UnitsBusy: TypeAlias = Mapping[int, Sequence[Period]]
"""The time that others hold, by unit."""

ALWAYS = Period(datetime(1, 1, 2, tzinfo=UTC), ENDLESS)

_OTHERS_TIME = text(
    "SELECT unit_id, resource_id, lower(busy), upper(busy)"
    " FROM gmp_time_of_others(:booking_id, :resources, :from_at, :until_at) ORDER BY unit_id, busy"
).bindparams(bindparam("resources", type_=ARRAY(BigInteger)))


class OthersTime:
    """The time of others by resource. Shape: `known` is what was read before, `wanted` what the booking needs."""

    def __init__(self, uow: Uow, booking_id: int, wanted: Iterable[Need], known: Mapping[int, UnitsBusy]) -> None:
        self._uow, self._booking_id, self._known = uow, booking_id, dict(known)
        self._unread = [need for need in wanted if need.resource_id not in known]

    def of(self, resource_id: int) -> UnitsBusy:
        """The units of a resource, with the time that others hold of each."""
        if resource_id not in self._known:
            self._known |= self._read()
        return self._known[resource_id]

    def _read(self) -> dict[int, UnitsBusy]:
        values = {
            "booking_id": self._booking_id,
            "resources": sorted({need.resource_id for need in self._unread}),
            "from_at": min(need.period.start for need in self._unread),
            "until_at": max(need.period.end for need in self._unread),
        }
        found: defaultdict[int, dict[int, list[Period]]] = defaultdict(dict)
        for unit_id, resource_id, start, end in self._uow.session.execute(_OTHERS_TIME, values):
            busy = found[resource_id].setdefault(unit_id, [])
            if start is not None:
                busy.append(Period(start, end))
        return dict(found)


def all_but(covered: Mapping[int, Sequence[Period]]) -> UnitsBusy:
    """Everything outside the covered time of each unit, as if others held it."""
    return {unit_id: uncovered(ALWAYS, periods) for unit_id, periods in covered.items()}
