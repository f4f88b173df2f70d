"""Slots: no unit is taken twice, and what a booking holds is what it needs."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.consistency.checks.needs import NEEDS
from gmp_booking.kernel.text import N_

_OVERLAPPING: Final = """
SELECT COALESCE(b.reference, 'slot ' || s.id) AS reference,
       r.code || ', unit ' || u.number || ': the slot from ' || s.starts_at || ' begins before ' || s.taken_until
       AS detail
FROM (
    SELECT id, booking_id, unit_id, lower(during) AS starts_at,
           max(upper(during)) OVER (PARTITION BY unit_id ORDER BY lower(during), id
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_until
    FROM slot WHERE active
) AS s
JOIN unit AS u ON u.id = s.unit_id
JOIN resource AS r ON r.id = u.resource_id
LEFT JOIN booking AS b ON b.id = s.booking_id
WHERE s.starts_at < s.taken_until
"""

_WITHOUT_NEED: Final = f"""
WITH {NEEDS},
needed AS (
    SELECT booking_id, resource_id, range_agg(may) AS periods FROM need WHERE may IS NOT NULL GROUP BY 1, 2
),
surplus AS (
    SELECT s.booking_id, u.resource_id, u.number, piece
    FROM slot AS s
    JOIN unit AS u ON u.id = s.unit_id
    LEFT JOIN needed AS n ON n.booking_id = s.booking_id AND n.resource_id = u.resource_id
    CROSS JOIN LATERAL unnest(tstzmultirange(s.during) - COALESCE(n.periods, tstzmultirange())) AS piece
    WHERE s.active AND s.booking_id IS NOT NULL AND NOT COALESCE(n.periods @> s.during, false)
)
SELECT b.reference, r.code || ', unit ' || s.number || ': held without need, ' || s.piece AS detail
FROM surplus AS s
JOIN booking AS b ON b.id = s.booking_id
JOIN resource AS r ON r.id = s.resource_id
WHERE upper(s.piece) - lower(s.piece) > interval '1 microsecond'
"""

_WITHOUT_SLOT: Final = f"""
WITH {NEEDS},
future AS (
    SELECT row_number() OVER () AS id, booking_id, reference, resource_id, units,
           must * tstzrange((SELECT now FROM clock), NULL) AS period
    FROM need WHERE upper(must) > (SELECT now FROM clock)
),
held AS (
    SELECT s.booking_id, u.resource_id, s.unit_id, range_agg(s.during) AS periods
    FROM slot AS s JOIN unit AS u ON u.id = s.unit_id
    WHERE s.active AND s.booking_id IS NOT NULL AND upper(s.during) > (SELECT now FROM clock)
    GROUP BY 1, 2, 3
)
SELECT f.reference, r.code || ': ' || count(h.unit_id) || ' of ' || f.units || ' needed units held, ' || f.period
       AS detail
FROM future AS f
JOIN resource AS r ON r.id = f.resource_id
LEFT JOIN held AS h ON h.booking_id = f.booking_id AND h.resource_id = f.resource_id AND h.periods @> f.period
GROUP BY f.id, f.reference, r.code, f.units, f.period
HAVING count(h.unit_id) < f.units
"""

CHECKS: Final = (
    Check("slots-overlap", N_("No unit is taken twice at the same time."), _OVERLAPPING),
    Check("slots-without-need", N_("A booking holds no time that none of its parts needs."), _WITHOUT_NEED),
    Check("needs-without-slot", N_("A booking holds the time that its parts still need."), _WITHOUT_SLOT),
)
