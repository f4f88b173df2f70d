"""Facts of occupied time: slots of other bookings, and sessions that overran."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmp_booking.conflicts.case import Occupation, Owner
from gmp_booking.conflicts.work_class import WorkClass
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_values
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
        'run_type', b.run_type, 'exposure', e.exposure)
    FROM wanted_unit AS u
    CROSS JOIN LATERAL (
        SELECT slot.starts_at, slot.ends_at, slot.company_id, slot.booking_id FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.unit_id, u.unit_id, '[]')
          AND slot.during && tstzrange(u.from_at - {LONGEST_RECOVERY}, u.until_at + {LONGEST_RECOVERY})
          AND slot.booking_id IS DISTINCT FROM u.booking_id
    ) AS s
    JOIN booking AS b ON b.id = s.booking_id
    LEFT JOIN product AS p ON p.id = b.product_id
    CROSS JOIN LATERAL ({_EXPOSURE}) AS e
"""
# Sessions that overran occupy their room until their actual end, even where their slot could not be extended because
# somebody else holds the time.
_OVERRUNS = f"""
    SELECT u.request, u.unit_id, o.ends_at, o.until, json_build_object(
        'company_id', o.company_id, 'reference', b.reference, 'product', p.code, 'kind', b.kind,
        'run_type', b.run_type, 'exposure', o.exposure)
    FROM wanted_unit AS u
    CROSS JOIN LATERAL (
        SELECT bs.booking_id, bs.version, bs.company_id, bs.ends_at, bs.exposure,
               coalesce(r.actual_end_at, r.expected_end_at) + bs.teardown_min * interval '1 minute' AS until
        FROM session_record AS r JOIN booking_session AS bs USING (booking_id, number)
        WHERE bs.room_id = u.resource_id AND coalesce(r.actual_end_at, r.expected_end_at) > bs.ends_at
          AND coalesce(r.actual_end_at, r.expected_end_at) > u.from_at - {LONGEST_RECOVERY} - interval '1 day'
          AND bs.ends_at < u.until_at + {LONGEST_RECOVERY}
          AND bs.booking_id IS DISTINCT FROM u.booking_id
    ) AS o
    JOIN booking AS b ON b.id = o.booking_id AND b.version = o.version
    LEFT JOIN product AS p ON p.id = b.product_id
    WHERE o.until > u.from_at - {LONGEST_RECOVERY}
"""
OCCUPATIONS: Final = f"{_SLOTS} UNION ALL {_OVERRUNS}"
"""Occupied time of the units in `wanted_unit`."""


@dataclass(frozen=True)
class OccupationRow:
    """Time of a unit that somebody else holds.

    Shape: the fields after `reference` are None where they are not known.
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

    def facts(self, work_class: WorkClass | None) -> Occupation:
        return Occupation(
            Period(self.starts_at, self.ends_at),
            self.company_id,
            self.reference,
            product=self.product,
            work_class=work_class,
            exposure=Exposure(self.exposure) if self.exposure else None,
            owner=self.owner,
        )


def by_unit(rows: Iterable[OccupationRow]) -> Mapping[int, Sequence[OccupationRow]]:
    units: defaultdict[int, list[OccupationRow]] = defaultdict(list)
    for row in rows:
        units[row.unit_id].append(row)
    return units
