"""Read occupations, outages and rosters for a case, as the engine, in one statement.

    resolve_content     what the request names                             one statement
    gather              who uses that time already                         one statement
    facts.build_case    the case built from both                           no statement

The rows of the first two are stored as evidence of a decision; `build_case` gives the same case from them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, Text

from gmp_booking.bookings.content import BookingContent
from gmp_booking.conflicts.case import (
    BookingFacts,
    Case,
    Occasion,
)
from gmp_booking.evaluation.facts import build_case
from gmp_booking.evaluation.outage_facts import OPEN_OUTAGES, OUTAGE_ROWS, as_evidence, outage_facts_of, split_rows
from gmp_booking.evaluation.resolved_content import SEARCH_AFTER, SEARCH_BEFORE, ResolvedContent
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.typed_json import as_json
from gmp_booking.kernel.vocabulary import IN_ROOM_ROLES, Priority
from gmp_booking.policies.roster import ON_CALL

MARGIN = timedelta(hours=12)
"""More than setup and teardown ever add to the requested time."""
GOWNING = timedelta(hours=2)
LONGEST_RECOVERY = timedelta(days=1)
"""The upper limit of a room's recovery time; neighbours up to this far away are read."""

# Besides slots, this reads sessions that overran: they occupy their room until their actual end, even where their slot
# could not be extended because somebody else holds the time.
_SURROUNDINGS = text(
    f"""
    WITH {OPEN_OUTAGES}
    SELECT 'slot' AS what, w.unit_id AS subject, s.starts_at, s.ends_at, s.company_id, b.reference, NULL AS room
    FROM unnest(:units, :froms, :untils) AS w (unit_id, from_at, until_at)
    CROSS JOIN LATERAL (
        SELECT slot.starts_at, slot.ends_at, slot.company_id, slot.booking_id FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(w.unit_id, w.unit_id, '[]')
          AND slot.during && tstzrange(w.from_at, w.until_at)
          AND slot.booking_id IS DISTINCT FROM :booking_id
    ) AS s
    JOIN booking AS b ON b.id = s.booking_id
    UNION ALL
    SELECT 'slot', w.unit_id, o.ends_at, o.until, o.company_id, b.reference, NULL
    FROM unnest(:units, :froms, :untils) AS w (unit_id, from_at, until_at)
    JOIN unit ON unit.id = w.unit_id
    CROSS JOIN LATERAL (
        SELECT bs.booking_id, bs.version, bs.company_id, bs.ends_at,
               coalesce(r.actual_end_at, r.expected_end_at) + bs.teardown_min * interval '1 minute' AS until
        FROM session_record AS r JOIN booking_session AS bs USING (booking_id, number)
        WHERE bs.room_id = unit.resource_id AND coalesce(r.actual_end_at, r.expected_end_at) > bs.ends_at
          AND coalesce(r.actual_end_at, r.expected_end_at) > w.from_at - interval '1 day' AND bs.ends_at < w.until_at
          AND bs.booking_id IS DISTINCT FROM :booking_id
    ) AS o
    JOIN booking AS b ON b.id = o.booking_id AND b.version = o.version
    WHERE o.until > w.from_at
    UNION ALL
    SELECT 'person', sp.person_id, sp.starts_at, sp.ends_at, sp.company_id, NULL, r.code
    FROM session_person AS sp JOIN resource AS r ON r.id = sp.room_id
    WHERE sp.active AND sp.person_id = ANY (:people) AND sp.ends_at > :from_at AND sp.starts_at < :until_at
      AND sp.booking_id IS DISTINCT FROM :booking_id AND sp.role = ANY (:in_room)
    UNION ALL {OUTAGE_ROWS}
    UNION ALL {ON_CALL}
    UNION ALL
    SELECT 'asked', b.id, b.submitted_at, b.confirmed_at, NULL, NULL, NULL FROM booking AS b WHERE b.id = :booking_id
    ORDER BY 1, 2, 3
    """
).bindparams(
    bindparam("units", type_=ARRAY(BigInteger)),
    bindparam("people", type_=ARRAY(BigInteger)),
    bindparam("resources", type_=ARRAY(BigInteger)),
    bindparam("product_id", type_=BigInteger),
    bindparam("in_room", type_=ARRAY(Text)),
    bindparam("roster_froms", type_=ARRAY(DateTime(timezone=True))),
    bindparam("roster_untils", type_=ARRAY(DateTime(timezone=True))),
)
NEW_REQUESTS = frozenset({Occasion.DRAFT, Occasion.PREVIEW, Occasion.SUBMIT})


@dataclass(frozen=True)
class Gathered:
    """A case, and the rows it was built from."""

    case: Case
    evidence: Mapping[str, Any]


def gather(
    uow: Uow,
    content: BookingContent,
    resolved: ResolvedContent,
    *,
    occasion: Occasion,
    company_id: int,
    booking_id: int | None = None,
    search: bool = False,
) -> Gathered:
    """The case of one booking, with the occupations of all companies.

    Shape: with `search`, also the days around it, so that alternatives can be evaluated without another query.
    """
    window = content.envelope
    if search:
        window = Period(window.start - SEARCH_BEFORE, window.end + SEARCH_AFTER)
    values = _query_values(content, resolved, window, search=search)
    # Outages that have ended conflict with nothing.
    values |= {"look_from": max(window.start - MARGIN, uow.now), "booking_id": booking_id, "company_id": company_id}
    values["zone"] = uow.zone.key
    with uow.as_engine():
        rows, outage_rows = split_rows(uow.session.execute(_SURROUNDINGS, values))
    before = next((row[2:4] for row in rows if row[0] == "asked"), (None, None))
    rows = [row for row in rows if row[0] != "asked"]
    booking = _booking_facts(content, resolved, before, occasion=occasion, company_id=company_id, booking_id=booking_id)
    evidence = {
        "content": _content_evidence(content),
        "catalogue": dict(resolved.raw),
        "booking": as_json(booking),
        "busy": [[*row[:2], row[2].isoformat(), row[3].isoformat(), *row[4:]] for row in rows],
        "withdrawn": as_evidence(outage_rows),
        "now": uow.now.isoformat(),
        "zone": uow.zone.key,
    }
    case = build_case(
        content,
        resolved,
        rows,
        booking=booking,
        occasion=occasion,
        now=uow.now,
        zone=uow.zone,
        outages=outage_facts_of(outage_rows),
    )
    return Gathered(replace(case, known=window), evidence)


def _query_values(
    content: BookingContent, resolved: ResolvedContent, window: Period, *, search: bool
) -> dict[str, Any]:
    """The parameters of the statement: units, people and resources, with the windows to read."""
    units = [unit for entry in resolved.resources.values() for unit in entry["units"] or ()]
    spans = [window] if search else content.spans
    return {
        "units": units,
        "froms": [window.start - LONGEST_RECOVERY] * len(units),
        "untils": [window.end + LONGEST_RECOVERY] * len(units),
        "roster_froms": [each.start for each in spans],
        "roster_untils": [each.end for each in spans],
        "people": [each["id"] for each in resolved.people.values()],
        "in_room": sorted(role.value for role in IN_ROOM_ROLES),
        "from_at": window.start - GOWNING,
        "until_at": window.end + GOWNING,
        "resources": [each["id"] for each in resolved.resources.values()],
        "product_id": resolved.product_id,
        "look_until": window.end + MARGIN,
    }


def _booking_facts(
    content: BookingContent,
    resolved: ResolvedContent,
    before: tuple[datetime | None, datetime | None],
    *,
    occasion: Occasion,
    company_id: int,
    booking_id: int | None,
) -> BookingFacts:
    """The facts of the booking itself; `before` is when it was submitted and confirmed earlier."""
    submitted_at, confirmed_at = before
    return BookingFacts(
        booking_id,
        company_id,
        content.kind.value,
        content.run_type and content.run_type.value,
        seats=content.seats,
        asked_at=None if occasion in NEW_REQUESTS else submitted_at,
        is_change=confirmed_at is not None,
        is_of_approved_batch=bool(resolved.raw.get("batch_is_approved")),
        is_patient_bound=content.priority is Priority.PATIENT_BOUND,
    )


def _content_evidence(content: BookingContent) -> dict[str, Any]:
    people = [[[person.email, person.role] for person in session.people] for session in content.sessions]
    return {**content.signed(), "people": people}


# The setting of the company takes precedence over those of the rooms, and these over the general one of the kind.
_IS_ENABLED = text(
    """
    SELECT COALESCE(
        (SELECT is_on FROM auto_confirm WHERE kind = :kind AND company_id = :company_id),
        (SELECT bool_and(is_on) FROM auto_confirm WHERE kind = :kind AND resource_id = ANY (:resources)),
        (SELECT is_on FROM auto_confirm WHERE kind = :kind AND company_id IS NULL AND resource_id IS NULL),
        false)
    """
).bindparams(bindparam("resources", type_=ARRAY(BigInteger)))


def is_auto_confirmation_enabled(
    uow: Uow, content: BookingContent, resolved: ResolvedContent, *, company_id: int
) -> bool:
    """Whether automatic confirmation is on for this kind, company and these resources."""
    values = {
        "kind": content.kind.value,
        "company_id": company_id,
        "resources": [resolved.resource_id(code) for code in sorted(content.resource_codes)],
    }
    with uow.as_engine():
        return bool(uow.session.execute(_IS_ENABLED, values).scalar_one())
