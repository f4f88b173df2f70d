"""The files of a transcript: one for each answer, each mail and each table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.transcript.markup import Page
from tests.transcript.masks import Masks

_OF_THE_SERVER = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})
_OF_THE_MACHINE = frozenset({"date", "message-id", "received"})


class Record:
    """Writes into a new folder; everything that is written goes through the masks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.masks = Masks()
        self._number = 0
        self._assets: dict[tuple[str, ...], str] = {}
        folder.mkdir(parents=True)

    def write(self, what: str, lines: Iterable[str]) -> None:
        """One more file; its number gives the order."""
        self._number += 1
        name = re.sub(r"[^a-z0-9]+", "-", self.masks.apply(what).lower()).strip("-")[:90]
        (self.folder / f"{self._number:04d}-{name}.txt").write_text(self.masks.file(lines))

    # -- answers

    def answer(self, what: str, request: Iterable[str], status: int, headers: list[tuple[str, str]], body: str) -> None:
        kept = sorted(f"{name}: {value}" for name, value in headers if name.lower() not in _OF_THE_SERVER)
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        self.write(what, [f"# {what}", *request, "", str(status), *kept, "", *self._body(kind, body)])

    def _body(self, kind: str, body: str) -> list[str]:
        if "html" in kind:
            page = Page(body)
            return [f"assets: {self._name_of(page.assets)}", *page.lines()]
        if "json" in kind and body:
            return json.dumps(json.loads(body), ensure_ascii=False, indent=1).splitlines()
        return _unfolded(body) if "calendar" in kind else body.splitlines()

    def _name_of(self, assets: list[str]) -> str:
        """Pages that load the same files say so by one letter; the files themselves stand in assets.txt."""
        return self._assets.setdefault(tuple(assets), chr(ord("a") + len(self._assets)))

    def finish(self) -> None:
        lines = [f"{name}: {path.partition('?')[0]}" for paths, name in self._assets.items() for path in paths]
        (self.folder / "assets.txt").write_text(self.masks.file(lines))

    # -- mails

    def mail(self, message: EmailMessage) -> None:
        lines = [
            f"{name}: {' '.join(str(value).split())}"
            for name, value in message.items()
            if name.lower() not in _OF_THE_MACHINE
        ]
        present = {name.lower() for name in message}
        lines += [f"({name} is present)" for name in sorted(_OF_THE_MACHINE & present)]
        for part in message.walk():
            if not part.is_multipart():
                lines += ["", f"-- {part.get_content_type()} {part.get_filename() or ''}".rstrip(), *_content(part)]
        self.write(f"mail to {message['To']}", _without_boundaries(lines))


def _content(part: EmailMessage) -> list[str]:
    content = part.get_content()
    if isinstance(content, bytes):
        content = content.decode("utf-8", "replace")
    if part.get_content_type() == "text/html":
        return Page(content).lines()
    return _unfolded(content) if part.get_content_type() == "text/calendar" else content.splitlines()


def _unfolded(calendar: str) -> list[str]:
    """A calendar's lines without their folds, which may cut a reference in two."""
    return re.sub(r"\r?\n[ \t]", "", calendar).splitlines()


def _without_boundaries(lines: Iterable[str]) -> list[str]:
    return [re.sub(r'boundary="[^"]*"', 'boundary="…"', line) for line in lines]


def shown_form(fields: Iterable[tuple[str, str]]) -> list[str]:
    return [f"  {name} = {value!r}" for name, value in fields]


def shown_json(body: Any) -> list[str]:
    return [f"  {line}" for line in json.dumps(body, ensure_ascii=False, indent=1).splitlines()]


def shown_headers(headers: Mapping[str, str]) -> list[str]:
    return [f"  {name}: {value}" for name, value in headers.items()]
