"""Who takes part in the journey: people in front of pages, and their programs at the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from tests.transcript.installation import Installation
from tests.transcript.markup import Form, Page
from tests.transcript.record import Record, shown_form, shown_headers, shown_json

PASSWORD = "correct-horse-battery-9"
A_MOMENT = timedelta(seconds=3)
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    text: str
    path: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def page(self) -> Page:
        return Page(self.text)


@dataclass
class World:
    """What all who take part share: the installation and the record of what they saw."""

    installation: Installation
    record: Record
    mails: list[tuple[str, str]] = field(default_factory=list)

    def exchange(
        self, what: str, method: str, path: str, *, headers: Mapping[str, str], body: str | None, shown: Iterable[str]
    ) -> Answer:
        """One request and what comes of it: time passes with what may change something, and the worker works."""
        if method != "GET":
            self.installation.move_clock(by=A_MOMENT)
        connection = HTTPConnection("127.0.0.1", self.installation.port, timeout=60)
        connection.request(method, path, body.encode() if body is not None else None, dict(headers))
        received = connection.getresponse()
        answer = Answer(received.status, received.getheaders(), received.read().decode(), path)
        connection.close()
        self.record.answer(what, [f"{method} {path}", *shown], answer.status, answer.headers, answer.text)
        if method != "GET":
            self.work()
        return answer

    def work(self) -> None:
        self.installation.work()
        for message in sorted(self.installation.mailbox.take(), key=_recipient_and_subject):
            self.record.mail(message)
            plain = message.get_body(("plain",))
            self.mails.append((message["X-Recipient"], plain.get_content() if plain else ""))

    def wait_until(self, instant: datetime) -> None:
        """Let time pass; whatever falls due meanwhile is done then."""
        self.installation.move_clock(to=instant)
        self.work()

    def link_to(self, email: str, pattern: str) -> str:
        """The path of the newest link of this kind that was mailed to somebody."""
        for recipient, text in reversed(self.mails):
            found = re.search(rf"https?://[^/\s]+({pattern})", text)
            if found and recipient == email:
                return found[1]
        raise LookupError(f"Nobody mailed a link like {pattern} to {email}.")


def _recipient_and_subject(message: EmailMessage) -> tuple[str, str]:
    """Mails that are due at the same time are sent in no particular order."""
    return str(message["X-Recipient"]), str(message["Subject"])


class Person:
    """Somebody with a browser; without an address, somebody who is not signed in."""

    def __init__(self, world: World, email: str = "", *, language: str = "en") -> None:
        self.world, self.email, self.language = world, email, language
        self._cookies: dict[str, str] = {}

    @property
    def name(self) -> str:
        return self.email or "nobody"

    def get(self, path: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._exchange("GET", path, None, named)

    def post(self, path: str, fields: Iterable[tuple[str, str]], **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._exchange("POST", path, list(fields), named)

    def submit(
        self, page: str | Answer, action: str, having: Mapping[str, str] = MappingProxyType({}), /, **changes: Any
    ) -> Answer:
        """Fill in a form of a page as it stands there, and send it."""
        answer = self.get(page) if isinstance(page, str) else page
        form = answer.page.form(action, **having)
        return self.post(form.action or answer.path, filled(form, changes))

    def sign_in(self, *, password: str = PASSWORD, next_path: str = "/") -> Answer:
        self._cookies = {name: value for name, value in self._cookies.items() if "sid" not in name}
        return self.submit("/login", "/login", email=self.email, password=password, next=next_path)

    def _exchange(self, method: str, path: str, fields: list[tuple[str, str]] | None, more: Fields) -> Answer:
        headers = {"Accept": "text/html", "Accept-Language": self.language, **more}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields)
        shown = shown_headers(more) + shown_form(fields or [])
        answer = self.world.exchange(
            f"{self.name} {method} {path}", method, path, headers=headers, body=body, shown=shown
        )
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self._cookies |= {each.key: each.value for each in SimpleCookie(value).values()}
        return answer


def filled(form: Form, changes: Fields) -> list[tuple[str, str]]:
    """The form's fields with some of them changed; None takes one away, a list gives several values.

    A name with a dash is written with two underscores: `sessions__0__room`.
    """
    named = {name.replace("__", "-"): value for name, value in changes.items()}
    fields = [(name, value) for name, value in form.fields if name not in named]
    for name, value in named.items():
        values = value if isinstance(value, list) else [] if value is None else [value]
        fields += [(name, str(each)) for each in values]
    return fields


class Program:
    """Somebody's program at the API."""

    def __init__(self, world: World, email: str, token: str, *, language: str = "en") -> None:
        self.world, self.email, self.token, self.language = world, email, token, language

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Accept-Language": self.language, **named}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        shown = shown_headers(named) + (shown_json(body) if body is not None else [])
        return self.world.exchange(
            f"program of {self.email or 'nobody'} {method} {path}",
            method,
            path,
            headers=sent,
            body=None if body is None else json.dumps(body),
            shown=shown,
        )

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, {} if body is None else body, **headers)
