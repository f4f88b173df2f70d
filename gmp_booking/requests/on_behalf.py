"""Bookings that staff enter for a company: who requested them, and how the company confirms them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from gmp_booking.bookings import store
from gmp_booking.bookings.content import BookedFor
from gmp_booking.bookings.events import BookingAcknowledged
from gmp_booking.bookings.models import Acknowledgement, Booking
from gmp_booking.bookings.service import event_fields
from gmp_booking.bookings.views import BookingView, view_of
from gmp_booking.companies.models import Company
from gmp_booking.companies.store import get_company_id
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Permission, Role, Subject, require
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from gmp_booking.kernel.states import STANDING
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import CompanyStatus, LockKind
from gmp_booking.people.models import Person, PersonRole
from gmp_booking.people.service import find_person_by_email

LINK_PREFIX: Final = "gmpc_"


@dataclass(frozen=True)
class RequestedBy:
    """The company a request is for, and the person of that company who requested it, if known."""

    company_id: int
    person_id: int | None


def find_requester(uow: Uow, booked_for: BookedFor | None) -> RequestedBy:
    """The requester: the actor, or for staff whom they name by company code, by e-mail address, or by both.

    Errors: Invalid when staff name nobody, or an unknown company or person.
    """
    if uow.actor.company_id is not None:
        return RequestedBy(uow.actor.company_id, uow.actor.person_id)
    company_id = _company_id(uow, booked_for.company) if booked_for and booked_for.company else None
    if booked_for is None or booked_for.person is None:
        if company_id is None:
            raise _invalid_requester(N_("Choose the company of this booking."))
        return RequestedBy(company_id, None)
    person = find_person_by_email(uow, booked_for.person)
    if person is None or not person.active or person.company_id is None or company_id not in {None, person.company_id}:
        raise _invalid_requester(N_("Nobody of this company has this e-mail address."))
    return RequestedBy(person.company_id, person.id)


def _company_id(uow: Uow, code: str) -> int:
    try:
        return get_company_id(uow, code)
    except NotFound as error:
        raise _invalid_requester(N_("There is no such company.")) from error


def _invalid_requester(sentence: str) -> Invalid:
    return Invalid(field_errors={"booked_for": [sentence]})


def require_same_company(booking: Booking, requester: RequestedBy) -> None:
    """Errors: Invalid when a draft is submitted for another company than the one it was created for."""
    if requester.company_id != booking.company_id:
        sentence = N_("This draft belongs to another company. Start a new booking instead.")
        raise Invalid(field_errors={"booked_for": [sentence]})


def request_confirmation(uow: Uow, booking: Booking, requester: RequestedBy) -> None:
    """Ask the company to confirm what staff entered: the person who requested it, else its authorised signatories."""
    if not uow.actor.is_staff:
        return
    people = [requester.person_id] if requester.person_id else _signatories(uow, booking.company_id)
    uow.session.add_all(_row(booking, person_id) for person_id in people)
    uow.session.flush()


def _signatories(uow: Uow, company_id: int) -> list[int]:
    holding = (
        select(PersonRole.role, Person.id)
        .join(Person, Person.id == PersonRole.person_id)
        .where(Person.company_id == company_id, Person.active, PersonRole.revoked_at.is_(None))
        .order_by(Person.id)
    )
    holders = [(Role(role), person_id) for role, person_id in uow.session.execute(holding)]
    found = [person_id for role, person_id in holders if role is Role.COMPANY_APPROVER]
    return found or [person_id for role, person_id in holders if role is Role.COMPANY_REQUESTER]


# -- the link in the mail


def link_secret(nonce: str, pepper: bytes) -> str:
    """The secret in the mail's link: the row's nonce signed with the pepper, so a copy of the table opens nothing."""
    digest = hmac.new(pepper, b"acknowledgement|" + nonce.encode(), hashlib.sha256).digest()
    return f"{LINK_PREFIX}{nonce}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


@dataclass(frozen=True)
class OpenedLink:
    """A person who opened the link in their mail, the booking, and whether it can still be confirmed."""

    person: Person
    actor: Actor
    details: BookingView
    acknowledgement: Acknowledgement
    confirmed_at: datetime | None
    is_open: bool


def find_by_link(uow: Uow, secret: str, *, pepper: bytes) -> OpenedLink:
    """The holder of a link. Errors: NotFound for any invalid link, so that nobody learns why."""
    nonce = secret.removeprefix(LINK_PREFIX).partition(".")[0]
    if not hmac.compare_digest(link_secret(nonce, pepper).encode(), secret.encode("utf-8", "surrogatepass")):
        raise NotFound
    row = uow.session.scalars(select(Acknowledgement).where(Acknowledgement.nonce == nonce)).one_or_none()
    person = uow.session.get(Person, row.person_id) if row else None
    booking = uow.session.get(Booking, row.booking_id) if row else None
    company = uow.session.get(Company, row.company_id) if row else None
    if row is None or person is None or booking is None or company is None:
        raise NotFound
    if not person.active or person.company_id != row.company_id or company.status != CompanyStatus.ACTIVE:
        raise NotFound
    confirmed_at = first_confirmation(list_acknowledgements(uow, booking.id))
    actor = Actor(
        account_id=None,
        person_id=person.id,
        name=person.name,
        email=person.email,
        company_id=company.id,
        company_code=company.code,
        language=person.language,
    )
    return OpenedLink(
        person=person,
        actor=actor,
        details=view_of(uow, booking),
        acknowledgement=row,
        confirmed_at=confirmed_at,
        is_open=confirmed_at is None and booking.state in STANDING,
    )


def acknowledge(uow: Uow, secret: str, *, pepper: bytes) -> BookingView:
    """Confirm as the person to whom the link was sent; a link works once.

    Errors: NotFound; Stale when the booking changes meanwhile; Conflict when there is nothing left to confirm.
    """
    opened = find_by_link(uow, secret, pepper=pepper)
    booking = opened.details.booking
    uow.lock({(LockKind.COMPANY, booking.company_id)})
    store.require_unchanged(uow, booking)
    rows = list_acknowledgements(uow, booking.id)
    if not opened.is_open or first_confirmation(rows) is not None:
        raise Conflict(N_("This was confirmed before, or the booking has ended; there is nothing left to confirm."))
    _confirm(uow, booking, rows, by_link=True)
    return opened.details


def acknowledge_signed_in(uow: Uow, reference: str) -> Booking:
    """Confirm as a signed-in person of the company who may request bookings.

    Errors: NotFound; Forbidden; Conflict when there is nothing to confirm.
    """
    booking = store.get_booking(uow, reference)
    subject = Subject(company_id=booking.company_id)
    if uow.actor.is_staff or uow.actor.person_id is None:
        raise Forbidden
    require(uow.actor, Permission.BOOKING_SUBMIT, subject)
    uow.lock({(LockKind.COMPANY, booking.company_id)})
    rows = list_acknowledgements(uow, booking.id)
    if not rows or first_confirmation(rows) is not None or booking.state not in STANDING:
        raise Conflict(N_("This was confirmed before, or the booking has ended; there is nothing left to confirm."))
    _confirm(uow, booking, rows, by_link=False)
    return booking


def acknowledge_by_acting(uow: Uow, booking: Booking) -> None:
    """Confirm because the actor, of the company, works on the request and has therefore seen it."""
    rows = [] if uow.actor.is_staff else list_acknowledgements(uow, booking.id)
    if rows and first_confirmation(rows) is None:
        _confirm(uow, booking, rows, by_link=False)


def _confirm(uow: Uow, booking: Booking, rows: Collection[Acknowledgement], *, by_link: bool) -> None:
    own = next((row for row in rows if row.person_id == uow.actor.person_id), None)
    if own is None:
        assert uow.actor.person_id is not None
        own = _row(booking, uow.actor.person_id)
        uow.session.add(own)
    own.confirmed_at = uow.now
    uow.session.flush()
    uow.record(
        BookingAcknowledged(
            **event_fields(booking),
            by_link=by_link,
        )
    )


def _row(booking: Booking, person_id: int) -> Acknowledgement:
    nonce = secrets.token_urlsafe(24)
    return Acknowledgement(booking_id=booking.id, company_id=booking.company_id, person_id=person_id, nonce=nonce)


def list_acknowledgements(uow: Uow, booking_id: int) -> Collection[Acknowledgement]:
    return uow.session.scalars(
        select(Acknowledgement)
        .where(Acknowledgement.booking_id == booking_id)
        .order_by(Acknowledgement.id)
        .execution_options(populate_existing=True)
    ).all()


@dataclass(frozen=True)
class CompanyConfirmation:
    """Whether the company confirmed what staff entered for it, and when."""

    confirmed_at: datetime | None


def find_confirmation(uow: Uow, booking_id: int) -> CompanyConfirmation | None:
    """The company's confirmation of a booking; None when the company entered it itself."""
    rows = list_acknowledgements(uow, booking_id)
    return CompanyConfirmation(first_confirmation(rows)) if rows else None


def first_confirmation(rows: Iterable[Acknowledgement]) -> datetime | None:
    return min((row.confirmed_at for row in rows if row.confirmed_at is not None), default=None)


def company_id_for(uow: Uow, booked_for: BookedFor | None) -> int:
    """The company a request is for: the actor's own, or for staff the one they name.

    Errors: Invalid when staff name nobody, or an unknown company or person.
    """
    return find_requester(uow, booked_for).company_id


def acting_person_id(uow: Uow) -> int:
    assert uow.actor.person_id is not None, "only people ask for bookings"
    return uow.actor.person_id
