"""Change a booking in the form, which shows the outcome before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form, revision_seen
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.choices import form_choices
from gmp_booking.booking_forms.form import Form
from gmp_booking.booking_forms.form_request import (
    content_of,
    errors_of,
    form_page,
    preview_panel,
    read_form,
    refusal_panel,
    see_other,
    unread_panel,
)
from gmp_booking.booking_forms.view_models import choices_of, field_messages, incomplete
from gmp_booking.changes import service as changes
from gmp_booking.changes.preview import Changeable, changeable, preview_change
from gmp_booking.changes.service import ChangeOutcome, ChangeResult
from gmp_booking.infra.database.uow import StoredResponse
from gmp_booking.infra.web.app_setup import send, strips_control_characters
from gmp_booking.infra.web.i18n import _, current_zone
from gmp_booking.kernel.errors import Conflict, Invalid, Stale
from gmp_booking.kernel.text import N_

booking_changes = Blueprint("booking_changes", __name__, url_prefix="/bookings")

OUTCOME_TEXTS: Mapping[ChangeOutcome, str] = {
    ChangeOutcome.UNCHANGED: N_("You have not changed anything yet."),
    ChangeOutcome.ADJUSTED: N_("This is changed at once. The signatures remain valid."),
    ChangeOutcome.MOVED: N_("The session is moved at once. The signatures remain valid."),
    ChangeOutcome.REQUESTED: N_(
        "This is sent as a change request. The booking stays confirmed, unchanged, until it is decided."
    ),
    ChangeOutcome.REPLACED: N_("This replaces your request; the review starts again."),
}


@booking_changes.get("/<reference>/change")
@signed_in
def change_form(reference: str) -> Response:
    found = current_request().read(changeable, reference)
    form = forms.form_of(found.shown, current_zone())
    form |= {"reference": reference, "revision": found.details.booking.revision}
    return _page(found, form | {"explanation": ""})


@booking_changes.post("/<reference>/change")
@signed_in
@strips_control_characters
def send_change(reference: str) -> Response:
    found = current_request().read(changeable, reference)
    sent = read_form(reference=reference)
    form = sent.form | {"explanation": sent.fields.get("explanation", "")}
    if sent.errors:
        return _page(found, form, errors=sent.errors, status=422)
    if sent.operation == "submit":
        return _send(found, form)
    forms.change_parts(form, sent.operation)
    return _page(found, form, preview=_preview(reference, form))


@booking_changes.post("/<reference>/change/preview")
@signed_in
@strips_control_characters
def preview_partial(reference: str) -> str:
    return render_template("booking_forms/change_preview.html", **_preview(reference, read_form().form))


def _send(found: Changeable, form: Form) -> Response:
    reference = form["reference"]
    explanation = form["explanation"].strip()[:2000] or None
    call = current_request(reason=explanation, idempotency=idempotency_of_form())

    def dump(result: ChangeResult) -> StoredResponse:
        return see_other(url_for("booking_page.show", reference=reference, done=f"change-{result.outcome.value}"))

    try:
        content = content_of(form)
        values: dict[str, Any] = {"revision": revision_seen(reference), "explanation": explanation, "typed": True}
        return send(call.answer(dump, changes.change, reference, content, **values))
    except ValidationError as error:
        return _page(found, form, errors=errors_of(error), status=422)
    except Invalid as invalid:
        errors = {"explanation" if path == "reason" else path: each for path, each in invalid.field_errors.items()}
        return _page(found, form, errors=field_messages(errors), status=422)
    except Stale as stale:
        return _page(found, form, errors={"kind": _(stale.message)}, status=412)
    except Conflict as conflict:
        refused, panel = refusal_panel(conflict, call)
        if panel is None:
            return _page(found, form, errors={"kind": _(refused.message, **refused.params)}, status=409)
        return _page(found, form, preview={"preview": panel, "becomes": None}, status=409)


def _preview(reference: str, form: Form) -> dict[str, Any]:
    """The panel beside the form: findings, and the outcome of the change."""
    call = current_request()
    try:
        found = call.read(preview_change, content_of(form), reference=reference, typed=True)
    except ValidationError as error:
        return {"preview": unread_panel(error), "becomes": None}
    except Invalid as invalid:
        return {"preview": incomplete(field_messages(invalid.field_errors)), "becomes": None}
    except Conflict as conflict:
        return {"preview": incomplete({"kind": _(conflict.message, **conflict.params)}), "becomes": None}
    panel = preview_panel(call, found.verdict, found.alternatives)
    return {"preview": panel, "becomes": _(OUTCOME_TEXTS[found.outcome]) if found.outcome else None}


def _page(
    found: Changeable,
    form: Form,
    *,
    errors: dict[str, str] | None = None,
    preview: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    company = found.details.company.code
    options = choices_of(current_request().read(form_choices, company=company), kind=form["kind"])
    return form_page(
        "booking_forms/change.html",
        form,
        status=status,
        errors=errors,
        options=options | {"companies": []},
        is_confirmed=found.is_confirmed,
        waits=found.waiting is not None,
        begun_from=None,
        **(preview or {"preview": None, "becomes": None}),
    )
