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
# Sessions that overran occupy their room until their actual end, even where their slot could not be extended because
# somebody else holds the time. Few records end that late: they are found first, each other row by its key (OFFSET 0).
_OVERRUNS = f"""
    SELECT u.request, u.unit_id, o.ends_at, r.ends_at + o.teardown_min * interval '1 minute', json_build_object(
        'company_id', o.company_id, 'reference', o.reference, 'product', p.code, 'kind', o.kind,
        'run_type', o.run_type, 'exposure', o.exposure)
    FROM asked AS a
    CROSS JOIN LATERAL (
        SELECT booking_id, number, coalesce(actual_end_at, expected_end_at) AS ends_at FROM session_record
        WHERE coalesce(actual_end_at, expected_end_at) > a.from_at - {LONGEST_RECOVERY} - interval '1 day'
          AND booking_id IS DISTINCT FROM a.booking_id OFFSET 0
    ) AS r
    CROSS JOIN LATERAL (
        SELECT bs.room_id, bs.company_id, bs.ends_at, bs.teardown_min, bs.exposure, b.reference, b.product_id, b.kind,
               b.run_type
        FROM booking AS b JOIN booking_session AS bs ON bs.booking_id = b.id AND bs.version = b.version
        WHERE b.id = r.booking_id AND bs.booking_id = r.booking_id AND bs.number = r.number OFFSET 0
    ) AS o
    JOIN wanted_unit AS u ON u.request = a.request AND u.resource_id = o.room_id
    LEFT JOIN product AS p ON p.id = o.product_id
    WHERE r.ends_at > o.ends_at AND o.ends_at < u.until_at + {LONGEST_RECOVERY}
      AND r.ends_at + o.teardown_min * interval '1 minute' > u.from_at - {LONGEST_RECOVERY}
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
