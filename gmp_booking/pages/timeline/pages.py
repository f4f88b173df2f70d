"""The timeline page: occupied and free time of rooms and equipment, as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.booking_forms.form_marks import Mark, list_marks
from gmp_booking.bookings.lists import TakenTime, list_taken_time
from gmp_booking.bookings.service import may_draft
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _, current_zone, named
from gmp_booking.infra.web.request_info import is_htmx
from gmp_booking.kernel.access import Actor, Permission, require
from gmp_booking.kernel.facility_labels import RESOURCE_KINDS, ROOM_GROUPS
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import IN_FORCE, OTHERS_TIME_SHOWN_AS
from gmp_booking.kernel.vocabulary import ResourceKind
from gmp_booking.pages.rule_labels import grade_word
from gmp_booking.pages.timeline.layout import FormMarkBlock, Lane, TimelineBlock, TimelineView, Window, lay_out
from gmp_booking.pages.timeline.others_time import Titles, others_time
from gmp_booking.pages.timeline.outage_blocks import UnavailableTime, read_unavailable, unavailable_blocks
from gmp_booking.policies.service import DayOff, OpeningHoursRow, list_days_off, list_opening_hours
from gmp_booking.resources.service import ResourceRow, list_resources, others_busy, public_titles

FURTHEST_DAYS = 3650
SUNDAY = 6
MODES = ("day", "week", "agenda")

EQUIPMENT_GROUP = RESOURCE_KINDS[ResourceKind.EQUIPMENT]

timeline = Blueprint("timeline", __name__)


@dataclass(frozen=True)
class TimelineRequest:
    """The view requested by the address."""

    date: date
    mode: str
    rooms: tuple[str, ...]
    equipment: bool

    @property
    def window(self) -> Window:
        if self.mode != "week":
            return Window(self.date, 1)
        return Window(self.date - timedelta(days=self.date.weekday()), 7)


@dataclass(frozen=True)
class TimelineFacts:
    """The data of the timeline, read in a fixed number of statements. Shape: `rooms` are the choices of the filter."""

    now: datetime
    resources: Sequence[ResourceRow]
    taken: Sequence[TakenTime]
    busy: Mapping[int, Sequence[tuple[int, Period]]]
    hours: Sequence[OpeningHoursRow]
    days_off: Sequence[DayOff]
    marks: Sequence[Mark] = ()
    rooms: Sequence[ResourceRow] = ()
    withdrawn: Sequence[UnavailableTime] = ()
    titles: Titles = field(default_factory=dict)


def read_timeline(uow: Uow, window: Period, *, codes: frozenset[str] = frozenset(), equipment: bool) -> TimelineFacts:
    """The data of a window; of other companies only merged busy time."""
    require(uow.actor, Permission.TIMELINE_READ)
    resources = list_resources(uow)
    requested = [
        each
        for each in resources
        if (each.code in codes or not codes or (each.kind == ResourceKind.EQUIPMENT and each.home_room in codes))
        and (equipment or each.kind == ResourceKind.ROOM or each.code in codes)
    ]
    ids = [each.id for each in requested]
    busy = others_busy(uow, ids, window) if uow.actor.company_id is not None else {}
    return TimelineFacts(
        now=uow.now,
        resources=requested,
        taken=list_taken_time(uow, ids, window),
        busy=busy,
        hours=list_opening_hours(uow),
        days_off=list_days_off(uow, window.start.astimezone(uow.zone).date(), days=window.duration.days + 1),
        rooms=[each for each in resources if each.kind == ResourceKind.ROOM],
        withdrawn=read_unavailable(uow, ids, window),
        titles=public_titles(uow, ids, window) if busy else {},
    )


def read_with_marks(uow: Uow, window: Period, *, codes: frozenset[str], equipment: bool) -> TimelineFacts:
    """The same with form marks."""
    facts = read_timeline(uow, window, codes=codes, equipment=equipment)
    return replace(facts, marks=list_marks(uow, [each.id for each in facts.resources], window))


@timeline.get("/timeline")
@signed_in
def show() -> str:
    requested = _view()
    window = requested.window
    call = current_request()
    facts = call.read(
        read_with_marks, window.period(current_zone()), codes=frozenset(requested.rooms), equipment=requested.equipment
    )
    context = {
        "view": draw(facts, window, call.actor),
        "shown": requested,
        "step": _steps(requested, facts.now),
        "rooms": [(each.code, named(each), _(ROOM_GROUPS[each.room_class])) for each in facts.rooms if each.room_class],
        "holidays": {off.on_date: named(off) for off in facts.days_off},
        "can_book": may_draft(call.actor),
    }
    return render_template("parts/timeline_grid.html" if is_htmx() else "timeline/timeline.html", **context)


def _view() -> TimelineRequest:
    mode = request.args.get("view", "week")
    mode = mode if mode in MODES else "week"
    return TimelineRequest(
        date=_day(request.args.get("date")) if "date" in request.args else _default_date(_day(None), mode),
        mode=mode,
        rooms=tuple(code for code in request.args.getlist("room") if len(code) <= 40)[:60],
        equipment=request.args.get("equipment") == "1",
    )


def _day(text: str | None) -> date:
    today = datetime.now(current_zone()).date()
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return today
    return day if abs((day - today).days) <= FURTHEST_DAYS else today


def _default_date(today: date, mode: str) -> date:
    """The date shown by default: on Sundays the week view shows the coming week, since the current one is over."""
    return today + timedelta(days=1) if mode == "week" and today.weekday() == SUNDAY else today


def _steps(requested: TimelineRequest, now: datetime) -> dict[str, date]:
    stride = timedelta(days=7 if requested.mode == "week" else 1)
    return {
        "previous": requested.date - stride,
        "today": _default_date(now.astimezone(current_zone()).date(), requested.mode),
        "next": requested.date + stride,
    }


def draw(facts: TimelineFacts, window: Window, actor: Actor) -> TimelineView:
    """The facts as lanes and blocks in the reader's language, laid out."""
    codes = {each.id: each.code for each in facts.resources}
    lanes = [_lane(each) for each in facts.resources]
    blocks = [_own_block(taken, codes[taken.resource_id], facts.now, actor) for taken in facts.taken]
    blocks += [
        TimelineBlock(lane=codes[resource_id], period=period, label=title, state=OTHERS_TIME_SHOWN_AS, own=False)
        for resource_id, period, title in others_time(facts.busy, facts.titles)
    ]
    blocks += unavailable_blocks(facts.withdrawn, codes)
    zone = current_zone()
    default = [opening for opening in facts.hours if opening.resource_id is None]
    off = {each.on_date for each in facts.days_off}
    return lay_out(
        lanes,
        blocks,
        window=window,
        zone=zone,
        now=facts.now,
        closed=list(closed_periods(default, off, window, zone=zone)),
        marks=[FormMarkBlock(codes[mark.resource_id], mark.period, mark.whose) for mark in facts.marks],
    )


def _lane(resource: ResourceRow) -> Lane:
    group = ROOM_GROUPS.get(resource.room_class or "", EQUIPMENT_GROUP)
    detail = grade_word(resource.grade or "") if resource.kind == ResourceKind.ROOM else resource.home_room
    return Lane(
        code=resource.code,
        name=named(resource),
        group=_(group),
        detail=detail if detail and detail != "-" else "",
        kind=resource.kind,
        units=resource.places,
    )


def _own_block(taken: TakenTime, code: str, now: datetime, actor: Actor) -> TimelineBlock:
    words = [taken.company if actor.is_staff else None, taken.product or taken.title, taken.step]
    period = Period(taken.starts_at, taken.ends_at)
    return TimelineBlock(
        lane=code,
        period=period,
        label=" · ".join(word for word in words if word) or taken.reference,
        state=taken.state,
        own=True,
        href=url_for("booking_page.show", reference=taken.reference),
        detail=taken.reference,
        running=taken.state in IN_FORCE and period.start <= now < period.end,
    )


def closed_periods(
    hours: Iterable[OpeningHoursRow], off: set[date], window: Window, *, zone: ZoneInfo
) -> Iterable[Period]:
    """The time outside the facility's default hours, day by day."""
    by_weekday = {opening.weekday: opening for opening in hours}
    for index in range(window.days):
        day = window.first + timedelta(days=index)
        start, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        opening = None if day in off else by_weekday.get(day.weekday())
        if opening is None:
            yield Period(start, end)
            continue
        opens, closes = (datetime.combine(day, at, zone).astimezone(UTC) for at in (opening.opens, opening.closes))
        if start < opens:
            yield Period(start, opens)
        if closes < end:
            yield Period(closes, end)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
