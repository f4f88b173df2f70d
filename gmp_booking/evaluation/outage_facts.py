"""The outages that affect a booking: parts of the statement in `gather`, and the facts from its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gmp_booking.conflicts.case import OutageFacts
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.vocabulary import ResourceKind

# Parts of the statement in `gather`, so that reading outages costs no additional statement.
# A row is (what, id of the affected row, start, end or NULL, outage, hold number, kind|subject kind|subject).
OPEN_OUTAGES = """
    open_outage AS MATERIALIZED (
        SELECT * FROM outage
        WHERE (ends_at IS NULL OR ends_at > GREATEST(starts_at, CAST(:look_from AS timestamptz)))
          AND starts_at < :look_until
    )
"""
OUTAGE_ROWS = f"""
    SELECT 'withdrawn from resource', r.id, o.starts_at, o.ends_at, o.id, o.hold_no,
           concat_ws('|', o.kind, o.subject_kind, CASE o.subject_kind WHEN 'AHU' THEN ahu.code
                     WHEN 'ZONE' THEN zone.code WHEN 'FACILITY' THEN '' ELSE r.code END)
    FROM resource AS r
    LEFT JOIN room ON room.id = r.id
    LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
    LEFT JOIN ahu ON ahu.id = zone.ahu_id
    JOIN open_outage AS o ON (o.subject_kind IN ({sql_values(ResourceKind)}) AND o.subject_id = r.id)
        OR (o.subject_kind = 'ZONE' AND o.subject_id = zone.id)
        OR (o.subject_kind = 'AHU' AND o.subject_id = ahu.id)
        OR (o.subject_kind = 'FACILITY' AND room.id IS NOT NULL)
    WHERE r.id = ANY (:resources)
    UNION ALL
    SELECT 'withdrawn from person', o.subject_id, o.starts_at, o.ends_at, o.id, o.hold_no,
           concat_ws('|', o.kind, o.subject_kind, p.name)
    FROM open_outage AS o JOIN person AS p ON p.id = o.subject_id
    WHERE o.subject_kind = 'PERSON' AND o.subject_id = ANY (:people)
    UNION ALL
    SELECT 'withdrawn from booking', o.subject_id, o.starts_at, o.ends_at, o.id, o.hold_no,
           concat_ws('|', o.kind, o.subject_kind, c.code)
    FROM open_outage AS o JOIN company AS c ON c.id = o.subject_id
    WHERE o.subject_kind = 'COMPANY' AND o.subject_id = :company_id
    UNION ALL
    SELECT 'withdrawn from booking', o.subject_id, o.starts_at, o.ends_at, o.id, o.hold_no,
           concat_ws('|', o.kind, o.subject_kind, p.code)
    FROM open_outage AS o JOIN product AS p ON p.id = o.subject_id
    WHERE o.subject_kind = 'PRODUCT' AND o.subject_id = :product_id
"""
PREFIX = "withdrawn from "


@dataclass(frozen=True)
class KnownOutages:
    """Outages by resource, by person, and of the booking's company or product."""

    resources: Mapping[int, tuple[OutageFacts, ...]] = field(default_factory=dict)
    people: Mapping[int, tuple[OutageFacts, ...]] = field(default_factory=dict)
    booking: tuple[OutageFacts, ...] = ()


NO_OUTAGES = KnownOutages()


def split_rows(rows: Iterable[Sequence[Any]]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows of occupations, and those of outages."""
    occupied: list[tuple[Any, ...]] = []
    outages: list[tuple[Any, ...]] = []
    for row in rows:
        (outages if row[0].startswith(PREFIX) else occupied).append(tuple(row))
    return occupied, sorted(outages, key=lambda row: (row[:3], row[4]))


def outage_facts_of(rows: Iterable[Sequence[Any]]) -> KnownOutages:
    """The facts of rows from the statement, or from stored evidence; pure."""
    found: defaultdict[str, defaultdict[int, list[OutageFacts]]] = defaultdict(lambda: defaultdict(list))
    for what, on_id, starts_at, ends_at, _outage, hold_no, description in rows:
        end = None if ends_at is None else _instant(ends_at)
        kind, subject_kind, subject = description.split("|", 2)
        found[what.removeprefix(PREFIX)][on_id].append(
            OutageFacts(_instant(starts_at), end, kind, subject_kind, subject, hold_no)
        )
    return KnownOutages(
        resources={on_id: tuple(each) for on_id, each in found["resource"].items()},
        people={on_id: tuple(each) for on_id, each in found["person"].items()},
        booking=tuple(one for each in found["booking"].values() for one in each),
    )


def as_evidence(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """The rows as JSON."""
    return [[*row[:2], row[2].isoformat(), None if row[3] is None else row[3].isoformat(), *row[4:]] for row in rows]


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
