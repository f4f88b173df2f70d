"""What stands against a booking, in the words its reader may have."""

from __future__ import annotations

from gmp_booking.bookings.finding_view import locale_formatter_for
from gmp_booking.bookings.views import BookingDetails
from gmp_booking.conflicts.finding import Finding, Severity
from gmp_booking.conflicts.privacy import Audience, render
from gmp_booking.people.models import Person

MOST_TOLD = 12


def told_risks(details: BookingDetails, reader: Person, *, language: str) -> list[str]:
    """The findings that weigh, one sentence each; of many the first."""
    audience = Audience.STAFF if reader.company_id is None else Audience.OWN
    found = [Finding.from_dict(kept) for kept in details.findings]
    heavy = [one for one in found if one.severity is not Severity.WARN]
    told = [render(one, audience, locale_formatter_for(language)) for one in heavy]
    return list(dict.fromkeys(told))[:MOST_TOLD]
