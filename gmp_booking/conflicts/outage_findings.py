"""Withdrawn time that is in a booking's way: what RM-06 and HV-01 have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from gmp_booking.conflicts.case import ENDLESS, Case, RoomFacts, Withdrawal
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Complaint
from gmp_booking.conflicts.free_shifts import forbidden_by, forbidden_unless
from gmp_booking.conflicts.overlaps import remedy, taken_places, taken_time
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import RoomUse, Severity, SubjectKind

AIR = SubjectKind.AHU


def in_the_way(withdrawn: Iterable[Withdrawal], wanted: Period) -> list[Withdrawal]:
    """Those that overlap the wanted time, in order."""
    found = (one for one in withdrawn if one.start < wanted.end and (one.end is None or wanted.start < one.end))
    return sorted(found, key=lambda one: (one.start, one.end or ENDLESS, one.subject_kind, one.subject, one.kind))


def around(case: Case, claim: Claim) -> RoomFacts | None:
    """The room whose air and door a claim depends on: itself, or the home of equipment that runs alone in it."""
    room = case.rooms.get(claim.resource_code)
    if room is not None:
        return room
    equipment = case.equipment[claim.resource_code]
    runs_alone = equipment.room_use == RoomUse.RUNS_ALONE and claim.reservation_number is not None
    return case.rooms.get(equipment.home_room) if runs_alone and equipment.home_room else None


def is_running(case: Case, claim: Claim) -> bool:
    """Whether the claim is of equipment that runs alone and has begun."""
    equipment = case.equipment.get(claim.resource_code)
    runs_alone = equipment is not None and equipment.room_use == RoomUse.RUNS_ALONE
    return runs_alone and claim.reservation_number is not None and claim.period.start <= case.now


def complaint(
    case: Case,
    claim: Claim,
    one: Withdrawal,
    *,
    text: str,
    at_most: Severity | None = None,
    params: Mapping[str, Any] = MappingProxyType({}),
) -> Complaint:
    """The complaint that this withdrawal is in the claim's way.

    Shape: the period told is the part of the claim that is hit, so that it tells nothing of the rest of the outage.
    """
    hit = Period(max(one.start, claim.period.start), min(one.end or ENDLESS, claim.period.end))
    return Complaint(
        resource=claim.resource_code,
        period=hit,
        session=claim.session_number,
        reservation=claim.reservation_number,
        text=text,
        params=dict(params),
        staff_params=told_to_staff(one),
        remedy=_remedy(case, claim),
        at_most=at_most,
    )


def told_to_staff(one: Withdrawal) -> dict[str, Any]:
    """What the facility reads of an outage besides."""
    return {"kind": one.kind, "subject": one.subject} | ({"hold_no": one.hold_no} if one.hold_no else {})


def _remedy(case: Case, claim: Claim) -> dict[str, Any]:
    """When the claim could begin, taken and withdrawn time counted; nothing where nobody knows an end."""
    room = case.rooms.get(claim.resource_code)
    if room is not None:
        return remedy(case, claim, forbidden_by(taken_time(room), claim.period))
    places = taken_places(case.equipment[claim.resource_code])
    return remedy(case, claim, forbidden_unless(places, claim.period, places=claim.units))
