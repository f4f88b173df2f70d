"""Today: what runs, what comes next, whose names are missing, and what waits for the reader."""

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
from gmp_booking.execution.available_actions import offers
from gmp_booking.execution.day import Day, MissingNames, read_day
from gmp_booking.execution.pages import shown_session
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
    """Everything the page shows, read in a fixed number of statements."""

    day: Day
    rooms: Sequence[ResourceRow]
    busy: Mapping[int, Sequence[tuple[int, Period]]]
    inbox: int


def read_today(uow: Uow) -> TodayFacts:
    """What happens today as far as the reader may know; of other companies only merged busy time."""
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
        "running": [_shown(each, facts, call.actor) for each in facts.day.running],
        "next": [_shown(each, facts, call.actor) for each in facts.day.to_come],
        "ended": [_shown(each, facts, call.actor) for each in facts.day.ended],
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


def _shown(session: SessionRow, facts: TodayFacts, actor: Actor) -> dict[str, Any]:
    """A session as a line of the board, with what the reader may do in one step."""
    offered = offers(session, actor, facts.day.now)
    now, is_running = facts.day.now, session.stands in RUNNING
    should_have_begun = session.stands not in RUNNING | ENDED and facts.day.includes(session)
    return shown_session(session) | {
        "at_once": [(offer.action, _(offer.label), offer.kind) for offer in offered if offer.at_once],
        "may_complete": any(offer.action == "complete" for offer in offered),
        "to_sign": any(offer.action == "ready" for offer in offered),
        "overdue_min": _minutes(now - session.starts_at) if should_have_begun else 0,
        "past_end_min": _minutes(now - session.until) if is_running else 0,
    }


def _minutes(length: timedelta) -> int:
    return max(0, length // timedelta(minutes=1))


def _waiting(facts: TodayFacts, actor: Actor) -> list[dict[str, Any]]:
    """What only this reader's hand moves on: releases, clearances, records, proposals."""
    found = [_shown(each, facts, actor) for each in facts.day.waiting]
    groups = (
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
            if (each["to_sign"] if action == "ready" else any(offered == action for offered, *_more in each["at_once"]))
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
    """When rooms are taken by others in the rest of the day, and nothing else of it."""
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
