"""A calendar program of somebody else's: vdirsyncer fetches the feed over HTTP, khal shows what is on the disk then."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from gmp_booking.changes.service import move_session
from gmp_booking.infra.database.uow import Database
from tests.browser.conftest import QuietRequestHandler
from tests.factories.bookings import SubmittedBookingFactory
from tests.factories.contents import DemonstrationContentFactory, SessionContentFactory, morning
from tests.notifications.journeys import cancelled, confirm, somebody
from tests.server_harness import a_free_port
from tests.zones import SEOUL

pytestmark = pytest.mark.heavy

PROGRAMS = Path(sys.executable).parent
REQUESTER, COMPETITOR = "requester@gaon.example", "requester@saebyeok.example"
START = morning(35)
# vdirsyncer names what it fetches over HTTP by its content, so an entry is known by what it says.
SHOWN = "{start-long-full}|{end-long-full}|{status}|{title}"

VDIRSYNCER = """
[general]
status_path = "{folder}/status"

[pair feed]
a = "remote"
b = "local"
collections = null

[storage remote]
type = "http"
url = "{address}"

[storage local]
type = "filesystem"
path = "{folder}/events"
fileext = ".ics"
"""
KHAL = """
[calendars]
[[gmp]]
path = {folder}/events
readonly = True

[sqlite]
path = {folder}/khal.db

[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
"""


@dataclass
class Reader:
    """One person's calendar program, subscribed to one link."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, address: str) -> Reader:
        folder.mkdir()
        (folder / "events").mkdir()
        (folder / "vdirsyncer").write_text(VDIRSYNCER.format(folder=folder, address=address))
        (folder / "khal").write_text(KHAL.format(folder=folder, zone=SEOUL.key))
        reader = cls(folder)
        reader._run("vdirsyncer", "discover")
        return reader

    def look(self) -> list[list[str]]:
        """Fetch, and say what is shown: start, end, status and title of each entry."""
        self._run("vdirsyncer", "sync")
        shown = self._run(
            "khal",
            "list",
            "--once",
            "--day-format",
            "",
            "--format",
            SHOWN,
            f"{START - timedelta(days=7):%Y-%m-%d}",
            "60d",
        )
        return [[part.strip() for part in line.split("|")] for line in shown.splitlines() if "|" in line]

    def _run(self, program: str, *arguments: str) -> str:
        argv = [PROGRAMS / program, "-c", self.folder / program, *arguments]
        home = {"HOME": str(self.folder), "LC_ALL": "C.UTF-8", "PATH": str(PROGRAMS)}
        finished = subprocess.run(argv, capture_output=True, text=True, check=False, env=home, timeout=60)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application listens."""
    server = make_server("127.0.0.1", a_free_port(), app, threaded=True, request_handler=QuietRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def at(start: datetime) -> list[str]:
    """A session of four hours as khal writes it."""
    ends = start + timedelta(hours=4)
    return [f"{each.astimezone(SEOUL):%Y-%m-%d %H:%M}" for each in (start, ends)]


def test_one_booking_confirmed_moved_twice_and_cancelled_is_one_cancelled_entry(
    database: Database, subscribe, address: str, tmp_path: Path
) -> None:
    reader = Reader.of(tmp_path / "own", address + subscribe(REQUESTER, "mine"))
    assert reader.look() == []
    content = DemonstrationContentFactory(sessions=(SessionContentFactory(start=START, people=()),))
    reference = SubmittedBookingFactory(database=database, body=content).reference

    def shown() -> list[str]:
        (entry,) = reader.look()
        assert reference in entry[3]
        return entry[:3]

    assert shown() == [*at(START), "TENTATIVE"]
    confirm(database, reference)
    assert shown() == [*at(START), "CONFIRMED"]
    scheduler = somebody(database, "scheduler@brc.example")
    for hours in (2, 5):
        moved = START + timedelta(hours=hours)
        database.transact(scheduler, move_session, reference, 1, start=moved, end=moved + timedelta(hours=4))
        assert shown() == [*at(moved), "CONFIRMED"]
    cancelled(database, reference)
    assert shown() == [*at(START + timedelta(hours=5)), "CANCELLED"]
    assert len(list((reader.folder / "events").iterdir())) == 1


def test_three_bookings_are_three_entries_and_a_competitor_s_program_shows_none_of_them(
    database: Database, subscribe, address: str, tmp_path: Path
) -> None:
    references = set()
    for day in range(3):
        part = SessionContentFactory(start=START + timedelta(days=day), people=())
        content = DemonstrationContentFactory(sessions=(part,))
        references.add(SubmittedBookingFactory(database=database, body=content).reference)
    own = Reader.of(tmp_path / "own", address + subscribe(REQUESTER, "company"))
    assert {entry[3].split(" · ")[1] for entry in own.look()} == references
    competitor = Reader.of(tmp_path / "competitor", address + subscribe(COMPETITOR, "resource:T-01"))
    shown = competitor.look()
    assert [entry[3] for entry in shown] == ["Reserved"] * 3
    assert not any(reference in "".join(entry) for reference in references for entry in shown)
