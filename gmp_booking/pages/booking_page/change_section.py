"""Changes on the booking's page: the open change request, moving and cancelling a session, undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from flask import request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form, revision_seen
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.booking_forms.form import time_fields
from gmp_booking.bookings.diff import differences
from gmp_booking.bookings.events import BookingAdjusted, BookingChangeRequested, Difference, SessionMoved
from gmp_booking.bookings.lifecycle.change_steps import CHANGE_STEPS, WITHDRAW
from gmp_booking.bookings.lifecycle.session_steps import CANCEL, SESSION_STEPS
from gmp_booking.bookings.lifecycle.steps import Step, find_step
from gmp_booking.bookings.service import may_take, subject_of
from gmp_booking.bookings.stages import find_booking_step, find_change_step, permission_to_change
from gmp_booking.bookings.views import Booking, BookingView, SessionView
from gmp_booking.changes import service
from gmp_booking.changes.change_requests import OpenChange
from gmp_booking.changes.service import ChangeResult
from gmp_booking.changes.undo import last_undoable_entries, undo
from gmp_booking.infra.database.journal import JournalEntry
from gmp_booking.infra.database.uow import StoredResponse, UseCaseRequest
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import _, current_zone, format_period
from gmp_booking.kernel.access import Actor, Permission, is_allowed
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.labels import EXPOSURES, RUN_TYPES, SESSION_TEXTS, label_of, text_for_kind
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import EDITABLE, IN_FORCE, RECORDED, UNPREPARED, BookingState, ChangeState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.pages.booking_page.blueprint import booking_page
from gmp_booking.requests.handlers import refused_decision

FIELDS: Final[Mapping[str, str]] = {
    "product": N_("Product"),
    "batch": N_("Batch"),
    "run_type": N_("Run type"),
    "title": N_("Title"),
    "purpose": N_("Purpose"),
    "visibility": N_("Visibility"),
    "room": N_("Room"),
    "time": N_("Time"),
    "setup_min": N_("Set-up"),
    "teardown_min": N_("Tear-down"),
    "step": N_("Process step"),
    "exposure": N_("Product exposure"),
    "headcount": N_("People in the room"),
    "people": N_("Crew"),
    "equipment": N_("Equipment"),
    "resource": N_("Equipment"),
    "units": N_("Places"),
}
CODES: Final[Mapping[str, Mapping[str, str]]] = {"exposure": EXPOSURES, "run_type": RUN_TYPES}
MINUTES: Final = frozenset({"setup_min", "teardown_min"})


def change_view(waiting: OpenChange | None) -> dict[str, Any] | None:
    """The open change request as the page shows it, with its differences."""
    if waiting is None:
        return None
    change = waiting.change
    found = differences(waiting.in_force.content, waiting.proposal.content)
    names = _names(waiting.in_force) | _names(waiting.proposal)
    kind = waiting.in_force.booking.kind
    return {
        "version": change.version,
        "state": change.state,
        "explanation": change.explanation,
        "requested_at": change.submitted_at,
        "pending_until": change.pending_until,
        "groups": difference_groups(found, names, kind=kind),
    }


def _names(details: BookingView) -> dict[str, str]:
    return {person.email: person.name for person in details.crew}


def difference_groups(found: Sequence[Difference], names: Mapping[str, str], *, kind: str) -> list[dict[str, Any]]:
    """Differences grouped by part, each with label, old and new text."""
    groups: dict[tuple[str, int | None], dict[str, Any]] = {}
    for difference in found:
        key = difference.part, difference.number
        group = groups.setdefault(key, {"label": _part_label(*key, kind=kind), "lines": []})
        group["lines"] += _lines(difference, names)
    return list(groups.values())


def recorded_changes(entry: JournalEntry, details: BookingView) -> list[tuple[str, str, str]]:
    """The changes an event recorded: (label, before, after)."""
    event = entry.as_event()
    if isinstance(event, SessionMoved):
        return [(_("Time"), format_period(Period(*event.before)), format_period(Period(*event.after)))]
    if not isinstance(event, BookingAdjusted | BookingChangeRequested):
        return []
    groups = difference_groups(event.changed, _names(details), kind=details.booking.kind)
    return [
        (f"{group['label']}, {line['label']}", line["before"], line["after"])
        for group in groups
        for line in group["lines"]
    ]


def _part_label(part: str, number: int | None, *, kind: str) -> str:
    if part == "session":
        text = text_for_kind(SESSION_TEXTS["number"], kind)
        return _(text, number=number)
    return _("Equipment %(number)s", number=number) if part == "equipment" else _("Booking")


def _lines(each: Difference, names: Mapping[str, str]) -> list[dict[str, Any]]:
    if each.field != "whole":
        before, after = (_text(each.field, value, names) for value in (each.before, each.after))
        return [{"label": _(FIELDS.get(each.field, each.field)), "before": before, "after": after}]
    part = each.before or each.after
    text = " · ".join(_text(name, part[name], names) for name in ("room", "resource", "time") if name in part)
    label = _("Added") if each.before is None else _("Removed")
    return [{"label": label, "before": text if each.before else "", "after": text if each.after else ""}]


def _text(field: str, value: Any, names: Mapping[str, str]) -> str:
    if value in (None, "", []):
        return ""
    if field == "time":
        return format_period(Period(*(datetime.fromisoformat(instant) for instant in value)))
    if field == "people":
        return ", ".join(names.get(email, email) for email in value)
    if field == "equipment":
        return ", ".join(value)
    if field in MINUTES:
        return _("%(minutes)s min", minutes=value)
    if field in CODES:
        return _(label_of(value, CODES[field]))
    return str(value)


def change_links(booking: Booking, waiting: OpenChange | None, actor: Actor) -> list[dict[str, Any]]:
    """The links to change the booking and to withdraw the change request, for people who may."""
    # The company edits and submits what was returned to it, with a button of its own.
    if booking.state in EDITABLE or not may_take(actor, _step_to_change(booking, waiting), subject_of(booking)):
        return []
    href = url_for("booking_changes.change_form", reference=booking.reference)
    plain: dict[str, Any] = {
        "statement": None,
        "needs_reason": False,
        "needs_password": False,
        "overrides": [],
        "prompt": None,
    }
    label = _("Edit the change request") if waiting else _("Change booking")
    found = [plain | {"name": "change", "label": label, "form": "link", "kind": "quiet", "href": href}]
    if waiting and may_take(actor, find_change_step(waiting.proposal.booking, WITHDRAW), subject_of(booking)):
        withdraw = {"name": "withdraw", "label": _("Withdraw the change"), "form": "plain", "kind": "quiet"}
        found.append(plain | withdraw | {"href": None})
    return found


def _step_to_change(booking: Booking, waiting: OpenChange | None) -> Step[BookingState] | Step[ChangeState] | None:
    if waiting is not None:
        return find_change_step(waiting.proposal.booking, Action.CHANGE)
    if booking.state in IN_FORCE:
        return find_step(CHANGE_STEPS, None, Action.CHANGE)
    return find_booking_step(booking, Action.CHANGE)


def session_actions(details: BookingView, session: SessionView, actor: Actor) -> dict[str, Any]:
    """The actions for one session outside the form, and its times as form fields."""
    booking = details.booking
    subject = subject_of(booking)
    is_confirmed, state = booking.state in IN_FORCE, session.state
    others = [each for each in details.content.sessions if each.number != session.number]
    return {
        "has_record": booking.state in RECORDED,
        "move": is_confirmed and state in UNPREPARED and is_allowed(actor, Permission.BOOKING_MOVE_SESSION, subject),
        "times": time_fields(session.period.start, session.period.end, zone=current_zone()),
        "cancel": is_confirmed and bool(others) and may_take(actor, find_step(SESSION_STEPS, state, CANCEL), subject),
    }


def undoable(journal: Sequence[JournalEntry], booking: Booking, actor: Actor) -> bool:
    """Whether the last change is the actor's own and can be undone."""
    may = is_allowed(actor, permission_to_change(booking), subject_of(booking))
    return booking.state in IN_FORCE and may and bool(last_undoable_entries(journal, actor))


@booking_page.post("/<reference>/withdraw")
@signed_in
def withdraw_change(reference: str) -> Response:
    call = current_request(idempotency=idempotency_of_form())
    done = _done(reference, "change-withdrawn")
    return send(call.answer(done, service.withdraw, reference, revision=revision_seen(reference)))


@booking_page.post("/<reference>/undo")
@signed_in
def undo_change(reference: str) -> Response:
    call = current_request(idempotency=idempotency_of_form())
    return send(_apply_change(call, undo, reference, revision=revision_seen(reference)))


@booking_page.post("/<reference>/sessions/<int:number>/move")
@signed_in
def move_session(reference: str, number: int) -> Response:
    call = current_request(idempotency=idempotency_of_form())
    values = {"start": _instant("start"), "end": _instant("end"), "revision": revision_seen(reference)}
    return send(_apply_change(call, service.move_session, reference, number, **values))


@booking_page.post("/<reference>/sessions/<int:number>/give-up")
@signed_in
def cancel_session(reference: str, number: int) -> Response:
    reason = request.form.get("reason", "").strip()
    call = current_request(reason=reason or None, idempotency=idempotency_of_form())
    done, revision = _done(reference, "session-cancelled"), revision_seen(reference)
    return send(call.answer(done, service.cancel_session, reference, number, reason=reason, revision=revision))


def _instant(name: str) -> datetime:
    """The typed local date and time. Errors: Invalid."""
    try:
        day = date.fromisoformat(request.form.get(f"{name}_date", ""))
        clock = time.fromisoformat(request.form.get(f"{name}_time", ""))
        return datetime.combine(day, clock, current_zone())
    except ValueError as error:
        raise Invalid(N_("Enter a day and a time for the start and the end.")) from error


def _apply_change(
    call: UseCaseRequest, use_case: Callable[..., ChangeResult], reference: str, *args: Any, **values: Any
) -> StoredResponse:
    """Apply a change; a refusal carries the findings in its message, since these small forms have no panel for them."""
    try:
        return call.answer(_answer_change(reference), use_case, reference, *args, **values)
    except Conflict as conflict:
        findings = refused_decision(conflict, call).findings
        if not findings:
            raise
        raise Conflict(" ".join(finding.message for finding in findings)) from conflict


def _done(reference: str, done: str) -> Callable[[Any], StoredResponse]:
    address = url_for("booking_page.show", reference=reference, done=done)
    return lambda _result: StoredResponse(303, b"", {"Location": address})


def _answer_change(reference: str) -> Callable[[ChangeResult], StoredResponse]:
    def dump(result: ChangeResult) -> StoredResponse:
        return _done(reference, f"change-{result.outcome.value}")(result)

    return dump
