"""Builds mail messages, safe from header injection, and sends them over SMTP."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any, Final

from config import Config

STEP_LIMIT_S: Final = 10.0
SUBJECT_LENGTH: Final = 160
_LINE_BREAKING: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TOO_LARGE = 552


class _WholeSubject(EmailPolicy):
    """Encodes a subject as one text: the library's folding loses spaces between Korean and Latin words at line ends."""

    def fold(self, name: str, value: str) -> str:
        if name.lower() != "subject" or str(value).isascii():
            return str(super().fold(name, value))
        return f"{name}: {Header(str(value), 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() != "subject" or str(value).isascii():
            return super().fold_binary(name, value)
        return self.fold(name, value).encode("ascii")


_WHOLE_SUBJECTS: Final = _WholeSubject(linesep=SMTP.linesep, max_line_length=SMTP.max_line_length)


class BadMessage(Exception):
    """The message cannot be built, for example because an address is invalid."""


class Refused(Exception):
    """The server refuses this message permanently."""


class TryLater(Exception):
    """A temporary failure; after a lost connection it is unknown whether the server accepted the message."""


class ServerDown(Exception):
    """The server cannot be reached or refuses the login; no message is the cause."""


@dataclass(frozen=True, kw_only=True)
class CalendarFile:
    name: str
    method: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One rendered mail to one person."""

    recipient: str
    recipient_name: str
    sender: str
    sender_name: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    sent_at: datetime
    calendars: Sequence[CalendarFile] = ()


def one_line(text: str) -> str:
    """The text on one line: line breaks and control characters become spaces."""
    return " ".join("".join(" " if unicodedata.category(c) in _LINE_BREAKING else c for c in text).split())


def address(mailbox: str, name: str = "") -> Address:
    """The address with its display name. Errors: BadMessage when it is invalid."""
    if one_line(mailbox) != mailbox or " " in mailbox:
        raise BadMessage(f"not a mail address: {one_line(mailbox)!r}")
    try:
        made = Address(display_name=one_line(name), addr_spec=mailbox)
        made.domain.encode("idna")
    except (ValueError, UnicodeError, IndexError, MessageError) as error:
        raise BadMessage(f"not a mail address: {mailbox!r}") from error
    if not made.username or not made.domain:
        raise BadMessage(f"not a mail address: {mailbox!r}")
    return made


def build(mail: Mail) -> EmailMessage:
    """The message with text, HTML and calendar files.

    Shape: one entry a file, since a request or cancellation is about one entry (RFC 5546) and mail clients read only
    the first of several.

    Errors: BadMessage.
    """
    message = EmailMessage(policy=_WHOLE_SUBJECTS)
    sender = address(mail.sender, mail.sender_name)
    try:
        message["Subject"] = one_line(mail.subject)[:SUBJECT_LENGTH]
        message["From"] = sender
        message["To"] = address(mail.recipient, mail.recipient_name)
        message["Date"] = format_datetime(mail.sent_at)
        message["Message-ID"] = f"<{mail.message_id}@{sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(_encodable(mail.text))
        message.add_alternative(_encodable(mail.html), subtype="html")
        for calendar in mail.calendars:
            _attach(message, calendar)
        message["Content-Language"] = mail.language
    except (ValueError, UnicodeError, MessageError) as error:
        raise BadMessage(str(error)) from error
    return message


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _attach(message: EmailMessage, calendar: CalendarFile) -> None:
    message.add_attachment(
        calendar.content,
        maintype="text",
        subtype="calendar",
        filename=calendar.name,
        params={"method": calendar.method, "charset": "utf-8"},
    )


class MailServer:
    """A connection to the mail server, opened with the first message and reopened after a failure."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._open: _Connection | None = None

    def send(self, message: EmailMessage, *, recipient: str, deadline: float) -> None:
        """Send one message.

        Unit: the deadline is on the monotonic clock; nothing is sent after it, however slow the server answers.
        Errors: ServerDown, TryLater, Refused.
        """
        server = self._connect(deadline)
        try:
            server.send_message(message, self._config.mail_from, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise _error_of(code, reason) from error
        except smtplib.SMTPDataError as error:
            raise _error_of(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(str(error)) from error
        except smtplib.SMTPSenderRefused as error:
            # A refused sender is a wrong setting; were it permanent, every message would be dead-lettered.
            permanent = error.smtp_code == _TOO_LARGE
            raise (Refused if permanent else TryLater)(_reply_text(error.smtp_code, error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TryLater(str(error) or type(error).__name__) from error
        except ValueError as error:
            self.close()
            raise Refused(str(error)) from error

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def leave(self) -> None:
        """Send QUIT if connected, and close."""
        if self._open is not None:
            self._open.deadline = time.monotonic() + 1
            try:
                self._open.quit()
            except (OSError, smtplib.SMTPException):
                self._open.close()
            self._open = None

    def _connect(self, deadline: float) -> _Connection:
        if self._open is not None and self._open.sock is not None:
            self._open.deadline = deadline
            return self._open
        self._open = None
        server = _Connection(self._config.smtp_host, deadline)
        try:
            self._begin(server)
        except (OSError, smtplib.SMTPException) as error:
            server.close()
            raise ServerDown(str(error) or type(error).__name__) from error
        self._open = server
        return server

    def _begin(self, server: _Connection) -> None:
        config = self._config
        code, greeting = server.connect(config.smtp_host, config.smtp_port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, greeting)
        server.ehlo_or_helo_if_needed()
        if config.smtp_starttls:
            server.starttls(context=ssl.create_default_context())
        if config.smtp_user:
            server.login(config.smtp_user, config.smtp_password)


class _Connection(smtplib.SMTP):
    """smtplib with a total deadline, also against a server that sends byte by byte."""

    def __init__(self, host: str, deadline: float) -> None:
        super().__init__(timeout=STEP_LIMIT_S)
        # The constructor would connect at once when given the host; STARTTLS needs it to check the certificate.
        self._host = host
        self.deadline = deadline

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.left_s())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _LineReader(self, self.sock)
        return super().getreply()

    def left_s(self) -> float:
        """Errors: TimeoutError past the deadline."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this message is over")
        return min(left, STEP_LIMIT_S)


class _LineReader:
    """Reads lines within the deadline: a socket's own timeout restarts with every byte."""

    def __init__(self, connection: _Connection, sock: socket.socket) -> None:
        self._connection = connection
        self._socket = sock
        self._rest = b""

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self._rest and len(self._rest) < limit:
            self._socket.settimeout(self._connection.left_s())
            received = self._socket.recv(4096)
            if not received:
                break
            self._rest += received
        length = min(self._rest.find(b"\n") + 1 or len(self._rest), limit)
        line, self._rest = self._rest[:length], self._rest[length:]
        return line

    def close(self) -> None:
        self._rest = b""


def _error_of(code: int, reason: bytes | str) -> Exception:
    return (Refused if code >= 500 else TryLater)(_reply_text(code, reason))


def _reply_text(code: int, reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return one_line(f"{code} {text}")[:300]
