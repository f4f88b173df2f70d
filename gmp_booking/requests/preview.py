"""What the rules say of a request that nobody has made yet, and what would fit instead."""

from __future__ import annotations

from gmp_booking.bookings import store
from gmp_booking.bookings.content import BookingContent
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.evaluation.gather import gather
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.evaluation.service import Preview, examine_with_surroundings, refuse_problems
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, require
from gmp_booking.requests.on_behalf import company_for


def preview_request(uow: Uow, content: BookingContent, *, reference: str | None = None) -> Preview:
    """What the rules say of a request as it stands, and what would work instead; takes no lock, writes nothing.

    Errors: Invalid.
    """
    refuse_problems(content, uow)
    company_id = company_for(uow, content.booked_for)
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=company_id))
    booking = store.find_booking(uow, reference) if reference else None
    booking_id = booking.id if booking else None
    catalogue = resolve_content(uow, content, company_id=company_id)
    gathered = gather(uow, content, catalogue, occasion=Occasion.PREVIEW, company_id=company_id, booking_id=booking_id)
    verdict = examine(gathered.case)
    if not verdict.has_hard:
        return Preview(verdict, ())
    return examine_with_surroundings(uow, content, company_id=company_id, booking_id=booking_id)


def search_alternatives(uow: Uow, content: BookingContent, *, reference: str | None = None) -> Preview:
    """After a refusal: the same judged with its surroundings, and up to three ways that pass the rules themselves."""
    booking = store.find_booking(uow, reference) if reference else None
    company_id = booking.company_id if booking else company_for(uow, content.booked_for)
    return examine_with_surroundings(uow, content, company_id=company_id, booking_id=booking.id if booking else None)
