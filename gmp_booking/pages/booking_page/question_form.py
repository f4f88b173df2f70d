"""Questions, answers and the company's confirmation on the booking's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.infra.database.journal import JournalEntry
from gmp_booking.infra.database.uow import StoredResponse
from gmp_booking.infra.web.app_setup import send
from gmp_booking.kernel.access import Actor
from gmp_booking.pages.booking_page.blueprint import booking_page
from gmp_booking.requests.on_behalf import CompanyConfirmation, acknowledge_signed_in

_TEXT_OF_EVENT: Final = {
    "BookingReturned": "question",
    "BookingChangeReturned": "question",
    "BookingQuestionAsked": "question",
    "BookingAnswered": "answer",
}
_FIRST_EVENTS: Final = frozenset({"BookingDrafted", "BookingSubmitted"})


@dataclass(frozen=True)
class ClarificationEntry:
    """One question or answer."""

    kind: str
    text: str
    actor_name: str
    at: datetime
    version: int | None


def clarification_entries(journal: Sequence[JournalEntry]) -> list[ClarificationEntry]:
    """Questions and answers, the oldest first."""
    return [
        ClarificationEntry(
            _TEXT_OF_EVENT[entry.event],
            str(entry.data[_TEXT_OF_EVENT[entry.event]]),
            entry.actor_name,
            entry.at,
            entry.version,
        )
        for entry in journal
        if entry.event in _TEXT_OF_EVENT
    ]


def company_confirmation_view(
    confirmation: CompanyConfirmation | None, journal: Sequence[JournalEntry], actor: Actor
) -> dict[str, Any] | None:
    """Who entered the booking for the company, and whether it was confirmed; None for the company's own booking."""
    if confirmation is None:
        return None
    confirmed_at = confirmation.confirmed_at
    by = next((entry.actor_name for entry in journal if entry.event in _FIRST_EVENTS), "")
    return {"by": by, "confirmed_at": confirmed_at, "may_confirm": confirmed_at is None and not actor.is_staff}


@booking_page.post("/<reference>/acknowledge")
@signed_in
def acknowledge(reference: str) -> Response:
    call = current_request(idempotency=idempotency_of_form())
    address = url_for("booking_page.show", reference=reference, done="acknowledge")
    return send(
        call.answer(lambda _: StoredResponse(303, b"", {"Location": address}), acknowledge_signed_in, reference)
    )
