"""The sessions and equipment of a booking that concern one reader: as lines of text and as calendar entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gmp_booking.bookings.ical import CalendarPart, parts_of
from gmp_booking.bookings.views import BookingView
from gmp_booking.kernel.period import Period
from gmp_booking.notifications.facts import BookingMailFacts


@dataclass(frozen=True)
class MailLine:
    """One room or piece of equipment and its time, as a mail lists it."""

    code: str
    names: Mapping[str, str]
    period: Period
    units: int = 1


def own_lines(facts: BookingMailFacts) -> list[MailLine]:
    """What concerns the reader, in order of time."""
    own = _concerning(facts.details, facts.message.person_id, session_id=facts.message.booking_session_id)
    rooms = [MailLine(each.room, each.names, each.period) for each in own.sessions]
    equipment = [MailLine(each.resource, each.names, each.period, each.units) for each in own.equipment]
    return sorted(rooms + equipment, key=lambda line: (line.period.start, line.code))


def own_entries(facts: BookingMailFacts) -> Sequence[CalendarPart]:
    """A calendar entry for each session or reservation that concerns the reader; none for who takes no part."""
    details, reader = facts.details, facts.reader
    named = {person.id for person in details.crew}
    if reader.id not in named | {details.booking.requested_by}:
        return ()
    return parts_of(_concerning(details, reader.id), base_url=facts.config.base_url, language=facts.language)


def no_entries(_facts: BookingMailFacts) -> Sequence[CalendarPart]:
    return ()


def _concerning(details: BookingView, person_id: int | None, *, session_id: int | None = None) -> BookingView:
    """The booking as far as it concerns one person: all of it, or the sessions they are named in."""
    if session_id is not None:
        chosen = tuple(session for session in details.sessions if session.id == session_id)
        return replace(details, sessions=chosen, equipment=())
    named = tuple(session for session in details.sessions if person_id in {person.id for person in session.people})
    if not named or person_id in {details.booking.requested_by, details.booking.entered_by}:
        return details
    return replace(details, sessions=named, equipment=())
