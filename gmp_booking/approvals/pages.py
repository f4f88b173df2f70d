"""Pages of the inbox and of bulk decisions."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.approvals import inbox as waiting
from gmp_booking.approvals.bulk import MOST_AT_ONCE, BulkItem, BulkResult, DecisionItem, decide_all, read_decision_items
from gmp_booking.approvals.inbox import Inbox, InboxFilter, WaitingRequest
from gmp_booking.infra.web.i18n import _, named
from gmp_booking.kernel.access import Actor, Role
from gmp_booking.kernel.errors import Refusal
from gmp_booking.kernel.vocabulary import Action, Kind, Severity

approvals = Blueprint("approvals", __name__)
PAGE = 30
LAST_PAGE = 100_000
FILTERS = ("stage", "company", "kind", "room", "q", "late", "changes", "sort")


@approvals.get("/inbox")
@signed_in
def inbox() -> str:
    call = current_request()
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    filters = {name: request.args.get(name, "").strip()[:80] for name in FILTERS}
    found = call.read(waiting.list_inbox, _wanted(filters, call.actor, page=page))
    return render_template(
        "approvals/inbox.html",
        rows=[_row(row, found, call.actor) for row in found.rows],
        filter=filters,
        is_narrowed=any(filters[name] for name in ("company", "kind", "room", "q", "late", "changes")),
        stages=sorted(found.by_stage.items()),
        choices={
            "companies": found.companies,
            "kinds": [kind.value for kind in Kind],
            "sorts": [
                ("waiting", _("longest waiting")),
                ("due", _("decide by")),
                ("start", _("first use")),
                ("company", _("company")),
            ],
        },
        total=found.total,
        may_decide_any=any(waiting.may_decide(call.actor, row) for row in found.rows),
        page=_pages(page, found.total, filters),
    )


def _wanted(filters: Mapping[str, str], actor: Actor, *, page: int) -> InboxFilter:
    return InboxFilter(
        roles=_roles_of(filters["stage"], actor),
        company=filters["company"],
        kind=filters["kind"],
        room=filters["room"],
        text=filters["q"],
        late_only=filters["late"] == "1",
        changes_only=filters["changes"] == "1",
        sort=filters["sort"],
        offset=(page - 1) * PAGE,
        limit=PAGE,
    )


def _roles_of(stage: str, actor: Actor) -> frozenset[Role]:
    """The roles whose rows are shown: by default the actor's own, else all or one."""
    if stage in Role.__members__:
        return frozenset({Role(stage)})
    return frozenset(Role) if stage == "all" else actor.roles


def _pages(page: int, total: int, filters: Mapping[str, str]) -> dict[str, Any]:
    pages = max((total + PAGE - 1) // PAGE, 1)
    kept: dict[str, Any] = {name: value for name, value in filters.items() if value}
    return {
        "number": page,
        "pages": pages,
        "previous_href": url_for("approvals.inbox", **kept, page=page - 1) if page > 1 else None,
        "next_href": url_for("approvals.inbox", **kept, page=page + 1) if page < pages else None,
    }


def _row(row: WaitingRequest, found: Inbox, actor: Actor) -> dict[str, Any]:
    findings: Counter[str] = Counter(row.severities or ())
    role = row.role.value
    return vars(row) | {
        "may_decide": waiting.may_decide(actor, row),
        "company_name": named(row.company),
        "rooms": ", ".join(codes for codes in (row.rooms, row.equipment) if codes),
        "stage": role,
        "deciders": found.holders.get(role, ()),
        "hard": findings[Severity.HARD],
        "soft": findings[Severity.SOFT],
        "warn": findings[Severity.WARN],
        "age_days": (found.now - row.submitted_at).days,
        "is_late": row.decide_by is not None and row.decide_by < found.now,
        "item": str(BulkItem(row.reference, row.revision)),
        "href": url_for("booking_page.show", reference=row.reference),
    }


# -- several at once


@approvals.get("/inbox/decide")
@signed_in
def decide_form() -> str:
    """Show every selected booking in full above one form: signers see what they sign."""
    call = current_request()
    items = _items(request.args.getlist("item"))
    return _decide_page(call.read(read_decision_items, [item.reference for item in items]))


@approvals.post("/inbox/decide")
@signed_in
def decide_several() -> Any:
    call = current_request()
    items = _items(request.form.getlist("item"))
    reason = request.form.get("reason", "").strip() or None
    action = _action(request.form.get("action", ""))
    try:
        results = decide_all(
            call,
            [item.with_action(action, reason) for item in items],
            password=request.form.get("password") or None,
            key=request.form.get("idempotency_key", "").strip()[:100] or None,
        )
    except Refusal as refusal:
        if not call.actor.is_staff:
            raise
        sheets = call.read(read_decision_items, [item.reference for item in items])
        errors = {name: _(sentences[0]) for name, sentences in refusal.field_errors.items()}
        errors = errors or {"password": _(refusal.message, **refusal.params)}
        return _decide_page(sheets, errors=errors), refusal.status
    return render_template("approvals/decided.html", results=[_result(each) for each in results])


def _items(values: Sequence[str]) -> list[BulkItem]:
    found = [item for text in dict.fromkeys(values) if (item := BulkItem.parse(text)) is not None]
    return found[:MOST_AT_ONCE]


def _action(value: str) -> Action | None:
    """The action for all items; None for the step forward."""
    return Action(value) if value in {Action.RETURN, Action.REJECT} else None


def _decide_page(sheets: Sequence[DecisionItem], *, errors: Mapping[str, str] | None = None) -> str:
    return render_template(
        "approvals/decide.html",
        sheets=[_item_view(each) for each in sheets],
        needs_password=any(each.meaning for each in sheets),
        errors=errors or {},
        action=request.form.get("action", ""),
        reason=request.form.get("reason", ""),
        idempotency_key=request.form.get("idempotency_key") or secrets.token_urlsafe(18),
    )


def _item_view(item: DecisionItem) -> dict[str, Any]:
    details = item.details
    booking = details.booking
    return {
        "item": str(BulkItem(booking.reference, booking.revision)),
        "reference": booking.reference,
        "version": booking.version,
        "kind": booking.kind,
        "title": booking.title,
        "purpose": booking.purpose,
        "batch": booking.batch,
        "run_type": booking.run_type,
        "product": details.product.code if details.product else None,
        "company_name": named(details.company.names),
        "requester": details.requester.name if details.requester else None,
        "sessions": details.sessions,
        "equipment": details.equipment,
        "findings": item.findings,
        "stage": item.role,
        "meaning": item.meaning,
        "obstacle": _(item.obstacle) if item.obstacle else None,
        "href": url_for("booking_page.show", reference=booking.reference),
    }


def _result(result: BulkResult) -> dict[str, Any]:
    return {
        "reference": result.reference,
        "href": url_for("booking_page.show", reference=result.reference),
        "state": result.state,
        "done": result.is_done,
        "why": result.why,
        "findings": result.findings,
    }
