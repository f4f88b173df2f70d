"""The time zone of a calendar (RFC 5545): its VTIMEZONE, and times that every reader understands in it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.cal import Component
from icalendar.prop import vRecur

# No entry is older than FIRST. From LAST on a zone follows the rule that it has by then.
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST: Final = datetime(2020, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2038, 1, 1, tzinfo=UTC)
STEP: Final = timedelta(days=7)
"""Shorter than the time between two changes of any zone."""
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class ZoneChange(NamedTuple):
    """A change of a zone's offset. Shape: `at` is the local time that the clocks showed when it came."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str


def local_or_utc(instant: datetime, zone: ZoneInfo) -> datetime:
    """The instant in the zone; in UTC where its local time occurs twice, which calendar programs read differently."""
    local = instant.astimezone(zone)
    if not _recent_changes(zone) or local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
        return local
    return instant.astimezone(UTC)


@cache
def vtimezone(zone: ZoneInfo) -> Timezone:
    """The zone's definition: its current offset alone where clocks are not changed any more, else all changes."""
    found = Timezone()
    found.add("tzid", zone.key)
    changes = _recent_changes(zone)
    for each in _observances(changes) if changes else [_constant(zone)]:
        found.add_component(each)
    return found


@cache
def _recent_changes(zone: ZoneInfo) -> Sequence[ZoneChange]:
    return tuple(_changes(zone, FIRST, LAST))


def _changes(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[ZoneChange]:
    """The changes in a time, in order."""
    earlier, before = since, _offset(since, zone)
    while earlier < until:
        later = earlier + STEP
        after = _offset(later, zone)
        if before != after:
            at = _first_instant(zone, earlier, later)
            yield ZoneChange((at + before).replace(tzinfo=None), before, after, f"{at.astimezone(zone):%Z}")
        earlier, before = later, after


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _first_instant(zone: ZoneInfo, earlier: datetime, later: datetime) -> datetime:
    """The first minute of the offset that applies at the later instant."""
    while later - earlier > timedelta(minutes=1):
        middle = earlier + (later - earlier) // timedelta(minutes=2) * timedelta(minutes=1)
        if _offset(middle, zone) == _offset(later, zone):
            later = middle
        else:
            earlier = middle
    return later


def _constant(zone: ZoneInfo) -> Component:
    """The offset that the zone has had since its last change."""
    earlier = list(_changes(zone, EPOCH, FIRST))
    since = earlier[-1].at if earlier else EPOCH.replace(tzinfo=None)
    offset = _offset(FIRST, zone)
    return _component(TimezoneStandard(), ZoneChange(since, offset, offset, f"{FIRST.astimezone(zone):%Z}"))


def _observances(changes: Sequence[ZoneChange]) -> Iterator[Component]:
    """The changes of one kind by the yearly rule that they follow, else one by one: some readers know no RDATE."""
    for kind in dict.fromkeys(change[1:] for change in changes):
        alike = [change for change in changes if change[1:] == kind]
        rule = _yearly_rule([change.at for change in alike])
        for change in alike[:1] if rule else alike:
            found = _component(TimezoneDaylight() if change.after > change.before else TimezoneStandard(), change)
            if rule:
                found.add("rrule", vRecur(rule))
            yield found


def _component(found: Component, change: ZoneChange) -> Component:
    found.add("dtstart", change.at)
    found.add("tzname", change.name)
    found.add("tzoffsetfrom", change.before)
    found.add("tzoffsetto", change.after)
    return found


def _yearly_rule(moments: Sequence[datetime]) -> dict[str, object] | None:
    """The rule of moments that come once a year, on the same weekday of a month; None when there is none."""
    if [each.year for each in moments] != list(range(FIRST.year, LAST.year)):
        return None
    if len({(each.month, each.weekday(), each.time()) for each in moments}) > 1:
        return None
    numbers = {(each.day - 1) // 7 + 1 for each in moments}
    is_last = all(each.day + 7 > monthrange(each.year, each.month)[1] for each in moments)
    if not is_last and len(numbers) > 1:
        return None
    number = -1 if is_last else numbers.pop()
    return {"FREQ": "YEARLY", "BYMONTH": moments[0].month, "BYDAY": f"{number}{WEEKDAYS[moments[0].weekday()]}"}
