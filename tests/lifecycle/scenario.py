"""One step as people and the system take it: who may, what is refused, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gmp_booking.kernel.access import SYSTEM
from tests.bookings.changing import Held, hold_of
from tests.clients import SIGNED, utc
from tests.execution.conftest import ExecutionClient
from tests.factories.request_bodies import EquipmentRequestFactory, ReservationFactory
from tests.shared_app import SharedApp

REQUESTER, OPERATOR, OPERATOR2 = "requester@gaon.example", "operator@gaon.example", "operator2@gaon.example"
SIGNATORY = "approver@gaon.example"
SCHEDULER, QA, PRODUCTION = "scheduler@brc.example", "qa@brc.example", "production@brc.example"
DEMO, ENGINEER, AUDITOR = "demo@brc.example", "engineer@brc.example", "auditor@brc.example"
BSO = "bso@brc.example"
"""Who may place a hold and not end a session."""
WHY = "The donor material was not released"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class World:
    """The application of a module, and what people do in sessions."""

    shared_app: SharedApp
    execution: ExecutionClient

    def ask(self, statement: str, *values: object) -> list[dict[str, Any]]:
        return self.shared_app.ask(statement, *values)

    def send(self, email: str, path: str, body: Mapping[str, Any], *, method: str = "post") -> Any:
        client = self.shared_app.api_client(email)
        return getattr(client.client, method)(f"/api/v1/bookings{path}", json=dict(body), headers=client.headers)

    def do(self, email: str, path: str, body: Mapping[str, Any] | None = None, *, method: str = "post") -> Any:
        answer = self.send(email, path, body or {}, method=method)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json

    def by_system(self, use_case: Callable[..., Any], *values: object) -> int:
        """The system does something; 200 where it did."""
        return 200 if self.shared_app.database.transact(SYSTEM, use_case, *values) else 409

    def held(self, reference: str) -> Held:
        return hold_of(self.shared_app, reference)

    def booking(self, reference: str) -> dict[str, Any]:
        (row,) = self.ask("SELECT * FROM booking WHERE reference = %s", reference)
        return row

    def signatures(self, reference: str) -> list[str]:
        rows = self.ask("SELECT meaning FROM signature WHERE record_reference LIKE %s ORDER BY id", f"{reference}%")
        return [row["meaning"] for row in rows]

    def events(self, reference: str) -> list[str]:
        rows = self.ask("SELECT event FROM journal WHERE reference = %s ORDER BY id", reference)
        return [row["event"] for row in rows]


def incubator(start: datetime) -> dict[str, Any]:
    return EquipmentRequestFactory(equipment=[ReservationFactory(start=start, hours=1)])


def incubator_at(*starts: datetime) -> Held:
    """What an incubator booking holds that lasts an hour from each of these instants."""
    return {"INC-01": sorted((utc(start), utc(start + HOUR)) for start in starts)}


@dataclass(frozen=True)
class Attempt:
    """One attempt at an action, with a reason and a signature or without."""

    email: str = ""
    has_reason: bool = False
    is_signed: bool = False

    @property
    def body(self) -> dict[str, Any]:
        return ({"reason": WHY} if self.has_reason else {}) | (SIGNED if self.is_signed else {})


@dataclass(frozen=True)
class Prepared:
    """A booking in the state that a step starts from.

    Shape: `start` is when it begins, `wanted` the start that a request or a change asks for.
    """

    reference: str
    start: datetime | None = None
    wanted: datetime | None = None
    notes: dict[str, Any] = field(default_factory=dict)


Act = Callable[[World, Prepared, Attempt], int]
SlotCheck = Callable[[World, Prepared, Held, Held], None]


def kept(_world: World, _prepared: Prepared, before: Held, after: Held) -> None:
    assert before
    assert after == before


def released(_world: World, _prepared: Prepared, before: Held, after: Held) -> None:
    assert before
    assert after == {}


def none_held(_world: World, _prepared: Prepared, before: Held, after: Held) -> None:
    assert before == after == {}


def taken(_world: World, prepared: Prepared, before: Held, after: Held) -> None:
    assert prepared.wanted is not None
    assert after == incubator_at(prepared.wanted) != before


@dataclass(frozen=True)
class Scenario:
    """A step in the interfaces.

    Shape: `by` and `outsider` are None for a step of the system; `events` are all that are recorded; `meaning` is what
    is signed. `state` reads the state from the row.
    """

    prepare: Callable[[World], Prepared]
    act: Act
    target: str
    events: tuple[str, ...]
    slots: SlotCheck
    by: str | None = None
    outsider: str | None = None
    needs_reason: bool = False
    meaning: str | None = None
    state: Callable[[World, Prepared], str] = lambda world, prepared: str(world.booking(prepared.reference)["state"])


@dataclass(frozen=True)
class Patch:
    """Other entries in a table while an action is tried."""

    table: MutableMapping[Any, Any]
    entries: Mapping[Any, Any]

    @contextmanager
    def applied(self) -> Iterator[None]:
        before = dict(self.table)
        self.table.update(self.entries)
        try:
            yield
        finally:
            self.table.clear()
            self.table.update(before)


def run(
    world: World,
    scenario: Scenario,
    *,
    prepared: Prepared | None = None,
    patch: Patch | None = None,
    with_refusals: bool = True,
) -> None:
    """Try the action as it is refused, then take it, and look at what is there.

    Shape: `patch` is in force during the attempts alone, not while the booking is prepared.
    """
    prepared = prepared or scenario.prepare(world)
    before = world.held(prepared.reference)
    signed_before = world.signatures(prepared.reference)
    events_before = world.events(prepared.reference)
    complete = Attempt(scenario.by or "", has_reason=scenario.needs_reason, is_signed=bool(scenario.meaning))
    with patch.applied() if patch else nullcontext():
        if with_refusals:
            _refused(world, scenario, prepared, complete)
        status = scenario.act(world, prepared, complete)
    assert status in {200, 201}, status
    reference = prepared.notes.get("reference", prepared.reference)
    assert scenario.state(world, replace(prepared, reference=reference)) == scenario.target
    assert tuple(world.events(reference)[len(events_before) :]) == scenario.events
    assert world.signatures(reference)[len(signed_before) :] == ([scenario.meaning] if scenario.meaning else [])
    scenario.slots(world, prepared, before, world.held(reference))


def _refused(world: World, scenario: Scenario, prepared: Prepared, complete: Attempt) -> None:
    if scenario.outsider is not None:
        assert scenario.act(world, prepared, replace(complete, email=scenario.outsider)) == 403
    if scenario.needs_reason:
        assert scenario.act(world, prepared, replace(complete, has_reason=False)) == 422
    if scenario.meaning:
        assert scenario.act(world, prepared, replace(complete, is_signed=False)) == 422


def post(action: str, **more: Any) -> Act:
    """The action by the API."""

    def act(world: World, prepared: Prepared, attempt: Attempt) -> int:
        answer = world.send(attempt.email, f"/{prepared.reference}/{action}", attempt.body | more)
        return int(answer.status_code)

    return act


def say(action: str) -> Act:
    """A question or an answer; one of too few words where no reason is to be given."""

    def act(world: World, prepared: Prepared, attempt: Attempt) -> int:
        text = "Which shelf?" if attempt.has_reason or action == "answer" else "?"
        return int(world.send(attempt.email, f"/{prepared.reference}/{action}", {"text": text}).status_code)

    return act
