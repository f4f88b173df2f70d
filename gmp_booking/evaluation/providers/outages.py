"""Facts of outages and quality holds: what they withdraw from a request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from gmp_booking.conflicts.case import OutageFacts
from gmp_booking.kernel.sql import sql_value, sql_values
from gmp_booking.kernel.vocabulary import ResourceKind, SubjectKind


class Hits(StrEnum):
    """What an outage withdraws."""

    RESOURCE = "resource"
    PERSON = "person"
    BOOKING = "booking"


# Outages that have ended conflict with nothing; setup and teardown never reach further than twelve hours.
OPEN_OUTAGES: Final = """
    open_outage AS MATERIALIZED (
        SELECT a.request, a.company_id AS of_company, a.product_id AS of_product, o.*
        FROM asked AS a
        JOIN outage AS o ON o.starts_at < a.until_at + interval '12 hours'
             AND (o.ends_at IS NULL OR o.ends_at > GREATEST(o.starts_at, a.from_at - interval '12 hours', :now))
    )
"""


def _rows(hits: Hits, *, subject_id: str, subject: str) -> str:
    return f"""
        SELECT o.request, {subject_id}, o.starts_at, o.ends_at, json_build_object(
            'outage_id', o.id, 'hits', {sql_value(hits)}, 'kind', o.kind, 'subject_kind', o.subject_kind,
            'subject', {subject}, 'hold_no', o.hold_no)
    """


_OF_RESOURCE = f"""CASE o.subject_kind
    WHEN {sql_value(SubjectKind.AHU)} THEN ahu.code WHEN {sql_value(SubjectKind.ZONE)} THEN zone.code
    WHEN {sql_value(SubjectKind.FACILITY)} THEN '' ELSE r.code END"""
OUTAGES: Final = f"""
    {_rows(Hits.RESOURCE, subject_id="r.id", subject=_OF_RESOURCE)}
    FROM wanted AS w
    JOIN resource AS r ON r.id = w.resource_id
    LEFT JOIN room ON room.id = r.id
    LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
    LEFT JOIN ahu ON ahu.id = zone.ahu_id
    JOIN open_outage AS o ON o.request = w.request AND (
        (o.subject_kind IN ({sql_values(ResourceKind)}) AND o.subject_id = r.id)
        OR (o.subject_kind = {sql_value(SubjectKind.ZONE)} AND o.subject_id = zone.id)
        OR (o.subject_kind = {sql_value(SubjectKind.AHU)} AND o.subject_id = ahu.id)
        OR (o.subject_kind = {sql_value(SubjectKind.FACILITY)} AND room.id IS NOT NULL))
    UNION ALL
    {_rows(Hits.PERSON, subject_id="o.subject_id", subject="p.name")}
    FROM open_outage AS o JOIN named_person AS n ON n.request = o.request AND n.person_id = o.subject_id
    JOIN person AS p ON p.id = o.subject_id
    WHERE o.subject_kind = {sql_value(SubjectKind.PERSON)}
    UNION ALL
    {_rows(Hits.BOOKING, subject_id="o.subject_id", subject="c.code")}
    FROM open_outage AS o JOIN company AS c ON c.id = o.subject_id
    WHERE o.subject_kind = {sql_value(SubjectKind.COMPANY)} AND o.subject_id = o.of_company
    UNION ALL
    {_rows(Hits.BOOKING, subject_id="o.subject_id", subject="p.code")}
    FROM open_outage AS o JOIN product AS p ON p.id = o.subject_id
    WHERE o.subject_kind = {sql_value(SubjectKind.PRODUCT)} AND o.subject_id = o.of_product
"""
"""What `open_outage` withdraws from the resources, people, company and product of each request."""


@dataclass(frozen=True)
class OutageRow:
    """An outage, and the row it withdraws. Shape: `ends_at` is None while it is open; `subject` is a code or name."""

    subject_id: int
    starts_at: datetime
    ends_at: datetime | None
    outage_id: int
    hits: str
    kind: str
    subject_kind: str
    subject: str
    hold_no: str | None

    @property
    def facts(self) -> OutageFacts:
        return OutageFacts(self.starts_at, self.ends_at, self.kind, self.subject_kind, self.subject, self.hold_no)


@dataclass(frozen=True)
class KnownOutages:
    """Outages by resource, by person, and of the booking's company or product."""

    resources: Mapping[int, tuple[OutageFacts, ...]] = field(default_factory=dict)
    people: Mapping[int, tuple[OutageFacts, ...]] = field(default_factory=dict)
    booking: tuple[OutageFacts, ...] = ()


def known_outages(rows: Iterable[OutageRow]) -> KnownOutages:
    found: defaultdict[str, defaultdict[int, list[OutageFacts]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(rows, key=lambda row: (row.subject_id, row.starts_at, row.outage_id)):
        found[row.hits][row.subject_id].append(row.facts)
    return KnownOutages(
        resources={subject: tuple(each) for subject, each in found[Hits.RESOURCE].items()},
        people={subject: tuple(each) for subject, each in found[Hits.PERSON].items()},
        booking=tuple(one for each in found[Hits.BOOKING].values() for one in each),
    )
