"""Three calendar programs that share no code, each telling a feed in the same plain words."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

from gmp_booking.infra.web.assets import ROOT

Event = dict[str, Any]
Reader = Callable[[bytes], list[Event]]

FIELDS = {
    "uid": "uid",
    "status": "status",
    "summary": "summary",
    "description": "description",
    "location": "location",
    "transp": "transp",
    "class": "class",
    "url": "url",
}
INSTANTS = {"start": "dtstart", "end": "dtend", "stamp": "dtstamp", "changed": "last-modified"}


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def read_with_icalendar(feed: bytes) -> list[Event]:
    calendar = icalendar.Calendar.from_ical(feed)
    assert "UID" not in calendar
    return [
        {name: str(event[field]) if field in event else None for name, field in FIELDS.items()}
        | {name: _iso(event[field].dt) for name, field in INSTANTS.items()}
        | {"sequence": int(event["sequence"])}
        for event in calendar.walk("VEVENT")
    ]


def read_with_vobject(feed: bytes) -> list[Event]:
    (calendar,) = vobject.readComponents(feed.decode())
    return [
        {name: _value(event, field) for name, field in FIELDS.items()}
        | {name: _iso(event.contents[field][0].value) for name, field in INSTANTS.items()}
        | {"sequence": int(_value(event, "sequence") or 0)}
        for event in calendar.contents.get("vevent", [])
    ]


def _value(event: Any, field: str) -> str | None:
    return event.contents[field][0].value if field in event.contents else None


def read_with_ical_js(feed: bytes) -> list[Event]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    script = Path(__file__).with_name("read_ics.mjs")
    finished = subprocess.run([node, script, _ical_js()], input=feed, capture_output=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr.decode()
    found = json.loads(finished.stdout)
    assert len(found["zones"]) == 1
    assert "uid" not in found["own"]
    for event in found["events"]:
        event |= {name: _iso(datetime.fromisoformat(event[name])) for name in INSTANTS}
    return found["events"]


def _ical_js() -> Path:
    module = ROOT / "node_modules" / "ical.js" / "dist" / "ical.js"
    if not module.exists():
        npm = shutil.which("npm")
        assert npm, "node is here and npm is not: install npm"
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=ROOT, check=True, timeout=300)
    return module


READERS: dict[str, Reader] = {
    "icalendar": read_with_icalendar,
    "vobject": read_with_vobject,
    "ical.js": read_with_ical_js,
}
