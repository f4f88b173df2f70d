"""Page of the on-call roster: staff read it, schedulers and facility managers edit it."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.policies import roster
from gmp_booking.policies.hours import WEEKDAY_NAMES
from gmp_booking.policies.roster import ON_CALL_ROLES, RosterEntry

on_call_roster = Blueprint("on_call_roster", __name__)


@on_call_roster.get("/roster")
@signed_in
def show() -> Response:
    return _page()


@on_call_roster.post("/roster")
@signed_in
def add_on_call() -> Response:
    entry, errors = _entry()
    if entry is None:
        return _page(errors=errors, status=422)
    try:
        current_request().transact(roster.add_on_call, entry)
    except Invalid as invalid:
        messages = {field: _(sentences[0]) for field, sentences in invalid.field_errors.items()}
        return _page(errors=messages, status=422)
    except Conflict as conflict:
        return _page(errors={"role": _(conflict.message)}, status=409)
    return redirect(url_for("on_call_roster.show"), 303)


@on_call_roster.post("/roster/<int:entry_id>/end")
@signed_in
def end_on_call(entry_id: int) -> Response:
    current_request().transact(roster.end_on_call, entry_id)
    return redirect(url_for("on_call_roster.show"), 303)


def _entry() -> tuple[RosterEntry | None, dict[str, str]]:
    """The entry in the form, or errors by field."""
    typed = {name: value.strip() for name, value in request.form.items()}
    errors: dict[str, str] = {}
    days = {name: _day(typed.get(name, ""), name, errors) for name in ("on_date", "valid_from", "valid_until")}
    clocks = {name: _clock(typed.get(name, ""), name, errors) for name in ("from_time", "until_time")}
    weekday = typed.get("weekday", "")
    if errors or clocks["from_time"] is None or clocks["until_time"] is None:
        return None, errors
    return (
        RosterEntry(
            role=typed.get("role", ""),
            email=typed.get("email", ""),
            weekday=int(weekday) if weekday.isascii() and weekday.isdecimal() and len(weekday) == 1 else None,
            from_time=clocks["from_time"],
            until_time=clocks["until_time"],
            **days,
        ),
        {},
    )


def _day(text: str, name: str, errors: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[name] = _("Enter a valid date, for example 2027-05-03.")
        return None


def _clock(text: str, name: str, errors: dict[str, str]) -> time | None:
    try:
        return time.fromisoformat(text.rjust(5, "0")).replace(tzinfo=None)
    except ValueError:
        errors[name] = _("Enter a valid time, for example 09:30.")
        return None


def _page(*, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    call = current_request()
    may_edit = is_allowed(call.actor, Permission.ROSTER_EDIT)
    context: dict[str, Any] = {
        "lines": call.read(roster.list_roster),
        "people": call.read(roster.list_callable_people) if may_edit else [],
        "roles": ON_CALL_ROLES,
        "weekdays": [(str(number), _(name)) for number, name in enumerate(WEEKDAY_NAMES)],
        "may_edit": may_edit,
        "errors": errors or {},
        "typed": request.form,
    }
    return make_response(render_template("policies/roster.html", **context), status)
