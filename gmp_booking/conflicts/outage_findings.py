"""Outages that overlap a claim: shared by RM-06 and HV-01."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from gmp_booking.conflicts.case import ENDLESS, Case, OutageFacts, RoomFacts
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import RoomUse, Severity, SubjectKind

AIR_HANDLING = SubjectKind.AHU


def overlapping(withdrawn: Iterable[OutageFacts], wanted: Period) -> list[OutageFacts]:
    """The outages that overlap the period, in order."""
    found = (one for one in withdrawn if one.start < wanted.end and (one.end is None or wanted.start < one.end))
    return sorted(found, key=lambda one: (one.start, one.end or ENDLESS, one.subject_kind, one.subject, one.kind))


def withdrawn_from(case: Case, claim: Claim) -> tuple[OutageFacts, ...]:
    """The outages of the claimed room or equipment itself."""
    code = claim.resource_code
    return case.equipment[code].withdrawn if code in case.equipment else case.rooms[code].withdrawn


def enclosing_room(case: Case, claim: Claim) -> RoomFacts | None:
    """The room whose outages affect a claim: the claimed room, or the home room of equipment that runs alone."""
    room = case.rooms.get(claim.resource_code)
    if room is not None:
        return room
    equipment = case.equipment[claim.resource_code]
    runs_alone = equipment.room_use == RoomUse.RUNS_ALONE and claim.reservation_number is not None
    return case.rooms.get(equipment.home_room) if runs_alone and equipment.home_room else None


def is_running(case: Case, claim: Claim) -> bool:
    """Whether the claim is of equipment that runs alone and has started."""
    equipment = case.equipment.get(claim.resource_code)
    runs_alone = equipment is not None and equipment.room_use == RoomUse.RUNS_ALONE
    return runs_alone and claim.reservation_number is not None and claim.period.start <= case.now


def outage_violation(
    claim: Claim,
    one: OutageFacts,
    *,
    text: str,
    at_most: Severity | None = None,
    params: Mapping[str, Any] = MappingProxyType({}),
) -> Violation:
    """The violation of a claim that an outage overlaps.

    Shape: the period is the overlap only, so that it discloses nothing of the rest of the outage.
    """
    hit = Period(max(one.start, claim.period.start), min(one.end or ENDLESS, claim.period.end))
    return Violation(
        resource=claim.resource_code,
        period=hit,
        session=claim.session_number,
        reservation=claim.reservation_number,
        text=text,
        params=dict(params),
        staff_params=staff_params_of(one),
        moved=claim,
        at_most=at_most,
    )


def staff_params_of(one: OutageFacts) -> dict[str, Any]:
    """The params of an outage that only the facility reads."""
    return {"kind": one.kind, "subject": one.subject} | ({"hold_no": one.hold_no} if one.hold_no else {})
