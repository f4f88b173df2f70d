"""Bookings as calendar entries (RFC 5545), for invitations by mail and for feeds.

Calendars are copied to phones and other services. An entry therefore contains only the room or equipment, the
reference and the state: never a product, a step, a purpose or a person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from gmp_booking.bookings.views import BookingView, ReservationView, SessionView
from gmp_booking.bookings.vtimezone import local_or_utc, vtimezone
from gmp_booking.infra.web.i18n import closest_language, gettext_for, html_language, named
from gmp_booking.kernel.labels import CANCELLED as CANCELLED_LABEL
from gmp_booking.kernel.labels import CONFIRMED as CONFIRMED_LABEL
from gmp_booking.kernel.labels import MEANINGS
from gmp_booking.kernel.states import FREED, GIVEN_UP, PENDING, RECORDED
from gmp_booking.kernel.vocabulary import Meaning

PRODID: Final = "-//gmp_booking//calendar//EN"
REFRESH: Final = timedelta(hours=1)
TENTATIVE, CONFIRMED, CANCELLED = "TENTATIVE", "CONFIRMED", "CANCELLED"

_log = logging.getLogger(__name__)

_STATUS: Final[Mapping[str, str]] = {
    **dict.fromkeys(PENDING, TENTATIVE),
    **dict.fromkeys(RECORDED, CONFIRMED),
    **dict.fromkeys(FREED, CANCELLED),
}
_STATUS_LABELS: Final[Mapping[str, str]] = {
    TENTATIVE: MEANINGS[Meaning.REQUESTED],
    CONFIRMED: CONFIRMED_LABEL,
    CANCELLED: CANCELLED_LABEL,
}


class CalendarPart(NamedTuple):
    """The content of one calendar entry.

    Shape: an entry keeps its `uid`; `sequence` increases with every change of the entry.
    """

    uid: str
    sequence: int
    status: str
    start: datetime
    end: datetime
    summary: str
    description: str
    location: str
    transparent: bool
    changed_at: datetime
    url: str | None = None


@dataclass(frozen=True)
class Invitation:
    """The addresses of a calendar that is sent by mail."""

    organizer: str
    attendee: str


def parts_of(details: BookingView, *, base_url: str, language: str) -> list[CalendarPart]:
    """The entries of one booking for its own people and the facility: each session, each equipment reservation.

    Shape: empty for a draft.
    """
    booking = details.booking
    language = closest_language(language)
    parts = []
    rows: tuple[SessionView | ReservationView, ...] = (*details.sessions, *details.equipment)
    for each in rows:
        status = status_of(booking.state, each.state if isinstance(each, SessionView) else None)
        if status is None:
            return []
        part = part_of(
            booking,
            key=each.key,
            status=status,
            code=each.code,
            name=named(each.names, language),
            start=each.period.start,
            end=each.period.end,
            transparent=isinstance(each, ReservationView),
            base_url=base_url,
            language=language,
        )
        parts.append(part)
    return parts


def status_of(state: str, session_state: str | None = None) -> str | None:
    """The iCalendar STATUS of a booking or session; None for a draft."""
    if session_state in GIVEN_UP:
        return CANCELLED
    return _STATUS.get(state)


class CalendarBooking(Protocol):
    """The fields of a booking that its entries use."""

    @property
    def reference(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def changed_at(self) -> datetime: ...


def part_of(
    booking: CalendarBooking,
    *,
    key: str,
    status: str,
    code: str,
    name: str,
    start: datetime,
    end: datetime,
    transparent: bool,
    base_url: str,
    language: str,
) -> CalendarPart:
    """One entry. Shape: `key` is the part within its booking: s1 is the first session, e1 the first equipment."""
    url = f"{base_url}/bookings/{booking.reference}"
    return CalendarPart(
        uid=f"{booking.reference}-{key}@{host_of(base_url)}",
        sequence=booking.sequence,
        status=status,
        start=start,
        end=end,
        summary=f"{code} · {booking.reference} · {_status_label(status, language)}",
        description=f"{name}\n{url}",
        location=name if name == code else f"{code} {name}",
        transparent=transparent,
        changed_at=booking.changed_at,
        url=url,
    )


@cache
def _status_label(status: str, language: str) -> str:
    return gettext_for(language)(_STATUS_LABELS[status])


@cache
def host_of(base_url: str) -> str:
    """The host name that makes the UID of an entry globally unique."""
    return urlsplit(base_url).hostname or "localhost"


def vevent(part: CalendarPart, *, language: str, zone: ZoneInfo, invitation: Invitation | None = None) -> Event:
    """One entry, in the time of the zone.

    Errors: ValueError for a value that iCalendar cannot represent.
    """
    event = Event()
    event.add("uid", part.uid)
    event.add("dtstamp", part.changed_at)
    event.add("last-modified", part.changed_at)
    event.add("sequence", part.sequence)
    event.add("status", part.status)
    event.add("dtstart", local_or_utc(part.start, zone))
    event.add("dtend", local_or_utc(part.end, zone))
    tag = {"LANGUAGE": html_language(closest_language(language))}
    event.add("summary", part.summary, parameters=tag)
    if part.description:
        event.add("description", part.description, parameters=tag)
    if part.location:
        event.add("location", part.location, parameters=tag)
    event.add("transp", "TRANSPARENT" if part.transparent else "OPAQUE")
    event.add("class", "PRIVATE")
    if part.url:
        event.add("url", part.url)
    if invitation is not None:
        event.add("organizer", vCalAddress(f"mailto:{invitation.organizer}"))
        # No reply is requested: a calendar reply cannot approve or reject a booking.
        event.add("attendee", vCalAddress(f"mailto:{invitation.attendee}"), parameters={"RSVP": "FALSE"})
    event.to_ical()
    return event


def calendar_of(
    parts: Iterable[CalendarPart],
    *,
    name: str,
    language: str,
    zone: ZoneInfo,
    method: str | None = None,
    invitation: Invitation | None = None,
) -> bytes:
    """A calendar as bytes; an entry that cannot be written is omitted and logged.

    Shape: without `method` it is a feed for subscription. The calendar itself has no UID, because some clients then
    treat all its entries as one.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if method:
        calendar.add("method", method)
    else:
        calendar.add("x-wr-calname", vText(" ".join(name.split())))
        calendar.add("x-wr-timezone", zone.key)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add_component(vtimezone(zone))
    for part in parts:
        try:
            calendar.add_component(vevent(part, language=language, zone=zone, invitation=invitation))
        except ValueError:
            _log.warning("A calendar entry cannot be written and is omitted: %r", part.uid)
    return bytes(calendar.to_ical())
