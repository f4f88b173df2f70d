"""The choices of the booking form, and the stored form of a draft or returned booking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.companies.models import Company
from gmp_booking.companies.service import find_company, list_companies
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import EDITABLE
from gmp_booking.kernel.text import N_
from gmp_booking.people.models import Person
from gmp_booking.people.service import list_people
from gmp_booking.products.models import Product
from gmp_booking.products.service import list_products
from gmp_booking.requests.clarification_store import find_open_question
from gmp_booking.resources.service import list_resources
from gmp_booking.resources.store import ResourceRow


@dataclass(frozen=True)
class FormChoices:
    """The choices of the form; for staff the people and products of the selected company."""

    now: datetime
    resources: Sequence[ResourceRow]
    products: Sequence[Product]
    people: Sequence[Person]
    companies: Sequence[Company]
    question: str | None = None


def form_choices(uow: Uow, *, company: str = "", reference: str | None = None) -> FormChoices:
    """Read the choices.

    Shape: `company` is the code of the company that staff selected, if any; `reference` is the booking that is edited:
    its open question is read, too.
    """
    chosen = find_company(uow, company) if company and uow.actor.is_staff else None
    company_id = chosen.id if chosen else uow.actor.company_id
    return FormChoices(
        now=uow.now,
        resources=list_resources(uow),
        products=list_products(uow, company_id),
        people=list_people(uow, company_id) if company_id is not None else (),
        companies=list_companies(uow) if uow.actor.is_staff else (),
        question=find_open_question(uow, reference) if reference else None,
    )


def get_editable(uow: Uow, reference: str) -> BookingView:
    """A booking that the requester may still edit: a draft, or one that was returned.

    Errors: NotFound; Conflict when the requester may no longer edit the booking.
    """
    details = get_view(uow, reference)
    require(uow.actor, Permission.BOOKING_DRAFT, subject_of(details.booking))
    if details.booking.state not in EDITABLE:
        raise Conflict(N_("This booking is no longer a draft."))
    return details
