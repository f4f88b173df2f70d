"""Bookings that staff enter for a company that phoned: for whom, at whose word, and how the company confirms it."""

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
from gmp_booking.bookings.events import BookingAcknowledged
from gmp_booking.bookings.models import Acknowledgement, Booking
from gmp_booking.bookings.service import event_fields
from gmp_booking.bookings.views import BookingDetails, details_of
from gmp_booking.companies.models import Company
from gmp_booking.companies.store import get_company_id
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Permission, Role, Subject, require
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from gmp_booking.kernel.states import STANDING
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import CompanyStatus
from gmp_booking.people.models import Person, PersonRole
from gmp_booking.people.service import find_person_by_email

MARK: Final = "gmpc_"


@dataclass(frozen=True)
class Asker:
    """The company a request is for, and the person of it who asked, where that is known."""

    company_id: int
    person_id: int | None


def asker_of(uow: Uow, booked_for: str | None) -> Asker:
    """Who asks: oneself, or whom staff name by the company's code, the person's e-mail address, or both.

    Errors: Invalid when staff do not say for whom, or name nobody there is.
    """
    if uow.actor.company_id is not None:
        return Asker(uow.actor.company_id, uow.actor.person_id)
    said = (booked_for or "").split()
    if not said:
        raise _unknown(N_("Choose the company of this booking."))
    codes, emails = [each for each in said if "@" not in each], [each for each in said if "@" in each]
    if len(codes) > 1 or len(emails) > 1:
        raise _unknown(N_("Name one company and at most one of its people."))
    companies = {_company_named(uow, code) for code in codes}
    if not emails:
        return Asker(companies.pop(), None)
    person = find_person_by_email(uow, emails[0])
    if person is None or not person.active or person.company_id is None or not companies <= {person.company_id}:
        raise _unknown(N_("Nobody of this company has this e-mail address."))
    return Asker(person.company_id, person.id)


def _company_named(uow: Uow, code: str) -> int:
    try:
        return get_company_id(uow, code)
    except NotFound as error:
        raise _unknown(N_("There is no such company.")) from error


def _unknown(sentence: str) -> Invalid:
    return Invalid(field_errors={"booked_for": [sentence]})


def refuse_another_company(booking: Booking, asker: Asker) -> None:
    """Errors: Invalid when a kept draft is submitted for another company than it was begun for."""
    if asker.company_id != booking.company_id:
        sentence = N_("This draft belongs to another company. Start a new booking instead.")
        raise Invalid(field_errors={"booked_for": [sentence]})


def ask_to_confirm(uow: Uow, booking: Booking, asker: Asker) -> None:
    """Remember who of the company is to confirm what staff entered: who asked, else its authorised signatories."""
    if not uow.actor.is_staff:
        return
    people = [asker.person_id] if asker.person_id else _signatories(uow, booking.company_id)
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
    """What a mail's link carries: made of the row's nonce with the house's key, so that rows alone open nothing."""
    digest = hmac.new(pepper, b"acknowledgement|" + nonce.encode(), hashlib.sha256).digest()
    return f"{MARK}{nonce}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


@dataclass(frozen=True)
class Asked:
    """Somebody who opened their link: who, about which booking, and whether it is still theirs to confirm."""

    person: Person
    actor: Actor
    details: BookingDetails
    acknowledgement: Acknowledgement
    confirmed_at: datetime | None
    is_open: bool


def find_asked(uow: Uow, secret: str, *, pepper: bytes) -> Asked:
    """Who holds this link. Errors: NotFound, whatever is wrong with it."""
    nonce = secret.removeprefix(MARK).partition(".")[0]
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
    return Asked(
        person=person,
        actor=actor,
        details=details_of(uow, booking),
        acknowledgement=row,
        confirmed_at=confirmed_at,
        is_open=confirmed_at is None and booking.state in STANDING,
    )


def acknowledge(uow: Uow, secret: str, *, pepper: bytes) -> BookingDetails:
    """Confirm, as the person whom the link was sent to; it works once.

    Errors: NotFound; Stale when the booking changes meanwhile; Conflict when there is nothing to confirm any more.
    """
    asked = find_asked(uow, secret, pepper=pepper)
    booking = asked.details.booking
    uow.lock({("company", booking.company_id)})
    store.require_unchanged(uow, booking)
    rows = list_acknowledgements(uow, booking.id)
    if not asked.is_open or first_confirmation(rows) is not None:
        raise Conflict(N_("This was confirmed before, or the booking has ended; there is nothing left to confirm."))
    _confirm(uow, booking, rows, by_link=True)
    return asked.details


def acknowledge_signed_in(uow: Uow, reference: str) -> Booking:
    """Confirm, as somebody of the company who is signed in and may ask for bookings.

    Errors: NotFound; Forbidden; Conflict when there is nothing to confirm.
    """
    booking = store.get_booking(uow, reference)
    subject = Subject(company_id=booking.company_id)
    if uow.actor.is_staff or uow.actor.person_id is None:
        raise Forbidden
    require(uow.actor, Permission.BOOKING_SUBMIT, subject)
    uow.lock({("company", booking.company_id)})
    rows = list_acknowledgements(uow, booking.id)
    if not rows or first_confirmation(rows) is not None or booking.state not in STANDING:
        raise Conflict(N_("This was confirmed before, or the booking has ended; there is nothing left to confirm."))
    _confirm(uow, booking, rows, by_link=False)
    return booking


def acknowledge_by_acting(uow: Uow, booking: Booking) -> None:
    """Whoever of the company goes on with a request has seen it."""
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


def company_for(uow: Uow, content_company: str | None) -> int:
    """The company a request is for: one's own, or the one staff enter it for.

    Errors: Invalid when staff do not say for whom, or name nobody there is.
    """
    return asker_of(uow, content_company).company_id


def acting_person_id(uow: Uow) -> int:
    assert uow.actor.person_id is not None, "only people ask for bookings"
    return uow.actor.person_id
