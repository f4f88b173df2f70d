"""The notices some days before a request or a change expires, and whether they are still true."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.views import BookingDetails
from gmp_booking.infra.database.consumers import Happening
from gmp_booking.infra.database.outbox import ClaimedMessage, NewMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.notifications.kinds import MailKind
from gmp_booking.notifications.recipients import askers, deciders, messages_to, role_at_stage
from gmp_booking.notifications.reminder_offsets import BEFORE_EXPIRY, due


def notices(uow: Uow, happening: Happening, details: BookingDetails, kind: MailKind) -> Iterable[NewMessage]:
    """To who asked and to whose turn it is, while time is left."""
    booking = details.booking
    if booking.pending_until is None:
        return
    asking = list(askers(uow, details))
    known = {person.id for person in asking}
    deciding = [person for person in deciders(uow, booking) if person.id not in known]
    role = role_at_stage(booking)
    until = {"until": booking.pending_until.isoformat()}
    for lead in BEFORE_EXPIRY:
        due_at = due(lead, booking.pending_until)
        if due_at <= happening.at:
            continue
        payload = until | {"lead": lead.name}
        yield from messages_to(happening, details, kind, asking, payload=payload, due_at=due_at)
        of_stage = payload | {"stage": role.value if role else ""}
        yield from messages_to(happening, details, kind, deciding, payload=of_stage, due_at=due_at)


def still_expires(message: ClaimedMessage, booking: Booking) -> bool:
    """A notice is true of one date, and for staff of one stage."""
    role = role_at_stage(booking)
    at_stage = message.payload.get("stage") in {None, role.value if role else ""}
    return at_stage and booking.pending_until == datetime.fromisoformat(message.payload["until"])
