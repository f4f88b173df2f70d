"""The states of a booking and the steps between them; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gmp_booking.bookings.events import (
    BookingAnswered,
    BookingApproved,
    BookingCancelled,
    BookingConfirmed,
    BookingDrafted,
    BookingExpired,
    BookingQuestionAsked,
    BookingRejected,
    BookingReturned,
    BookingReviewed,
    BookingSubmitted,
)
from gmp_booking.bookings.lifecycle.steps import Cell, SignedAs, Slots, Step, Table, When, cells
from gmp_booking.bookings.session_events import BookingClosed
from gmp_booking.kernel.access import Permission
from gmp_booking.kernel.states import DRAFTED, EDITABLE, PENDING, REQUESTED, STANDING, WAITING, BookingState
from gmp_booking.kernel.vocabulary import Action, Meaning

S = BookingState
DRAFT: Final = "draft"

HOLDS_UNTIL: dict[BookingState, str] = {
    S.DRAFT: "holds nothing",
    S.SUBMITTED: "pending_until: twice the decision target",
    S.UNDER_REVIEW: "pending_until: twice the decision target",
    S.RETURNED: "five working days after the return",
    S.APPROVED: "confirmed, or its regulatory date",
    S.CONFIRMED: "the end of each period",
    S.REJECTED: "released at once",
    S.EXPIRED: "released at once",
    S.CANCELLED: "released at once",
    S.CLOSED: "kept as the record of what was used",
}
"""Until when a booking of a state holds its slots, if it holds any."""

_DRAFTED = Step(target=S.DRAFT, permission=Permission.BOOKING_DRAFT, event=BookingDrafted, slots=Slots.NONE)
_SUBMITTED = Step(target=S.SUBMITTED, permission=Permission.BOOKING_SUBMIT, event=BookingSubmitted, slots=Slots.TAKES)
_CHANGED = Step(target=S.SUBMITTED, permission=Permission.BOOKING_CHANGE, event=BookingSubmitted, slots=Slots.TAKES)
_REVIEWED = Step(
    target=S.UNDER_REVIEW, permission=Permission.BOOKING_DECIDE, event=BookingReviewed, meaning=SignedAs.STAGE
)
_APPROVED = Step(target=S.APPROVED, permission=Permission.BOOKING_DECIDE, event=BookingApproved, meaning=SignedAs.STAGE)
_CONFIRMED = Step(target=S.CONFIRMED, permission=None, event=BookingConfirmed)
_RETURNED = Step(target=S.RETURNED, permission=Permission.BOOKING_DECIDE, event=BookingReturned, needs_reason=True)
_REJECTED = Step(
    target=S.REJECTED,
    permission=Permission.BOOKING_DECIDE,
    event=BookingRejected,
    slots=Slots.RELEASES,
    needs_reason=True,
    meaning=SignedAs.REFUSAL,
)
_ASKED = Step(target=S.RETURNED, permission=Permission.BOOKING_DECIDE, event=BookingQuestionAsked, needs_reason=True)
_ANSWERED = Step(target=S.SUBMITTED, permission=Permission.BOOKING_SUBMIT, event=BookingAnswered)
_ANSWERED_LATER = Step(target=S.UNDER_REVIEW, permission=Permission.BOOKING_SUBMIT, event=BookingAnswered)
_EXPIRED = Step(target=S.EXPIRED, permission=None, event=BookingExpired, slots=Slots.RELEASES)
_DRAFT_CANCELLED = Step(
    target=S.CANCELLED,
    permission=Permission.BOOKING_CANCEL,
    event=BookingCancelled,
    slots=Slots.NONE,
    needs_reason=True,
)
_CANCELLED = Step(
    target=S.CANCELLED,
    permission=Permission.BOOKING_CANCEL,
    event=BookingCancelled,
    slots=Slots.RELEASES,
    needs_reason=True,
)
_CLOSED = Step(
    target=S.CLOSED, permission=Permission.BOOKING_CLOSE, event=BookingClosed, meaning=Meaning.RECORD_REVIEWED
)

BOOKING_STEPS: Table[BookingState] = dict(
    [
        *cells([None], DRAFT, _DRAFTED),
        *cells([None, *EDITABLE], Action.SUBMIT, _SUBMITTED),
        # A stage that others follow passes the booking on: the first one by review, a later one by approval.
        *cells([S.SUBMITTED], Action.REVIEW, _REVIEWED, when=When.STAGE_BEFORE_OTHERS),
        *cells([S.UNDER_REVIEW], Action.APPROVE, _REVIEWED, when=When.STAGE_BEFORE_OTHERS),
        *cells(WAITING, Action.APPROVE, _APPROVED, when=When.LAST_STAGE),
        *cells([S.SUBMITTED], Action.CONFIRM, _CONFIRMED, when=When.NO_STAGE),
        *cells([S.APPROVED], Action.CONFIRM, _CONFIRMED),
        *cells(WAITING, Action.RETURN, _RETURNED),
        *cells(WAITING, Action.REJECT, _REJECTED),
        *cells([S.RETURNED], Action.ASK, _ASKED),
        # The answer goes back to the stage that asked.
        *cells([S.RETURNED], Action.ANSWER, _ANSWERED, when=When.FIRST_STAGE),
        *cells([S.RETURNED], Action.ANSWER, _ANSWERED_LATER, when=When.LATER_STAGE),
        # A request is replaced by its next version; a confirmed booking gets a change with states of its own.
        *cells(REQUESTED, Action.CHANGE, _CHANGED),
        *cells(PENDING, Action.EXPIRE, _EXPIRED),
        *cells(DRAFTED, Action.CANCEL, _DRAFT_CANCELLED),
        *cells(STANDING, Action.CANCEL, _CANCELLED),
        *cells([S.CONFIRMED], Action.CLOSE, _CLOSED),
    ]
)

_WAITING_FOR_DOCUMENTS: Final = "the check of documents, for which an approved booking waits before it is confirmed"
NOT_REACHED: Mapping[Cell[BookingState], str] = {
    (S.APPROVED, Action.EXPIRE, When.ALWAYS): _WAITING_FOR_DOCUMENTS,
    (S.APPROVED, Action.CANCEL, When.ALWAYS): _WAITING_FOR_DOCUMENTS,
}
"""The cells that no booking reaches yet, and what will open them."""
