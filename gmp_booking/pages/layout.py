"""The frame of every page: navigation, the facility's name, confirmation of the last action."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from flask import Flask, request, url_for

from gmp_booking.accounts import sessions
from gmp_booking.approvals.inbox import count_waiting, count_waiting_beside
from gmp_booking.bookings.service import may_draft
from gmp_booking.execution.not_recorded import NOT_RECORDED, starts_looked_at
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import SYSTEM, Actor, Permission, Role, is_allowed
from gmp_booking.kernel.text import N_
from gmp_booking.policies.service import find_facility

DONE: Mapping[str, str] = {
    "draft": N_("Your draft is saved. No time is reserved until you submit it."),
    "change-unchanged": N_("Nothing was changed: the content is the same."),
    "change-adjusted": N_("Changed. The signatures remain valid."),
    "change-moved": N_("The session is moved. The signatures remain valid."),
    "change-requested": N_(
        "Your change request was sent. The booking stays confirmed, unchanged, until it is decided."
    ),
    "change-replaced": N_("Your request was replaced. The time is reserved for you during the review."),
    "change-approved": N_("The booking is changed."),
    "change-withdrawn": N_("The change request was withdrawn; the booking is unchanged."),
    "session-cancelled": N_("The session is cancelled and its time is free again."),
    "submitted": N_("Your request was received. The time is reserved for you during the review."),
    "cancel": N_("The booking is cancelled and its time is free again."),
    "review": N_("Forwarded to the next stage."),
    "approve": N_("Approved."),
    "return": N_("Returned to the company with your question."),
    "reject": N_("Rejected; the time is free again."),
    "ask": N_("Your question was sent to the company."),
    "answer": N_("Your answer was sent to the facility. The time is reserved for you meanwhile."),
    "acknowledge": N_("Confirmed. Thank you."),
    "clear": N_("The line clearance is recorded; another person must verify it."),
    "verify-clearance": N_("The line clearance is verified."),
    "ready": N_("The room is released."),
    "check-in": N_("The start is recorded."),
    "emergency-entry": N_("The emergency entry is recorded. Production and QA are told."),
    "confirm-emergency": N_("The emergency entry is confirmed."),
    "crew": N_("The crew is named."),
    "takes-until": N_("Recorded. The room stays reserved as far as it is free."),
    "suspend": N_("The work is suspended."),
    "resume": N_("The work is resumed."),
    "complete": N_("The end is recorded; another person must verify it."),
    "verify": N_("The record is verified."),
    "missed": N_("No-show recorded; the rest of the time is free again."),
    "abort": N_("The work is aborted."),
    "close": N_("The booking is closed."),
    "placed": N_("The outage was created. The people affected are notified within a minute."),
    "lifted": N_("The outage was ended. The people affected are notified."),
}
NAME_KEPT_S = 60.0


def install(app: Flask, *, vendor: Path) -> None:
    """Register the template context of the frame."""
    kept: dict[str, Any] = {"at": float("-inf"), "facility": None}

    def facility() -> Any:
        if monotonic() - kept["at"] > NAME_KEPT_S:
            found = sessions.services().database.read(SYSTEM, find_facility)
            kept.update(at=monotonic(), facility=found)
        return kept["facility"]

    @app.context_processor
    def frame() -> dict[str, Any]:
        actor = sessions.current_actor()
        done = DONE.get(request.args.get("done", ""))
        return {
            "facility": facility(),
            "nav": _navigation(app, actor) if actor else [],
            "can_book": actor is not None and may_draft(actor),
            "can_administer": actor is not None and is_allowed(actor, Permission.ADMIN_READ),
            "flashes": [("ok", _(done))] if done else [],
            "vendor": {path.name for path in vendor.glob("*")},
        }


def _navigation(app: Flask, actor: Actor) -> list[dict[str, Any]]:
    items = [("today.show", _("Today"), "clock", 0), ("timeline.show", _("Timeline"), "timeline", 0)]
    items += [("my_bookings.show", _own_bookings(actor), "bookings", 0)]
    if is_allowed(actor, Permission.INBOX_READ):
        items += _counted(actor)
    if actor.has(Role.SYSADMIN, Role.FACILITY_MANAGER):
        items.append(("admin.index", _("Administration"), "key", 0))
    if "demo.mails" in app.view_functions:
        items.append(("demo.mails", _("Mail"), "mail", 0))
    return [
        {
            "label": label,
            "href": url_for(endpoint),
            "current": request.endpoint == endpoint,
            "count": count,
            "icon": icon,
        }
        for endpoint, label, icon, count in items
    ]


def _counted(actor: Actor) -> list[tuple[str, str, str, int]]:
    """The inbox and, for who records them as missed, the sessions that nobody recorded, each with its number."""
    database = sessions.services().database
    if not is_allowed(actor, Permission.NOT_RECORDED_READ):
        return [("approvals.inbox", _("Inbox"), "inbox", database.read(actor, count_waiting))]
    waiting, missing = database.read(actor, _count)
    return [
        ("approvals.inbox", _("Inbox"), "inbox", waiting),
        ("not_recorded.show", _("Not recorded"), "clock", missing),
    ]


def _count(uow: Uow) -> tuple[int, int]:
    return count_waiting_beside(uow, NOT_RECORDED, **vars(starts_looked_at(uow)))


def _own_bookings(actor: Actor) -> str:
    return _("Bookings") if actor.is_staff else _("My bookings")
