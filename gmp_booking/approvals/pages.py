"""The inbox: what waits for a decision, the longest waiting first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for

from gmp_booking.accounts.door import asked
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.approvals import service
from gmp_booking.bookings.lifecycle import TRACKS, Track
from gmp_booking.infra.i18n import named
from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.access import Actor, Role

approvals = Blueprint("approvals", __name__)
PAGE = 30
LAST_PAGE = 100_000


@approvals.get("/inbox")
@signed_in
def inbox() -> str:
    call = asked()
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    stage = request.args.get("stage", "")
    roles = _roles_of(stage, call.actor)

    def read(uow: Uow) -> tuple[Any, Counter[str], Any]:
        rows = service.list_waiting(uow, roles, offset=(page - 1) * PAGE, limit=PAGE + 1)
        return rows, service.count_by_stage(uow), uow.now

    rows, counts, now = call.read(read)
    return render_template(
        "approvals/inbox.html",
        rows=[_row(row, now) for row in rows[:PAGE]],
        filter={"stage": stage},
        stages=sorted(counts.items()),
        page={
            "number": page,
            "pages": page + (len(rows) > PAGE),
            "previous_href": url_for("approvals.inbox", stage=stage, page=page - 1) if page > 1 else None,
            "next_href": url_for("approvals.inbox", stage=stage, page=page + 1) if len(rows) > PAGE else None,
        },
    )


def _roles_of(stage: str, actor: Actor) -> frozenset[Role]:
    """Whose turn is shown: one's own without a word, everybody's, or one role's."""
    if stage in Role.__members__:
        return frozenset({Role(stage)})
    return frozenset(Role) if stage == "all" else actor.roles


def _row(row: Mapping[str, Any], now: Any) -> dict[str, Any]:
    findings: Counter[str] = Counter(row["severities"] or ())
    return {
        **row,
        "company_name": named(row["company"]),
        "rooms": ", ".join(codes for codes in (row["rooms"], row["equipment"]) if codes),
        "stage": TRACKS[Track(row["track"])][row["stage"]].role.value,
        "hard": findings["HARD"],
        "soft": findings["SOFT"],
        "warn": findings["WARN"],
        "waiting_since": row["submitted_at"],
        "is_late": row["decide_by"] is not None and row["decide_by"] < now,
        "is_change": row["version"] > 1,
        "href": url_for("bookings.show", reference=row["reference"]),
    }
