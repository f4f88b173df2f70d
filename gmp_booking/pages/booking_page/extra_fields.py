"""Fields that few bookings use, as lines of the booking's page; empty ones are left out."""

from __future__ import annotations

from gmp_booking.bookings.views import Booking
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.labels import DONOR_STATUSES, PRIORITIES
from gmp_booking.kernel.vocabulary import DonorStatus, Priority, RoomMode, Visibility


def extra_fields(booking: Booking) -> list[tuple[str, str]]:
    lines = [
        (_("Seats"), str(booking.seats or "")),
        (_("Visible to"), _("everyone, with its title") if booking.visibility == Visibility.PUBLIC else ""),
        (_("Material"), _("live") if booking.live_material else ""),
        (_("Regulatory basis"), booking.basis),
        (_("Infection status of the donor"), _donor(booking)),
        (_("Campaign"), booking.campaign),
        (_("Rooms"), _("kept for the whole campaign") if booking.room_mode == RoomMode.DEDICATED else ""),
        (_("Priority"), _(PRIORITIES[Priority(booking.priority)]) if booking.priority else ""),
        (_("Partners"), ", ".join(booking.partners or ())),
    ]
    return [(label, value) for label, value in lines if value]


def _donor(booking: Booking) -> str:
    return _(DONOR_STATUSES[DonorStatus(booking.donor_status)]) if booking.donor_status else ""
