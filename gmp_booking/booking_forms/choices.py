"""What the form is opened with: what may be chosen, and what was kept of a booking that may still change freely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.views import BookingDetails, get_details
from gmp_booking.companies.models import Company
from gmp_booking.companies.service import find_company, list_companies
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import EDITABLE, BookingState
from gmp_booking.kernel.text import N_
from gmp_booking.people.models import Person
from gmp_booking.people.service import list_people
from gmp_booking.products.models import Product
from gmp_booking.products.service import list_products
from gmp_booking.requests.clarification_store import find_open_question
from gmp_booking.resources.service import list_resources
from gmp_booking.resources.store import ResourceRow


@dataclass(frozen=True)
class Options:
    """What the form offers; for staff the people and products of the company they chose."""

    now: datetime
    resources: Sequence[ResourceRow]
    products: Sequence[Product]
    people: Sequence[Person]
    companies: Sequence[Company]
    question: str | None = None


def form_options(uow: Uow, *, company: str = "", reference: str | None = None) -> Options:
    """Shape: `company` is the code of the one staff book for, as far as it was chosen; `reference` is the booking's
    that is changed, whose open question comes along.
    """
    chosen = find_company(uow, company) if company and uow.actor.is_staff else None
    company_id = chosen.id if chosen else uow.actor.company_id
    return Options(
        now=uow.now,
        resources=list_resources(uow),
        products=list_products(uow, company_id),
        people=list_people(uow, company_id) if company_id is not None else (),
        companies=list_companies(uow) if uow.actor.is_staff else (),
        question=find_open_question(uow, reference) if reference else None,
    )


@dataclass(frozen=True)
class FormKept:
    """A booking that may still be changed freely: a draft, or one that was returned."""

    details: BookingDetails
    draft: Mapping[str, Any] | None


def form_kept(uow: Uow, reference: str) -> FormKept:
    """Errors: NotFound; Conflict when the booking is no longer the requester's to change."""
    details = get_details(uow, reference)
    require(uow.actor, Permission.BOOKING_DRAFT, subject_of(details.booking))
    if BookingState(details.booking.state) not in EDITABLE:
        raise Conflict(N_("This booking is no longer a draft."))
    return FormKept(details, details.booking.draft)
