"""Writing mails: what a message says, in its reader's language, with a link to the booking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from config import Config
from gmp_booking.bookings.ical import Invitation, calendar_of, parts_of
from gmp_booking.bookings.lifecycle import BookingState
from gmp_booking.infra import i18n
from gmp_booking.infra.mail import CalendarFile, Mail, one_line
from gmp_booking.infra.outbox import ClaimedMessage
from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.period import Period
from gmp_booking.notifications.service import Current, MailKind, look_again, part_of
from gmp_booking.policies.store import find_facility

TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates" / "mail"

_TEMPLATE: Final[Mapping[MailKind, str]] = {
    MailKind.SUBMITTED: "waiting.txt",
    MailKind.REVIEWED: "waiting.txt",
    MailKind.RETURNED: "returned.txt",
    MailKind.REJECTED: "rejected.txt",
    MailKind.CONFIRMED: "confirmed.txt",
    MailKind.CANCELLED: "cancelled.txt",
    MailKind.UPCOMING: "upcoming.txt",
}


@dataclass(frozen=True)
class Line:
    """One room or piece of equipment and its time, as a mail lists it."""

    code: str
    names: Mapping[str, str]
    period: Period
    units: int = 1


def write_letter(uow: Uow, message: ClaimedMessage, config: Config) -> Mail | None:
    """The mail a claimed message becomes, from its booking as it is now; None when it should not be sent any more."""
    current = look_again(uow, message)
    if current is None:
        return None
    language = i18n.closest_language(current.reader.language)
    i18n.use_language(language)
    facility = find_facility(uow)
    words = _words(message, current, config) | {"facility": i18n.named(facility) if facility else ""}
    subject, _, body = _environment().get_template(_TEMPLATE[MailKind(message.kind)]).render(words).partition("\n")
    words |= {"subject": one_line(subject), "paragraphs": _paragraphs(body), "language": language}
    return Mail(
        recipient=current.reader.email,
        recipient_name=current.reader.name,
        sender=config.mail_from,
        sender_name=words["facility"],
        subject=subject,
        text=_environment().get_template("base.txt").render(words),
        html=_environment().get_template("base.html").render(words),
        language=i18n.html_language(language),
        message_id=message.message_id,
        sent_at=current.now,
        calendar=_calendar(message, current, config, language=language),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    i18n.install(environment)
    return environment


def _words(message: ClaimedMessage, current: Current, config: Config) -> dict[str, Any]:
    booking = current.details.booking
    lines = lines_of(message, current)
    rooms = ", ".join(dict.fromkeys(line.code for line in lines))
    return {
        "kind": message.kind,
        "reader": current.reader.name,
        "reference": booking.reference,
        "company": current.details.parts["company"],
        "requester": current.details.parts["requester"]["name"],
        "lines": lines,
        "what": one_line(booking.title or "")[:60] or rooms,
        "first": lines[0].period.start if lines else booking.starts_at,
        "decide_by": booking.decide_by,
        "pending_until": booking.pending_until,
        "url": f"{config.base_url}/bookings/{booking.reference}",
        "attached": _invites(message),
        **message.payload,
    }


def lines_of(message: ClaimedMessage, current: Current) -> list[Line]:
    """Where and when, as far as it concerns the reader, in order of time."""
    parts = part_of(current.details, message.person_id, session_id=message.booking_session_id).parts
    rooms = [Line(each["room"], each["names"], _period(each)) for each in parts["sessions"]]
    equipment = [Line(each["resource"], each["names"], _period(each), each["units"]) for each in parts["equipment"]]
    return sorted(rooms + equipment, key=lambda line: (line.period.start, line.code))


def _period(part: Mapping[str, Any]) -> Period:
    return Period(datetime.fromisoformat(part["start"]), datetime.fromisoformat(part["end"]))


def _paragraphs(body: str) -> list[list[str]]:
    """The text in paragraphs, each in lines; a line break inside somebody's words does not make a new one."""
    blocks = "\n".join(line.rstrip() for line in body.strip().splitlines()).split("\n\n")
    return [[line for line in block.split("\n") if line] for block in blocks if block.strip()]


def _invites(message: ClaimedMessage) -> bool:
    return message.kind == MailKind.CONFIRMED or bool(message.payload.get("invited"))


def _calendar(message: ClaimedMessage, current: Current, config: Config, *, language: str) -> CalendarFile | None:
    details = current.details
    takes_part = current.reader.id == details.booking.requested_by or any(
        current.reader.id == person["id"] for session in details.parts["sessions"] for person in session["people"]
    )
    if not _invites(message) or not takes_part:
        return None
    method = "CANCEL" if details.booking.state == BookingState.CANCELLED else "REQUEST"
    content = calendar_of(
        parts_of(part_of(details, current.reader.id), base_url=config.base_url, language=language),
        name=details.booking.reference,
        language=language,
        method=method,
        invitation=Invitation(organizer=config.mail_from, attendee=current.reader.email),
    )
    return CalendarFile(name=f"{details.booking.reference}.ics", method=method, content=content)
