"""Find a free room at a time, and the next free times of each room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.bookings.service import may_draft
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _, current_zone, named
from gmp_booking.kernel.facility_labels import ROOM_GROUPS
from gmp_booking.kernel.period import Period, merge
from gmp_booking.kernel.vocabulary import ResourceKind
from gmp_booking.pages.rule_labels import grade_word
from gmp_booking.pages.timeline.pages import TimelineFacts, read_timeline
from gmp_booking.policies.service import DayOff, OpeningHoursRow
from gmp_booking.resources.availability import gaps
from gmp_booking.resources.service import ResourceRow

T = TypeVar("T")
DAYS = 7
MOST_LATER = 3
FURTHEST_DAYS = 550
LENGTHS = (60, 120, 180, 240, 360, 480)

free_rooms = Blueprint("free_rooms", __name__)


@dataclass(frozen=True)
class Search:
    """The search criteria. Unit: minutes."""

    day: date
    clock: time
    minutes: int
    where: str
    zone: ZoneInfo

    @property
    def wanted(self) -> Period:
        start = datetime.combine(self.day, self.clock, self.zone).astimezone(UTC)
        return Period(start, start + timedelta(minutes=self.minutes))

    @property
    def window(self) -> Period:
        start = datetime.combine(self.day, time(), self.zone).astimezone(UTC)
        return Period(start, start + timedelta(days=DAYS))


@dataclass(frozen=True)
class FreeRoom:
    """A room that is free at the requested time, or its next free times; `is_open`: within opening hours."""

    room: ResourceRow
    then: Period | None
    is_open: bool
    later: tuple[Period, ...]


def find_free_rooms(facts: TimelineFacts, search: Search) -> list[FreeRoom]:
    """The free time of each room, rooms free at the requested time first; rooms without free time are left out; pure.

    Shape: a room that is free and open has no later times unless it was searched for by its code.
    """
    free_rooms_found = [_free_room(room, facts, search) for room in facts.resources if room.kind == ResourceKind.ROOM]
    found = [free_room for free_room in free_rooms_found if free_room.then or free_room.later]
    return sorted(found, key=lambda free_room: (free_room.then is None, not free_room.is_open, free_room.room.code))


def _free_room(room: ResourceRow, facts: TimelineFacts, search: Search) -> FreeRoom:
    busy = [Period(taken.starts_at, taken.ends_at) for taken in facts.taken if taken.resource_id == room.id]
    busy += [period for _unit, period in facts.busy.get(room.id, ())]
    busy += [withdrawn.period for withdrawn in facts.withdrawn if withdrawn.resource_id == room.id]
    wanted = search.wanted
    is_free = wanted.start >= facts.now and not any(wanted.overlaps(each) for each in busy)
    hours = list(open_hours(room, facts.hours, facts.days_off, search.day, zone=search.zone))
    found = _later(busy, hours, not_before=max(facts.now, wanted.start), minutes=search.minutes)
    later = [each for each in found if each.start != wanted.start]
    is_open = any(each.contains(wanted) for each in hours)
    says_later = not (is_free and is_open) or search.where == room.code
    return FreeRoom(
        room=room,
        then=wanted if is_free else None,
        is_open=is_open,
        later=tuple(later[:MOST_LATER]) if says_later else (),
    )


def open_hours(
    room: ResourceRow, hours: Sequence[OpeningHoursRow], days_off: Iterable[DayOff], first: date, *, zone: ZoneInfo
) -> Iterable[Period]:
    """The opening hours of a room in the window; a room without hours of its own has those of the facility."""
    kept = [each for each in hours if each.resource_id == room.id]
    kept = kept or [each for each in hours if each.resource_id is None]
    off = {each.on_date for each in days_off}
    for number in range(DAYS):
        day = first + timedelta(days=number)
        for each in kept:
            if each.weekday == day.weekday() and day not in off:
                yield Period(datetime.combine(day, each.opens, zone), datetime.combine(day, each.closes, zone))


def _later(busy: Sequence[Period], hours: Iterable[Period], *, not_before: datetime, minutes: int) -> Iterable[Period]:
    """The first start in each free period that is long enough."""
    length, earliest = timedelta(minutes=minutes), _rounded(not_before)
    for window in merge(hours):
        start = max(window.start, earliest)
        if start < window.end:
            free = gaps(busy, Period(start, window.end))
            yield from (Period(gap.start, gap.start + length) for gap in free if gap.duration >= length)


def _rounded(instant: datetime) -> datetime:
    """The instant, rounded up to a quarter of an hour."""
    over = timedelta(minutes=instant.minute % 15, seconds=instant.second, microseconds=instant.microsecond)
    return instant if not over else instant - over + timedelta(minutes=15)


@free_rooms.get("/timeline/free")
@signed_in
def show() -> str:
    call = current_request()
    facts, search = call.read(_read)
    return render_template(
        "timeline/free_rooms.html",
        search=search,
        offers=[_view(free_room) for free_room in find_free_rooms(facts, search)] if "date" in request.args else None,
        places=_places(facts.rooms),
        lengths=sorted({*LENGTHS, search.minutes}),
        can_book=may_draft(call.actor),
    )


def _read(uow: Uow) -> tuple[TimelineFacts, Search]:
    search = _search(uow.now, uow.zone)
    facts = read_timeline(uow, search.window, codes=frozenset(), equipment=False)
    chosen = [
        each for each in facts.resources if search.where in {"", each.code, each.room_class, f"grade:{each.grade}"}
    ]
    return replace(facts, resources=chosen), search


def _search(now: datetime, zone: ZoneInfo) -> Search:
    """The criteria from the address; invalid values are replaced by tomorrow, 09:00, four hours."""
    args = request.args
    today = now.astimezone(zone).date()
    day = _read_as(date.fromisoformat, args.get("date", ""), today + timedelta(days=1))
    if not 0 <= (day - today).days <= FURTHEST_DAYS:
        day = today
    minutes = args.get("minutes", type=int) or 240
    return Search(
        day=day,
        clock=_read_as(time.fromisoformat, args.get("from", ""), time(9)).replace(tzinfo=None),
        minutes=min(max(minutes, 15), 24 * 60),
        where=(args.get("where") or args.get("room") or "")[:40],
        zone=zone,
    )


def _read_as(read: Callable[[str], T], text: str, otherwise: T) -> T:
    try:
        return read(text)
    except ValueError:
        return otherwise


def _places(rooms: Sequence[ResourceRow]) -> list[tuple[str, str, str]]:
    """The choices of where to search: a room class, a grade, or one room."""
    classes = {each.room_class for each in rooms if each.room_class}
    grades = sorted({each.grade for each in rooms if each.grade and each.grade != "-"})
    return [
        *((code, _(label), _("Rooms")) for code, label in ROOM_GROUPS.items() if code in classes),
        *((f"grade:{grade}", _("Grade %(grade)s", grade=grade_word(grade)), _("Grade")) for grade in grades),
        *((each.code, f"{each.code} {named(each)}", _("One room")) for each in rooms),
    ]


def _view(free_room: FreeRoom) -> Mapping[str, Any]:
    return {
        "code": free_room.room.code,
        "name": named(free_room.room),
        "detail": grade_word(free_room.room.grade) if free_room.room.grade not in {None, "-"} else None,
        "then": _link(free_room.room, free_room.then) if free_room.then else None,
        "is_open": free_room.is_open,
        "later": [_link(free_room.room, each) for each in free_room.later],
    }


def _link(room: ResourceRow, period: Period) -> Mapping[str, Any]:
    start, end = (each.astimezone(current_zone()).isoformat(timespec="minutes") for each in (period.start, period.end))
    return {"period": period, "href": url_for("bookings.new", room=room.code, start=start, end=end)}
