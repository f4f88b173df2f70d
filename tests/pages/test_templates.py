"""The pages keep the house's promises: nothing inline, every part documented, every icon drawn."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gmp_booking

ROOT = Path(gmp_booking.__file__).parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
INLINE = {
    "a style attribute": r"\sstyle\s*=",
    "a style element": r"<style[\s>]",
    "an event attribute": r"\son[a-z]+\s*=",
    "an htmx event attribute": r"\shx-on",
    "a script address": r"javascript:|\bjs:",
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "an address elsewhere": r"(?:src|href)=[\"']https?://",
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_comments(source: str) -> str:
    return re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
@pytest.mark.parametrize("what", INLINE)
def test_nothing_is_inline(template: Path, what: str) -> None:
    found = re.search(INLINE[what], without_comments(template.read_text("utf-8")))
    assert not found, f"{what} in {template.name}: {found.group()}"


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_a_template_begins_by_saying_what_it_is_given(template: Path) -> None:
    assert template.read_text("utf-8").startswith("{#"), f"{template.name} has no comment at its top"


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r"name == \"(\w+)\"", (ROOT / "templates/parts/icon.html").read_text("utf-8")))
    asked = {
        icon
        for template in TEMPLATES
        for icon in re.findall(r"\bicon\(\"(\w+)\"", without_comments(template.read_text("utf-8")))
    }
    assert asked
    assert asked <= drawn


@pytest.mark.parametrize("sheet", SHEETS, ids=name)
def test_style_sheets_speak_in_tokens_that_exist(sheet: Path) -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", "".join(each.read_text("utf-8") for each in SHEETS)))
    used = set(re.findall(r"var\((--[\w-]+)", sheet.read_text("utf-8")))
    assert used <= defined


@pytest.mark.parametrize("sheet", SHEETS, ids=name)
def test_style_sheets_load_nothing_and_stay_in_their_layer(sheet: Path) -> None:
    text = sheet.read_text("utf-8")
    assert "@import" not in text
    assert "url(" not in text
    assert re.search(r"^@layer (tokens|base|components|print) \{", text, flags=re.MULTILINE)
