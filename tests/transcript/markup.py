"""Pages as lines that can be compared, and the forms on them."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

_INLINE = frozenset([
    *("a", "abbr", "b", "bdi", "br", "button", "cite", "code", "data", "em", "i", "img", "input", "kbd", "label", "mark"),
    *("output", "q", "s", "samp", "select", "small", "span", "strong", "sub", "sup", "svg", "time", "u", "use", "var"),
])  # fmt: skip
_VOID = frozenset(["area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_VERBATIM = frozenset({"pre", "textarea", "script", "style"})
_OF_ITS_OWN = frozenset({"stylesheet", "preload", "modulepreload"})
SPACE = "␠"


@dataclass
class Form:
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """One page. `lines` show tags and texts one a line: how the template broke its lines plays no part."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.assets: list[str] = []
        self.forms: list[Form] = []
        self._parts: list[tuple[str, str, int]] = []
        self._open: list[str] = []
        self._has_tags: list[bool] = []
        self._form: Form | None = None
        self._select = ""
        self._is_multiple = False
        self._textarea: str | None = None
        self.feed(text)
        self.close()

    # -- reading

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._note_field(tag, values)
        if (tag == "link" and values.get("rel") in _OF_ITS_OWN) or (tag == "script" and values.get("src")):
            self.assets.append(values.get("href") or values["src"])
        else:
            written = " ".join(name if value is None else f'{name}="{_plain(value)}"' for name, value in sorted(attrs))
            self._parts.append((tag, f"<{tag}{' ' if written else ''}{written}>", len(self._open)))
        self._has_tags[-1:] = [True for _ in self._has_tags[-1:]]
        if tag not in _VOID:
            self._open.append(tag)
            self._has_tags.append(False)

    def handle_endtag(self, tag: str) -> None:
        is_shown = False
        while tag in self._open:
            is_shown = self._has_tags.pop()
            if self._open.pop() == tag:
                break
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""
        if tag == "textarea" and self._form and self._textarea:
            self._form.fields.append((self._textarea, ""))
        if tag == "textarea":
            self._textarea = None
        self._parts.append((tag, f"</{tag}>" if is_shown else "", len(self._open)))

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in _VERBATIM:
            self._parts += [("", f"| {line}", len(self._open)) for line in data.splitlines()]
            if self._textarea and self._form:
                self._form.fields.append((self._textarea, data.lstrip("\n")))
                self._textarea = None
            return
        words = " ".join(data.split())
        if not words:
            self._parts.append((SPACE, "", len(self._open)))
            return
        for is_there, part in ((data[0].isspace(), SPACE), (True, words), (data[-1].isspace(), SPACE)):
            if is_there:
                self._parts.append((SPACE, "", 0) if part == SPACE else ("", part, len(self._open)))

    def handle_decl(self, decl: str) -> None:
        self._parts.append(("!", f"<!{decl}>", 0))

    # -- forms

    def _note_field(self, tag: str, values: dict[str, str]) -> None:
        if tag == "form":
            self._form = Form(values.get("action", ""))
            if values.get("method") == "post":
                self.forms.append(self._form)
        if self._form is None or "disabled" in values:
            return
        if tag == "select":
            self._select, self._is_multiple = values.get("name", ""), "multiple" in values
        elif tag == "textarea":
            self._textarea = values.get("name")
        elif tag == "option" and self._select:
            self._note_option(values)
        elif tag == "button" and values.get("name"):
            self._form.buttons.append((values["name"], values.get("value", "")))
        elif tag == "input" and values.get("name") and self._counts(values):
            self._form.fields.append((values["name"], values.get("value", "")))

    def _note_option(self, values: dict[str, str]) -> None:
        """The selected option, or else the first, as browsers do; of a list with several choices the selected ones."""
        assert self._form
        if self._is_multiple:
            if "selected" in values:
                self._form.fields.append((self._select, values.get("value", "")))
            return
        is_known = any(name == self._select for name, _value in self._form.fields)
        if "selected" in values and is_known:
            self._form.fields = [each for each in self._form.fields if each[0] != self._select]
        if "selected" in values or not is_known:
            self._form.fields.append((self._select, values.get("value", "")))

    @staticmethod
    def _counts(values: dict[str, str]) -> bool:
        kind = values.get("type", "text")
        return kind not in {"submit", "button", "image"} and (kind not in {"checkbox", "radio"} or "checked" in values)

    # -- writing

    def lines(self) -> list[str]:
        written: list[str] = []
        for index, (tag, text, depth) in enumerate(self._parts):
            if tag == SPACE:
                if self._is_seen(index) and written and not written[-1].endswith(SPACE):
                    written[-1] += f" {SPACE}"
            elif text:
                written.append("  " * depth + text)
        return _with_short_icons(written)

    def _is_seen(self, index: int) -> bool:
        """Whether a space stands between two things of one line of text."""
        if not 0 < index < len(self._parts) - 1:
            return False
        neighbours = (self._parts[index - 1][0], self._parts[index + 1][0])
        return all(tag == "" or tag in _INLINE for tag in neighbours)

    def form(self, action: str, **having: str) -> Form:
        """The first form whose address ends so, and which has these fields with these values.

        Shape: no address stands for the page's own. Errors: LookupError naming the forms there are.
        """
        for each in self.forms:
            address = re.sub(r"\?.*", "", each.action)
            if (address.endswith(action) if action else not address) and having.items() <= dict(each.fields).items():
                return each
        raise LookupError(f"No form sends to {action!r} with {having}: {[each.action for each in self.forms]}")


def _plain(value: str) -> str:
    """A value without the line breaks and spaces its template was written with."""
    if value.startswith("{"):
        with suppress(ValueError):
            return json.dumps(json.loads(value), ensure_ascii=False)
    return " ".join(value.split())


def _with_short_icons(lines: list[str]) -> list[str]:
    """An icon in one line: its strokes are of no interest each."""
    written: list[str] = []
    depth = -1
    for line in lines:
        if line.lstrip().startswith("</svg>"):
            continue
        indent = len(line) - len(line.lstrip())
        if 0 <= depth < indent:
            written[-1] += " " + line.strip()
            continue
        depth = indent if line.lstrip().startswith("<svg") else -1
        written.append(line)
    return written
