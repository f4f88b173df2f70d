"""What would help a booking at risk: ways around that pass the rules, for what of it is still to come."""

from __future__ import annotations

from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.views import BookingDetails
from gmp_booking.conflicts.alternatives import Alternative, find_alternatives
from gmp_booking.conflicts.case import Occasion
from gmp_booking.evaluation.gather import gather
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.revalidation.service import remaining


def ways_around(uow: Uow, details: BookingDetails) -> tuple[Alternative, ...]:
    """Up to three, for whoever may change the booking; none while nothing puts it at risk."""
    booking = details.booking
    may_change = is_allowed(uow.actor, Permission.BOOKING_SUBMIT, subject_of(booking))
    content = remaining(details, uow.now) if booking.at_risk and may_change else None
    if content is None:
        return ()
    catalogue = resolve_content(uow, content, company_id=booking.company_id, search=True, agreed=True)
    gathered = gather(
        uow,
        content,
        catalogue,
        occasion=Occasion.REEXAMINE,
        company_id=booking.company_id,
        booking_id=booking.id,
        search=True,
    )
    return find_alternatives(gathered.case)
