"""The approval stage a booking is at, and the steps that the tables allow there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS
from gmp_booking.bookings.lifecycle.change_steps import CHANGE_STEPS
from gmp_booking.bookings.lifecycle.steps import (
    Step,
    conditions_at,
    find_step,
    meaning_at,
    nearest_step,
    permission_of,
    step_at_stage,
)
from gmp_booking.bookings.lifecycle.tracks import TRACKS, Stage, Track
from gmp_booking.bookings.models import Booking
from gmp_booking.kernel.access import Permission, Role
from gmp_booking.kernel.states import IN_FORCE, WAITING, BookingState, ChangeState
from gmp_booking.kernel.vocabulary import Action


def track_of_row(booking: Booking) -> Track | None:
    """The track of a booking; None for a draft."""
    return Track(booking.track) if booking.track else None


def current_stage(booking: Booking) -> Stage | None:
    """The stage a waiting booking is at."""
    return stage_of(booking) if BookingState(booking.state) in WAITING else None


def stage_of(booking: Booking) -> Stage | None:
    """The stage a booking is at, also while it is with the company."""
    track = track_of_row(booking)
    stages = TRACKS[track] if track else ()
    return stages[booking.stage] if booking.stage < len(stages) else None


def role_after(booking: Booking) -> Role | None:
    """The role that decides at the stage after the one the booking is at."""
    stages = TRACKS[Track(booking.track)][booking.stage + 1 :]
    return stages[0].role if stages else None


def booking_step(booking: Booking, action: str) -> Step[BookingState]:
    """The step of an action on a booking, with the meaning that is signed now.

    Errors: Conflict when its state or its stage does not allow it.
    """
    track, stage = track_of_row(booking), booking.stage
    step = step_at_stage(BOOKING_STEPS, BookingState(booking.state), action, track=track, stage=stage)
    return replace(step, meaning=meaning_at(step, track=track, stage=stage))


def first_booking_step(action: str) -> Step[BookingState]:
    """The step that makes a booking."""
    return step_at_stage(BOOKING_STEPS, None, action, track=None, stage=0)


def next_step(booking: Booking, state: BookingState, action: str) -> Step[BookingState]:
    """The step that follows in the same transaction, from the state that the one before leads to.

    Errors: Conflict when there is none.
    """
    return step_at_stage(BOOKING_STEPS, state, action, track=track_of_row(booking), stage=booking.stage)


def change_step(proposal: Booking, action: str) -> Step[ChangeState]:
    """The step of an action on an open change, given as the booking that it proposes.

    Errors: Conflict when its state or its stage does not allow it.
    """
    track, stage = track_of_row(proposal), proposal.stage
    step = step_at_stage(CHANGE_STEPS, ChangeState(proposal.state), action, track=track, stage=stage)
    return replace(step, meaning=meaning_at(step, track=track, stage=stage))


def find_change_step(proposal: Booking, action: str) -> Step[ChangeState] | None:
    """The same for an open change, given as the booking that it proposes."""
    holding = conditions_at(track_of_row(proposal), proposal.stage)
    return find_step(CHANGE_STEPS, ChangeState(proposal.state), action, holding)


def booking_permission(booking: Booking, action: str) -> Permission:
    """The permission for an action on a booking, whether its state allows the action or not."""
    holding = conditions_at(track_of_row(booking), booking.stage)
    return permission_of(BOOKING_STEPS, BookingState(booking.state), action, holding)


def permission_to_change(booking: Booking) -> Permission:
    """The permission to change a booking: a confirmed one gets a change request, any other one its next version."""
    if booking.state in IN_FORCE:
        return permission_of(CHANGE_STEPS, None, Action.CHANGE)
    return booking_permission(booking, Action.CHANGE)


def needs_reason(booking: Booking, action: str) -> bool:
    """Whether an action on a booking needs a reason, whether its state allows the action or not."""
    holding = conditions_at(track_of_row(booking), booking.stage)
    return nearest_step(BOOKING_STEPS, BookingState(booking.state), action, holding).needs_reason


def change_permission(proposal: Booking, action: str) -> Permission:
    """The same for an open change, given as the booking that it proposes."""
    holding = conditions_at(track_of_row(proposal), proposal.stage)
    return permission_of(CHANGE_STEPS, ChangeState(proposal.state), action, holding)


def action_of_stage(booking: Booking) -> Action:
    """The action that passes the stage: review of the first stage where others follow, else approval."""
    return Action.REVIEW if find_booking_step(booking, Action.REVIEW) else Action.APPROVE


def meaning_of(booking: Booking, action: Action) -> str | None:
    """The meaning that is signed with this action now; None where a journaled click is enough, or the action refused.

    A change is decided at the stages of a request, with the same signatures.
    """
    step = find_booking_step(booking, action)
    return meaning_at(step, track=track_of_row(booking), stage=booking.stage) if step else None


def find_booking_step(booking: Booking, action: str) -> Step[BookingState] | None:
    """The step of an action on a booking; None where its state or its stage refuses it."""
    holding = conditions_at(track_of_row(booking), booking.stage)
    return find_step(BOOKING_STEPS, BookingState(booking.state), action, holding)


def stages_of(roles: Iterable[Role]) -> list[tuple[str, int]]:
    """Which (track, stage) pairs these roles decide on."""
    held = set(roles)
    return [
        (track.value, number)
        for track, stages in TRACKS.items()
        for number, stage in enumerate(stages)
        if stage.role in held
    ]
