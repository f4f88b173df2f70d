"""Others' busy time in a feed: merged and untitled except public demonstrations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from gmp_booking.bookings.ical import CONFIRMED, CalendarPart, host_of
from gmp_booking.calendars.store import FeedPeriod, FeedQuery, list_rooms
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import gettext_for
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.period import Period, merge, uncovered
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import FeedScope
from gmp_booking.resources.store import others_busy, public_titles


class SubscribedFeed(Protocol):
    """The properties of a subscription that are needed here."""

    @property
    def actor(self) -> Actor: ...
    @property
    def query(self) -> FeedQuery: ...
    @property
    def period(self) -> FeedPeriod: ...
    @property
    def resource(self) -> str | None: ...
    @property
    def places(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def base_url(self) -> str: ...


def others_time(uow: Uow, link: SubscribedFeed) -> list[CalendarPart]:
    """Other companies' busy time, by room; empty for staff, who see all bookings as their own.

    Shape: of one resource, or of every room for a feed of the whole facility.
    """
    if link.actor.sees_facility:
        return []
    if link.query.scope is FeedScope.FACILITY:
        rooms = {room_id: (code, 1) for room_id, code in list_rooms(uow)}
    elif link.query.resource_id is not None and link.resource is not None:
        rooms = {link.query.resource_id: (link.resource, link.places)}
    else:
        return []
    busy = others_busy(uow, list(rooms), link.period.window)
    announced = public_titles(uow, list(rooms), link.period.window)
    parts: list[CalendarPart] = []
    for resource_id, (code, places) in rooms.items():
        titles = announced.get(resource_id, [])
        shown = [period for period, _title in titles]
        for period in full_periods(busy.get(resource_id, []), places=places):
            parts += (_block(link, code, rest) for rest in uncovered(period, shown))
        parts += _announcements(link, code, titles)
    return parts


def full_periods(busy: Iterable[tuple[int, Period]], *, places: int) -> list[Period]:
    """When all units are taken, from the merged busy time of each."""
    edges = sorted([(period.start, 1) for _, period in busy] + [(period.end, -1) for _, period in busy])
    full: list[Period] = []
    taken, since = 0, None
    for at, change in edges:
        taken += change
        if taken == places and since is None:
            since = at
        elif taken < places and since is not None:
            if since < at:
                full.append(Period(since, at))
            since = None
    return merge(full)


def _block(link: SubscribedFeed, code: str, period: Period) -> CalendarPart:
    """A busy block without details."""
    said = gettext_for(link.language)(N_("Reserved"))
    return _part(link, f"busy-{code}", period, summary=f"{code} · {said}" if _is_whole_facility(link) else said)


def _announcements(link: SubscribedFeed, code: str, titles: Iterable[tuple[Period, str]]) -> Iterator[CalendarPart]:
    for period, title in titles:
        yield _part(link, f"public-{code}", period, summary=f"{code} · {title}", location=code)


def _is_whole_facility(link: SubscribedFeed) -> bool:
    return link.query.scope is FeedScope.FACILITY


def _part(link: SubscribedFeed, name: str, period: Period, *, summary: str, location: str = "") -> CalendarPart:
    return CalendarPart(
        uid=f"{name}-{period.start:%Y%m%dT%H%M%SZ}@{host_of(link.base_url)}",
        sequence=0,
        status=CONFIRMED,
        start=period.start,
        end=period.end,
        summary=summary,
        description="",
        location=location,
        transparent=False,
        changed_at=link.created_at,
    )
