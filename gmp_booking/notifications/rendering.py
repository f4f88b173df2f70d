"""Writing the mail of a message: its kind's subject and template in the reader's language, with a link and layout."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from config import Config
from gmp_booking.bookings.ical import CANCELLED, CalendarPart, Invitation, calendar_of
from gmp_booking.bookings.models import Booking
from gmp_booking.infra.database.outbox import ClaimedMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.mail.smtp import CalendarFile, Mail, one_line
from gmp_booking.infra.web import i18n
from gmp_booking.kernel.states import WITH_COMPANY
from gmp_booking.notifications.facts import BookingMailFacts, MailFacts
from gmp_booking.notifications.mail_kind import BookingMail, MailKind, PersonMail, Words, discover
from gmp_booking.notifications.recipients import may_receive
from gmp_booking.notifications.validity import find_current_facts
from gmp_booking.people.models import Person
from gmp_booking.policies.store import find_facility

TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates" / "mail"


def write_mail(uow: Uow, message: ClaimedMessage, config: Config) -> Mail | None:
    """The mail of a claimed message, from the data as they are now; None when it should not be sent any more."""
    kind = discover()[message.kind]
    reader = uow.session.get(Person, message.person_id) if message.person_id else None
    if reader is None or not reader.active:
        return None
    i18n.use_language(reader.language)
    i18n.use_zone(uow.zone)
    if isinstance(kind, BookingMail):
        booking = uow.session.get(Booking, message.subject_id) if message.subject_id else None
        if booking is None:
            return None
        return _write_booking_mail(kind, BookingMailFacts(uow, message, reader, config, booking))
    facts = MailFacts(uow, message, reader, config)
    words = kind.words(facts) if isinstance(kind, PersonMail) else None
    return None if words is None else _write(kind, facts, {"reference": "", **words})


def _write_booking_mail(kind: BookingMail, facts: BookingMailFacts) -> Mail | None:
    current = find_current_facts(kind, facts) if may_receive(facts.reader, facts.booking) else None
    if current is None:
        return None
    words = {**_booking_words(kind, current), **current.payload, **kind.words(current)}
    calendars = _calendar_files(kind.entries(current), current)
    return _write(kind, current, words, calendars=calendars, note=i18n._(kind.entries_note) if calendars else "")


def _booking_words(kind: BookingMail, facts: BookingMailFacts) -> dict[str, Any]:
    """What every mail about a booking may mention."""
    booking, details = facts.booking, facts.details
    lines = kind.lines(facts)
    rooms = ", ".join(dict.fromkeys(line.code for line in lines))
    first = lines[0].period.start if lines else booking.starts_at
    return {
        "reference": booking.reference,
        "company": i18n.named(details.company.names),
        "requester": details.requester.name if details.requester else "",
        "lines": lines,
        "what": one_line(booking.title or "")[:60] or rooms,
        "instant": i18n.format_instant(first) if first else "",
        "decide_by": booking.decide_by,
        "pending_until": booking.pending_until,
        "is_returned": booking.state in WITH_COMPANY,
        "url": f"{facts.config.base_url}/bookings/{booking.reference}",
    }


def _write(
    kind: MailKind, facts: MailFacts, words: Words, *, calendars: Sequence[CalendarFile] = (), note: str = ""
) -> Mail:
    facility = find_facility(facts.uow)
    body = _environment().get_template(kind.template).render(words)
    page = {
        **words,
        "reader": facts.reader.name,
        "facility": i18n.named(facility) if facility else "",
        "subject": one_line(_subject(kind, words)),
        "paragraphs": _paragraphs(f"{body}\n\n{note}"),
        "language": facts.language,
        "zone": i18n.zone_in_words(facts.language),
        "link_label": kind.link_label,
        "accent": kind.accent.value,
    }
    return Mail(
        recipient=facts.reader.email,
        recipient_name=facts.reader.name,
        sender=facts.config.mail_from,
        sender_name=page["facility"],
        subject=page["subject"],
        text=_environment().get_template("base.txt").render(page),
        html=_environment().get_template("base.html").render(page),
        language=i18n.html_language(facts.language),
        message_id=facts.message.message_id,
        sent_at=facts.uow.now,
        calendars=calendars,
    )


def _subject(kind: MailKind, words: Words) -> str:
    if isinstance(kind.subject, str):
        return i18n.gettext_for(i18n.current_language())(kind.subject) % words
    return kind.subject(words)


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


def _paragraphs(body: str) -> list[list[str]]:
    """The text in paragraphs, each in lines. A blank line makes a new paragraph, a line break does not."""
    blocks = "\n".join(line.rstrip() for line in body.strip().splitlines()).split("\n\n")
    return [[line for line in block.split("\n") if line] for block in blocks if block.strip()]


def _calendar_files(entries: Sequence[CalendarPart], facts: BookingMailFacts) -> list[CalendarFile]:
    """A file for each entry: an invitation, or its cancellation."""
    invitation = Invitation(organizer=facts.config.mail_from, attendee=facts.reader.email)
    return [_calendar_file(entry, invitation, language=facts.language, zone=facts.uow.zone) for entry in entries]


def _calendar_file(entry: CalendarPart, invitation: Invitation, *, language: str, zone: ZoneInfo) -> CalendarFile:
    name = entry.uid.partition("@")[0]
    method = "CANCEL" if entry.status == CANCELLED else "REQUEST"
    content = calendar_of([entry], name=name, language=language, zone=zone, method=method, invitation=invitation)
    return CalendarFile(name=f"{name}.ics", method=method, content=content)
