"""The page of one session: plan, record, and available actions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form
from gmp_booking.accounts.sessions import local_path, signed_in
from gmp_booking.conflicts.privacy import FindingView
from gmp_booking.execution.available_actions import AvailableAction, available_actions
from gmp_booking.execution.clearance import CHECKLIST
from gmp_booking.execution.crew import CrewChoice, list_crew_choices
from gmp_booking.execution.emergency import may_enter as may_enter_in_emergency
from gmp_booking.execution.handlers import carry_out, carry_out_all
from gmp_booking.execution.line_clearance.facts import find_lapse_of, lapsed
from gmp_booking.execution.schemas import SessionActSchema, delay
from gmp_booking.execution.service import ACTIONS, SessionAction, SessionRow, get_session
from gmp_booking.execution.signing import RECORD_TYPE, record_reference
from gmp_booking.infra.database.uow import StoredResponse, Uow
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.errors import field_errors
from gmp_booking.infra.web.i18n import _, current_zone, named
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound, Refusal
from gmp_booking.kernel.labels import MEANINGS_QUOTED, ROOM_RELEASED
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import NOT_BEGUN, UNPREPARED
from gmp_booking.kernel.text import N_
from gmp_booking.signatures.service import list_signatures
from gmp_booking.signatures.views import SignatureView

execution = Blueprint("execution", __name__)

TEXT_FIELDS = ("reason", "note", "deviation_no", "told")
MOST_RELEASES = 50
BAD_TIME = N_("Enter times as HH:MM and dates as YYYY-MM-DD.")


@dataclass(frozen=True)
class SessionPageData:
    """The data of the page."""

    session: SessionRow
    now: datetime
    signatures: Sequence[SignatureView]
    acts: Sequence[AvailableAction]
    people: Sequence[CrewChoice]
    lapsed: Refusal | None
    """What the release or the start would be refused with, where the line clearance is not valid."""


def read_page_data(uow: Uow, reference: str, number: int) -> SessionPageData:
    """Errors: NotFound, also for sessions the reader may not see."""
    session = get_session(uow, reference, number)
    given = list_signatures(uow, RECORD_TYPE, session.booking_id)
    mine = [each for each in given if each.record_reference == record_reference(session)]
    in_an_emergency = may_enter_in_emergency(uow, session)
    lapse = find_lapse_of(uow, session) if session.clearance_id and session.stands in NOT_BEGUN else None
    acts = available_actions(session, uow.actor, uow.now, in_an_emergency=in_an_emergency, is_lapsed=lapse is not None)
    asks_for_people = any("people" in each.fields for each in acts)
    people = list_crew_choices(uow, session) if asks_for_people else ()
    return SessionPageData(session, uow.now, mine, acts, people, None if lapse is None else lapsed(uow, session, lapse))


@execution.get("/bookings/<reference>/sessions/<int:number>")
@signed_in
def show(reference: str, number: int) -> Response:
    return _page(reference, number)


@execution.post("/bookings/<reference>/sessions/<int:number>/<action>")
@signed_in
def act(reference: str, number: int, action: str) -> Response:
    if action not in ACTIONS:
        raise NotFound
    here = url_for("execution.show", reference=reference, number=number, done=action)
    address = local_path(request.form.get("next"), here)
    try:
        requested = _action_from_form(reference, number, action)
        call = current_request(reason=requested.reason, idempotency=idempotency_of_form())
        answer = carry_out(
            call,
            lambda _session: StoredResponse(303, b"", {"Location": address}),
            requested,
            password=request.form.get(f"{action}-password"),
        )
        return send(answer)
    except Invalid as invalid:
        fields = {
            {"signature": "password"}.get(field, field): _(sentences[0])
            for field, sentences in invalid.field_errors.items()
        }
        return _page(reference, number, errors={action: fields or {"password": _(invalid.message)}}, status=422)
    except Conflict as conflict:
        message = None if conflict.findings else _(conflict.message, **conflict.params)
        return _page(reference, number, findings=conflict.findings, message=message, status=409)
    except Refusal as refusal:
        if refusal.status not in {403, 429} or not request.form.get(f"{action}-password"):
            raise
        errors = {action: {"password": _(refusal.message)}}
        return _page(reference, number, errors=errors, status=refusal.status)


def _action_from_form(reference: str, number: int, action: str) -> SessionAction:
    """The action from the form's fields, read with the schema of the API. Errors: Invalid."""
    fields: dict[str, Any] = {name: _field(action, name) or None for name in TEXT_FIELDS}
    fields["items"] = request.form.getlist(f"{action}-items")
    fields["people"] = [{"email": email} for email in request.form.getlist(f"{action}-people")]
    fields["at"] = _instant(action, "at")
    fields["until"] = _instant(action, "until")
    headcount = _field(action, "headcount")
    fields["headcount"] = int(headcount) if headcount.isdecimal() and len(headcount) < 6 else headcount or None
    try:
        loaded = SessionActSchema().load(fields)
    except ValidationError as error:
        raise Invalid(field_errors=field_errors(error.messages)) from error
    return SessionAction(
        reference,
        number,
        action,
        seen=request.form.get("seen") or None,
        at=loaded["at"],
        until=loaded["until"],
        reason=loaded["reason"],
        items=tuple(loaded["items"]),
        headcount=loaded["headcount"],
        note=loaded["note"],
        deviation_no=loaded["deviation_no"],
        people=tuple(loaded["people"]),
        told=loaded["told"],
    )


def _field(action: str, name: str) -> str:
    """A field of one action's form; names are prefixed with the action, since the page has several forms."""
    return request.form.get(f"{action}-{name}", "").strip()


def _instant(action: str, name: str) -> str | None:
    """The typed local date and time; None without a time. Errors: Invalid."""
    day, time = _field(action, f"{name}_date"), _field(action, f"{name}_time")
    if not time:
        return None
    try:
        return datetime.strptime(f"{day} {time}", "%Y-%m-%d %H:%M").replace(tzinfo=current_zone()).isoformat()
    except ValueError as error:
        raise Invalid(field_errors={name: [BAD_TIME]}) from error


def _page(
    reference: str,
    number: int,
    *,
    errors: Mapping[str, Mapping[str, str]] | None = None,
    findings: Sequence[FindingView] = (),
    message: str | None = None,
    status: int = 200,
) -> Response:
    call = current_request()
    file = call.read(read_page_data, reference, number)
    page = render_template(
        "execution/session.html",
        session=session_view(file.session),
        checklist=[(code, _(sentence)) for code, sentence in CHECKLIST.items()],
        steps=_steps(file.session),
        lapsed=_(file.lapsed.message, **file.lapsed.params) if file.lapsed else None,
        people=[(each.email, each.name, _("the facility") if each.is_staff else None) for each in file.people],
        acts=[_action_view(available, file) for available in file.acts],
        errors=errors or {},
        typed=request.form,
        findings=findings,
        message=message,
        signatures=file.signatures,
        today=f"{file.now.astimezone(current_zone()):%Y-%m-%d}",
    )
    return make_response(page, status)


def session_view(session: SessionRow) -> dict[str, Any]:
    """A session as pages show it: planned and actual times, and the delays of entries."""
    plain = (
        "reference",
        "number",
        "room",
        "step",
        "headcount",
        "named",
        "at_risk",
        "title",
        "product",
        "batch",
        "kind",
    )
    happened = (
        "actual_start_at",
        "started_by",
        "expected_end_at",
        "actual_end_at",
        "ended_by",
        "verified_at",
        "verified_by",
        "released_at",
        "headcount_actual",
        "headcount_reason",
        "max_occupancy",
        "names_needed",
        "emergency_told",
        "emergency_confirmed_at",
        "emergency_confirmed_by",
        "deviation_no",
        "note",
        "cleared_at",
        "cleared_by",
        "clearance_verified_at",
        "clearance_verified_by",
    )
    return {name: getattr(session, name) for name in (*plain, *happened)} | {
        "state": session.stands.value,
        "room_name": named(session.room_names),
        "company_name": named(session.company),
        "period": Period(session.starts_at, session.ends_at),
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "until": session.until,
        "cleared_first": session.cleared_first,
        "start_late_min": delay(session.actual_start_at, session.start_entered_at),
        "end_late_min": delay(session.actual_end_at, session.end_entered_at),
        "over_min": max(0, round((session.until - session.ends_at).total_seconds() / 60)),
        "href": url_for("execution.show", reference=session.reference, number=session.number),
    }


def _steps(session: SessionRow) -> list[tuple[str, datetime | None, str | None]]:
    """The steps of the session so far: (step, time, person)."""
    before = [
        (_("Line clearance"), session.cleared_at, session.cleared_by),
        (_("Clearance verified"), session.clearance_verified_at, session.clearance_verified_by),
        (
            _(ROOM_RELEASED),
            session.released_at if session.stands not in UNPREPARED else None,
            None,
        ),
    ]
    return (before if session.cleared_first else []) + [
        (_("Started"), session.actual_start_at, session.started_by),
        (_("Ended"), session.actual_end_at, session.ended_by),
        (_("Record verified"), session.verified_at, session.verified_by),
    ]


def _action_view(available: AvailableAction, file: SessionPageData) -> dict[str, Any]:
    statement = None
    if available.meaning:
        statement = _(
            "I sign session %(number)s of %(reference)s in %(room)s with the meaning “%(meaning)s”.",
            number=file.session.number,
            reference=file.session.reference,
            room=file.session.room,
            meaning=_(MEANINGS_QUOTED[available.meaning]),
        )
    return {
        "action": available.action,
        "label": _(available.label),
        "kind": available.kind,
        "fields": available.fields,
        "needed": available.needed,
        "statement": statement,
        "at_once": available.at_once,
        "once": secrets.token_urlsafe(12),
    }


# -- many at once


@execution.post("/today/release")
@signed_in
def release() -> Response:
    """Release all selected rooms under one signature, and show a result for each."""
    named_sessions = [
        each for text in request.form.getlist("session")[:MOST_RELEASES] if (each := _parse_session(text))
    ]
    call = current_request(idempotency=idempotency_of_form())
    try:
        results = carry_out_all(
            call, SessionAction("", 0, "ready"), named_sessions, password=request.form.get("password")
        )
    except Refusal as refusal:
        page = render_template("execution/released.html", results=[], refused=_(refusal.message))
        return make_response(page, refusal.status)
    rows = [
        {
            "reference": each.reference,
            "number": each.number,
            "room": each.room,
            "message": _refusal_text(each.refusal) if each.refusal else None,
            "href": url_for("execution.show", reference=each.reference, number=each.number),
        }
        for each in results
    ]
    page = render_template("execution/released.html", results=rows, refused=None)
    return make_response(page, 200 if all(each["message"] is None for each in rows) else 409)


def _refusal_text(refusal: Refusal) -> str:
    findings = refusal.findings if isinstance(refusal, Conflict) else ()
    first = next((str(each.message) for each in findings), None)
    sentences = [_(text) for texts in refusal.field_errors.values() for text in texts]
    return first or " ".join(sentences) or _(refusal.message, **refusal.params)


def _parse_session(text: str) -> tuple[str, int] | None:
    reference, _slash, number = text.partition("/")
    return (reference, int(number)) if number.isdecimal() and len(number) < 5 else None
