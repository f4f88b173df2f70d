"""`python -m benchmarks.pairs OLD NEW`: compares the requests of two checkouts in interleaved pairs.

Both checkouts run at the same time, each by its own command from its own data directory, with the same facility and the
same number of stored bookings. They are used only by HTTP and SQL, so the names of their modules may differ.
Each pair sends requests to both alternately; its ratio compares two medians. The result is the median of the ratios.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import stored
from benchmarks.clients import Call, Client
from benchmarks.statements import count_statements
from benchmarks.stored import Ids
from tests.transcript.facility import ADMIN, COMPETITOR, OPERATOR, REQUESTER, WHY, Cast, add_room, begin
from tests.transcript.installation import Installation, end_in_good_order, running_installation
from tests.transcript.people import World
from tests.transcript.record import Record

FEED_BOOKING = 5_000_000
BEGUN_BOOKING = 7_000_000
LIMIT = 1.08
REQUESTS = ("preview", "create", "check-in", "week timeline", "feed, 500 events", "feed, unchanged")
WARM = 20
COUNTED = 5
SETTINGS = {"GMP_WORKERS": "2", "GMP_THREADS": "8", "GMP_AUTH_ARGON2": "t=2,m=19456,p=1"}


@dataclass
class Side:
    """One of the two installations, with what its requests need."""

    installation: Installation
    token: str
    feed: str
    times: dict[str, list[float]] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)
    begins: str = ""
    """The token of who begins sessions."""
    room: tuple[int, int] = (0, 0)
    """The room and the unit in which sessions begin without a release."""
    company: tuple[int, int, int] = (0, 0, 0)
    """The company, its product and its person who begin sessions."""
    _hours: Iterator[int] = field(default_factory=count)
    _begun: Iterator[int] = field(default_factory=lambda: count(BEGUN_BOOKING))

    def timed_request(self, name: str) -> Callable[[], float]:
        """A function that sends one request over a connection of its own and returns the milliseconds."""
        client = Client(self.installation.port)
        call = self._calls()[name]
        return lambda: client.time(call())

    def _calls(self) -> Mapping[str, Callable[[], Call]]:
        signed_in = {"Authorization": f"Bearer {self.token}"}
        first, last = (datetime.now(UTC).date() + timedelta(days=days) for days in (-3, 4))
        week = f"/api/v1/timeline?from={first}T00:00:00Z&to={last}T00:00:00Z"
        etag = Client(self.installation.port).headers_of(Call("GET", self.feed))["ETag"]
        return {
            "preview": lambda: Call("POST", "/api/v1/bookings/preview", self._booking(), signed_in),
            "create": lambda: Call("POST", "/api/v1/bookings", self._booking(), signed_in | _key(), status=201),
            "check-in": lambda: Call("POST", self._session_to_begin(), {}, {"Authorization": f"Bearer {self.begins}"}),
            "week timeline": lambda: Call("GET", week, headers=signed_in),
            "feed, 500 events": lambda: Call("GET", self.feed),
            "feed, unchanged": lambda: Call("GET", self.feed, headers={"If-None-Match": etag}, status=304),
        }

    def _session_to_begin(self) -> str:
        """The address of a check-in; the session that began before it is over and holds nothing."""
        booking = next(self._begun)
        for table in ("slot", "session_person"):
            self.installation.ask(f"UPDATE {table} SET active = false WHERE booking_id = %s", booking - 1)
        record = "session_record" if self._has("session_record") else "booking_session"
        self.installation.ask(f"UPDATE {record} SET state = 'CANCELLED' WHERE booking_id = %s", booking - 1)
        if self._has("occupancy"):
            self.installation.ask("DELETE FROM occupancy WHERE booking_id = %s", booking - 1)
        start = datetime.now(UTC).replace(second=0, microsecond=0)
        rows = stored.booking_rows(booking, *self.company, sessions=[(*self.room, start)], kind="TECH_DEMO")
        stored.load_rows(self.installation.superuser_url, rows)
        return f"/api/v1/bookings/BK-{booking:08X}/sessions/1/check-in"

    def _has(self, table: str) -> bool:
        return bool(self.installation.ask("SELECT to_regclass(%s) IS NOT NULL AS found", table)[0]["found"])

    def _booking(self) -> dict[str, Any]:
        """A booking without conflicts: the next free hours of one of fifty rooms."""
        hours, room = divmod(next(self._hours), stored.ROOMS)
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=20, hours=hours * 2)
        session = {
            "room": f"R-{room + 1:02d}",
            "start": start.isoformat(),
            "end": (start + timedelta(hours=2)).isoformat(),
            "headcount": 2,
            "people": [{"email": OPERATOR}] if room == 0 else [],
        }
        return {"kind": "CLEANROOM", "product": "GS-M1", "run_type": "ENG", "purpose": "pairs", "sessions": [session]}


def _key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(12)}


# -- setting up both sides


@contextmanager
def prepared(checkout: Path, folder: Path, port: int, *, bookings: int) -> Iterator[Side]:
    """A running installation of the checkout with fifty rooms and the given number of stored bookings."""
    command = checkout.resolve() / ".venv/bin/gmp-booking"
    with running_installation(command, folder / "data", port, now=None, **SETTINGS) as installation:
        cast = Cast(World(installation, Record(folder / "record")))
        begin(cast)
        admin = cast.person(ADMIN)
        for number in range(1, stored.ROOMS + 2):
            add_room(admin, f"R-{number:02d}", grade="B", room_class="GMP", area_m2=20, seats="", max_occupancy=6)
        admin.submit("/admin/companies/GAO", "/admin/companies/GAO", pending_room_days_cap="100000", reason=WHY)
        room, company = _store(installation, bookings)
        token = cast.program(REQUESTER).token
        feed = installation.call("feed", "create", "--user", COMPETITOR, "--scope", "company").strip()
        begins = cast.program(COMPETITOR).token
        link = feed.partition("booking.example")[2]
        yield Side(installation, token, link, begins=begins, room=room, company=company)


def _store(installation: Installation, bookings: int) -> tuple[tuple[int, int], tuple[int, int, int]]:
    """Store the bookings; returns a room whose sessions need no release, and a company whose person is free now."""
    rooms = installation.ask(
        "SELECT r.id AS room, u.id AS unit FROM resource AS r JOIN unit AS u ON u.resource_id = r.id"
        " WHERE r.code LIKE 'R-%%' ORDER BY r.code"
    )
    companies = installation.ask(
        "SELECT c.id AS company, d.id AS product, p.id AS person"
        " FROM company AS c JOIN product AS d ON d.company_id = c.id JOIN person AS p ON p.company_id = c.id"
        " WHERE p.email = ANY(%s) ORDER BY c.id",
        [REQUESTER, COMPETITOR],
    )
    mine, theirs = (tuple(row.values()) for row in companies)
    ids = Ids(rooms=[tuple(row.values()) for row in rooms], companies=[mine])
    stored.load_feed(installation.superuser_url, FEED_BOOKING, theirs, ids.rooms[stored.ROOMS])
    stored.load(installation.superuser_url, ids, already=0, wanted=bookings)
    (begins_in,) = installation.ask(
        "SELECT r.id AS room, u.id AS unit FROM resource AS r JOIN unit AS u ON u.resource_id = r.id"
        " WHERE r.code = 'T-01'"
    )
    return (begins_in["room"], begins_in["unit"]), theirs


# -- measuring


def measure(old: Side, new: Side, name: str, *, pairs: int, requests: int) -> None:
    """Measure one kind of request alternately on both sides, then count its statements."""
    both = [(side, side.timed_request(name)) for side in (old, new)]
    for _ in range(WARM):
        for _side, request in both:
            request()
    for pair in range(pairs):
        turns = both if pair % 2 == 0 else both[::-1]
        rounds = [[request() for _side, request in turns] for _ in range(requests)]
        for (side, _request), times in zip(turns, zip(*rounds, strict=True), strict=True):
            side.times.setdefault(name, []).append(median(times))
    for side, request in both:
        side.statements[name] = count_statements(side.installation, [request] * COUNTED)


def report(old: Side, new: Side) -> tuple[str, bool]:
    """The table, and whether no request became slower than the limit."""
    lines, is_within = [HEADER], True
    for name, before in old.times.items():
        after = new.times[name]
        ratios = [later / earlier for earlier, later in zip(before, after, strict=True)]
        counts = (old.statements[name], new.statements[name])
        is_within &= median(ratios) <= LIMIT and counts[1] <= counts[0]
        lines.append(
            f"| {name} | {median(before):.2f} | {median(after):.2f} | {median(ratios):.3f}"
            f" | {min(ratios):.3f}–{max(ratios):.3f} | {counts[0]} | {counts[1]} |"
        )
    return "\n".join(lines), is_within


HEADER = """\
| request | old ms | new ms | new/old, median | least–most | statements, old | statements, new |
|---|---:|---:|---:|---:|---:|---:|"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.pairs", description=__doc__)
    parser.add_argument("old", type=Path, help="a checkout in which `make ready` has been run")
    parser.add_argument("new", type=Path, help="another one")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--requests", type=int, default=20, help="requests of each side in a pair")
    parser.add_argument("--bookings", type=int, default=1_000, help="stored bookings of each side")
    parser.add_argument("--port", type=int, default=8081, help="the port of OLD; NEW has the next one")
    given = parser.parse_args()
    end_in_good_order()
    folder = Path(tempfile.mkdtemp(prefix="gmp-pairs-"))
    folder.chmod(0o711)
    try:
        with ExitStack() as stack:
            sides = [
                stack.enter_context(prepared(checkout, folder / name, port, bookings=given.bookings))
                for name, checkout, port in (("old", given.old, given.port), ("new", given.new, given.port + 1))
            ]
            for name in REQUESTS:
                measure(*sides, name, pairs=given.pairs, requests=given.requests)
            text, is_within = report(*sides)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(text)
    print(f"\nEvery median at most {LIMIT} and no statement more: {'yes' if is_within else 'no'}")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
