"""The Today page: running and next sessions, missing names, and actions for the reader."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.approvals.inbox import count_waiting
from gmp_booking.execution.available_actions import available_actions
from gmp_booking.execution.day import MissingNames, SessionsOfDay, read_day
from gmp_booking.execution.pages import session_view
from gmp_booking.execution.room_use.overdue import minutes_overdue
from gmp_booking.execution.service import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _, named
from gmp_booking.infra.web.request_info import is_htmx
from gmp_booking.kernel.access import Actor, Permission, is_allowed, require
from gmp_booking.kernel.labels import MEANINGS_QUOTED
from gmp_booking.kernel.period import Period, merge
from gmp_booking.kernel.states import ENDED, RUNNING
from gmp_booking.kernel.vocabulary import Meaning, ResourceKind
from gmp_booking.resources.service import ResourceRow, list_resources, others_busy

today = Blueprint("today", __name__)


@dataclass(frozen=True)
class TodayFacts:
    """The data of the page, read in a fixed number of statements."""

    day: SessionsOfDay
    rooms: Sequence[ResourceRow]
    busy: Mapping[int, Sequence[tuple[int, Period]]]
    inbox: int


def read_today(uow: Uow) -> TodayFacts:
    """The sessions of today that the reader may see; of other companies only merged busy time."""
    require(uow.actor, Permission.TIMELINE_READ)
    day = read_day(uow)
    rooms = [each for each in list_resources(uow) if each.kind == ResourceKind.ROOM]
    ids = [each.id for each in rooms]
    busy = others_busy(uow, ids, Period(uow.now, day.period.end)) if uow.actor.company_id is not None else {}
    inbox = count_waiting(uow) if is_allowed(uow.actor, Permission.INBOX_READ) else 0
    return TodayFacts(day, rooms, busy, inbox)


@today.get("/today")
@signed_in
def show() -> str:
    call = current_request()
    facts = call.read(read_today)
    on_screen = request.args.get("screen") == "1"
    context = {
        "now": facts.day.now,
        "screen": on_screen,
        "running": [_session_line(each, facts, call.actor) for each in facts.day.running],
        "next": [_session_line(each, facts, call.actor) for each in facts.day.to_come],
        "ended": [_session_line(each, facts, call.actor) for each in facts.day.ended],
        "others": _others(facts),
        "missing": [] if on_screen else [_missing(each) for each in facts.day.missing],
        "waiting": [] if on_screen else _waiting(facts, call.actor),
        "once": secrets.token_urlsafe(12),
        "statement": _(
            "I sign each session ticked above with the meaning “%(meaning)s”.",
            meaning=_(MEANINGS_QUOTED[Meaning.ROOM_RELEASED]),
        ),
    }
    return render_template("today/today_board.html" if is_htmx() else "today/today.html", **context)


def _session_line(session: SessionRow, facts: TodayFacts, actor: Actor) -> dict[str, Any]:
    """A session as a line of the board, with its one-step actions."""
    available = available_actions(session, actor, facts.day.now)
    now, is_running = facts.day.now, session.stands in RUNNING
    should_have_begun = session.stands not in RUNNING | ENDED and facts.day.includes(session)
    return session_view(session) | {
        "at_once": [(each.action, _(each.label), each.kind) for each in available if each.at_once],
        "may_complete": any(each.action == "complete" for each in available),
        "to_sign": any(each.action == "ready" for each in available),
        "overdue_min": _minutes(now - session.starts_at) if should_have_begun else 0,
        "past_end_min": _minutes(now - session.until) if is_running else 0,
        "is_overdue": minutes_overdue(session, now) > 0,
    }


def _minutes(length: timedelta) -> int:
    return max(0, length // timedelta(minutes=1))


def _waiting(facts: TodayFacts, actor: Actor) -> list[dict[str, Any]]:
    """Sessions that need an action of this reader, by action."""
    found = [_session_line(each, facts, actor) for each in facts.day.waiting]
    groups = (
        ("confirm-emergency", _("Emergency entries to confirm")),
        ("ready", _("Rooms to release")),
        ("verify-clearance", _("Clearances to verify")),
        ("verify", _("Records to verify")),
        ("missed", _("Possible no-shows")),
    )
    shown = []
    for action, label in groups:
        rows = [
            each
            for each in found
            if (
                each["to_sign"]
                if action == "ready"
                else any(available == action for available, *_more in each["at_once"])
            )
        ]
        if rows:
            shown.append({"action": action, "label": label, "rows": rows})
    return shown


def _missing(each: MissingNames) -> dict[str, Any]:
    return {
        "reference": each.reference,
        "number": each.number,
        "room": each.room,
        "company_name": named(each.company),
        "period": Period(each.starts_at, each.ends_at),
        "lacking": each.headcount - each.named,
    }


def _others(facts: TodayFacts) -> list[dict[str, Any]]:
    """When other companies use rooms in the rest of the day, without further details."""
    shown = []
    for room in facts.rooms:
        periods = merge([period for _unit, period in facts.busy.get(room.id, ())])
        if periods:
            shown.append(
                {"room": room.code, "room_name": named(room), "periods": periods, "now": _holds(periods, facts.day.now)}
            )
    return shown


def _holds(periods: Sequence[Period], now: datetime) -> bool:
    return any(period.holds(now) for period in periods)
