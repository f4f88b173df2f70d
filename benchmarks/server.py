"""The server of the benchmarks: a durable embedded PostgreSQL, a facility of fifty rooms and real web processes."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Self
from urllib.request import urlopen

import psycopg
from sqlalchemy import event, select

from benchmarks import stored
from benchmarks.clients import Call, Client, Measured, rate
from benchmarks.stored import Ids
from config import Config
from gmp_booking.accounts.passwords import hash_password
from gmp_booking.accounts.service import create_account, create_token
from gmp_booking.app import create_app
from gmp_booking.calendars.service import create_feed
from gmp_booking.companies.models import Company
from gmp_booking.infra.database.migrate import migrate
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.kernel.access import SYSTEM, Actor, Role
from gmp_booking.people.models import Person
from gmp_booking.people.service import create_person
from gmp_booking.policies.service import name_facility, seed_holidays
from gmp_booking.products.models import Product
from gmp_booking.products.service import ProductFacts, add_product
from gmp_booking.resources.models import Resource, Unit
from gmp_booking.resources.service import Names, NewEquipment, NewRoom, add_equipment, add_room

PASSWORD = "bench-" + secrets.token_hex(8)
COMPANIES = 8
WORKERS, THREADS = 2, 8
ROUNDS, A_ROUND = 10, 10
"""How often the baseline is measured for each kind of request, and with how many requests each time."""


@dataclass(frozen=True)
class Baseline:
    """The least possible duration at that moment: a minimal route and a plain insert. Units: milliseconds."""

    route: float
    insert: float

    @property
    def both(self) -> float:
        return self.route + self.insert


@dataclass(frozen=True)
class Result:
    """Durations of requests sent one after the other, with the baseline measured alternately."""

    single: Measured
    baseline: Baseline
    rate: float
    concurrent_rate: float
    statements: int

    @property
    def ratio(self) -> float:
        return self.single.p50 / self.baseline.both


@dataclass(frozen=True)
class RequestKind:
    """One kind of request; `most` limits the number of requests where each one needs preparation.

    `clients` is the number of concurrent clients; a person can sign only one decision at a time.
    """

    name: str
    call: Callable[[int], Call]
    most: int = 1000
    clients: int = 8
    prepare: Callable[[int], None] | None = None


class BenchmarkServer:
    """Database and web processes of the benchmarks; leaving the context stops them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cores = os.cpu_count() or 1
        self._children: list[subprocess.Popen[bytes]] = []
        self._stored = 0
        self._hours = count()
        self._baseline_hours = count()
        self._waiting: list[str] = []

    def __enter__(self) -> Self:
        self.postgres = EmbeddedPostgres(self.folder)
        self.postgres.start()
        self.postgres.ensure_database("gmp")
        migrate(_alchemy(self.postgres.owner_url("gmp")))
        self.config = Config.from_env(
            {
                "GMP_DATA_DIR": str(self.folder),
                "GMP_DATABASE_URL": _alchemy(self.postgres.app_url("gmp")),
                "GMP_OWNER_DATABASE_URL": _alchemy(self.postgres.owner_url("gmp")),
                "GMP_THREADS": str(THREADS),
            }
        )
        self.database = Database(self.config.database_url, zone=self.config.time_zone)
        self.database.transact(SYSTEM, _seed_facility)
        self._create_accounts()
        self._bare_sql = psycopg.connect(self.postgres.superuser_url("gmp"))
        self._baseline_booking = self._add_baseline_booking()
        self.port = self._serve("wsgi:app")
        self.bare_port = self._serve("benchmarks.bare:app")
        self.app = create_app(self.config)
        return self

    def __exit__(self, *_error: object) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            child.wait(20)
        self._bare_sql.close()
        self.database.dispose()
        self.app.extensions["gmp"].database.dispose()
        self.postgres.destroy()

    def _create_accounts(self) -> None:
        hashed = hash_password(PASSWORD)

        def create_all(uow: Uow) -> dict[str, Actor]:
            people = uow.session.scalars(select(Person).order_by(Person.id)).all()
            return {each.email: _actor(each, create_account(uow, each, hashed).id) for each in people}

        self.actors = self.database.transact(SYSTEM, create_all)
        self.tokens = {email: self._token(actor) for email, actor in self.actors.items()}
        self.ids = self.database.read(SYSTEM, _ids)

    def _token(self, actor: Actor) -> dict[str, str]:
        token = self.database.transact(actor, create_token, name="bench", days=1).secret
        return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def _serve(self, application: str) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        argv = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
        argv += [
            "--worker-class",
            "gthread",
            "--threads",
            str(THREADS),
            "--log-level",
            "warning",
            "--no-control-socket",
        ]
        child = subprocess.Popen([*argv, application], env=os.environ | self.config.as_env())
        self._children.append(child)
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/{'healthz' if 'wsgi' in application else ''}", timeout=2).close()
                return port
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{application} does not answer")

    # -- the baseline

    def _time_insert(self) -> float:
        """Milliseconds to insert and commit a slot by plain SQL, under the same lock, constraint and trigger."""
        room, unit = self.ids.rooms[0]
        company, _product, _person = self.ids.companies[0]
        start = datetime(2035, 1, 1, tzinfo=UTC) + timedelta(hours=next(self._baseline_hours))
        began = time.perf_counter()
        self._bare_sql.execute(
            "INSERT INTO slot (unit_id, resource_id, during, company_id, booking_id)"
            " VALUES (%s, %s, tstzrange(%s, %s), %s, %s)",
            (unit, room, start, start + timedelta(hours=1), company, self._baseline_booking),
        )
        self._bare_sql.commit()
        return (time.perf_counter() - began) * 1000

    def _add_baseline_booking(self) -> int:
        company, _product, person = self.ids.companies[0]
        (booking,) = self._bare_sql.execute(
            "INSERT INTO booking (reference, company_id, kind, state, track, requested_by, entered_by)"
            " VALUES ('BK-BASE0000', %s, 'CLEANROOM', 'CONFIRMED', 'engineering', %s, %s) RETURNING id",
            (company, person, person),
        ).fetchone() or (0,)
        self._bare_sql.commit()
        return int(booking)

    # -- stored bookings

    def store(self, wanted: int) -> None:
        url = self.postgres.superuser_url("gmp")
        if not self._stored:
            feed_company = self.ids.companies[COMPANIES - 1]
            stored.load_feed(url, 5_000_000, feed_company, self.ids.rooms[stored.ROOMS])
        offset = self._stored
        stored.decide(url)
        stored.load(url, replace(self.ids, companies=self.ids.companies[:-1]), already=offset, wanted=wanted)
        self._stored = wanted
        self.feed = self.database.transact(
            self.actors[f"requester@c{COMPANIES}.example"], create_feed, scope="company"
        ).secret

    # -- the requests

    def request_kinds(self) -> Iterator[RequestKind]:
        signed_in = self.tokens["requester@c1.example"]
        yield RequestKind("preview", lambda _n: Call("POST", "/api/v1/bookings/preview", self._booking(), signed_in))
        yield RequestKind("create", lambda _n: self._create(signed_in))
        yield RequestKind("review", lambda _n: self._decide("scheduler", "review"), prepare=self._submitted)
        yield RequestKind(
            "approve (signed)",
            lambda _n: self._decide("qa", "approve"),
            most=60,
            clients=1,
            prepare=self._reviewed,
        )
        week = "/api/v1/timeline?from={}&to={}".format(*(_iso(days) for days in (-3, 4)))
        yield RequestKind("week timeline, 50 rooms (JSON)", lambda _n: Call("GET", week, headers=signed_in))
        yield RequestKind("feed, 500 events", lambda _n: Call("GET", f"/calendars/{self.feed}.ics"))
        etag = self._etag()
        known = {"If-None-Match": etag}
        yield RequestKind(
            "feed, unchanged (304)", lambda _n: Call("GET", f"/calendars/{self.feed}.ics", headers=known, status=304)
        )

    def _booking(self) -> dict[str, object]:
        """A booking without conflicts: the next free hours of one of fifty rooms."""
        number = next(self._hours)
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(
            days=20, hours=number // 50 * 2
        )
        session = {
            "room": f"R-{number % 50 + 1:02d}",
            "start": start.isoformat(),
            "end": (start + timedelta(hours=2)).isoformat(),
            "headcount": 2,
            "people": [{"email": "operator@c1.example"}] if number % 50 == 0 else [],
        }
        return {"kind": "CLEANROOM", "product": "P1", "run_type": "ENG", "purpose": "bench", "sessions": [session]}

    def _create(self, headers: dict[str, str]) -> Call:
        keyed = headers | {"Idempotency-Key": secrets.token_hex(12)}
        return Call("POST", "/api/v1/bookings", self._booking(), keyed, status=201)

    def _decide(self, role: str, action: str) -> Call:
        body = {"signature": {"password": PASSWORD}} if action == "approve" else {}
        headers = self.tokens[f"{role}@brc.example"]
        return Call("POST", f"/api/v1/bookings/{self._waiting.pop()}/{action}", body, headers)

    def _submitted(self, number: int) -> None:
        client = self.app.test_client()
        signed_in = self.tokens["requester@c1.example"]
        for _ in range(number):
            answer = client.post("/api/v1/bookings", json=self._booking(), headers=signed_in)
            self._waiting.append(answer.json["reference"])

    def _reviewed(self, number: int) -> None:
        self._submitted(number)
        client = self.app.test_client()
        for reference in self._waiting[-number:]:
            client.post(f"/api/v1/bookings/{reference}/review", json={}, headers=self.tokens["scheduler@brc.example"])

    def _etag(self) -> str:
        return str(self.app.test_client().get(f"/calendars/{self.feed}.ics").headers["ETag"])

    # -- measuring

    def measure(self, kind: RequestKind, *, requests: int) -> Result:
        """Measure one client, alternately with the baseline because a machine's speed varies; then several clients."""
        requests = min(requests, kind.most)
        each = max(requests // ROUNDS, 2)
        warm = 5 if kind.prepare else 20
        if kind.prepare:
            kind.prepare(warm + ROUNDS * each)
        client, bare = Client(self.port), Client(self.bare_port)
        for number in range(warm):
            client.time(kind.call(number))
        times: dict[str, list[float]] = {"route": [], "insert": [], "request": []}
        for _ in range(ROUNDS):
            times["route"] += [bare.time(Call("GET", "/")) for _ in range(A_ROUND)]
            times["insert"] += [self._time_insert() for _ in range(A_ROUND)]
            times["request"] += [client.time(kind.call(number)) for number in range(each)]
        return Result(
            single=Measured.of(times["request"]),
            baseline=Baseline(median(times["route"]), median(times["insert"])),
            rate=1000 * len(times["request"]) / sum(times["request"]),
            concurrent_rate=self._measure_concurrent(kind, max(requests // 4, 8), warm=warm),
            statements=self.count_statements(kind),
        )

    def _measure_concurrent(self, kind: RequestKind, requests: int, *, warm: int) -> float:
        if kind.prepare:
            kind.prepare(kind.clients * (requests + warm))
        return rate(self.port, kind.call, clients=kind.clients, requests=requests, warm=warm)

    def count_statements(self, kind: RequestKind) -> int:
        """Statements of one request to an application in this process, after a first request."""
        if kind.prepare:
            kind.prepare(2)
        client = self.app.test_client()
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            statements.append(statement)

        engines = self.app.extensions["gmp"].database.engines
        for index in range(2):
            if index == 1:
                for engine in engines:
                    event.listen(engine, "before_cursor_execute", note)
            call = kind.call(0)
            client.open(call.path, method=call.method, json=call.body, headers=call.headers)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
        return len(statements)


def _alchemy(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _iso(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seed_facility(uow: Uow) -> None:
    """Fifty rooms, one more for the feed, an incubator, eight companies with three people and a product each."""
    name_facility(uow, code="BENCH", name_ko="벤치", name_en="Bench", name_zh="基准")
    seed_holidays(uow, range(2026, 2029))
    for number in range(1, stored.ROOMS + 2):
        code = f"R-{number:02d}"
        add_room(uow, NewRoom(code, Names(code, code, code), "B", "GMP", 20, 6, gmp=True, changeover_policy="MATRIX"))
    add_equipment(uow, NewEquipment("INC-01", Names("INC", "INC", "INC"), "INCUBATOR", "R-01", "RUNS_ALONE", places=8))
    create_person(uow, name="Scheduler", email="scheduler@brc.example", roles=[Role.SCHEDULER])
    create_person(uow, name="Quality", email="qa@brc.example", roles=[Role.QA])
    for number in range(1, COMPANIES + 1):
        company = Company(
            code=f"C{number}",
            name_ko="회사",
            name_en="Company",
            name_zh="公司",
            country="KR",
            registration_no=str(number),
            pending_room_days_cap=100_000,
        )
        uow.session.add(company)
        uow.session.flush()
        add_product(uow, ProductFacts(name="Product", modality="MSC"), company_id=company.id, code=f"P{number}")
        for user, role in (("requester", Role.COMPANY_REQUESTER), ("operator", Role.OPERATOR)):
            create_person(
                uow, name=f"{user} {number}", email=f"{user}@c{number}.example", company_id=company.id, roles=[role]
            )


def _actor(person: Person, account_id: int) -> Actor:
    return Actor(account_id, person.id, person.name, person.email, person.company_id, roles=frozenset(Role))


def _ids(uow: Uow) -> Ids:
    rooms = uow.session.execute(
        select(Resource.id, Unit.id)
        .join(Unit, Unit.resource_id == Resource.id)
        .where(Resource.kind == "ROOM")
        .order_by(Resource.code)
    )
    people = uow.session.scalars(select(Person).where(Person.email.like("requester@%")).order_by(Person.id)).all()
    products = {each.company_id: each.id for each in uow.session.scalars(select(Product))}
    return Ids(
        rooms=[(room, unit) for room, unit in rooms],
        companies=[(each.company_id or 0, products[each.company_id or 0], each.id) for each in people],
    )
