"""At night, or while nobody on call can release the room, the crew enters and production or QA confirms it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from gmp_booking.execution import emergency, store
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.notifications import jobs
from tests.clients import SIGNED
from tests.execution.conftest import OPERATOR, OPERATOR2, PRODUCTION, QA, REQUESTER, SCHEDULER, WHY, ExecutionClient

TOLD = {"told": "Kim Jiwoo, 03:10"}


@pytest.fixture
def on_call(execution: ExecutionClient) -> Iterator[ExecutionClient]:
    """QA is on call at any hour."""
    execution.shared_app.ask(
        "INSERT INTO on_call (role, person_id, weekday, from_time, until_time, valid_from, created_by)"
        " SELECT 'QA', p.id, day, '00:00', '00:00', '2026-01-01', p.id"
        " FROM person p, generate_series(0, 6) AS g (day) WHERE p.email = %s RETURNING id",
        QA,
    )
    yield execution
    execution.shared_app.ask("UPDATE on_call SET ended_at = gmp_now() WHERE ended_at IS NULL RETURNING id")


def is_possible_at(execution: ExecutionClient, reference: str, local: str) -> bool:
    def at_that_time(uow: Uow) -> bool:
        uow.now = datetime.fromisoformat(local).replace(tzinfo=uow.zone)
        return emergency.is_possible(uow, store.get_session(uow, reference, 1))

    return execution.shared_app.database.read(SYSTEM, at_that_time)


@pytest.mark.parametrize(
    ("local", "possible"),
    [
        ("2026-12-02 10:00", False),
        ("2026-12-02 03:10", True),
        ("2026-12-05 10:00", True),
        ("2026-12-25 10:00", True),
    ],
    ids=["on a Wednesday", "at night", "on a Saturday", "on a holiday"],
)
def test_it_is_possible_outside_opening_hours(on_call: ExecutionClient, local: str, *, possible: bool) -> None:
    on_call.shared_app.ask(
        "INSERT INTO holiday (on_date, kind, name_ko, name_en, name_zh)"
        " VALUES ('2026-12-25', 'LEGAL', '성탄절', 'Christmas', '圣诞节') ON CONFLICT (on_date, kind) DO NOTHING RETURNING id"
    )
    reference = on_call.confirmed(3)
    assert is_possible_at(on_call, reference, local) is possible


def test_it_is_possible_in_the_day_while_nobody_on_call_can_release(execution: ExecutionClient) -> None:
    assert is_possible_at(execution, execution.confirmed(3), "2026-12-02 10:00")


def test_an_emergency_entry_is_recorded_at_once_and_confirmed_later(execution: ExecutionClient) -> None:
    reference = execution.confirmed(3)
    for email in (REQUESTER, PRODUCTION, SCHEDULER):
        assert execution.act(email, reference, "emergency-entry", TOLD | WHY).status_code == 403, email
    for lacking, body in (("told", WHY), ("reason", TOLD)):
        refused = execution.act(OPERATOR, reference, "emergency-entry", body)
        assert (refused.status_code, list(refused.json["errors"])) == (422, [lacking])
    done = execution.do(OPERATOR, reference, "emergency-entry", TOLD | WHY)
    assert (done["state"], done["emergency_told"], done["emergency_confirmed_at"]) == ("IN_USE", TOLD["told"], None)
    started = next(each for each in execution.events(reference) if each["event"] == "SessionStarted")
    assert started["data"]["regardless"] == ["CO-02"]
    assert execution.act(OPERATOR, reference, "confirm-emergency").status_code == 403
    confirmed = execution.do(QA, reference, "confirm-emergency", {"deviation_no": "DEV-27-061"})
    assert confirmed["emergency_confirmed_at"]
    assert confirmed["deviation_no"] == "DEV-27-061"
    assert execution.act(QA, reference, "confirm-emergency").status_code == 409


def test_it_is_refused_while_somebody_can_release(on_call: ExecutionClient, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = on_call.confirmed(3)
    monkeypatch.setattr(emergency, "is_possible", lambda *_: False)
    assert on_call.act(OPERATOR, reference, "emergency-entry", TOLD | WHY).status_code == 409
    page = on_call.shared_app.page_client(OPERATOR).get(f"/bookings/{reference}/sessions/1").text
    assert "emergency-entry" not in page


def test_two_crews_in_one_room_are_recorded_in_an_emergency_too(execution: ExecutionClient) -> None:
    execution.running(3, company="hanbit")
    reference = execution.confirmed(3, starts_in=4)
    execution.do(OPERATOR, reference, "emergency-entry", TOLD | WHY)
    started = next(each for each in execution.events(reference) if each["event"] == "SessionStarted")
    assert set(started["data"]["regardless"]) >= {"RM-01", "CO-02"}


def test_what_nobody_confirmed_is_listed_told_and_not_closed(execution: ExecutionClient) -> None:
    reference = execution.confirmed(3)
    execution.do(OPERATOR, reference, "emergency-entry", TOLD | WHY)
    for email, listed in ((QA, True), (PRODUCTION, True), (SCHEDULER, False)):
        board = execution.shared_app.page_client(email).get("/today").text
        assert (f"/bookings/{reference}/sessions/1/confirm-emergency" in board) is listed, email
    execution.do(OPERATOR, reference, "complete")
    execution.do(OPERATOR2, reference, "verify")
    refused = execution.shared_app.api_client(QA).post(f"/api/v1/bookings/{reference}/close", SIGNED)
    assert "emergency" in {each["lacking"] for each in refused.json["lacking"]}
    jobs.plan(execution.shared_app.database)
    due = execution.shared_app.ask(
        "SELECT m.recipient, m.due_at FROM outbox_message m JOIN booking b ON b.id = m.subject_id"
        " WHERE m.kind = 'emergency_entry' AND b.reference = %s ORDER BY m.due_at",
        reference,
    )
    assert {each["recipient"] for each in due} == {QA, PRODUCTION}
    now = datetime.now(due[0]["due_at"].tzinfo)
    assert now - due[0]["due_at"] < timedelta(minutes=2)
    local = due[-1]["due_at"].astimezone(execution.shared_app.database.zone)
    assert (local.hour, local.weekday() < 5, local.date() > now.astimezone(local.tzinfo).date()) == (9, True, True)
