"""The states of a change of a confirmed booking and the steps between them; pure.

Slots are those that the change holds beside the version in force.
"""

from __future__ import annotations

from typing import Final

from gmp_booking.bookings.events import (
    BookingAnswered,
    BookingChangeApproved,
    BookingChangeExpired,
    BookingChangeRejected,
    BookingChangeRequested,
    BookingChangeReturned,
    BookingChangeReviewed,
    BookingChangeWithdrawn,
    BookingQuestionAsked,
)
from gmp_booking.bookings.lifecycle.steps import SignedAs, Slots, Step, Table, When, cells
from gmp_booking.kernel.access import Permission
from gmp_booking.kernel.states import OPEN_CHANGE, WAITING_CHANGE, ChangeState
from gmp_booking.kernel.vocabulary import Action

C = ChangeState
WITHDRAW: Final = "withdraw"

_REQUESTED = Step(
    target=C.SUBMITTED, permission=Permission.BOOKING_CHANGE, event=BookingChangeRequested, slots=Slots.TAKES
)
_REPLACED = Step(
    target=C.WITHDRAWN, permission=Permission.BOOKING_CHANGE, event=BookingChangeRequested, slots=Slots.RELEASES
)
_WITHDRAWN = Step(
    target=C.WITHDRAWN, permission=Permission.BOOKING_CHANGE, event=BookingChangeWithdrawn, slots=Slots.RELEASES
)
_REVIEWED = Step(
    target=C.UNDER_REVIEW, permission=Permission.BOOKING_DECIDE, event=BookingChangeReviewed, meaning=SignedAs.STAGE
)
_APPROVED = Step(
    target=C.APPROVED,
    permission=Permission.BOOKING_DECIDE,
    event=BookingChangeApproved,
    slots=Slots.FITS,
    meaning=SignedAs.STAGE,
)
_CONFIRMED = Step(target=C.APPROVED, permission=None, event=BookingChangeApproved, slots=Slots.FITS)
_RETURNED = Step(
    target=C.RETURNED, permission=Permission.BOOKING_DECIDE, event=BookingChangeReturned, needs_reason=True
)
_REJECTED = Step(
    target=C.REJECTED,
    permission=Permission.BOOKING_DECIDE,
    event=BookingChangeRejected,
    slots=Slots.RELEASES,
    needs_reason=True,
    meaning=SignedAs.REFUSAL,
)
_ASKED = Step(target=C.RETURNED, permission=Permission.BOOKING_DECIDE, event=BookingQuestionAsked, needs_reason=True)
_ANSWERED = Step(target=C.SUBMITTED, permission=Permission.BOOKING_SUBMIT, event=BookingAnswered)
_ANSWERED_LATER = Step(target=C.UNDER_REVIEW, permission=Permission.BOOKING_SUBMIT, event=BookingAnswered)
_ENDED_WITH_BOOKING = Step(target=C.WITHDRAWN, permission=None, event=BookingChangeWithdrawn, slots=Slots.RELEASES)
_EXPIRED = Step(target=C.EXPIRED, permission=None, event=BookingChangeExpired, slots=Slots.RELEASES)

CHANGE_STEPS: Table[ChangeState] = dict(
    [
        *cells([None], Action.CHANGE, _REQUESTED),
        *cells(OPEN_CHANGE, Action.CHANGE, _REPLACED),
        *cells(OPEN_CHANGE, WITHDRAW, _WITHDRAWN),
        *cells([C.SUBMITTED], Action.REVIEW, _REVIEWED, when=When.STAGE_BEFORE_OTHERS),
        *cells([C.UNDER_REVIEW], Action.APPROVE, _REVIEWED, when=When.STAGE_BEFORE_OTHERS),
        *cells(WAITING_CHANGE, Action.APPROVE, _APPROVED, when=When.LAST_STAGE),
        # A kind that the policy confirms automatically needs no decision, whatever its track is.
        *cells([C.SUBMITTED], Action.CONFIRM, _CONFIRMED),
        *cells(WAITING_CHANGE, Action.RETURN, _RETURNED),
        *cells(WAITING_CHANGE, Action.REJECT, _REJECTED),
        *cells([C.RETURNED], Action.ASK, _ASKED),
        *cells([C.RETURNED], Action.ANSWER, _ANSWERED, when=When.FIRST_STAGE),
        *cells([C.RETURNED], Action.ANSWER, _ANSWERED_LATER, when=When.LATER_STAGE),
        *cells(OPEN_CHANGE, Action.EXPIRE, _EXPIRED),
        *cells(OPEN_CHANGE, Action.CLOSE, _ENDED_WITH_BOOKING),
    ]
)

WHEN_THE_BOOKING_ENDS: dict[ChangeState, ChangeState] = dict.fromkeys(OPEN_CHANGE, C.WITHDRAWN)
"""What becomes of an open change whose booking is freed; its slots are released with the booking's."""
