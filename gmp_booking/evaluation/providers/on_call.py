"""Facts of the on-call roster: the time that it covers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmp_booking.kernel.period import Period

ON_CALL: Final = """
    SELECT m.request, CAST(0 AS bigint), lower(m.covered), upper(m.covered), CAST(NULL AS json)
    FROM (
        SELECT days.request, unnest(range_agg(tstzrange(
            (days.day + o.from_time) AT TIME ZONE CAST(:zone AS text),
            (days.day + CAST(o.until_time <= o.from_time AS int) + o.until_time) AT TIME ZONE CAST(:zone AS text)
        ))) AS covered
        FROM (
            SELECT DISTINCT s.request, CAST(g.day AS date) AS day
            FROM unnest(:span_requests, :span_froms, :span_untils) AS s (request, from_at, until_at)
            CROSS JOIN generate_series(
                CAST(s.from_at AT TIME ZONE CAST(:zone AS text) AS date) - CAST(1 AS int),
                CAST(s.until_at AT TIME ZONE CAST(:zone AS text) AS date), interval '1 day') AS g (day)
        ) AS days
        JOIN on_call AS o ON o.ended_at IS NULL AND o.valid_from <= days.day
             AND (o.valid_until IS NULL OR o.valid_until >= days.day)
             AND (o.on_date = days.day OR o.weekday = CAST(EXTRACT(isodow FROM days.day) AS int) - 1)
        JOIN person AS who ON who.id = o.person_id AND who.active
        GROUP BY days.request
    ) AS m
"""
"""The merged on-call time around the parts of each request."""


@dataclass(frozen=True)
class OnCallRow:
    """Time with on-call cover. Shape: it is of the facility as a whole, so `subject` is 0."""

    subject: int
    starts_at: datetime
    ends_at: datetime

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)
