"""Writing mails: what a message says, in its reader's language, with a link to the booking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from config import Config
from gmp_booking.bookings.ical import CANCELLED, CalendarPart, Invitation, calendar_of, parts_of
from gmp_booking.bookings.lifecycle import BookingState
from gmp_booking.infra.database.outbox import ClaimedMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.mail.smtp import CalendarFile, Mail, one_line
from gmp_booking.infra.web import i18n
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.notifications import account_mail
from gmp_booking.notifications.account_mail import LinkMail, find_link_mail
from gmp_booking.notifications.change_notices import lost_parts
from gmp_booking.notifications.day_ahead import DayAhead, find_day_ahead
from gmp_booking.notifications.digest import Digest, find_digest
from gmp_booking.notifications.kinds import MailKind
from gmp_booking.notifications.recipients import part_of
from gmp_booking.notifications.risks import told_risks
from gmp_booking.notifications.service import Current, look_again
from gmp_booking.people.models import Person
from gmp_booking.policies.store import find_facility
from gmp_booking.requests.on_behalf import link_secret, list_acknowledgements

TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates" / "mail"

_TEMPLATE: Final[Mapping[MailKind, str]] = {
    MailKind.SUBMITTED: "waiting.txt",
    MailKind.REVIEWED: "waiting.txt",
    MailKind.RETURNED: "returned.txt",
    MailKind.REJECTED: "rejected.txt",
    MailKind.CONFIRMED: "confirmed.txt",
    MailKind.CANCELLED: "cancelled.txt",
    MailKind.UPCOMING: "upcoming.txt",
    MailKind.ANSWERED: "answered.txt",
    MailKind.EXPIRING: "expiring.txt",
    MailKind.EXPIRED: "expired.txt",
    MailKind.TO_CONFIRM: "to_confirm.txt",
    MailKind.AT_RISK: "at_risk.txt",
    MailKind.CLEAR_AGAIN: "clear_again.txt",
    MailKind.HAPPENED: "happened.txt",
    MailKind.CHANGE_WAITING: "change_waiting.txt",
    MailKind.CHANGE_RETURNED: "change_returned.txt",
    MailKind.CHANGE_REJECTED: "change_rejected.txt",
    MailKind.CHANGE_EXPIRING: "change_expiring.txt",
    MailKind.CHANGE_EXPIRED: "change_expired.txt",
    MailKind.CHANGED: "changed.txt",
    MailKind.NO_LONGER_YOURS: "no_longer_yours.txt",
    MailKind.DIGEST: "digest.txt",
    MailKind.DAY_AHEAD: "day_ahead.txt",
    MailKind.INVITATION: "link.txt",
    MailKind.RESET: "link.txt",
}
OPEN_BOOKING: Final = N_("Open the booking")
LOOK_AND_CONFIRM: Final = N_("Look at it and confirm it")
OPEN_BOOKINGS: Final = N_("Open my bookings")
OPEN_INBOX: Final = N_("Open the inbox")
WAITING_FOR_YOU: Final = N_("Waiting for your decision")


@dataclass(frozen=True)
class Line:
    """One room or piece of equipment and its time, as a mail lists it."""

    code: str
    names: Mapping[str, str]
    period: Period
    units: int = 1


def write_letter(uow: Uow, message: ClaimedMessage, config: Config) -> Mail | None:
    """The mail a claimed message becomes, from its booking as it is now; None when it should not be sent any more."""
    if message.kind == MailKind.DIGEST:
        digest = find_digest(uow, message)
        return None if digest is None else _digest_letter(uow, message, digest, config)
    if message.kind == MailKind.DAY_AHEAD:
        ahead = find_day_ahead(uow, message)
        return None if ahead is None else _day_ahead_letter(uow, message, ahead, config)
    if message.kind in account_mail.KINDS:
        mailed = find_link_mail(uow, message, config)
        return None if mailed is None else _link_letter(uow, message, mailed, config)
    current = look_again(uow, message)
    if current is None:
        return None
    language = _speak(current.reader)
    words = _words(message, current, config) | _link(uow, message, current, config)
    if message.kind == MailKind.AT_RISK:
        words["risks"] = told_risks(current.details, current.reader, language=language)
    calendars = _calendars(message, current, config, language=language)
    return _letter(uow, message, current.reader, config, words=words, calendars=calendars)


def _digest_letter(uow: Uow, message: ClaimedMessage, digest: Digest, config: Config) -> Mail:
    _speak(digest.reader)
    words = {
        "kind": message.kind,
        "reader": digest.reader.name,
        "reference": "",
        "what": i18n.gettext_for(digest.reader.language)(WAITING_FOR_YOU),
        "items": digest.items,
        "escalated": digest.escalated,
        "more": digest.more,
        "url": f"{config.base_url}/inbox?late=1" + ("&stage=all" if digest.escalated else ""),
        "link_label": OPEN_INBOX,
    }
    return _letter(uow, message, digest.reader, config, words=words)


def _day_ahead_letter(uow: Uow, message: ClaimedMessage, ahead: DayAhead, config: Config) -> Mail:
    _speak(ahead.reader)
    first = ahead.parts[0].period.start
    words = {
        "kind": message.kind,
        "reader": ahead.reader.name,
        "reference": "",
        "what": ", ".join(dict.fromkeys(part.code for part in ahead.parts))[:60],
        "day": i18n.format_day(first),
        "lines": ahead.parts,
        "url": f"{config.base_url}/bookings",
        "link_label": OPEN_BOOKINGS,
    }
    return _letter(uow, message, ahead.reader, config, words=words)


def _link_letter(uow: Uow, message: ClaimedMessage, mailed: LinkMail, config: Config) -> Mail:
    language = _speak(mailed.reader)
    words = {
        "kind": message.kind,
        "reader": mailed.reader.name,
        "reference": "",
        "what": i18n.gettext_for(language)(account_mail.CHOOSE_A_PASSWORD),
        "is_invitation": mailed.is_invitation,
        "until": mailed.link.expires_at,
        "url": mailed.url,
        "link_label": account_mail.CHOOSE_A_PASSWORD,
    }
    return _letter(uow, message, mailed.reader, config, words=words)


def _speak(reader: Person) -> str:
    language = i18n.closest_language(reader.language)
    i18n.use_language(language)
    return language


def _letter(
    uow: Uow,
    message: ClaimedMessage,
    reader: Person,
    config: Config,
    *,
    words: dict[str, Any],
    calendars: Sequence[CalendarFile] = (),
) -> Mail:
    language = i18n.closest_language(reader.language)
    facility = find_facility(uow)
    words |= {"facility": i18n.named(facility) if facility else ""}
    subject, _, body = _environment().get_template(_TEMPLATE[MailKind(message.kind)]).render(words).partition("\n")
    words |= {"subject": one_line(subject), "paragraphs": _paragraphs(body), "language": language}
    return Mail(
        recipient=reader.email,
        recipient_name=reader.name,
        sender=config.mail_from,
        sender_name=words["facility"],
        subject=subject,
        text=_environment().get_template("base.txt").render(words),
        html=_environment().get_template("base.html").render(words),
        language=i18n.html_language(language),
        message_id=message.message_id,
        sent_at=uow.now,
        calendars=calendars,
    )


def _link(uow: Uow, message: ClaimedMessage, current: Current, config: Config) -> dict[str, str]:
    """Where the mail leads: to the booking, or to the page on which its reader confirms it without signing in."""
    if message.kind != MailKind.TO_CONFIRM:
        return {}
    rows = list_acknowledgements(uow, current.details.booking.id)
    nonce = next(row.nonce for row in rows if row.person_id == current.reader.id)
    return {
        "url": f"{config.base_url}/confirm/{link_secret(nonce, config.auth_pepper)}",
        "link_label": LOOK_AND_CONFIRM,
    }


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
        "is_returned": booking.state == BookingState.RETURNED,
        "url": f"{config.base_url}/bookings/{booking.reference}",
        "link_label": OPEN_BOOKING,
        "attached": _invites(message),
        **message.payload,
    }


def lines_of(message: ClaimedMessage, current: Current) -> list[Line]:
    """Where and when, as far as it concerns the reader, in order of time."""
    if message.kind == MailKind.NO_LONGER_YOURS:
        return [Line(each["code"], each["names"], _period(each)) for each in message.payload["parts"]]
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


def _calendars(message: ClaimedMessage, current: Current, config: Config, *, language: str) -> list[CalendarFile]:
    """A file for each session or reservation that concerns the reader: an invitation, or its cancellation."""
    details = current.details
    invitation = Invitation(organizer=config.mail_from, attendee=current.reader.email)
    if message.kind == MailKind.NO_LONGER_YOURS:
        lost = lost_parts(message, details.booking, base_url=config.base_url, language=language)
        return [_calendar_file(part, invitation, language=language) for part in lost]
    takes_part = current.reader.id == details.booking.requested_by or any(
        current.reader.id == person["id"] for session in details.parts["sessions"] for person in session["people"]
    )
    if not _invites(message) or not takes_part:
        return []
    parts = parts_of(part_of(details, current.reader.id), base_url=config.base_url, language=language)
    return [_calendar_file(part, invitation, language=language) for part in parts]


def _calendar_file(part: CalendarPart, invitation: Invitation, *, language: str) -> CalendarFile:
    name = part.uid.partition("@")[0]
    method = "CANCEL" if part.status == CANCELLED else "REQUEST"
    content = calendar_of([part], name=name, language=language, method=method, invitation=invitation)
    return CalendarFile(name=f"{name}.ics", method=method, content=content)
