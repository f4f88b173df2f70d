"""The list of the reader's bookings, with filters in the address."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.booking_forms import prefill
from gmp_booking.bookings import lists
from gmp_booking.bookings.lists import BookingSummary
from gmp_booking.bookings.service import may_draft
from gmp_booking.infra.web.i18n import named
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.states import DRAFTED, BookingState

my_bookings = Blueprint("my_bookings", __name__, url_prefix="/bookings")
PAGE = 30
LAST_PAGE = 100_000


@my_bookings.get("")
@signed_in
def show() -> str:
    call = current_request()
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    state = request.args.get("state", "")
    when = request.args.get("when", "upcoming")
    found = call.read(
        lists.list_summaries,
        state=state if state in BookingState.__members__ else None,
        when=when if when in {"upcoming", "past", "all"} else "upcoming",
        searched=request.args.get("q", "").strip()[:80],
        offset=(page - 1) * PAGE,
        limit=PAGE,
    )
    filters: dict[str, Any] = {"state": state, "when": when, "q": request.args.get("q", "")}
    return render_template(
        "my_bookings/list.html",
        drafts=call.read(prefill.list_drafts),
        rows=[_row(row, call.actor) for row in found.rows],
        filter=filters | {"text": filters["q"]},
        states=[(value, None) for value in BookingState.__members__],
        page={
            "number": page,
            "pages": page + found.has_more,
            "previous_href": url_for("my_bookings.show", page=page - 1, **filters) if page > 1 else None,
            "next_href": url_for("my_bookings.show", page=page + 1, **filters) if found.has_more else None,
        },
        is_facility=call.actor.is_staff,
    )


def _row(row: BookingSummary, actor: Actor) -> dict[str, Any]:
    # Only staff see drafts of other companies, so checking the permission for the actor's own company is enough.
    may_write = may_draft(actor)
    endpoint = "bookings.edit" if row.state in DRAFTED and may_write else "booking_page.show"
    return vars(row) | {
        "product": row.product or row.draft_product,
        "rooms": ", ".join(codes for codes in (row.rooms, row.equipment) if codes),
        "company_name": named(row.company) if actor.is_staff else None,
        "href": url_for(endpoint, reference=row.reference),
    }
