"""Many stored bookings cost a request nothing: no big table is read from end to end, no statement is added."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.registry import CONSUMERS
from tests.anomalies.bulk import BIG, fill, price_as_if_large
from tests.clients import SIGNED, ApiClient, PageClient, make_app, open_accounts, utc, weekday_at
from tests.conftest import Place, drop_database, place_of
from tests.factories.bookings import ReviewedBookingFactory, SubmittedBookingFactory
from tests.factories.interfaces import ByApi
from tests.factories.request_bodies import EngineeringRequestFactory, ReservationFactory, SessionFactory
from tests.statement_watch import watching
from tests.zones import SEOUL

FEW = 1_000
MANY = 12_000
FURTHER = 2_000
"""Rows the windows people look at hold beyond what the shortest diary fills of them."""
VERY_MANY = 100_000
BUDGET = 14 + 1
"""Of the create itself, and of finding out whose token it is."""
GAON, SCHEDULER, QA = "requester@gaon.example", "scheduler@brc.example", "qa@brc.example"


@dataclass
class Site:
    app: Flask
    place: Place
    api_clients: dict[str, ApiClient]
    page_clients: dict[str, PageClient]
    weeks: int = 10

    @property
    def database(self) -> Database:
        return self.app.extensions["gmp"].database

    def a_body(self) -> dict[str, Any]:
        """A booking of two sessions with people, attended equipment and an incubator, in a week of its own."""
        self.weeks += 1
        first = weekday_at(9, weeks=self.weeks)
        sessions = [
            SessionFactory(
                room=room,
                start=first + timedelta(days=day),
                hours=3,
                headcount=2,
                people=[{"email": "operator@gaon.example"}, {"email": "operator2@gaon.example"}],
                equipment=[bench],
            )
            for day, (room, bench) in enumerate((("B-01", "BSC-01"), ("B-02", "BSC-02")))
        ]
        incubator = ReservationFactory(units=3, start=sessions[0]["start"], end=sessions[1]["end"])
        return EngineeringRequestFactory(batch="B", sessions=sessions, equipment=[incubator])

    def booked(self, made_by: type[SubmittedBookingFactory] = SubmittedBookingFactory) -> str:
        return made_by(through=ByApi(self.api_clients.__getitem__), body=self.a_body()).reference


def build_site(cluster: EmbeddedPostgres, template: Place, folder, *, bookings: int) -> Iterator[Site]:
    name = f"scale_{bookings}"
    cluster.ensure_database(name, template=template.name)
    place = place_of(cluster, name)
    fill(place.superuser_url, bookings=bookings)
    if bookings < VERY_MANY:
        price_as_if_large(place.superuser_url)
    database = Database(place.app_url, zone=SEOUL, consumers=CONSUMERS, pool_size=1)
    open_accounts(database)
    app = make_app(place.app_url, place.owner_url, folder)
    people = (GAON, SCHEDULER, QA)
    api_clients = {email: ApiClient(app, database, email) for email in people}
    database.dispose()
    yield Site(app, place, api_clients, {email: PageClient(app, email) for email in people})
    app.extensions["gmp"].database.dispose()
    drop_database(cluster, name)


@pytest.fixture(scope="module")
def few(cluster, template, tmp_path_factory) -> Iterator[Site]:
    yield from build_site(cluster, template, tmp_path_factory.mktemp("few"), bookings=FEW)


@pytest.fixture(
    scope="module", params=[MANY, pytest.param(VERY_MANY, marks=pytest.mark.long)], ids=lambda count: f"{count} stored"
)
def many(request, cluster, template, tmp_path_factory) -> Iterator[Site]:
    yield from build_site(cluster, template, tmp_path_factory.mktemp("many"), bookings=request.param)


def requests_of(site: Site) -> dict[str, Callable[[], Any]]:
    """Everything people ask of a full diary, each as a call that answers with success."""
    gaon, scheduler, qa = (site.api_clients[email] for email in (GAON, SCHEDULER, QA))
    window = f"from={utc(weekday_at(0, weeks=1))}&to={utc(weekday_at(0, weeks=2))}".replace("+", "%2B")
    waiting = site.booked()
    reviewed = site.booked(ReviewedBookingFactory)
    feeds = {
        (email, scope): site.api_clients[email].post("/api/v1/feeds", {"scope": scope}).json["url"].partition("//")[2]
        for email, scope in ((GAON, "mine"), (GAON, "company"), (GAON, "resource:B-01"), (SCHEDULER, "resource:B-01"))
    }
    day = f"{weekday_at(9, weeks=1):%Y-%m-%d}"
    asked: dict[str, Callable[[], Any]] = {
        "preview": lambda: gaon.post("/api/v1/bookings/preview", site.a_body()),
        "create": lambda: gaon.post("/api/v1/bookings", site.a_body(), **{"Idempotency-Key": f"k{site.weeks}"}),
        "one booking": lambda: gaon.get(f"/api/v1/bookings/{waiting}"),
        "its history": lambda: gaon.get(f"/api/v1/bookings/{waiting}/history"),
        "its page": lambda: site.page_clients[GAON].get(f"/bookings/{waiting}"),
        "its page for staff": lambda: site.page_clients[QA].get(f"/bookings/{waiting}"),
        "review": lambda: scheduler.post(f"/api/v1/bookings/{waiting}/review"),
        "approve": lambda: qa.post(f"/api/v1/bookings/{reviewed}/approve", SIGNED),
        "cancel": lambda: gaon.post(f"/api/v1/bookings/{waiting}/cancel", {"reason": "Not needed any more"}),
        "my bookings": lambda: site.page_clients[GAON].get("/bookings"),
        "all my bookings": lambda: site.page_clients[GAON].get("/bookings?when=all"),
        "bookings for staff": lambda: site.page_clients[QA].get("/bookings"),
        "list": lambda: gaon.get("/api/v1/bookings"),
        "list of a window": lambda: gaon.get(f"/api/v1/bookings?{window}"),
        "list for staff": lambda: qa.get("/api/v1/bookings"),
        "inbox": lambda: site.page_clients[SCHEDULER].get("/inbox"),
        "availability": lambda: gaon.get(f"/api/v1/availability?resource=B-01&minutes=60&{window}"),
    }
    for email in (GAON, QA):
        asked[f"timeline of {email}"] = lambda who=email: site.api_clients[who].get(f"/api/v1/timeline?{window}")
        asked[f"timeline page of {email}"] = lambda who=email: site.page_clients[who].get(
            f"/timeline?date={day}&equipment=1"
        )
        asked[f"today of {email}"] = lambda who=email: site.page_clients[who].get("/today")
        asked[f"a session for {email}"] = lambda who=email: site.page_clients[who].get(
            f"/bookings/{waiting}/sessions/1"
        )
    asked["a session"] = lambda: gaon.get(f"/api/v1/bookings/{waiting}/sessions/1")
    for (email, scope), url in feeds.items():
        path = "/" + url.partition("/")[2]
        asked[f"feed {scope} of {email}"] = lambda path=path: site.app.test_client().get(path)
    return asked


def test_no_request_reads_a_big_table_from_end_to_end(many: Site) -> None:
    scanned = {}
    for name, ask in requests_of(many).items():
        with watching(many.database, explain=True) as watched:
            answer = ask()
        assert answer.status_code in {200, 201}, f"{name}: {answer.text[:500]}"
        scanned |= {f"{name} scans {table}": sql for table, sql in watched.scanned.items() if table in BIG}
    for what, statement in scanned.items():
        print(f"{what}: {' '.join(statement.split())}")
    assert list(scanned) == []


def test_nothing_hidden_in_functions_and_triggers_does_either(many: Site) -> None:
    asked = requests_of(many)
    before = scans(many)
    for name, ask in asked.items():
        answer = ask()
        assert answer.status_code in {200, 201}, f"{name}: {answer.text[:500]}"
    assert {table: count - before[table] for table, count in scans(many).items() if count != before[table]} == {}


def scans(site: Site) -> dict[str, int]:
    """How often each big table was read from end to end so far."""
    counted = statistics_of(site, "SELECT relname, seq_scan FROM pg_stat_user_tables")
    return {table: count for table, count in counted.items() if table in BIG}


def rows_read(site: Site) -> int:
    """How many rows and entries of indexes were read so far."""
    tables = "SELECT 'tables', sum(seq_tup_read)::bigint FROM pg_stat_user_tables"
    indexes = "SELECT 'indexes', sum(idx_tup_read)::bigint FROM pg_stat_user_indexes"
    return sum(statistics_of(site, f"{tables} UNION ALL {indexes}").values())


def statistics_of(site: Site, counters: str) -> dict[str, int]:
    """What the server counted; a connection tells when it is closed."""
    site.database.dispose()
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'gmp_app'"
    with psycopg.connect(site.place.superuser_url, autocommit=True) as connection:
        while connection.execute(others).fetchone() is not None:
            time.sleep(0.02)
        return dict(connection.execute(counters).fetchall())


def test_no_request_reads_more_of_a_diary_because_it_is_longer(few: Site, many: Site) -> None:
    """A scan of an index from end to end is no better than one of the table, and no plan names it so."""
    read = {}
    for site in (few, many):
        for name, ask in requests_of(site).items():
            before = rows_read(site)
            answer = ask()
            assert answer.status_code in {200, 201}, f"{name}: {answer.text[:500]}"
            read.setdefault(name, []).append(rows_read(site) - before)
    for name, counts in read.items():
        print(f"{name}: {counts}")
    assert [name for name, (short, long) in read.items() if long > 2 * short + FURTHER] == []


def test_creating_keeps_its_budget_of_statements_however_full_the_diary_is(few: Site, many: Site) -> None:
    counts = []
    for site in (few, many):
        # The use of a token is noted from time to time, not with every request.
        site.api_clients[GAON].get("/api/v1/resources")
        body, key = site.a_body(), {"Idempotency-Key": f"budget-{site.weeks}"}
        with watching(site.database) as watched:
            answer = site.api_clients[GAON].post("/api/v1/bookings", body, **key)
        assert answer.status_code == 201, answer.text
        counts.append(len(watched.statements))
    print(f"statements of a create with its key and its token: {counts}")
    assert counts[0] == counts[1]
    assert counts[1] <= BUDGET


def test_a_longer_booking_needs_no_more_statements(few: Site) -> None:
    counts = []
    for sessions in (1, 8):
        body = few.a_body()
        first = body["sessions"][0]
        shifts = [timedelta(days=number // 2, hours=number % 2 * 3) for number in range(sessions)]
        start = weekday_at(9, weeks=few.weeks)
        body["sessions"] = [
            first | {"start": utc(start + shift), "end": utc(start + shift + timedelta(hours=2))} for shift in shifts
        ]
        few.weeks += 2
        few.api_clients[GAON].get("/api/v1/resources")
        with watching(few.database) as watched:
            answer = few.api_clients[GAON].post("/api/v1/bookings", body)
        assert answer.status_code == 201, answer.text
        counts.append(len(watched.statements))
    assert counts[0] == counts[1]
