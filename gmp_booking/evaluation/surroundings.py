"""Read what surrounds requests: who uses their time already, outages, cover. One statement for any number of requests.

Each provider has its part of the statement. The parts read these tables:

    asked          one row a request: booking, company, product, and the period around its parts
    wanted         its resources
    wanted_unit    their units
    named_person   its people
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, Integer, TypeEngine

from gmp_booking.evaluation.providers.bookings import EARLIER, EarlierRow
from gmp_booking.evaluation.providers.occupations import OCCUPATIONS, OccupationRow
from gmp_booking.evaluation.providers.on_call import ON_CALL, OnCallRow
from gmp_booking.evaluation.providers.outages import OPEN_OUTAGES, OUTAGES, OutageRow
from gmp_booking.evaluation.providers.people import ASSIGNMENTS, AssignmentRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period


@dataclass(frozen=True)
class Surroundings:
    """What surrounds one request, as rows. Shape: `earlier` is empty for a new request."""

    occupations: tuple[OccupationRow, ...] = ()
    assignments: tuple[AssignmentRow, ...] = ()
    outages: tuple[OutageRow, ...] = ()
    on_call: tuple[OnCallRow, ...] = ()
    earlier: tuple[EarlierRow, ...] = ()


@dataclass(frozen=True)
class SurroundingsQuery:
    """What to read for one request.

    Shape: `window` is the period around all its parts; on-call cover is read for the days of `spans` only.
    """

    company_id: int
    booking_id: int | None
    product_id: int | None
    resources: Sequence[int]
    people: Sequence[int]
    window: Period
    spans: Sequence[Period]


_PARTS: Final[Mapping[str, tuple[str, type]]] = {
    "occupations": (OCCUPATIONS, OccupationRow),
    "assignments": (ASSIGNMENTS, AssignmentRow),
    "outages": (OUTAGES, OutageRow),
    "on_call": (ON_CALL, OnCallRow),
    "earlier": (EARLIER, EarlierRow),
}
_COLUMNS: Final = "request, subject, starts_at, ends_at, details"
_UNION: Final = " UNION ALL ".join(
    f"SELECT '{part}' AS part, {_COLUMNS} FROM ({sql}) AS {part} ({_COLUMNS})" for part, (sql, _) in _PARTS.items()
)
_ARRAYS: Final[Mapping[TypeEngine[Any], tuple[str, ...]]] = {
    Integer(): ("requests", "resource_requests", "person_requests", "span_requests"),
    BigInteger(): ("booking_ids", "company_ids", "product_ids", "resources", "people"),
    DateTime(timezone=True): ("froms", "untils", "span_froms", "span_untils"),
}
_READ = text(
    f"""
    WITH asked AS (
        SELECT * FROM unnest(:requests, :booking_ids, :company_ids, :product_ids, :froms, :untils)
            AS a (request, booking_id, company_id, product_id, from_at, until_at)
    ), wanted AS (
        SELECT a.*, w.resource_id FROM unnest(:resource_requests, :resources) AS w (request, resource_id)
        JOIN asked AS a USING (request)
    ), wanted_unit AS (
        SELECT w.*, unit.id AS unit_id FROM wanted AS w JOIN unit USING (resource_id)
    ), named_person AS (
        SELECT a.*, n.person_id FROM unnest(:person_requests, :people) AS n (request, person_id)
        JOIN asked AS a USING (request)
    ), {OPEN_OUTAGES}
    {_UNION}
    ORDER BY part, request, subject, starts_at, ends_at
    """
).bindparams(*(bindparam(name, type_=ARRAY(kind)) for kind, names in _ARRAYS.items() for name in names))


def read_surroundings(uow: Uow, queries: Sequence[SurroundingsQuery]) -> list[Surroundings]:
    """The surroundings of each request, read as the engine; no statement when there are no requests."""
    if not queries:
        return []
    found: list[defaultdict[str, list[Any]]] = [defaultdict(list) for _ in queries]
    with uow.as_engine():
        rows = uow.session.execute(_READ, _values(queries) | {"now": uow.now, "zone": uow.zone.key}).all()
    for part, request, subject, starts_at, ends_at, details in rows:
        _, row = _PARTS[part]
        found[request][part].append(row(subject, starts_at, ends_at, **details or {}))
    return [Surroundings(**{part: tuple(rows) for part, rows in each.items()}) for each in found]


def _values(queries: Sequence[SurroundingsQuery]) -> dict[str, list[Any]]:
    resources = [(request, each) for request, query in enumerate(queries) for each in query.resources]
    people = [(request, each) for request, query in enumerate(queries) for each in query.people]
    spans = [(request, each) for request, query in enumerate(queries) for each in query.spans]
    return {
        "requests": list(range(len(queries))),
        "booking_ids": [query.booking_id for query in queries],
        "company_ids": [query.company_id for query in queries],
        "product_ids": [query.product_id for query in queries],
        "froms": [query.window.start for query in queries],
        "untils": [query.window.end for query in queries],
        "resource_requests": [request for request, _ in resources],
        "resources": [each for _, each in resources],
        "person_requests": [request for request, _ in people],
        "people": [each for _, each in people],
        "span_requests": [request for request, _ in spans],
        "span_froms": [each.start for _, each in spans],
        "span_untils": [each.end for _, each in spans],
    }
