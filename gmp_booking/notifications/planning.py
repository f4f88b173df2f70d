"""Creates messages of the outbox from events and at scheduled times."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gmp_booking.bookings.models import Booking
from gmp_booking.infra.database.consumers import DeliveredEvent, handle_delivery
from gmp_booking.infra.database.journal import Consumer
from gmp_booking.infra.database.outbox import NewMessage, add_messages, replace_pending, withdraw_pending
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.events import Event, RecordRef
from gmp_booking.kernel.vocabulary import RecordKind
from gmp_booking.notifications.due_times import DueTime
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.mail_kind import BookingMail, MailKind, OnEvents, OnSchedule, discover
from gmp_booking.notifications.recipients import may_receive
from gmp_booking.people.models import Person


def event_types() -> Mapping[str, type[Event]]:
    """Every event that creates or withdraws a mail, by its name in the journal."""
    found: set[type[Event]] = set()
    for kind in discover().values():
        if isinstance(kind.created, OnEvents):
            found.update(kind.created.events)
        if isinstance(kind, BookingMail):
            found.update(kind.withdrawn_by)
    return MappingProxyType({each.__name__: each for each in found})


EVENT_TYPES: Final = event_types()
NOTIFICATIONS: Final = Consumer("notifications", frozenset(EVENT_TYPES))


def handle_next(uow: Uow, *, skip_ids: Collection[int] = ()) -> int | None:
    """Create messages from the oldest open delivery, in the transaction that closes it.

    Shape: the delivery's id, or None when none is open.
    Errors: ItemFailed.
    """
    return handle_delivery(uow, NOTIFICATIONS.name, _plan_delivered, skip_ids=skip_ids)


def _plan_delivered(uow: Uow, delivered: DeliveredEvent) -> None:
    booking = uow.session.get(Booking, delivered.event.booking_id)
    if booking is not None:
        _plan(BookingEvent(uow, delivered.at, delivered.event, booking))


def list_due_schedules(uow: Uow) -> list[str]:
    """The kinds that are created on a schedule and are due now, by name."""
    kinds = discover().values()
    return [each.name for each in kinds if isinstance(each.created, OnSchedule) and each.created.is_due(uow)]


def plan_scheduled(uow: Uow, name: str) -> int:
    """Add the messages of a kind that is created on a schedule; how many were new."""
    created = discover()[name].created
    return add_messages(uow, created.plan(uow)) if isinstance(created, OnSchedule) else 0


def _plan(event: BookingEvent) -> None:
    kinds = discover().values()
    withdrawn = [each.name for each in kinds if isinstance(each, BookingMail) and type(event.fact) in each.withdrawn_by]
    if withdrawn:
        withdraw_pending(event.uow, RecordRef(RecordKind.BOOKING, event.booking.id), withdrawn)
    added: list[NewMessage] = []
    for kind in kinds:
        created = kind.created
        if not isinstance(created, OnEvents) or type(event.fact) not in created.events or not created.condition(event):
            continue
        messages = list(_messages_of(kind, created, event))
        if type(event.fact) in created.replaced_by:
            replace_pending(event.uow, RecordRef(RecordKind.BOOKING, event.booking.id), kind.name, messages)
        else:
            added += messages
    add_messages(event.uow, added)


def _messages_of(kind: MailKind, created: OnEvents, event: BookingEvent) -> Iterator[NewMessage]:
    for due in created.due(event):
        for person in created.to(event):
            if may_receive(person, event.booking) and (due.only is None or person.id in due.only):
                yield _message(kind, created, event, person, due)


def _message(kind: MailKind, created: OnEvents, event: BookingEvent, person: Person, due: DueTime) -> NewMessage:
    message = NewMessage(
        kind=kind.name,
        recipient=person.email,
        language=person.language,
        due_at=due.at,
        company_id=person.company_id,
        person_id=person.id,
        payload={**due.payload, **created.payload(event, person)},
    )
    if not isinstance(kind, BookingMail):
        return message
    return replace(
        message,
        company_id=event.booking.company_id,
        subject_kind=RecordKind.BOOKING.value,
        subject_id=event.booking.id,
        subject_version=event.fact.version,
        booking_session_id=due.session_id,
    )
