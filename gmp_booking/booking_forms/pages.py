"""The booking form and the list of one's bookings."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
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
from gmp_booking.booking_forms.choices import Options, form_kept, form_options
from gmp_booking.booking_forms.form import Form
from gmp_booking.booking_forms.prefill import Asked, Drafts
from gmp_booking.booking_forms.repeat import Repetition
from gmp_booking.booking_forms.view_models import by_field, choices_of, incomplete, panel_of
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.finding_view import findings_out
from gmp_booking.bookings.schemas import BookingSchema
from gmp_booking.infra.database.uow import Answer
from gmp_booking.infra.web.app_setup import field_errors, form_without_unfit_text, mends_its_form, send
from gmp_booking.infra.web.i18n import _, current_language
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from gmp_booking.requests import submit
from gmp_booking.requests.clarification_store import find_open_question
from gmp_booking.requests.draft import save_draft
from gmp_booking.requests.handlers import alternatives_out, refused_with_alternatives
from gmp_booking.requests.preview import preview_request
from gmp_booking.requests.submit import Submitted

bookings = Blueprint("bookings", __name__, url_prefix="/bookings")
LONGEST_FILL = 20_000


@bookings.get("/new")
@signed_in
def new() -> Response:
    call = current_request()
    if again := request.args.get("copy"):
        begun = call.read(prefill.copy, again)
    else:
        begun = call.read(prefill.begin, _asked_for())
    options = call.read(form_options)
    _choose_the_only_product(begun.form, options)
    return _page(
        begun.form,
        preview=_opened(begun.form),
        begun_from=begun.like,
        options=options,
        drafts=call.read(prefill.list_drafts),
    )


def _choose_the_only_product(form: Form, options: Options) -> None:
    if not form["product"] and len(options.products) == 1:
        form["product"] = options.products[0].code


def _asked_for() -> Asked:
    said = {name: request.args.get(name, "")[:60] for name in ("room", "equipment", "start", "end", "until")}
    return Asked(**said, blank=request.args.get("blank") == "1")


def _opened(form: Form) -> dict[str, Any] | None:
    """What the rules say of a form that is just opened, its time marked for others to see."""
    if not any(form_marks.times_of(form)):
        return None
    preview = _preview(form)
    current_request().transact(form_marks.mark, list(form_marks.times_of(form)))
    return preview


@bookings.post("/new")
@signed_in
@mends_its_form
def create() -> Response:
    return _act_on(reference=None)


@bookings.get("/<reference>/edit")
@signed_in
def edit(reference: str) -> Response:
    kept = current_request().read(form_kept, reference)
    form = kept.draft if kept.draft is not None else forms.form_of(kept.details.content)
    return _page(forms.blank_form() | form | {"reference": reference, "revision": kept.details.booking.revision})


@bookings.post("/<reference>/edit")
@signed_in
@mends_its_form
def change(reference: str) -> Response:
    return _act_on(reference=reference)


@bookings.post("/preview")
@signed_in
@mends_its_form
def preview_partial() -> str:
    fields, unfit = form_without_unfit_text()
    form = forms.typed(fields)
    preview = incomplete(_unfit(unfit)) if unfit else _preview(form)
    current_request().transact(form_marks.mark, list(form_marks.times_of(form)))
    return render_template("parts/preview_panel.html", preview=preview)


@bookings.post("/marks/drop")
@signed_in
def drop_marks() -> Response:
    """A form was left without being sent; the browser says so as it goes."""
    current_request().transact(form_marks.drop)
    return make_response("", 204)


def _unfit(names: Iterable[str]) -> dict[str, str]:
    return {name: _("Control characters are not allowed in text.") for name in sorted(names)}


def _act_on(*, reference: str | None) -> Response:
    fields, unfit = form_without_unfit_text()
    form = forms.typed(fields) | ({"reference": reference} if reference else {})
    if unfit:
        return _page(form, errors=_unfit(unfit), status=422)
    fill = request.form.get("fill", "")
    operation = request.form.get("op", "check")
    if fill:
        forms.apply_fill(form, _fields_of(fill))
        return _page(form, preview=_preview(form))
    if operation == "save_draft":
        return _save_draft(form, reference)
    if operation == "submit":
        return _submit(form, reference)
    if operation.startswith("repeat_"):
        return _repeat(form, repeat.typed(fields), operation)
    forms.change_parts(form, operation)
    return _page(form, preview=_preview(form) if operation == "check" else None)


def _repeat(form: Form, asked_for: Repetition, operation: str) -> Response:
    """Lay the dates out, judge them once more as changed, or add the chosen ones."""
    is_there = asked_for.wish.of < len(form["sessions"])
    if operation == "repeat_add" and is_there:
        form = repeat.with_dates(form, asked_for)
        return _page(form, preview=_preview(form))
    if operation == "repeat_show" or not is_there:
        asked_for = repeat.laid_out(form, asked_for.wish)
    try:
        judged = current_request().read(repeat.judged, form, asked_for)
        return _page(form, repetition=judged, preview=_preview(form))
    except Invalid as invalid:
        said = next(iter(by_field(invalid.field_errors).values()), invalid.message)
        return _page(form, repetition=replace(asked_for, error=said))


def _fields_of(fill: str) -> dict[str, Any]:
    try:
        fields = json.loads(fill[:LONGEST_FILL])
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _save_draft(form: Form, reference: str | None) -> Response:
    call = current_request(idempotency=idempotency_of_form())
    kept = {name: value for name, value in form.items() if name not in {"reference", "revision"}}

    def dump(booking: Any) -> Answer:
        return _see_other(url_for("bookings.edit", reference=booking.reference, done="draft"))

    try:
        revision = revision_seen(reference) if reference else None
        answer = call.answer(dump, save_draft, kept, reference=reference, revision=revision)
    except Invalid as invalid:
        return _page(form, errors=by_field(invalid.field_errors), status=422)
    except Stale as stale:
        return _page(form, errors={"kind": _(stale.message)}, status=stale.status)
    return _sent(answer)


def _sent(answer: Answer) -> Response:
    """The answer to a form that is now kept; nobody is filling it in any more."""
    current_request().transact(form_marks.drop)
    return send(answer)


def _submit(form: Form, reference: str | None) -> Response:
    call = current_request(idempotency=idempotency_of_form())
    try:
        content = _content(form)
    except ValidationError as error:
        return _page(form, errors=by_field(field_errors(error.messages)), status=422)

    def dump(submitted: Submitted) -> Answer:
        return _see_other(url_for("booking_page.show", reference=submitted.booking.reference, done="submitted"))

    try:
        revision = revision_seen(reference) if reference else None
        said = form["answer"] if reference else None
        answer = call.answer(dump, submit.submit, content, reference=reference, revision=revision, answer=said)
    except Invalid as invalid:
        return _page(form, errors=by_field(invalid.field_errors), status=422)
    except Forbidden as forbidden:
        if forbidden.message == Forbidden.title:
            raise
        return _page(form, errors={"sessions": _(forbidden.message)}, status=403)
    except Stale as stale:
        return _page(form, errors={"kind": _(stale.message)}, status=412)
    except Conflict as conflict:
        told = refused_with_alternatives(conflict, content, call, reference=reference)
        if "pending_limit" in told.detail:
            return _page(form, errors={"sessions": _(told.message, **told.params)}, status=409)
        if "findings" not in told.detail:
            raise
        panel = panel_of("blocked", told.detail["findings"], told.detail["alternatives"])
        return _page(form, preview=panel, status=409)
    return _sent(answer)


def _see_other(address: str) -> Answer:
    return Answer(303, b"", {"Location": address, "Content-Type": "text/html; charset=utf-8"})


def _content(form: Form) -> BookingContent:
    content: BookingContent = BookingSchema().load(forms.as_json(form))
    return content


def _preview(form: Form) -> dict[str, Any]:
    """The panel beside the form: what is in the way, or what is still to be filled in."""
    call = current_request()
    try:
        found = call.read(preview_request, _content(form), reference=form["reference"])
    except ValidationError as error:
        return incomplete(by_field(field_errors(error.messages)))
    except Invalid as invalid:
        return incomplete(by_field(invalid.field_errors))
    except NotFound:
        return incomplete({})
    findings = findings_out(found.verdict.findings, call.actor, current_language())
    return panel_of(found.verdict.outcome.value, findings, alternatives_out(found.alternatives))


def _page(
    form: Form,
    *,
    errors: dict[str, str] | None = None,
    preview: dict[str, Any] | None = None,
    status: int = 200,
    options: Options | None = None,
    begun_from: str | None = None,
    repetition: Repetition | None = None,
    drafts: Drafts | None = None,
) -> Response:
    found = options or current_request().read(form_options, company=form["company"])
    _choose_the_only_product(form, found)
    page = render_template(
        "booking_forms/form.html",
        form=form,
        options=choices_of(found, kind=form["kind"]),
        errors=errors or {},
        labels={},
        preview=preview,
        begun_from=begun_from or request.form.get("begun_from", "")[:20],
        idempotency_key=request.form.get("idempotency_key") or secrets.token_urlsafe(18),
        action=request.path if request.path.endswith("/edit") else url_for("bookings.create"),
        drafts=drafts,
        question=current_request().read(find_open_question, form["reference"]) if form["reference"] else None,
        repetition=repetition or Repetition(),
        repeated=_repeated(repetition) if repetition else [],
        kept=forms.kept_of(form),
        blank_session=forms.blank_session(),
        blank_equipment=forms.blank_equipment(),
    )
    return make_response(page, status)


def _repeated(repetition: Repetition) -> list[dict[str, Any]]:
    """The dates of a repetition with what stands against them, in the reader's words."""
    actor, language = current_request().actor, current_language()
    return [
        {
            "entry": entry,
            "day": date.fromisoformat(entry.times["start_date"]) if entry.verdict != "WRONG" else None,
            "said": [_(each) for each in entry.problems]
            + [finding["message"] for finding in findings_out(entry.findings, actor, language)],
        }
        for entry in repetition.entries
    ]
