"""The text of a feed's entries (RFC 5545), written by hand because the library takes 0.4 ms for each.

Frame, time zone and invitations are the library's; the tests hold that its reader finds the same in both.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from gmp_booking.bookings.ical import CalendarPart, calendar_of
from gmp_booking.infra.i18n import SEOUL, closest_language, html_language

LINE_OCTETS: Final = 75
_END: Final = b"END:VCALENDAR\r\n"

# Whatever some reader takes for the end of a line is a line break in the text; other control characters are nothing.
_BREAK: Final = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN: Final = re.compile(r"[^\\;,\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*\Z")
_UNFIT_URI: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_log = logging.getLogger(__name__)


def feed_of(parts: Iterable[CalendarPart], *, name: str, language: str) -> bytes:
    """A calendar to subscribe to; an entry that cannot be written is left out and logged, the others stand."""
    language = closest_language(language)
    lines: list[str] = []
    for part in parts:
        try:
            lines += [*entry_lines(part, language_tag=html_language(language))]
        except ValueError:
            _log.warning("A calendar entry cannot be written and is left out: %r", part.uid)
    body = "\r\n".join([*map(fold, lines), ""]) if lines else ""
    return frame(name, language) + body.encode() + _END


@lru_cache(maxsize=256)
def frame(name: str, language: str) -> bytes:
    """What stands before the entries: the calendar's own properties and the time zone."""
    return calendar_of((), name=tidy(name), language=language).removesuffix(_END)


def entry_lines(part: CalendarPart, *, language_tag: str) -> Iterator[str]:
    """One entry, a content line at a time, not folded.

    Errors: ValueError for an address no calendar can carry.
    """
    changed = utc(part.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(part.uid)}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{part.sequence}"
    yield f"STATUS:{part.status}"
    yield f"DTSTART;TZID=Asia/Seoul:{seoul(part.start)}"
    yield f"DTEND;TZID=Asia/Seoul:{seoul(part.end)}"
    yield f"SUMMARY;LANGUAGE={language_tag}:{escape(part.summary)}"
    if part.description:
        yield f"DESCRIPTION;LANGUAGE={language_tag}:{escape(part.description)}"
    if part.location:
        yield f"LOCATION;LANGUAGE={language_tag}:{escape(part.location)}"
    yield "TRANSP:TRANSPARENT" if part.transparent else "TRANSP:OPAQUE"
    yield "CLASS:PRIVATE"
    if part.url:
        yield f"URL:{address(part.url)}"
    yield "END:VEVENT"


def utc(instant: datetime) -> str:
    at = instant.astimezone(UTC)
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}Z"


def seoul(instant: datetime) -> str:
    at = instant.astimezone(SEOUL)
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}"


def tidy(text: str) -> str:
    """The text without control characters, with one kind of line break."""
    return _CONTROL.sub("", _BREAK.sub("\n", text))


def escape(text: str) -> str:
    """A TEXT value: nothing in it can end its line or its value."""
    if _PLAIN.match(text):
        return text
    return tidy(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def address(url: str) -> str:
    """A URI value.

    Errors: ValueError when it holds what no address may hold, such as a line break.
    """
    if _UNFIT_URI.search(url):
        raise ValueError("an address holds no blanks, line breaks or control characters")
    return url


def fold(line: str) -> str:
    """The line in pieces of at most 75 octets, never cut within a character."""
    if len(line) * 4 <= LINE_OCTETS or (len(line) <= LINE_OCTETS and line.isascii()):
        return line
    octets = line.encode()
    if len(octets) <= LINE_OCTETS:
        return line
    pieces = []
    start, room = 0, LINE_OCTETS
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, LINE_OCTETS - 1
    pieces.append(octets[start:])
    return b"\r\n ".join(pieces).decode()
