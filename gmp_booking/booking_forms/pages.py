"""Pages of the booking form: open, check, save as draft, repeat, submit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form, revision_seen
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms import form_marks, prefill, repeat
from gmp_booking.booking_forms.choices import FormChoices, form_choices, get_editable
from gmp_booking.booking_forms.form import Form
from gmp_booking.booking_forms.form_request import (
    SentForm,
    content_of,
    errors_of,
    form_page,
    preview_panel,
    read_form,
    refusal_panel,
    see_other,
    unread_panel,
)
from gmp_booking.booking_forms.prefill import Drafts, FormAddress
from gmp_booking.booking_forms.repeat import Repetition
from gmp_booking.booking_forms.view_models import choices_of, field_messages, incomplete
from gmp_booking.bookings.finding_view import finding_views
from gmp_booking.infra.database.uow import StoredResponse
from gmp_booking.infra.web.app_setup import send, strips_control_characters
from gmp_booking.infra.web.i18n import _, current_language, current_zone
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from gmp_booking.kernel.vocabulary import RepeatVerdict
from gmp_booking.requests.draft import save_draft
from gmp_booking.requests.preview import preview_request
from gmp_booking.requests.submit import Submitted, submit

bookings = Blueprint("bookings", __name__, url_prefix="/bookings")


@bookings.get("/new")
@signed_in
def new() -> Response:
    call = current_request()
    if again := request.args.get("copy"):
        prefilled = call.read(prefill.copy, again)
    else:
        prefilled = call.read(prefill.prefill_new, _form_address())
    options = call.read(form_choices)
    _preselect_only_product(prefilled.form, options)
    has_times = any(form_marks.times_of(prefilled.form, current_zone()))
    return _page(
        prefilled.form,
        preview=_preview(prefilled.form) if has_times else None,
        marks_on_open=has_times,
        begun_from=prefilled.copied_from,
        options=options,
        drafts=call.read(prefill.list_drafts),
    )


def _preselect_only_product(form: Form, options: FormChoices) -> None:
    if not form["product"] and len(options.products) == 1:
        form["product"] = options.products[0].code


def _form_address() -> FormAddress:
    typed = {name: request.args.get(name, "")[:60] for name in ("room", "equipment", "start", "end", "until")}
    return FormAddress(**typed, blank=request.args.get("blank") == "1")


@bookings.post("/new")
@signed_in
@strips_control_characters
def create() -> Response:
    return _act_on(reference=None)


@bookings.get("/<reference>/edit")
@signed_in
def edit(reference: str) -> Response:
    kept = current_request().read(get_editable, reference)
    draft = kept.booking.draft
    form = forms.form_of(kept.content, current_zone()) if draft is None else draft
    return _page(forms.blank_form() | form | {"reference": reference, "revision": kept.booking.revision})


@bookings.post("/<reference>/edit")
@signed_in
@strips_control_characters
def change(reference: str) -> Response:
    return _act_on(reference=reference)


@bookings.post("/preview")
@signed_in
@strips_control_characters
def preview_partial() -> str:
    sent = read_form()
    preview = incomplete(sent.errors) if sent.errors else _preview(sent.form)
    _mark(sent.form)
    return render_template("parts/preview_panel.html", preview=preview)


@bookings.post("/marks")
@signed_in
@strips_control_characters
def mark_times() -> Response:
    """Mark the times of a form that was opened with a time; a script sends this, since a GET request writes nothing."""
    _mark(read_form().form)
    return make_response("", 204)


@bookings.post("/marks/drop")
@signed_in
def drop_marks() -> Response:
    """Remove the marks of a form that was left without being sent; a script sends this."""
    current_request().transact(form_marks.drop)
    return make_response("", 204)


def _mark(form: Form) -> None:
    current_request().transact(form_marks.mark, list(form_marks.times_of(form, current_zone())))


def _act_on(*, reference: str | None) -> Response:
    sent = read_form(**({"reference": reference} if reference else {}))
    form = sent.form
    if sent.errors:
        return _page(form, errors=sent.errors, status=422)
    if sent.operation == "save_draft":
        return _save_draft(form, reference)
    if sent.operation == "submit":
        return _submit(form, reference)
    if sent.operation.startswith("repeat_"):
        return _repeat(sent)
    forms.change_parts(form, sent.operation)
    return _page(form, preview=_preview(form) if sent.operation == "check" else None)


def _repeat(sent: SentForm) -> Response:
    """List the dates, evaluate edited dates again, or add the selected ones."""
    form, repetition, operation = sent.form, repeat.repetition_from_fields(sent.fields), sent.operation
    is_there = repetition.pattern.of < len(form["sessions"])
    if operation == "repeat_add" and is_there:
        form = repeat.add_dates(form, repetition)
        return _page(form, preview=_preview(form))
    if operation == "repeat_show" or not is_there:
        repetition = repeat.list_dates(form, repetition.pattern, zone=current_zone())
    try:
        evaluated = current_request().read(repeat.evaluate_dates, form, repetition)
        return _page(form, repetition=evaluated, preview=_preview(form))
    except Invalid as invalid:
        message = next(iter(field_messages(invalid.field_errors).values()), invalid.message)
        return _page(form, repetition=replace(repetition, error=message))


def _save_draft(form: Form, reference: str | None) -> Response:
    call = current_request(idempotency=idempotency_of_form())
    kept = {name: value for name, value in form.items() if name not in {"reference", "revision"}}

    def dump(booking: Any) -> StoredResponse:
        return see_other(url_for("bookings.edit", reference=booking.reference, done="draft"))

    try:
        revision = revision_seen(reference) if reference else None
        answer = call.answer(dump, save_draft, kept, reference=reference, revision=revision)
    except Invalid as invalid:
        return _page(form, errors=field_messages(invalid.field_errors), status=422)
    except Stale as stale:
        return _page(form, errors={"kind": _(stale.message)}, status=stale.status)
    return _sent(answer)


def _sent(answer: StoredResponse) -> Response:
    """Send the answer to a form that is stored now, and remove its marks."""
    current_request().transact(form_marks.drop)
    return send(answer)


def _submit(form: Form, reference: str | None) -> Response:
    call = current_request(idempotency=idempotency_of_form())
    try:
        content = content_of(form)
    except ValidationError as error:
        return _page(form, errors=errors_of(error), status=422)

    def dump(submitted: Submitted) -> StoredResponse:
        return see_other(url_for("booking_page.show", reference=submitted.booking.reference, done="submitted"))

    try:
        revision = revision_seen(reference) if reference else None
        text = form["answer"] if reference else None
        answer = call.answer(dump, submit, content, reference=reference, revision=revision, answer=text)
    except Invalid as invalid:
        return _page(form, errors=field_messages(invalid.field_errors), status=422)
    except Forbidden as forbidden:
        if forbidden.message == Forbidden.title:
            raise
        return _page(form, errors={"sessions": _(forbidden.message)}, status=403)
    except Stale as stale:
        return _page(form, errors={"kind": _(stale.message)}, status=412)
    except Conflict as conflict:
        refused, panel = refusal_panel(conflict, call)
        if "pending_limit" in refused.detail:
            return _page(form, errors={"sessions": _(refused.message, **refused.params)}, status=409)
        if panel is None:
            raise
        return _page(form, preview=panel, status=409)
    return _sent(answer)


def _preview(form: Form) -> dict[str, Any]:
    """The panel beside the form: findings, or missing fields."""
    call = current_request()
    try:
        found = call.read(preview_request, content_of(form), reference=form["reference"])
    except ValidationError as error:
        return unread_panel(error)
    except Invalid as invalid:
        return incomplete(field_messages(invalid.field_errors))
    except NotFound:
        return incomplete({})
    return preview_panel(call, found.verdict, found.alternatives)


def _page(
    form: Form,
    *,
    errors: dict[str, str] | None = None,
    preview: dict[str, Any] | None = None,
    status: int = 200,
    options: FormChoices | None = None,
    begun_from: str | None = None,
    repetition: Repetition | None = None,
    drafts: Drafts | None = None,
    marks_on_open: bool = False,
) -> Response:
    found = options or current_request().read(form_choices, company=form["company"], reference=form["reference"])
    _preselect_only_product(form, found)
    return form_page(
        "booking_forms/form.html",
        form,
        status=status,
        errors=errors,
        options=choices_of(found, kind=form["kind"]),
        preview=preview,
        begun_from=begun_from or request.form.get("begun_from", "")[:20],
        action=request.path if request.path.endswith("/edit") else url_for("bookings.create"),
        drafts=drafts,
        marks_on_open=marks_on_open,
        question=found.question,
        repetition=repetition or Repetition(),
        repeated=_repeated(repetition) if repetition else [],
    )


def _repeated(repetition: Repetition) -> list[dict[str, Any]]:
    """The dates of a repetition with their problems and findings, in the reader's language."""
    actor, language = current_request().actor, current_language()
    return [
        {
            "entry": entry,
            "day": date.fromisoformat(entry.times["start_date"]) if entry.verdict != RepeatVerdict.WRONG else None,
            "said": [_(each) for each in entry.problems]
            + [finding.message for finding in finding_views(entry.findings, actor, language)],
        }
        for entry in repetition.entries
    ]
