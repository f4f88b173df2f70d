"""Who receives a booking's mail: who requested it, who decides on it, who takes part in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.stages import stage_of
from gmp_booking.bookings.views import BookingView, SessionView
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.states import WAITING
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.people.models import Person
from gmp_booking.requests.on_behalf import first_confirmation, list_acknowledgements


def may_receive(person: Person, booking: Booking) -> bool:
    """Mail about a booking goes to its own company and to the facility, whoever is named in the booking."""
    return person.active and person.company_id in {None, booking.company_id}


def role_of_stage(booking: Booking) -> Role | None:
    """The role that decides, or decided when the booking was returned or ended."""
    stage = stage_of(booking)
    return stage.role if stage else None


def deciding_role(booking: Booking) -> Role | None:
    """The role that decides, while the booking or change request waits for a decision."""
    # An ended change request can be in a state that no booking has, so this compares and does not convert.
    return role_of_stage(booking) if booking.state in WAITING else None


# -- ids


def participant_ids_of(details: BookingView, session: SessionView) -> set[int]:
    """Who takes part in one session: the requester and the people named in it."""
    return {details.booking.requested_by} | {person.id for person in session.people}


def participant_ids(details: BookingView) -> set[int]:
    """Who takes part in any session."""
    return {details.booking.requested_by} | {person.id for person in details.crew}


# -- the recipients of an event's mails; the documentation shows these docstrings


def requesters(event: BookingEvent) -> Sequence[Person]:
    """Who requested the booking, and who entered it for them."""
    return _requesters_of(event, event.booking)


def change_requesters(event: BookingEvent) -> Sequence[Person]:
    """Who requested the change, and who entered it for them."""
    return _requesters_of(event, event.proposal or event.booking)


def deciders(event: BookingEvent) -> Sequence[Person]:
    """Who decides at the stage of the booking."""
    return _deciders_of(event, event.booking)


def current_deciders(event: BookingEvent) -> Sequence[Person]:
    """Who decides at the stage of the booking, while it waits."""
    return deciders(event) if deciding_role(event.booking) else []


def change_deciders(event: BookingEvent) -> Sequence[Person]:
    """Who decides at the stage of the change."""
    return _deciders_of(event, event.proposal) if event.proposal else []


def requesters_and_deciders(event: BookingEvent) -> Sequence[Person]:
    """Who requested the booking or entered it, and who decides at its stage."""
    return unique(requesters(event), deciders(event))


def change_requesters_and_deciders(event: BookingEvent) -> Sequence[Person]:
    """Who requested the change or entered it, and who decides at its stage."""
    return unique(change_requesters(event), change_deciders(event))


def owners(event: BookingEvent) -> Sequence[Person]:
    """Who requested the booking or entered it, and the approvers of its company."""
    approvers = event.list_holders(Role.COMPANY_APPROVER)
    own = [person for person in approvers if person.company_id == event.booking.company_id]
    return unique(requesters(event), own)


def participants(event: BookingEvent) -> Sequence[Person]:
    """Who requested the booking, and everybody named in a session."""
    return event.list_people(participant_ids(event.details))


def confirmers(event: BookingEvent) -> Sequence[Person]:
    """Who of the company is to confirm what staff entered, while nobody has."""
    rows = list_acknowledgements(event.uow, event.booking.id)
    return () if first_confirmation(rows) else event.list_people({row.person_id for row in rows})


def stage_payload(event: BookingEvent, _recipient: Person) -> Mapping[str, Any]:
    """The stage that the booking waits at, to tell later whether it still does."""
    role = deciding_role(event.booking)
    return {"stage": role.value if role else ""}


def unique(*groups: Iterable[Person]) -> Sequence[Person]:
    """Each person once, in the order of their first group."""
    return list({person.id: person for group in groups for person in group}.values())


def _requesters_of(event: BookingEvent, booking: Booking) -> Sequence[Person]:
    return event.list_people({booking.requested_by, booking.entered_by})


def _deciders_of(event: BookingEvent, booking: Booking) -> Sequence[Person]:
    # Nobody decides on their own request, so nobody is asked to.
    role = role_of_stage(booking)
    return [] if role is None else [each for each in event.list_holders(role) if each.id != booking.requested_by]
