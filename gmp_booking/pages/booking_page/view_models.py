"""View models of the booking's page, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gmp_booking.bookings.lifecycle.tracks import TRACKS, Stage, Track
from gmp_booking.bookings.stages import current_stage
from gmp_booking.bookings.views import Booking, BookingView, ReservationView, SessionView
from gmp_booking.changes.change_requests import OpenChange
from gmp_booking.infra.database.journal import JournalEntry
from gmp_booking.infra.web.i18n import _, named
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.labels import BOOKING_HEADLINES, BOOKING_NOTES, CONFIRMED, MEANINGS, ROLES
from gmp_booking.kernel.states import AGREED, FREED, RECORDED, WAITING, WITH_COMPANY, BookingState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Meaning
from gmp_booking.pages.booking_page.change_section import recorded_changes
from gmp_booking.pages.booking_page.history import HistoryLine, history_lines
from gmp_booking.pages.booking_page.page_data import BookingPageData
from gmp_booking.signatures.views import SignatureView


def booking_view(details: BookingView, actor: Actor) -> dict[str, Any]:
    booking, product = details.booking, details.product
    plain = (
        "reference",
        "title",
        "kind",
        "state",
        "version",
        "revision",
        "at_risk",
        "batch",
        "run_type",
        "purpose",
        "submitted_at",
        "confirmed_at",
        "pending_until",
    )
    return {name: getattr(booking, name) for name in plain} | {
        "company_name": named(details.company.names) if actor.is_staff else None,
        "product": f"{product.code} {product.name}" if product else None,
        "requested_by": details.requester.name if details.requester else None,
        "entered_by": None,
    }


def next_step_view(booking: Booking, waiting: OpenChange | None) -> dict[str, Any]:
    headline, detail = BOOKING_HEADLINES[booking.state], BOOKING_NOTES[booking.state]
    if waiting is not None:
        booking = waiting.proposal.booking
        detail = N_("A change request is waiting for a decision; until then the booking stays unchanged.")
        if booking.state in WITH_COMPANY:
            detail = N_("A change request was returned to the company with a question; the booking stays unchanged.")
    stage = current_stage(booking)
    return {
        "headline": _(headline),
        "detail": _(detail),
        "role": stage.role.value if stage else None,
        "decide_by": booking.decide_by if stage else None,
    }


def progress_view(booking: Booking, journal: Sequence[JournalEntry]) -> list[dict[str, Any]]:
    """The progress of the booking: request, each stage of its track, confirmation."""
    state = BookingState(booking.state)
    happened = {entry.event: entry.at for entry in journal}
    stages = TRACKS[Track(booking.track)] if booking.track else ()
    steps = [
        _step(
            _(MEANINGS[Meaning.REQUESTED]), "done" if booking.submitted_at else "now", happened.get("BookingSubmitted")
        )
    ]
    for number, stage in enumerate(stages):
        steps.append(_step(_stage_label(stage), _stage_status(booking, number), None))
    ended = state in FREED
    last = {True: "stopped", False: "done" if state in RECORDED else "open"}[ended]
    label = _(BOOKING_HEADLINES[state]) if ended else _(CONFIRMED)
    steps.append(_step(label, last, booking.ended_at if ended else booking.confirmed_at))
    return steps


def _step(label: str, status: str, at: datetime | None) -> dict[str, Any]:
    return {"label": label, "status": status, "note": None, "at": at}


def _stage_label(stage: Stage) -> str:
    return _(ROLES[stage.role])


def _stage_status(booking: Booking, number: int) -> str:
    state = BookingState(booking.state)
    if state in AGREED | RECORDED or number < booking.stage:
        return "done"
    if state in WAITING and number == booking.stage:
        return "now"
    return "open"


def session_view(session: SessionView) -> dict[str, Any]:
    return vars(session) | {"room_code": session.room, "room_name": named(session.names)}


def reservation_view(each: ReservationView) -> dict[str, Any]:
    return vars(each) | {"code": each.resource, "name": named(each.names)}


def signature_view(signature: SignatureView, booking: Booking) -> dict[str, Any]:
    return {
        "meaning": signature.meaning,
        "printed_name": signature.printed_name,
        "role": None,
        "signed_at": signature.signed_at,
        "zone_name": signature.time_zone,
        "version": signature.record_version,
        "is_void": signature.record_version < booking.version,
    }


def history_view(data: BookingPageData) -> list[dict[str, Any]]:
    lines: list[HistoryLine] = history_lines(data.journal, data.details.booking.kind)
    return [
        {
            "what": line.what,
            "actor_name": line.actor_name,
            "at": line.at,
            "reason": line.reason,
            "version": line.version,
            "changes": recorded_changes(entry, data.details),
        }
        for entry, line in reversed(list(zip(data.journal, lines, strict=True)))
    ]
