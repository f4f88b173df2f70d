"""The demo's mail page, which shows the mails in the mail sink. Installed in the demo only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, render_template, request, url_for

from config import Config
from gmp_booking.accounts.sessions import require_actor
from gmp_booking.demo.people import PASSWORD, SIGN_IN_EXAMPLES
from gmp_booking.infra.mail.dev_mail_server import list_messages, read_message
from gmp_booking.infra.process.stack import mail_dir
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Actor, Permission, require
from gmp_booking.kernel.errors import NotFound

PAGE_SIZE = 30
MAX_ATTACHMENT_LENGTH = 40_000

demo = Blueprint("demo", __name__)


@dataclass(frozen=True)
class _Label:
    """An example user's label, translated when rendered."""

    organisation: str
    role: str

    def __str__(self) -> str:
        return f"{self.organisation} · {_(self.role)}"


def install(app: Flask, config: Config) -> None:
    """Add the mail page and the example users of the sign-in page, in the demo only."""
    if not config.demo:
        return
    app.register_blueprint(demo)
    people = [(_Label(organisation, role), email) for organisation, role, email in SIGN_IN_EXAMPLES]
    app.extensions["gmp.demo"] = {"people": people, "password": PASSWORD, "mail_dir": mail_dir(config)}


@demo.get("/demo/mail")
def mails() -> str:
    actor, directory = reader(), _directory()
    names = [name for name in list_messages(directory)[::-1] if _is_for(actor, read_message(directory, name))]
    number = min(max(request.args.get("page", 1, type=int), 1), max(1, -(-len(names) // PAGE_SIZE)))
    shown = names[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return render_template(
        "demo/mail.html",
        mails=[_row(name, read_message(directory, name)) for name in shown],
        page=_page(number, len(names)),
    )


@demo.get("/demo/mail/<name>")
def mail(name: str) -> str:
    actor = reader()
    try:
        message = read_message(_directory(), name)
    except FileNotFoundError as error:
        raise NotFound from error
    if not _is_for(actor, message):
        raise NotFound
    body = message.get_body(("plain",))
    shown = _head(message) | {
        "text": body.get_content().strip() if body is not None else "",
        "attachments": [_attachment(part) for part in message.iter_attachments() if isinstance(part, EmailMessage)],
    }
    return render_template("demo/mail_message.html", mail=shown)


def reader() -> Actor:
    actor = require_actor()
    require(actor, Permission.MAIL_SINK_READ)
    return actor


def _is_for(actor: Actor, message: EmailMessage) -> bool:
    """Staff read all mails; a company's user those to the own company."""
    organisation = actor.email.rpartition("@")[2]
    return actor.is_staff or message.get("X-RcptTo", message.get("To", "")).strip().rstrip(">").endswith(
        f"@{organisation}"
    )


def _directory() -> Path:
    directory: Path = current_app.extensions["gmp.demo"]["mail_dir"]
    return directory


def _page(number: int, total: int) -> Mapping[str, Any]:
    pages = max(1, -(-total // PAGE_SIZE))
    return {
        "number": number,
        "pages": pages,
        "total": total,
        "previous_href": url_for("demo.mails", page=number - 1) if number > 1 else None,
        "next_href": url_for("demo.mails", page=number + 1) if number < pages else None,
    }


def _row(name: str, message: EmailMessage) -> dict[str, Any]:
    has_calendar = any(part.get_content_type() == "text/calendar" for part in message.walk())
    return _head(message) | {"id": name, "has_calendar": has_calendar, "href": url_for("demo.mail", name=name)}


def _head(message: EmailMessage) -> dict[str, Any]:
    return {
        "subject": _header(message, "Subject"),
        "recipient": _header(message, "To", "X-RcptTo"),
        "sender": _header(message, "From", "X-MailFrom"),
        "at": _sent_at(message),
    }


def _header(message: EmailMessage, *names: str) -> str:
    """The first of these headers, decoded here: the policy's parser inserts a space into long names."""
    raw = {name.lower(): str(value) for name, value in reversed(list(message.raw_items()))}
    found = next((raw[name.lower()] for name in names if name.lower() in raw), "")
    return " ".join(str(make_header(decode_header(found))).split())


def _sent_at(message: EmailMessage) -> datetime:
    sent: datetime | None = getattr(message["Date"], "datetime", None)
    if sent is None:
        return datetime.fromtimestamp(0, UTC)
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _attachment(part: EmailMessage) -> dict[str, Any]:
    kind = part.get_content_type()
    return {
        "name": part.get_filename() or kind,
        "kind": kind,
        "text": str(part.get_content())[:MAX_ATTACHMENT_LENGTH] if kind == "text/calendar" else None,
    }
