"""The data of the booking's page, read in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gmp_booking.approvals.overrides import OverrideView, list_overrides
from gmp_booking.bookings.lists import list_happened
from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.changes.change_requests import OpenChange, open_change_of
from gmp_booking.execution.closing.lacking import Lacking, list_lacking
from gmp_booking.infra.database.journal import JournalEntry
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.states import ENDED, IN_FORCE
from gmp_booking.requests.on_behalf import CompanyConfirmation, find_confirmation
from gmp_booking.signatures.service import list_signatures
from gmp_booking.signatures.views import SignatureView


@dataclass(frozen=True)
class BookingPageData:
    """A booking with signatures, overrides, journal and change request, as far as the reader may see them."""

    details: BookingView
    signatures: Sequence[SignatureView]
    overrides: Sequence[OverrideView]
    journal: Sequence[JournalEntry]
    confirmation: CompanyConfirmation | None
    waiting: OpenChange | None
    now: datetime
    lacking: Sequence[Lacking] = ()
    """What it lacks before it can be closed, for who may close it."""

    @property
    def under_decision(self) -> BookingView:
        """What is to be decided: the proposed version of the open change request, or the booking itself."""
        return self.waiting.proposal if self.waiting else self.details


def read_page_data(uow: Uow, reference: str) -> BookingPageData:
    """Errors: NotFound, also for bookings the reader may not see."""
    details = get_view(uow, reference)
    may_close = is_over(details, uow.now) and is_allowed(
        uow.actor, Permission.BOOKING_CLOSE, subject_of(details.booking)
    )
    return BookingPageData(
        details=details,
        signatures=list_signatures(uow, "booking", details.booking.id),
        overrides=list_overrides(uow, details.booking.id),
        journal=list_happened(uow, details.booking),
        confirmation=find_confirmation(uow, details.booking.id),
        waiting=open_change_of(uow, details),
        now=uow.now,
        lacking=list_lacking(uow, details.booking.id) if may_close else (),
    )


def is_over(details: BookingView, now: datetime) -> bool:
    """Whether all parts of a confirmed booking are over."""
    ended = all(each.state in ENDED for each in details.sessions)
    returned = all(each.period.end <= now for each in details.equipment)
    return details.booking.state in IN_FORCE and ended and returned
