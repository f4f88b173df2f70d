"""Ways out for a booking at risk: alternatives for its remaining part that pass the rules."""

from __future__ import annotations

from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.stages import permission_to_change
from gmp_booking.bookings.views import BookingView
from gmp_booking.conflicts.alternatives import Alternative
from gmp_booking.conflicts.case import Occasion
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.evaluation.service import examine_with_alternatives
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import is_allowed
from gmp_booking.revalidation.service import remaining


def list_ways_out(uow: Uow, details: BookingView) -> tuple[Alternative, ...]:
    """Up to three alternatives, for people who may change the booking; none while it is not at risk."""
    booking = details.booking
    may_change = is_allowed(uow.actor, permission_to_change(booking), subject_of(booking))
    content = remaining(details, uow.now) if booking.at_risk and may_change else None
    if content is None:
        return ()
    resolved = resolve_content(uow, content, company_id=booking.company_id, existing=True)
    return examine_with_alternatives(uow, resolved, booking_id=booking.id, occasion=Occasion.REEXAMINE).alternatives
