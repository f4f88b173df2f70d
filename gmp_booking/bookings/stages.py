"""The approval stage a booking is at, and what is signed there."""

from __future__ import annotations

from collections.abc import Iterable

from gmp_booking.bookings.lifecycle import TRACKS, Stage, Track, signs_refusals
from gmp_booking.bookings.models import Booking
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.states import WAITING, BookingState
from gmp_booking.kernel.vocabulary import Action, Meaning


def current_stage(booking: Booking) -> Stage | None:
    """The stage a waiting booking is at."""
    return stage_of(booking) if BookingState(booking.state) in WAITING else None


def stage_of(booking: Booking) -> Stage | None:
    """The stage a booking is at, also while it is with the company."""
    stages = TRACKS[Track(booking.track)] if booking.track else ()
    return stages[booking.stage] if booking.stage < len(stages) else None


def role_after(booking: Booking) -> Role | None:
    """The role that decides at the stage after the one the booking is at."""
    stages = TRACKS[Track(booking.track)][booking.stage + 1 :]
    return stages[0].role if stages else None


def action_of_stage(booking: Booking) -> Action:
    """A stage without a signature that others follow is passed by review; every other one by approval."""
    stages = TRACKS[Track(booking.track)]
    unsigned_on_the_way = stages[booking.stage].meaning is None and booking.stage < len(stages) - 1
    return Action.REVIEW if unsigned_on_the_way else Action.APPROVE


def meaning_of(booking: Booking, action: Action) -> str | None:
    """The meaning that is signed with this act now; None where a journaled click is enough."""
    stage = current_stage(booking)
    if action is Action.REJECT:
        return Meaning.REJECTED if signs_refusals(Track(booking.track)) else None
    return stage.meaning if stage is not None and action is Action.APPROVE else None


def stages_of(roles: Iterable[Role]) -> list[tuple[str, int]]:
    """Which (track, stage) pairs these roles decide on."""
    held = set(roles)
    return [
        (track.value, number)
        for track, stages in TRACKS.items()
        for number, stage in enumerate(stages)
        if stage.role in held
    ]
