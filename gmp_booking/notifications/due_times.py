"""When the messages of an event are due: at once, before a deadline, or before the sessions begin."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.views import BookingView, SessionView
from gmp_booking.kernel.states import GIVEN_UP
from gmp_booking.kernel.vocabulary import Kind
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.recipients import participant_ids_of
from gmp_booking.notifications.reminder_offsets import BEFORE_EXPIRY, Reminder, Start, due_at, plan_reminders


@dataclass(frozen=True)
class DueTime:
    """One moment at which the recipients are due a message.

    Shape: `payload` is kept with it; `only` narrows the recipients to these people.
    """

    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    session_id: int | None = None
    only: Collection[int] | None = None


def at_once(event: BookingEvent) -> Iterable[DueTime]:
    """At once."""
    return [DueTime(event.at)]


def before_expiry(event: BookingEvent) -> Iterable[DueTime]:
    """Some days before the booking expires."""
    return _before_expiry_of(event.booking, known_at=event.at, zone=event.uow.zone)


def before_change_expiry(event: BookingEvent) -> Iterable[DueTime]:
    """Some days before the change expires."""
    if event.proposal is None:
        return ()
    return _before_expiry_of(event.proposal, known_at=event.at, zone=event.uow.zone)


def _before_expiry_of(booking: Booking, *, known_at: datetime, zone: ZoneInfo) -> Iterator[DueTime]:
    if booking.pending_until is None:
        return
    for offset in BEFORE_EXPIRY:
        at = due_at(offset, booking.pending_until, zone=zone)
        if at > known_at:
            yield DueTime(at, {"until": booking.pending_until.isoformat(), "lead": offset.name})


def session_reminders(event: BookingEvent) -> Iterator[tuple[Reminder, SessionView | None]]:
    """The reminders that are still ahead, each with its session; None where it is about the whole booking."""
    by_number: dict[int | None, SessionView] = {session.number: session for session in event.details.sessions}
    kind = Kind(event.booking.kind)
    starts = starts_of(event.details)
    for reminder in plan_reminders(kind, starts, known_at=event.at, zone=event.uow.zone):
        yield reminder, by_number.get(reminder.session_number)


def reminded_people(event: BookingEvent, session: SessionView | None) -> Collection[int] | None:
    """The ids of those whom a reminder concerns; None for all recipients."""
    return None if session is None else participant_ids_of(event.details, session)


def starts_of(details: BookingView) -> list[Start]:
    """When its sessions begin that were not given up; of a booking without any, when its reservations do."""
    sessions = [Start(each.period.start, each.number) for each in details.sessions if each.state not in GIVEN_UP]
    return sessions or [Start(each.period.start) for each in details.equipment]
