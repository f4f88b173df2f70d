"""What mails there are, and while which states of their booking each is true."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gmp_booking.bookings.lifecycle import WAITING, BookingState
from gmp_booking.notifications import day_ahead


class MailKind(StrEnum):
    """What a mail says."""

    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    RETURNED = "returned"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    UPCOMING = "upcoming"
    ANSWERED = "answered"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    TO_CONFIRM = "to_confirm"
    AT_RISK = "at_risk"
    CLEAR_AGAIN = "clear_again"
    HAPPENED = "happened"
    CHANGE_WAITING = "change_waiting"
    CHANGE_RETURNED = "change_returned"
    CHANGE_REJECTED = "change_rejected"
    CHANGE_EXPIRING = "change_expiring"
    CHANGE_EXPIRED = "change_expired"
    CHANGED = "changed"
    NO_LONGER_YOURS = "no_longer_yours"
    DIGEST = "digest"
    DAY_AHEAD = day_ahead.KIND
    INVITATION = "invitation"
    RESET = "reset"


S = BookingState

# A mail goes out only while its booking is in one of these states; in any other it would be yesterday's news.
VALID_WHILE: Final[Mapping[MailKind, frozenset[BookingState]]] = {
    MailKind.SUBMITTED: frozenset({S.SUBMITTED}),
    MailKind.REVIEWED: frozenset({S.UNDER_REVIEW}),
    MailKind.RETURNED: frozenset({S.RETURNED}),
    MailKind.REJECTED: frozenset({S.REJECTED}),
    MailKind.CONFIRMED: frozenset({S.CONFIRMED}),
    MailKind.CANCELLED: frozenset({S.CANCELLED}),
    MailKind.UPCOMING: frozenset({S.CONFIRMED}),
    MailKind.ANSWERED: WAITING,
    MailKind.EXPIRING: WAITING | {S.RETURNED, S.APPROVED},
    MailKind.EXPIRED: frozenset({S.EXPIRED}),
    MailKind.AT_RISK: WAITING | {S.RETURNED, S.APPROVED, S.CONFIRMED},
    MailKind.CLEAR_AGAIN: WAITING | {S.RETURNED, S.APPROVED, S.CONFIRMED},
    MailKind.HAPPENED: frozenset({S.CONFIRMED, S.CLOSED}),
    MailKind.TO_CONFIRM: WAITING | {S.RETURNED, S.APPROVED, S.CONFIRMED},
    **dict.fromkeys(
        (
            MailKind.CHANGE_WAITING,
            MailKind.CHANGE_RETURNED,
            MailKind.CHANGE_REJECTED,
            MailKind.CHANGE_EXPIRING,
            MailKind.CHANGE_EXPIRED,
            MailKind.CHANGED,
        ),
        frozenset({S.CONFIRMED}),
    ),
    MailKind.NO_LONGER_YOURS: frozenset({S.CONFIRMED, S.CANCELLED, S.CLOSED}),
}
