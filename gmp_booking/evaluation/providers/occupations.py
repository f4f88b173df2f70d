"""Facts of occupied time: slots of other bookings, and what their sessions really use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gmp_booking.conflicts.case import ENDLESS, Occasion, Occupation, Owner
from gmp_booking.conflicts.work_class import WorkClass
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_value, sql_values
from gmp_booking.kernel.vocabulary import Exposure

LONGEST_RECOVERY: Final = "interval '24 hours'"
"""The upper limit of a room's recovery time; neighbours up to this far away are read."""

# In a slot that several sessions share, the most open work counts.
_EXPOSURE = f"""
    SELECT (ARRAY[{sql_values(Exposure)}])[max(array_position(ARRAY[{sql_values(Exposure)}], bs.exposure))] AS exposure
    FROM booking_session AS bs
    WHERE bs.booking_id = b.id AND bs.version = b.version AND bs.room_id = u.resource_id
      AND bs.starts_at < s.ends_at AND bs.ends_at > s.starts_at
"""
_SLOTS = f"""
    SELECT u.request, u.unit_id, s.starts_at, s.ends_at, json_build_object(
        'company_id', s.company_id, 'reference', b.reference, 'product', p.code, 'kind', b.kind,
        'run_type', b.run_type, 'exposure', e.exposure, 'owner', CASE WHEN s.changeover_id IS NULL
        THEN {sql_value(Owner.BOOKING)} ELSE {sql_value(Owner.CHANGEOVER)} END)
    FROM wanted_unit AS u
    CROSS JOIN LATERAL (
        SELECT slot.starts_at, slot.ends_at, slot.company_id, slot.booking_id, slot.changeover_id FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.unit_id, u.unit_id, '[]')
          AND slot.during && tstzrange(u.from_at - {LONGEST_RECOVERY}, u.until_at + {LONGEST_RECOVERY})
          AND slot.booking_id IS DISTINCT FROM u.booking_id OFFSET 0
    ) AS s
    LEFT JOIN booking AS b ON b.id = s.booking_id
    LEFT JOIN product AS p ON p.id = b.product_id
    CROSS JOIN LATERAL ({_EXPOSURE}) AS e
"""
# What is used beyond the slots of its booking: by a session that has not ended, or while somebody else held the time.
# The unit's uses are found first, each other row by its key (OFFSET 0).
_USES = f"""
    SELECT u.request, u.unit_id, o.since, coalesce(o.until, o.due) + o.teardown_min * interval '1 minute',
        json_build_object('company_id', o.company_id, 'reference', o.reference, 'product', p.code, 'kind', o.kind,
        'run_type', o.run_type, 'exposure', o.exposure, 'is_running', o.until IS NULL, 'teardown_min', o.teardown_min)
    FROM wanted_unit AS u
    CROSS JOIN LATERAL (
        SELECT booking_id, session_number, lower(during) AS since, upper(during) AS until FROM occupancy
        WHERE NOT shared AND int8range(unit_id, unit_id, '[]') && int8range(u.unit_id, u.unit_id, '[]')
          AND during && tstzrange(u.from_at - {LONGEST_RECOVERY} - interval '1 day', u.until_at + {LONGEST_RECOVERY})
          AND booking_id IS DISTINCT FROM u.booking_id OFFSET 0
    ) AS used
    CROSS JOIN LATERAL (
        SELECT used.since, used.until, greatest(bs.ends_at, r.expected_end_at) AS due, bs.teardown_min, bs.exposure,
               b.company_id, b.reference, b.product_id, b.kind, b.run_type
        FROM booking AS b
        JOIN booking_session AS bs ON bs.booking_id = b.id AND bs.version = b.version
        JOIN session_record AS r ON r.booking_id = b.id AND r.number = bs.number
        WHERE b.id = used.booking_id AND bs.number = used.session_number OFFSET 0
    ) AS o
    LEFT JOIN product AS p ON p.id = o.product_id
    WHERE CASE WHEN o.until IS NULL
        THEN greatest(o.due, :now) + o.teardown_min * interval '1 minute' + interval '1 day'
             > u.from_at - {LONGEST_RECOVERY}
        ELSE NOT EXISTS (
            SELECT FROM slot WHERE slot.booking_id = used.booking_id AND slot.active AND slot.unit_id = u.unit_id
            AND slot.during @> tstzrange(o.since, o.until + o.teardown_min * interval '1 minute'))
        END
"""
OCCUPATIONS: Final = f"{_SLOTS} UNION ALL {_USES}"
"""Occupied time of the units in `wanted_unit`."""


@dataclass(frozen=True)
class OccupationRow:
    """Time of a unit that somebody else holds or uses.

    Shape: the fields after `reference` are None where they are not known. A row that `is_running` is a session that has
    not ended; it ends with its planned or announced end and the teardown.
    """

    unit_id: int
    starts_at: datetime
    ends_at: datetime
    company_id: int | None
    reference: str | None
    product: str | None = None
    kind: str | None = None
    run_type: str | None = None
    exposure: str | None = None
    owner: Owner = Owner.BOOKING
    is_running: bool = False
    is_overdue: bool = False
    teardown_min: int = 0

    def facts(self, work_class: WorkClass | None) -> Occupation:
        return Occupation(
            Period(self.starts_at, self.ends_at),
            self.company_id,
            self.reference,
            product=self.product,
            work_class=work_class,
            exposure=Exposure(self.exposure) if self.exposure else None,
            owner=self.owner,
            is_running=self.is_running,
            is_overdue=self.is_overdue,
        )


def until_they_end(
    rows: Iterable[OccupationRow], *, occasion: Occasion, now: datetime, grace: timedelta
) -> Iterator[OccupationRow]:
    """The rows, with the end of the time that sessions which have not ended occupy.

    Shape: nobody enters while they run, so at check-in they have no end.
    """
    for row in rows:
        if not row.is_running:
            yield row
            continue
        teardown = timedelta(minutes=row.teardown_min)
        due = row.ends_at - teardown
        end = ENDLESS if occasion is Occasion.CHECK_IN else max(due, now + grace) + teardown
        yield replace(row, ends_at=end, is_overdue=now >= due + grace)


def by_unit(rows: Iterable[OccupationRow]) -> Mapping[int, Sequence[OccupationRow]]:
    units: defaultdict[int, list[OccupationRow]] = defaultdict(list)
    for row in rows:
        units[row.unit_id].append(row)
    return units
