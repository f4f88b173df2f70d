"""JSON API of the inbox and of bulk decisions."""

from __future__ import annotations

from typing import Any

from flask import request as http_request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import EXCLUDE, Schema, fields, validate

from gmp_booking.accounts.request_context import LONGEST_KEY, current_request
from gmp_booking.approvals import inbox
from gmp_booking.approvals.bulk import MOST_AT_ONCE, BulkItem, BulkResult, decide_all
from gmp_booking.approvals.inbox import SORTS, InboxFilter, WaitingRequest
from gmp_booking.bookings.schemas import FindingOut
from gmp_booking.conflicts.privacy import finding_as_json
from gmp_booking.infra.web.openapi import WITH_IDEMPOTENCY_KEY
from gmp_booking.infra.web.shapes import CleanText, Shape
from gmp_booking.kernel.access import Actor, Role
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action, Kind
from gmp_booking.signatures.schemas import SignatureIn

api = Blueprint("decisions_api", __name__, url_prefix="/api/v1/decisions", description="Pending decisions")
ACTIONS = (Action.REVIEW, Action.APPROVE, Action.RETURN, Action.REJECT)


class WaitingQuery(Schema):
    class Meta:
        unknown = EXCLUDE

    stage = fields.String(load_default="", validate=validate.OneOf(["", "all", *Role.__members__]))
    company = fields.String(load_default="", validate=validate.Length(max=40))
    kind = fields.String(load_default="", validate=validate.OneOf(["", *Kind.__members__]))
    room = fields.String(load_default="", validate=validate.Length(max=40))
    q = fields.String(load_default="", validate=validate.Length(max=80))
    late = fields.Boolean(load_default=False)
    changes = fields.Boolean(load_default=False)
    sort = fields.String(load_default="waiting", validate=validate.OneOf(list(SORTS)))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class WaitingOut(Schema):
    reference = fields.String()
    version = fields.Integer()
    revision = fields.Integer()
    kind = fields.String()
    title = fields.String(allow_none=True)
    company = fields.String()
    product = fields.String(allow_none=True)
    rooms = fields.String(allow_none=True)
    equipment = fields.String(allow_none=True)
    is_change = fields.Boolean()
    stage = fields.String()
    deciders = fields.List(fields.String())
    may_decide = fields.Boolean()
    submitted_at = fields.AwareDateTime()
    decide_by = fields.AwareDateTime(allow_none=True)
    pending_until = fields.AwareDateTime(allow_none=True)
    is_late = fields.Boolean()


class WaitingPageOut(Schema):
    waiting = fields.List(fields.Nested(WaitingOut))
    by_stage = fields.Dict(keys=fields.String(), values=fields.Integer())
    total = fields.Integer()
    page = fields.Integer()
    page_size = fields.Integer()


class ItemIn(Shape):
    reference = fields.String(required=True, validate=validate.Length(max=40))
    action = fields.Enum(Action, by_value=True, required=True)
    revision = fields.Integer(required=True, strict=True)
    reason = CleanText(longest=2000, load_default=None, allow_none=True)


class DecisionsIn(Shape):
    """Decisions on records that were shown in full, with one signature if any of them needs one."""

    items = fields.List(
        fields.Nested(ItemIn),
        required=True,
        validate=validate.Length(min=1, max=MOST_AT_ONCE, error=N_("One to thirty decisions at once.")),
    )
    signature = fields.Nested(SignatureIn, load_default=None, allow_none=True)


class ResultOut(Schema):
    reference = fields.String()
    done = fields.Boolean()
    status = fields.Integer()
    state = fields.String(allow_none=True)
    why = fields.String(allow_none=True)
    findings = fields.List(fields.Nested(FindingOut))


class ResultsOut(Schema):
    results = fields.List(fields.Nested(ResultOut))


@api.route("")
class Decisions(MethodView):
    @api.arguments(WaitingQuery, location="query")
    @api.response(200, WaitingPageOut)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List pending requests and changes with their deciders and deadlines"""
        request = current_request()
        mine = request.actor.roles if not query["stage"] else frozenset({query["stage"]})
        wanted = InboxFilter(
            roles=frozenset(Role) if query["stage"] == "all" else frozenset(map(Role, mine)),
            company=query["company"],
            kind=query["kind"],
            room=query["room"],
            text=query["q"],
            late_only=query["late"],
            changes_only=query["changes"],
            sort=query["sort"],
            offset=(query["page"] - 1) * query["page_size"],
            limit=query["page_size"],
        )
        found = request.read(inbox.list_inbox, wanted)
        return {
            "waiting": [_waiting(row, found, request.actor) for row in found.rows],
            "by_stage": dict(found.by_stage),
            "total": found.total,
            "page": query["page"],
            "page_size": query["page_size"],
        }

    @api.doc(**WITH_IDEMPOTENCY_KEY)
    @api.arguments(DecisionsIn)
    @api.response(200, ResultsOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Decide on several bookings independently, with a result for each"""
        key = http_request.headers.get("Idempotency-Key", "").strip()
        if len(key) > LONGEST_KEY:
            raise Invalid(N_("The idempotency key is too long."))
        items = [
            BulkItem(each["reference"], each["revision"], each["action"], each["reason"]) for each in body["items"]
        ]
        _require_decisions(items)
        password = (body["signature"] or {}).get("password")
        return {
            "results": [
                _result(each) for each in decide_all(current_request(), items, password=password, key=key or None)
            ]
        }


def _require_decisions(items: list[BulkItem]) -> None:
    wrong = {
        f"items.{number}.action": [N_("Not one of the choices.")]
        for number, item in enumerate(items)
        if item.action not in ACTIONS
    }
    if wrong:
        raise Invalid(field_errors=wrong)


def _waiting(row: WaitingRequest, found: inbox.Inbox, actor: Actor) -> dict[str, Any]:
    role = row.role.value
    return vars(row) | {
        "company": row.company_code,
        "may_decide": inbox.may_decide(actor, row),
        "stage": role,
        "deciders": list(found.holders.get(role, ())),
        "is_late": row.decide_by is not None and row.decide_by < found.now,
    }


def _result(result: BulkResult) -> dict[str, Any]:
    return {
        "reference": result.reference,
        "done": result.is_done,
        "status": result.status,
        "state": result.state,
        "why": result.why,
        "findings": [finding_as_json(each) for each in result.findings],
    }
