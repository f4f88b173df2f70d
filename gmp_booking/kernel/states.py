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

DRAFTED = frozenset({BookingState.DRAFT})
"""A form that holds nothing."""

UNREVIEWED = frozenset({BookingState.SUBMITTED})
"""Asked for, and no stage has passed it."""

REVIEWED = frozenset({BookingState.UNDER_REVIEW})
"""At least one stage has passed it, and another decides next."""

WITH_COMPANY = frozenset({BookingState.RETURNED})
"""The company answers a question."""

ACCEPTED = frozenset({BookingState.APPROVED})
"""Every stage has approved it, and it is not confirmed yet."""

IN_FORCE = frozenset({BookingState.CONFIRMED})
"""Agreed; it can be changed and worked on."""

OTHERS_TIME_SHOWN_AS = BookingState.CONFIRMED
"""Other companies' time is shown like an agreed booking's, whatever its state."""

REFUSED = frozenset({BookingState.REJECTED})
LAPSED = frozenset({BookingState.EXPIRED})
CALLED_OFF = frozenset({BookingState.CANCELLED})

EDITABLE = DRAFTED | WITH_COMPANY
"""The requester's turn: they may fill the form in and submit it."""

WAITING = UNREVIEWED | REVIEWED
"""A stage of the facility decides next."""

REQUESTED = WAITING | WITH_COMPANY
"""Asked for and undecided, whoever's turn it is."""

PENDING = REQUESTED | ACCEPTED
"""Holds time until `pending_until`, counts against the company's limit, and expires."""

AGREED = ACCEPTED | IN_FORCE
"""Decided in favour and not over."""

STANDING = PENDING | AGREED
"""Holds time and is not over."""

RECORDED = IN_FORCE | {BookingState.CLOSED}
"""Its sessions take place, or did: they have records."""

HOLDING = STANDING | RECORDED
"""Holds slots; a closed booking keeps them as the record of what was used."""

FREED = REFUSED | LAPSED | CALLED_OFF
"""Over without closing: its time went back to everybody."""

FINAL = FREED | {BookingState.CLOSED}

# -- changes

WAITING_CHANGE = frozenset({ChangeState.SUBMITTED, ChangeState.UNDER_REVIEW})
"""A stage of the facility decides next."""

CHANGE_WITH_COMPANY = frozenset({ChangeState.RETURNED})
"""The company answers a question."""

OPEN_CHANGE = WAITING_CHANGE | CHANGE_WITH_COMPANY
"""A booking has at most one of these."""

REFUSED_CHANGE = frozenset({ChangeState.REJECTED})
LAPSED_CHANGE = frozenset({ChangeState.EXPIRED})

OPEN_CHANGE_SHOWN_AS = BookingState.SUBMITTED
"""Time that only an open change holds is shown like a request's."""

# -- sessions

UNRECORDED = SessionState.PLANNED
"""The state of a session that has no record yet."""

UNPREPARED = frozenset({UNRECORDED})
"""Nothing was recorded yet, but a line clearance."""

RELEASED = frozenset({SessionState.READY})
AT_WORK = frozenset({SessionState.IN_USE})
HALTED = frozenset({SessionState.SUSPENDED})
COMPLETED = frozenset({SessionState.DONE})
GIVEN_UP = frozenset({SessionState.CANCELLED})

NOT_BEGUN = UNPREPARED | RELEASED
RUNNING = AT_WORK | HALTED
BROKEN_OFF = frozenset({SessionState.ABORTED})
"""Ended by a deviation."""

WORKED = COMPLETED | BROKEN_OFF
"""Ended after work was done."""

ENDED = WORKED | GIVEN_UP | {SessionState.MISSED}
"""Nothing follows any more."""
