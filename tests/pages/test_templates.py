"""The pages keep the project's promises: nothing inline, every part documented, every icon drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

import gmp_booking
from gmp_booking.infra.web import i18n

ROOT = Path(gmp_booking.__file__).parent
PAGES = sorted((ROOT / "templates").rglob("*.html"))
MAILS = sorted((ROOT / "templates").rglob("*.txt"))
SHEETS = sorted((ROOT / "static" / "css").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
REGISTRY = ROOT / "static" / "js" / "behaviour.js"
LONGEST_LINE = 120
INLINE = {
    "a style attribute": r"\sstyle\s*=",
    "a style element": r"<style[\s>]",
    "an event attribute": r"\son[a-z]+\s*=",
    "an htmx event attribute": r"\shx-on",
    "a script address": r"javascript:|\bjs:",
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "an address elsewhere": r"(?:src|href)=[\"']https?://",
}


def source(path: Path) -> str:
    return path.read_text("utf-8")


def without_comments(template: Path) -> str:
    return re.sub(r"\{#.*?#\}", "", source(template), flags=re.DOTALL)


def refuse(wrong: Iterable[str], what_to_do: str) -> None:
    """Fail with all places that are wrong, and how to mend them."""
    places = list(wrong)
    assert not places, "\n".join([*places, what_to_do])


def place(path: Path, text: str, start: int) -> str:
    return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, start) + 1}"


def test_there_is_something_to_read() -> None:
    assert len(PAGES) > 50
    assert len(MAILS) > 20
    assert len(SHEETS) > 40
    assert len(SCRIPTS) > 15


def test_nothing_is_inline() -> None:
    refuse(
        (
            f"{template.relative_to(ROOT)}: {what}: {found.group()}"
            for template in PAGES
            for what, pattern in INLINE.items()
            if (found := re.search(pattern, without_comments(template)))
        ),
        "The content security policy refuses it: use a class, a file of static/js or an address of this site.",
    )


def test_a_template_begins_by_saying_what_it_is_given() -> None:
    refuse(
        (str(template.relative_to(ROOT)) for template in PAGES if not source(template).startswith("{#")),
        "Begin with a comment {# … #} that names the values the template needs.",
    )


def test_lines_fit_on_a_screen() -> None:
    refuse(
        (
            f"{path.relative_to(ROOT)}:{number} has {len(line)} columns"
            for path in [*PAGES, *MAILS, *SHEETS, *SCRIPTS]
            for number, line in enumerate(source(path).splitlines(), start=1)
            if len(line) > LONGEST_LINE
        ),
        f"Break lines after {LONGEST_LINE} columns; inside {{{{ }}}} and tags a break changes nothing on the page.",
    )


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r"name == \"(\w+)\"", source(ROOT / "templates/parts/icon.html")))
    asked = [
        (found[1], place(template, text, found.start()))
        for template in PAGES
        for text in [source(template)]
        for found in re.finditer(r"\bicon\(\"(\w+)\"", text)
    ]
    assert asked
    refuse((f"{at}: {icon}" for icon, at in asked if icon not in drawn), "Draw it in templates/parts/icon.html.")


def test_style_sheets_speak_in_tokens_that_exist() -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", "".join(map(source, SHEETS))))
    refuse(
        (
            f"{sheet.relative_to(ROOT)}: {token}"
            for sheet in SHEETS
            for token in sorted(set(re.findall(r"var\((--[\w-]+)", source(sheet))) - defined)
        ),
        "Use a token of css/tokens.css, or define it.",
    )


def test_style_sheets_load_nothing_and_stay_in_their_layer() -> None:
    layer = re.compile(r"^@layer (tokens|base|components|print) \{", re.MULTILINE)
    refuse(
        (
            str(sheet.relative_to(ROOT))
            for sheet in SHEETS
            if "@import" in source(sheet) or "url(" in source(sheet) or not layer.search(source(sheet))
        ),
        "A sheet is one @layer block of its layer, and loads no other file.",
    )


def test_every_script_and_component_is_in_one_bundle() -> None:
    bundles = json.loads(source(ROOT / "static" / "bundles.json"))
    bundled = [part for parts in bundles.values() for part in parts]
    components = [sheet for sheet in SHEETS if sheet.parent.name == "components"]
    expected = sorted(str(path.relative_to(ROOT / "static")) for path in [*components, *SCRIPTS])
    assert sorted(part for part in bundled if part.startswith(("css/components/", "js/"))) == expected
    refuse((part for part in bundled if not (ROOT / "static" / part).exists()), "Take it out of static/bundles.json.")
    assert bundles["app.js"][0] == "js/behaviour.js", "The registry comes first: the others call it."


def test_a_script_is_one_behaviour_that_a_template_switches_on() -> None:
    carried = set(re.findall(r"\bdata-[\w-]+", "".join(map(without_comments, PAGES))))
    wrong = []
    for script in SCRIPTS:
        comment = re.match(r"/\*.+?\*/\n\"use strict\";\n", source(script), re.DOTALL)
        attributes = re.findall(r"^behaviour\(\"(data-[\w-]+)\",", source(script), re.MULTILINE)
        if script == REGISTRY:
            continue
        if not comment or len(attributes) != 1 or f"`{attributes[0]}`" not in comment.group():
            wrong.append(f"{script.name}: its first comment says what it does and names its one attribute")
        elif attributes[0] not in carried:
            wrong.append(f"{script.name}: no template carries {attributes[0]}")
    refuse(wrong, "A script is one call of behaviour(attribute, …); static/js/behaviour.js says how it is called.")


def test_scripts_share_no_names_but_the_registry() -> None:
    wrong = []
    for script in SCRIPTS:
        code = re.sub(r"/\*.*?\*/", "", source(script), flags=re.DOTALL).replace('"use strict";\n', "").strip()
        if script != REGISTRY and (not code.startswith("behaviour(") or "\n});\n" in code):
            wrong.append(str(script.relative_to(ROOT)))
    refuse(wrong, "The scripts are sent as one: whatever stands outside behaviour(…) is seen by all of them.")


class _Attributes(HTMLParser):
    """The attributes of the last field that was read."""

    found: dict[str, str | None]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"input", "select", "textarea"}:
            self.found = dict(attrs)


def test_a_field_is_required_and_described_at_once() -> None:
    """White space between attributes is easily lost in a template, and with it both attributes."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"), trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    i18n.install(environment)
    calls = {
        "field": 'field("room", "Room", help="Which one", error="Missing", maxlength=40)',
        "select": 'select("room", "Room", "", [("B-01", "B-01")], help="Which one", error="Missing")',
        "textarea": 'textarea("room", "Room", help="Which one", error="Missing", maxlength=40)',
    }
    for name, call in calls.items():
        parser = _Attributes()
        parser.feed(environment.from_string(f'{{% from "parts/fields.html" import {name} %}}{{{{ {call} }}}}').render())
        assert {"required", "aria-invalid"} <= parser.found.keys(), name
        assert parser.found["aria-describedby"] == "f-room-help f-room-error", name
