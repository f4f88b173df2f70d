"""What the form of a new booking and the form of a change share: reading, checking and showing a form."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import make_response, render_template, request
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.form import Form
from gmp_booking.booking_forms.view_models import field_messages, incomplete, panel_of
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.finding_view import finding_views
from gmp_booking.bookings.schemas import BookingSchema
from gmp_booking.conflicts.alternatives import Alternative
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.infra.database.uow import StoredResponse, UseCaseRequest
from gmp_booking.infra.web.app_setup import form_without_control_characters
from gmp_booking.infra.web.errors import field_errors
from gmp_booking.infra.web.i18n import _, current_language, current_zone
from gmp_booking.kernel.errors import Conflict
from gmp_booking.requests.handlers import RefusedByRules, refused_with_alternatives

LONGEST_FILL: Final = 20_000


@dataclass(frozen=True)
class SentForm:
    """A form as it was sent.

    Shape: `fields` are all fields as typed, `form` those of a booking; `errors` names fields with characters that are
    not allowed; `operation` is the button that was pressed.
    """

    fields: MultiDict[str, str]
    form: Form
    errors: dict[str, str]
    operation: str


def read_form(**more: Any) -> SentForm:
    """The form of this request; without script, choosing an alternative sends it in the field `fill`."""
    fields, unfit = form_without_control_characters()
    form = forms.form_from_fields(fields) | more
    operation = request.form.get("op", "check")
    if fill := request.form.get("fill", ""):
        forms.apply_fill(form, _fields_of(fill))
        operation = "check"
    return SentForm(fields, form, _unfit_errors(unfit), operation)


def _unfit_errors(names: Iterable[str]) -> dict[str, str]:
    return {name: _("Control characters are not allowed in text.") for name in sorted(names)}


def _fields_of(fill: str) -> dict[str, Any]:
    try:
        fields = json.loads(fill[:LONGEST_FILL])
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def content_of(form: Form) -> BookingContent:
    """Errors: ValidationError for what is missing or cannot be read."""
    content: BookingContent = BookingSchema().load(forms.content_json(form, current_zone()))
    return replace(content, booked_for=forms.booked_for(form))


def errors_of(error: ValidationError) -> dict[str, str]:
    return field_messages(field_errors(error.messages))


def preview_panel(call: UseCaseRequest, verdict: Verdict, alternatives: Iterable[Alternative]) -> dict[str, Any]:
    """The panel beside the form, in the reader's language."""
    findings = finding_views(verdict.findings, call.actor, current_language())
    return panel_of(verdict.outcome.value, findings, tuple(alternatives))


def refusal_panel(conflict: Conflict, call: UseCaseRequest) -> tuple[Conflict, dict[str, Any] | None]:
    """The refusal with texts, and the panel of its findings; None when it has no findings."""
    refused = refused_with_alternatives(conflict, call)
    if not isinstance(refused, RefusedByRules):
        return refused, None
    return refused, panel_of("blocked", refused.findings, refused.alternatives or ())


def unread_panel(error: ValidationError) -> dict[str, Any]:
    """The panel of an incomplete form."""
    return incomplete(errors_of(error))


def see_other(address: str) -> StoredResponse:
    """The redirect after a form was accepted, as it is stored with the idempotency key."""
    return StoredResponse(303, b"", {"Location": address, "Content-Type": "text/html; charset=utf-8"})


def form_page(template: str, form: Form, *, status: int, errors: dict[str, str] | None, **context: Any) -> Response:
    """The page of one of the two forms."""
    page = render_template(
        template,
        form=form,
        errors=errors or {},
        idempotency_key=request.form.get("idempotency_key") or secrets.token_urlsafe(18),
        kept=forms.hidden_fields(form),
        blank_session=forms.blank_session(),
        blank_equipment=forms.blank_equipment(),
        **context,
    )
    return make_response(page, status)
