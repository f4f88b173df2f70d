"""Pages of outages: list, details, creating one after a preview of its impact, lifting one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form, revision_seen
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.infra.database.uow import StoredResponse, Uow
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import _, named
from gmp_booking.kernel.access import Actor, is_allowed, require
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from gmp_booking.kernel.labels import MEANINGS_QUOTED, OUTAGE_KINDS, OUTAGE_SUBJECTS
from gmp_booking.kernel.states import RUNNING
from gmp_booking.kernel.vocabulary import Meaning, OutageKind, SubjectKind
from gmp_booking.outages import service
from gmp_booking.outages.handlers import lift_outage, place_outage
from gmp_booking.outages.schemas import record_of
from gmp_booking.outages.service import OutageView, permission_to_lift, permission_to_place
from gmp_booking.pages.outages.form import FIELDS, errors_by_field, outage_of
from gmp_booking.revalidation.service import Impact, impact
from gmp_booking.signatures.views import SignatureView

outages = Blueprint("outages", __name__, url_prefix="/outages")
PAGE = 30
WHEN = ("current", "coming", "past")


@outages.get("")
@signed_in
def listed() -> str:
    call = current_request()
    when = request.args.get("when", "current")
    kind, page = request.args.get("kind", ""), min(max(request.args.get("page", 1, type=int), 1), 10_000)
    wanted = {"when": when if when in WHEN else "current", "kind": kind if kind in OutageKind.__members__ else ""}
    rows = call.read(
        service.list_outages,
        when=wanted["when"],
        kind=wanted["kind"] or None,
        offset=(page - 1) * PAGE,
        limit=PAGE + 1,
    )
    filters: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    return render_template(
        "outages/list.html",
        rows=[_outage_view(row) for row in rows[:PAGE]],
        filter=wanted,
        kinds=[(one.value, _(OUTAGE_KINDS[one])) for one in OutageKind],
        may_place=bool(_kinds_for(call.actor)),
        page={
            "number": page,
            "pages": page + (len(rows) > PAGE),
            "previous_href": url_for("outages.listed", page=page - 1, **filters) if page > 1 else None,
            "next_href": url_for("outages.listed", page=page + 1, **filters) if len(rows) > PAGE else None,
        },
    )


@outages.get("/new")
@signed_in
def form() -> Response:
    typed = {name: request.args.get(name, "") for name in FIELDS}
    return _form(typed)


@outages.post("/new")
@signed_in
def place() -> Response:
    """Show the impact of the outage, or create it."""
    typed = {name: request.form.get(name, "") for name in FIELDS}
    call = current_request(reason=typed["reason"].strip() or None, idempotency=idempotency_of_form())
    try:
        new = outage_of(typed)
        if request.form.get("op") != "place":
            return _form(typed, hit=call.read(impact, new))
        answer = place_outage(
            call, lambda rows: _redirect(url_for("outages.show", outage_id=rows[0].id, done="placed")), new
        )
    except Invalid as invalid:
        errors = errors_by_field(invalid.field_errors) or {"subject": [invalid.message]}
        return _form(typed, errors={field: _(sentences[0]) for field, sentences in errors.items()}, status=422)
    return send(answer)


@outages.get("/<int:outage_id>")
@signed_in
def show(outage_id: int) -> Response:
    return _page(outage_id)


@outages.post("/<int:outage_id>/lift")
@signed_in
def lift(outage_id: int) -> Response:
    reason = request.form.get("reason", "").strip()
    address = url_for("outages.show", outage_id=outage_id, done="lifted")
    try:
        answer = lift_outage(
            current_request(reason=reason or None, idempotency=idempotency_of_form()),
            lambda _row: _redirect(address),
            outage_id,
            reason=reason,
            password=request.form.get("password"),
            revision=revision_seen(record_of(outage_id)),
            following=request.form.get("following") == "1",
        )
    except Invalid as invalid:
        named_fields = {"signature": "password"}
        errors = {named_fields.get(name, name): _(each[0]) for name, each in invalid.field_errors.items()}
        return _page(outage_id, errors=errors or {"password": _(invalid.message)}, status=422)
    except Conflict as conflict:
        return _page(outage_id, errors={"reason": _(conflict.message)}, status=409)
    except Refusal as refusal:
        if refusal.status not in {403, 429} or not request.form.get("password"):
            raise
        return _page(outage_id, errors={"password": _(refusal.message)}, status=refusal.status)
    return send(answer)


def _redirect(address: str) -> StoredResponse:
    return StoredResponse(303, b"", {"Location": address})


def _kinds_for(actor: Actor) -> list[OutageKind]:
    return [kind for kind in OutageKind if is_allowed(actor, permission_to_place(kind))]


def _form(
    typed: Mapping[str, str],
    *,
    hit: Impact | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    call = current_request()
    kinds = _kinds_for(call.actor)
    if not kinds:
        require(call.actor, permission_to_place(OutageKind.HOLD))
        raise Forbidden
    may_hold_all = OutageKind.HOLD in kinds
    page = render_template(
        "outages/form.html",
        typed=typed,
        errors=errors or {},
        kinds=[(kind.value, _(OUTAGE_KINDS[kind])) for kind in kinds],
        subjects=_subjects(call.read(service.list_choices), may_hold_all=may_hold_all),
        hit=None if hit is None else _impact_view(hit),
        idempotency_key=request.form.get("idempotency_key") or secrets.token_urlsafe(16),
    )
    return make_response(page, status)


def _subjects(choices: list[service.SubjectChoice], *, may_hold_all: bool) -> list[tuple[str, str, str]]:
    """The choices of the subject: the facility first; people and companies only for staff who may place a hold."""
    found = [(f"{SubjectKind.FACILITY.value}:", _(OUTAGE_SUBJECTS[SubjectKind.FACILITY]), " ")]
    order = list(SubjectKind)
    held = {SubjectKind.COMPANY, SubjectKind.PRODUCT, SubjectKind.PERSON}
    for choice in sorted(choices, key=lambda one: (order.index(SubjectKind(one.kind)), one.code)):
        kind = SubjectKind(choice.kind)
        if kind in held and not may_hold_all:
            continue
        name = named(choice.names) if choice.names else ""
        words = f"{choice.code} {name}" if name and name != choice.code else choice.code
        found.append((f"{kind.value}:{choice.code}", words, _(OUTAGE_SUBJECTS[kind])))
    return found


def _impact_view(hit: Impact) -> dict[str, Any]:
    return {
        "references": hit.references,
        "times": hit.plan.times,
        "lines": [
            {
                "reference": line.reference,
                "href": url_for("booking_page.show", reference=line.reference),
                "company": line.company,
                "kind": line.kind,
                "state": line.state,
                "resource": line.resource,
                "first": line.starts_at,
                "last": line.ends_at,
                "is_running": line.session_state in RUNNING,
            }
            for line in hit.lines
        ],
    }


def _page(outage_id: int, *, errors: Mapping[str, str] | None = None, status: int = 200) -> Response:
    call = current_request()

    def read(uow: Uow) -> tuple[OutageView, Sequence[SignatureView], datetime]:
        return service.get_outage(uow, outage_id), service.list_signed(uow, outage_id), uow.now

    outage, signatures, now = call.read(read)
    is_over = outage.ends_at is not None and outage.ends_at <= max(now, outage.starts_at)
    kind = OutageKind(outage.kind)
    page = render_template(
        "outages/show.html",
        outage=_outage_view(outage) | {"is_over": is_over, "is_current": not is_over and outage.starts_at <= now},
        signatures=signatures,
        may_lift=not is_over and is_allowed(call.actor, permission_to_lift(kind)),
        is_signed=kind is OutageKind.HOLD,
        statement=_statement(outage),
        errors=errors or {},
        reason=request.form.get("reason", ""),
    )
    return make_response(page, status)


def _statement(outage: OutageView) -> str | None:
    if outage.hold_no is None:
        return None
    words = _(
        "I sign %(hold)s with the meaning “%(meaning)s”.",
        hold=outage.hold_no,
        meaning=_(MEANINGS_QUOTED[Meaning.HOLD_LIFTED]),
    )
    return str(words)


def _outage_view(outage: OutageView) -> dict[str, Any]:
    subject_kind = SubjectKind(outage.subject_kind)
    names = {language: name for language, name in outage.names.items() if name}
    return vars(outage) | {
        "kind_label": _(OUTAGE_KINDS[outage.kind]),
        "subject_label": _(OUTAGE_SUBJECTS[subject_kind]),
        "subject": outage.subject or _(OUTAGE_SUBJECTS[subject_kind]),
        "subject_name": named(names) if names else "",
        "href": url_for("outages.show", outage_id=outage.id),
    }
