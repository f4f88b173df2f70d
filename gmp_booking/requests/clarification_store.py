"""Questions about a request, and the company's answers."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from gmp_booking.bookings.events import BookingAnswered
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields
from gmp_booking.infra.database.journal import JournalEntry, is_about
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.states import WITH_COMPANY
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import RecordKind

LONGEST: Final = 2000


def require_answer(text: str | None) -> str:
    """Errors: Invalid for an answer without words, or a very long one."""
    answer = (text or "").strip()
    if not any(character.isalnum() for character in answer):
        raise Invalid(field_errors={"text": [N_("Enter the answer.")]})
    if len(answer) > LONGEST:
        raise Invalid(field_errors={"text": [N_("This text is too long.")]})
    return answer


def record_answer(uow: Uow, booking: Booking, answer: str) -> None:
    uow.record(
        BookingAnswered(
            **event_fields(booking),
            answer=answer,
        )
    )


def find_open_question(uow: Uow, reference: str) -> str | None:
    """The last question of a returned booking, or None."""
    statement = (
        select(JournalEntry.data["question"].astext)
        .join(Booking, is_about(RecordKind.BOOKING, Booking.id))
        .where(
            Booking.reference == reference,
            Booking.state.in_(WITH_COMPANY),
            JournalEntry.event.in_(("BookingReturned", "BookingQuestionAsked")),
        )
        .order_by(JournalEntry.id.desc())
        .limit(1)
    )
    return uow.session.execute(statement).scalar()
