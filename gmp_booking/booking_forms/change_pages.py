"""Changing a booking in the form: filled with what is in force or waits, and what becomes of it said beforehand."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form, revision_seen
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.choices import form_options
from gmp_booking.booking_forms.form import Form
from gmp_booking.booking_forms.pages import LONGEST_FILL
from gmp_booking.booking_forms.view_models import by_field, choices_of, incomplete, panel_of
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.finding_view import findings_out
from gmp_booking.bookings.schemas import BookingSchema
from gmp_booking.changes import service
from gmp_booking.changes.preview import Changeable, changeable, foresee
from gmp_booking.changes.service import ChangeOutcome, ChangeResult
from gmp_booking.infra.database.uow import Answer
from gmp_booking.infra.web.app_setup import field_errors, form_without_unfit_text, mends_its_form, send
from gmp_booking.infra.web.i18n import _, current_language
from gmp_booking.kernel.errors import Conflict, Invalid, Stale
from gmp_booking.kernel.text import N_
from gmp_booking.requests.handlers import alternatives_out, refused_with_alternatives

booking_changes = Blueprint("booking_changes", __name__, url_prefix="/bookings")

BECOMES: Mapping[ChangeOutcome, str] = {
    ChangeOutcome.UNCHANGED: N_("Nothing is different yet."),
    ChangeOutcome.ADJUSTED: N_("This is changed at once. The signatures stand."),
    ChangeOutcome.MOVED: N_("The session is moved at once. The signatures stand."),
    ChangeOutcome.REQUESTED: N_(
        "This is asked for as a change. The booking stays confirmed as it is until that is decided."
    ),
    ChangeOutcome.REPLACED: N_("This replaces your request; it is looked at from the beginning."),
}


@booking_changes.get("/<reference>/change")
@signed_in
def change_form(reference: str) -> Response:
    found = current_request().read(changeable, reference)
    form = forms.form_of(found.shown) | {"reference": reference, "revision": found.details.booking.revision}
    return _page(found, form | {"explanation": ""})


@booking_changes.post("/<reference>/change")
@signed_in
@mends_its_form
def send_change(reference: str) -> Response:
    found = current_request().read(changeable, reference)
    fields, unfit = form_without_unfit_text()
    form = forms.typed(fields) | {"reference": reference, "explanation": fields.get("explanation", "")}
    if unfit:
        told = dict.fromkeys(sorted(unfit), _("Control characters are not allowed in text."))
        return _page(found, form, errors=told, status=422)
    fill, operation = request.form.get("fill", ""), request.form.get("op", "check")
    if fill:
        forms.apply_fill(form, _fields_of(fill))
    elif operation == "submit":
        return _send(found, form)
    else:
        forms.change_parts(form, operation)
    return _page(found, form, preview=_preview(reference, form))


@booking_changes.post("/<reference>/change/preview")
@signed_in
@mends_its_form
def preview_change(reference: str) -> str:
    fields, _unfit = form_without_unfit_text()
    return render_template("booking_forms/change_preview.html", **_preview(reference, forms.typed(fields)))


def _fields_of(fill: str) -> dict[str, Any]:
    try:
        fields = json.loads(fill[:LONGEST_FILL])
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _content(form: Form) -> BookingContent:
    content: BookingContent = BookingSchema().load(forms.as_json(form))
    return content


def _send(found: Changeable, form: Form) -> Response:
    reference = form["reference"]
    explanation = form["explanation"].strip()[:2000] or None
    call = current_request(reason=explanation, idempotency=idempotency_of_form())

    def dump(amended: ChangeResult) -> Answer:
        address = url_for("booking_page.show", reference=reference, done=f"change-{amended.came.value}")
        return Answer(303, b"", {"Location": address, "Content-Type": "text/html; charset=utf-8"})

    try:
        content = _content(form)
        values = {"revision": revision_seen(reference), "explanation": explanation, "typed": True}
        return send(call.answer(dump, service.change, reference, content, **values))
    except ValidationError as error:
        return _page(found, form, errors=by_field(field_errors(error.messages)), status=422)
    except Invalid as invalid:
        errors = {"explanation" if path == "reason" else path: said for path, said in invalid.field_errors.items()}
        return _page(found, form, errors=by_field(errors), status=422)
    except Stale as stale:
        return _page(found, form, errors={"kind": _(stale.message)}, status=412)
    except Conflict as conflict:
        told = refused_with_alternatives(conflict, content, call, reference=reference)
        if "findings" not in told.detail:
            return _page(found, form, errors={"kind": _(told.message, **told.params)}, status=409)
        panel = panel_of("blocked", told.detail["findings"], told.detail["alternatives"])
        return _page(found, form, preview={"preview": panel, "becomes": None}, status=409)


def _preview(reference: str, form: Form) -> dict[str, Any]:
    """The panel beside the form: what is in the way, and what would become of it."""
    call = current_request()
    try:
        seen = call.read(foresee, _content(form), reference=reference, typed=True)
    except ValidationError as error:
        return {"preview": incomplete(by_field(field_errors(error.messages))), "becomes": None}
    except Invalid as invalid:
        return {"preview": incomplete(by_field(invalid.field_errors)), "becomes": None}
    except Conflict as conflict:
        return {"preview": incomplete({"kind": _(conflict.message, **conflict.params)}), "becomes": None}
    findings = findings_out(seen.verdict.findings, call.actor, current_language())
    panel = panel_of(seen.verdict.outcome.value, findings, alternatives_out(seen.alternatives))
    return {"preview": panel, "becomes": _(BECOMES[seen.becomes]) if seen.becomes else None}


def _page(
    found: Changeable,
    form: Form,
    *,
    errors: dict[str, str] | None = None,
    preview: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    call = current_request()
    company = found.details.parts["company"]["code"]
    options = choices_of(call.read(form_options, company=company), kind=form["kind"])
    page = render_template(
        "booking_forms/change.html",
        form=form,
        options=options | {"companies": []},
        errors=errors or {},
        labels={},
        is_confirmed=found.is_confirmed,
        waits=found.waiting is not None,
        idempotency_key=request.form.get("idempotency_key") or secrets.token_urlsafe(18),
        begun_from=None,
        kept=forms.kept_of(form),
        blank_session=forms.blank_session(),
        blank_equipment=forms.blank_equipment(),
        **(preview or {"preview": None, "becomes": None}),
    )
    return make_response(page, status)
