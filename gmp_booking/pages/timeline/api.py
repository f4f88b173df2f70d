"""JSON API of the timeline, with the same data as the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import EXCLUDE, Schema, fields, validate

from gmp_booking.accounts.request_context import current_request
from gmp_booking.infra.web.datetime_fields import InstantField
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.pages.timeline.others_time import others_time
from gmp_booking.pages.timeline.pages import TimelineFacts, read_timeline

api = Blueprint("timeline_api", __name__, url_prefix="/api/v1", description="The timeline")
LONGEST_WINDOW = timedelta(days=93)


class TimelineQuery(Schema):
    class Meta:
        unknown = EXCLUDE

    from_ = InstantField(data_key="from", required=True)
    to = InstantField(required=True)
    resource = fields.String(load_default=None, validate=validate.Length(max=40))


class BlockOut(Schema):
    resource = fields.String()
    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")
    state = fields.String()
    reference = fields.String(allow_none=True)
    label = fields.String(allow_none=True)


class TimelineOut(Schema):
    blocks = fields.List(fields.Nested(BlockOut))


@api.route("/timeline")
class Timeline(MethodView):
    @api.arguments(TimelineQuery, location="query")
    @api.response(200, TimelineOut)
    def get(self, query: dict[str, Any]) -> Response:
        """List occupied time; other companies' bookings appear only as reserved time"""
        if not timedelta() < query["to"] - query["from_"] <= LONGEST_WINDOW:
            raise Invalid(field_errors={"to": [N_("View at most three months at once.")]})
        codes = frozenset({query["resource"]} if query["resource"] else ())
        facts = current_request().read(read_timeline, Period(query["from_"], query["to"]), codes=codes, equipment=True)
        names = {each.id: each.code for each in facts.resources}
        blocks = [*_own(facts, names), *_others(facts, names), *_outages(facts, names)]
        # Not serialised by marshmallow: a week of fifty rooms has a thousand blocks. The schema documents their shape.
        return Response(orjson.dumps({"blocks": sorted(blocks, key=_place)}), mimetype="application/json")


def _own(facts: TimelineFacts, names: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    for taken in facts.taken:
        yield {
            "resource": names[taken.resource_id],
            "start": taken.starts_at,
            "end": taken.ends_at,
            "state": taken.state,
            "reference": taken.reference,
            "label": taken.product or taken.title,
        }


def _others(facts: TimelineFacts, names: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    for resource_id, period, title in others_time(facts.busy, facts.titles):
        yield {
            "resource": names[resource_id],
            "start": period.start,
            "end": period.end,
            "state": "RESERVED",
            "reference": None,
            "label": title or None,
        }


def _outages(facts: TimelineFacts, names: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    for one in facts.withdrawn:
        yield {
            "resource": names[one.resource_id],
            "start": one.period.start,
            "end": one.period.end,
            "state": "NOT_AVAILABLE",
            "reference": one.outage.hold_no if one.outage else None,
            "label": one.outage.kind if one.outage else None,
        }


def _place(block: Mapping[str, Any]) -> tuple[str, datetime]:
    return block["resource"], block["start"]
