"""The page of sessions that nobody recorded, to say that nobody came or to record what happened."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, render_template, request, url_for

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.execution.available_actions import available_actions
from gmp_booking.execution.not_recorded import LOOKED_BACK, NotRecorded, list_not_recorded
from gmp_booking.execution.pages import session_view
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _

not_recorded = Blueprint("not_recorded", __name__)


@not_recorded.get("/not-recorded")
@signed_in
def show() -> str:
    room = request.args.get("room", "")[:40]
    older = "older" in request.args
    found, rows = current_request().read(_read, room, older=older)
    filters: dict[str, Any] = {"older": "yes"} if older else {}
    return render_template(
        "not_recorded/list.html",
        rows=rows,
        room=room,
        rooms=[
            (code, number, url_for("not_recorded.show", room=code, **filters), code == room)
            for code, number in found.by_room.items()
        ],
        total=sum(found.by_room.values()),
        all_rooms_href=url_for("not_recorded.show", **filters),
        older_href=None if older else url_for("not_recorded.show", room=room or None, older="yes"),
        days=LOOKED_BACK.days,
        here=url_for("not_recorded.show", room=room or None, **filters),
        once=secrets.token_urlsafe(12),
    )


def _read(uow: Uow, room: str, *, older: bool) -> tuple[NotRecorded, list[dict[str, Any]]]:
    found = list_not_recorded(uow, room=room, older=older)
    rows = [
        session_view(each)
        | {
            "at_once": [
                (act.action, _(act.label), act.kind)
                for act in available_actions(each, uow.actor, uow.now)
                if act.action == "missed"
            ],
            "booking_href": url_for("booking_page.show", reference=each.reference),
        }
        for each in found.sessions
    ]
    return found, rows
