"""The transcript shows what changed and nothing else: layout, random values and moved numbers are no difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcript.compare import Difference, differences
from tests.transcript.markup import Page
from tests.transcript.masks import Masks
from tests.transcript.people import filled

FORM = """
<form method="post" action="/bookings/new"><input type="hidden" name="kind" value="QC">
  <select name="room"><option value="B-01">B-01</option><option value="B-02" selected>B-02</option></select>
  <select name="people" multiple><option value="a" selected>a</option><option value="b">b</option></select>
  <input type="checkbox" name="open" value="yes"><input type="checkbox" name="closed" value="yes" checked>
  <textarea name="purpose">
As typed</textarea><button name="op" value="submit">Submit</button></form>
"""


def test_a_page_reads_the_same_however_its_template_breaks_its_lines() -> None:
    plain = Page('<div class="a  b" id="x"><p>Two <b>words</b>.</p></div>').lines()
    broken = Page('<div id="x"\n  class="a b">\n  <p>\n    Two\n    <b>words</b>.\n  </p>\n</div>').lines()
    assert plain == broken


@pytest.mark.parametrize(
    "other", ["<p>Two<b>words</b></p>", "<p>Two <i>words</i></p>", "<p>two <b>words</b></p>", "<p>Two </p><b>words</b>"]
)
def test_another_text_tag_or_space_between_words_is_seen(other: str) -> None:
    assert Page("<p>Two <b>words</b></p>").lines() != Page(other).lines()


def test_a_form_is_filled_as_a_browser_would() -> None:
    form = Page(FORM).form("/bookings/new", kind="QC")
    assert form.fields == [
        ("kind", "QC"),
        ("room", "B-02"),
        ("people", "a"),
        ("closed", "yes"),
        ("purpose", "As typed"),
    ]
    assert form.buttons == [("op", "submit")]
    changed = filled(form, {"room": "B-01", "people": ["a", "b"], "closed": None})
    assert changed == [("kind", "QC"), ("purpose", "As typed"), ("room", "B-01"), ("people", "a"), ("people", "b")]


def test_random_values_become_placeholders_that_keep_who_is_who() -> None:
    masks = Masks()
    first = masks.file(["BK-7Q4K9D2M then BK-AAAAAAAA then BK-7Q4K9D2M", "0123456789abcdef", "/outages/17 /outages/9"])
    assert first == ("<reference 1> then <reference 2> then <reference 1>\n<hash 1>\n/outages/<id 1> /outages/<id 2>\n")
    assert masks.file(["BK-AAAAAAAA", "fedcba9876543210"]) == "<reference 2>\n<hash 1>\n"
    assert masks.file(["2027-04-27 09:00, room B-01, 4 people"]) == "2027-04-27 09:00, room B-01, 4 people\n"


def written(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.txt").write_text(text)
    return folder


def test_one_difference_in_many_files_is_told_once_also_behind_a_file_more(tmp_path: Path) -> None:
    old = written(tmp_path / "old", **{"01_page": "a\nSign in\nb\n", "02_list": "c\n  Sign in\n"})
    new = written(tmp_path / "new", **{"01_page": "a\nLog in\nb\n", "02_mail": "new\n", "03_list": "c\nLog in\n"})
    found = differences(old, new, [])
    assert list(found) == [
        Difference(("Sign in",), ("Log in",)),
        Difference(("(there is no such file)",), ("new",)),
    ]
    assert list(found[Difference(("Sign in",), ("Log in",))].files) == ["01-page.txt", "03-list.txt"]
    assert list(differences(old, new, [("Sign in", "Log in")])) == [Difference(("(there is no such file)",), ("new",))]
    assert differences(old, old, []) == {}


def test_spaces_at_the_edges_of_inline_texts_can_be_left_out(tmp_path: Path) -> None:
    old, new = (
        written(tmp_path / name, **{"01_page": text}) for name, text in (("old", "<b>\na\n"), ("new", "<b> ␠\na ␠\n"))
    )
    assert differences(old, new, [])
    assert differences(old, new, [], without_spaces=True) == {}
