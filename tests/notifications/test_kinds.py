"""Each mail kind is one file and one template, and nothing else has to know of it."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docs import generate
from gmp_booking.accounts import links
from gmp_booking.bookings.events import BookingDrafted
from gmp_booking.notifications import kinds, planning
from gmp_booking.notifications.mail_kind import BookingMail, MailKind, OnEvents, OnRequest, discover
from gmp_booking.notifications.reader_parts import no_entries
from gmp_booking.notifications.rendering import TEMPLATES
from tests.architecture.sources import ROOT

KINDS = discover()
LAYOUT = {"base.txt", "times.txt"}
A_KIND = '''"""Somebody began a draft."""

from gmp_booking.bookings.events import BookingDrafted
from gmp_booking.kernel.states import BookingState
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents
from gmp_booking.notifications.recipients import requesters

KIND = BookingMail(
    name="drafted",
    created=OnEvents(events=[BookingDrafted], to=requesters),
    valid_while=[BookingState.DRAFT],
    subject="[%(reference)s] Begun: %(what)s",
    template="confirmed.txt",
)
'''


@pytest.fixture
def add_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Put one more file beside the kinds there are."""
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    known = set(sys.modules)

    def add(name: str, source: str) -> None:
        (tmp_path / name).write_text(source, "utf-8")
        importlib.invalidate_caches()
        discover.cache_clear()

    yield add
    discover.cache_clear()
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_has_its_template_and_its_line_in_the_documentation(kind: MailKind) -> None:
    assert (TEMPLATES / kind.template).is_file()
    assert f"| `{kind.name}` |" in (ROOT / "docs" / "mails.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_describes_what_the_documentation_shows_of_it(kind: MailKind) -> None:
    shown = [importlib.import_module(f"{kinds.__name__}.{kind.name}")]
    if isinstance(kind.created, OnEvents):
        assert kind.created.events
        shown += [kind.created.to, kind.created.due]
    if isinstance(kind, BookingMail):
        assert kind.valid_while
        shown += [kind.still_true]
    assert [each for each in shown if not inspect.getdoc(each)] == []


def test_no_template_is_left_over() -> None:
    assert {path.name for path in TEMPLATES.glob("*.txt")} - LAYOUT == {kind.template for kind in KINDS.values()}


@pytest.mark.parametrize(
    "kind", [each for each in KINDS.values() if isinstance(each, BookingMail)], ids=lambda kind: kind.name
)
def test_a_kind_that_attaches_calendar_files_has_a_note_about_them(kind: BookingMail) -> None:
    assert bool(kind.entries_note) == (kind.entries is not no_entries)


def test_what_accounts_ask_to_be_mailed_are_kinds() -> None:
    assert set(links.MAIL_KINDS.values()) == {
        name for name, kind in KINDS.items() if isinstance(kind.created, OnRequest)
    }


def test_one_more_file_is_one_more_kind(add_kind: Callable[[str, str], None]) -> None:
    before = generate.mails().splitlines()
    assert BookingDrafted not in planning.EVENT_TYPES.values()
    add_kind("drafted.py", A_KIND)
    assert set(discover()) - set(KINDS) == {"drafted"}
    assert planning.event_types()["BookingDrafted"] is BookingDrafted
    (line,) = set(generate.mails().splitlines()) - set(before)
    assert re.match(r"\| `drafted` \| Somebody began a draft\. \| `BookingDrafted` \|", line)


@pytest.mark.parametrize(("name", "source"), [("empty.py", ""), ("other_name.py", A_KIND)])
def test_a_file_that_does_not_hold_its_kind_is_refused(
    add_kind: Callable[[str, str], None], name: str, source: str
) -> None:
    add_kind(name, source)
    with pytest.raises(RuntimeError, match=name):
        discover()
