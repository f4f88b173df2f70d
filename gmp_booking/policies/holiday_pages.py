"""Page of the facility's holidays: everybody reads them, staff add and withdraw them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.infra.web.i18n import _, current_zone
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.labels import HOLIDAY_KINDS
from gmp_booking.policies import service

holidays = Blueprint("holidays", __name__)


@holidays.get("/holidays")
@signed_in
def show() -> Response:
    return _page(_year(request.args.get("year")))


@holidays.post("/holidays")
@signed_in
def add() -> Response:
    try:
        on_date = date.fromisoformat(request.form.get("on_date", "").strip())
    except ValueError:
        return _page(_year(None), errors={"on_date": _("Enter a valid date, for example 2027-05-03.")}, status=422)
    names = {name: request.form.get(name, "") for name in ("name_ko", "name_en", "name_zh")}
    try:
        current_request().transact(service.add_holiday, on_date, request.form.get("kind", ""), **names)
    except Invalid as invalid:
        errors = {field: _(sentences[0]) for field, sentences in invalid.field_errors.items()}
        return _page(on_date.year, errors=errors, status=422)
    except Conflict as conflict:
        return _page(on_date.year, errors={"on_date": _(conflict.message)}, status=409)
    return redirect(url_for("holidays.show", year=on_date.year), 303)


@holidays.post("/holidays/<int:holiday_id>/withdraw")
@signed_in
def withdraw(holiday_id: int) -> Response:
    current_request().transact(service.withdraw_holiday, holiday_id)
    return redirect(url_for("holidays.show", year=_year(request.form.get("year"))), 303)


def _year(asked_for: str | None) -> int:
    this_year = datetime.now(current_zone()).year
    year = int(asked_for) if asked_for and asked_for.isdecimal() and len(asked_for) == 4 else this_year
    return year if 2000 <= year <= 2100 else this_year


def _page(year: int, *, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    call = current_request()
    context: dict[str, Any] = {
        "year": year,
        "days": call.read(service.list_holidays, year),
        "kinds": [(kind, _(label)) for kind, label in HOLIDAY_KINDS.items()],
        "may_edit": is_allowed(call.actor, Permission.HOLIDAY_EDIT),
        "errors": errors or {},
        "typed": request.form,
    }
    return make_response(render_template("policies/holidays.html", **context), status)
