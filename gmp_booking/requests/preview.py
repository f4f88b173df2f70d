"""Preview a request: the verdict, and alternatives where it would be refused."""

from __future__ import annotations

from gmp_booking.bookings import store
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.service import require_valid_content
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.evaluation.gather import gather
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.evaluation.service import RequestPreview, examine_with_alternatives
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, require
from gmp_booking.requests.on_behalf import company_id_for


def preview_request(uow: Uow, content: BookingContent, *, reference: str | None = None) -> RequestPreview:
    """The verdict on a request, and alternatives; takes no locks and writes nothing.

    Errors: Invalid.
    """
    require_valid_content(content, uow)
    company_id = company_id_for(uow, content.booked_for)
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=company_id))
    booking = store.find_booking(uow, reference) if reference else None
    booking_id = booking.id if booking else None
    resolved = resolve_content(uow, content, company_id=company_id)
    gathered = gather(uow, content, resolved, occasion=Occasion.PREVIEW, company_id=company_id, booking_id=booking_id)
    verdict = examine(gathered.case)
    if not verdict.has_hard:
        return RequestPreview(verdict, ())
    return examine_with_alternatives(uow, resolved, booking_id=booking_id)
