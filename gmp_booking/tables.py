"""Every table of the product, gathered for migrations and catalogue tests; nothing else imports this."""

from gmp_booking.accounts import models as accounts
from gmp_booking.approvals import models as approvals
from gmp_booking.booking_forms import models as booking_forms
from gmp_booking.bookings import models as bookings
from gmp_booking.calendars import models as calendars
from gmp_booking.companies import models as companies
from gmp_booking.consistency import models as consistency
from gmp_booking.execution import models as execution
from gmp_booking.infra.database import history, journal, outbox, uow
from gmp_booking.infra.database.base import Base
from gmp_booking.outages import models as outages
from gmp_booking.people import models as people
from gmp_booking.policies import models as policies
from gmp_booking.products import models as products
from gmp_booking.resources import models as resources
from gmp_booking.revalidation import models as revalidation
from gmp_booking.signatures import models as signatures

__all__ = [
    "Base",
    "accounts",
    "approvals",
    "booking_forms",
    "bookings",
    "calendars",
    "companies",
    "consistency",
    "execution",
    "history",
    "journal",
    "outages",
    "outbox",
    "people",
    "policies",
    "products",
    "resources",
    "revalidation",
    "signatures",
    "uow",
]
