"""The states of bookings, changes and sessions, and every set of states that has a meaning of its own.

Code and SQL name these sets; nobody lists states elsewhere.
"""

from __future__ import annotations

from enum import StrEnum


class BookingState(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    CLOSED = "CLOSED"


class ChangeState(StrEnum):
    """Where a change of a confirmed booking stands; the booking itself stays confirmed meanwhile."""

    SUBMITTED = "SUBMITTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class SessionState(StrEnum):
    PLANNED = "PLANNED"
    READY = "READY"
    IN_USE = "IN_USE"
    SUSPENDED = "SUSPENDED"
    DONE = "DONE"
    ABORTED = "ABORTED"
    MISSED = "MISSED"
    CANCELLED = "CANCELLED"


# -- bookings

EDITABLE = frozenset({BookingState.DRAFT, BookingState.RETURNED})
"""The requester's turn: they may fill the form in and submit it."""

WAITING = frozenset({BookingState.SUBMITTED, BookingState.UNDER_REVIEW})
"""A stage of the facility decides next."""

REQUESTED = WAITING | {BookingState.RETURNED}
"""Asked for and undecided, whoever's turn it is."""

PENDING = REQUESTED | {BookingState.APPROVED}
"""Holds time until `pending_until`, counts against the company's limit, and expires."""

AGREED = frozenset({BookingState.APPROVED, BookingState.CONFIRMED})
"""Decided in favour and not over."""

STANDING = PENDING | AGREED
"""Holds time and is not over."""

RECORDED = frozenset({BookingState.CONFIRMED, BookingState.CLOSED})
"""Its sessions take place, or did: they have records."""

HOLDING = STANDING | RECORDED
"""Holds slots; a closed booking keeps them as the record of what was used."""

FREED = frozenset({BookingState.REJECTED, BookingState.EXPIRED, BookingState.CANCELLED})
"""Over without closing: its time went back to everybody."""

FINAL = FREED | {BookingState.CLOSED}

# -- changes

WAITING_CHANGE = frozenset({ChangeState.SUBMITTED, ChangeState.UNDER_REVIEW})
"""A stage of the facility decides next."""

OPEN_CHANGE = WAITING_CHANGE | {ChangeState.RETURNED}
"""A booking has at most one of these."""

# -- sessions

UNRECORDED = SessionState.PLANNED
"""The state of a session that has no record yet."""

NOT_BEGUN = frozenset({SessionState.PLANNED, SessionState.READY})
RUNNING = frozenset({SessionState.IN_USE, SessionState.SUSPENDED})
ENDED = frozenset({SessionState.DONE, SessionState.ABORTED, SessionState.MISSED, SessionState.CANCELLED})
"""Nothing follows any more."""
UNTOUCHED = frozenset({SessionState.PLANNED, SessionState.CANCELLED})
"""Nothing was recorded about the work."""
