"""The facts of one booking and of many: read in one statement, and the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gmp_booking.bookings.content import BookingContent, NamedPerson, ReservationContent, SessionContent
from gmp_booking.conflicts.case import Case, Occasion, Occupation, Owner
from gmp_booking.conflicts.work_class import WorkClass
from gmp_booking.evaluation.gather import GatherRequest, gather, gather_many
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.vocabulary import Exposure, Kind, RunType
from tests.clients import weekday_at
from tests.factories.request_bodies import (
    EngineeringRequestFactory,
    EquipmentRequestFactory,
    HoldFactory,
    ReservationFactory,
    SessionFactory,
)
from tests.shared_app import SharedApp
from tests.statement_watch import watching

GAON, HANBIT = "requester@gaon.example", "requester@hanbit.example"
START = weekday_at(9, weeks=5)
READS = "'occupations' AS part"


@pytest.fixture(scope="module")
def busy_app(shared_app: SharedApp) -> SharedApp:
    """Two companies work in B-02 and B-01; one incubator is shared, one room is on hold; evenings have on-call cover."""
    hanbit = shared_app.api_client(HANBIT)
    theirs = EngineeringRequestFactory(
        sessions=[SessionFactory(room="B-02", start=START, hours=3, exposure="OPEN", setup_min=15)], product="HB-Derm"
    )
    shelf = EquipmentRequestFactory(equipment=[ReservationFactory(resource="INC-03", start=START, hours=96)])
    mine = EngineeringRequestFactory(
        sessions=[
            SessionFactory(
                room="B-01",
                start=START + timedelta(hours=5),
                end=START + timedelta(hours=7),
                people=[{"email": "operator@gaon.example"}],
                headcount=1,
                equipment=["BSC-01"],
            )
        ]
    )
    for client, body in ((hanbit, theirs), (hanbit, shelf), (shared_app.api_client(GAON), mine)):
        made = client.post("/api/v1/bookings", body)
        assert made.status_code == 201, made.text
    shared_app.ask(
        "INSERT INTO on_call (person_id, role, weekday, from_time, until_time, valid_from, created_by)"
        " SELECT id, 'PRODUCTION', weekday, '20:00', '22:00', '2020-01-01', id"
        " FROM person, generate_series(0, 3) AS weekday WHERE email = 'production@brc.example' RETURNING id"
    )
    held = HoldFactory(code="B-03") | {"from": START.isoformat()}
    assert shared_app.api_client("qa@brc.example").post("/api/v1/outages", held).status_code == 201
    return shared_app


def content(start: datetime, *, room: str = "B-02") -> BookingContent:
    session = SessionContent(
        room, start, start + timedelta(hours=4), people=(NamedPerson("operator@gaon.example", "OPERATOR"),)
    )
    shelf = ReservationContent("INC-03", start, start + timedelta(days=2))
    return BookingContent(Kind.CLEANROOM, "GS-M1", run_type=RunType.ENG, sessions=(session,), equipment=(shelf,))


def requests_of(uow: Uow, company_id: int, *, number: int) -> list[GatherRequest]:
    """Requests at different times in three rooms; some for stored bookings."""
    stored = [row[0] for row in uow.session.connection().exec_driver_sql("SELECT id FROM booking ORDER BY id")]
    found = []
    for index in range(number):
        asked = content(START + index * timedelta(hours=2), room=("B-01", "B-02", "B-03")[index % 3])
        found.append(
            GatherRequest(
                content=asked,
                resolved=resolve_content(uow, asked, company_id=company_id),
                occasion=Occasion.REEXAMINE if index % 2 else Occasion.PREVIEW,
                company_id=company_id,
                booking_id=stored[index % len(stored)] if index % 4 == 1 else None,
                search=index % 5 == 4,
            )
        )
    return found


def company_id(shared_app: SharedApp) -> int:
    return int(shared_app.ask("SELECT id FROM company WHERE code = 'GAO'")[0]["id"])


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_bookings_is_gathered_in_one_statement(busy_app: SharedApp, number: int) -> None:
    def count(uow: Uow) -> tuple[int, int]:
        asked = requests_of(uow, company_id(busy_app), number=number)
        with watching(busy_app.database) as watched:
            assert len(gather_many(uow, asked)) == number
        return sum(READS in each for each in watched.statements), len(watched.statements)

    reads, statements = busy_app.database.read(SYSTEM, count)
    assert reads == 1
    assert statements == 3, "the sight of the engine is taken and given back"


def test_many_bookings_have_the_cases_that_each_has_alone(busy_app: SharedApp) -> None:
    def both(uow: Uow) -> tuple[list[Case], list[Case]]:
        asked = requests_of(uow, company_id(busy_app), number=20)
        alone = [gather(uow, **vars(each)) for each in asked]
        return [each.case for each in gather_many(uow, asked)], [each.case for each in alone]

    together, alone = busy_app.database.read(SYSTEM, both)
    assert together == alone
    assert len({repr(case) for case in together}) == 20
    assert any(case.rooms["B-02"].busy for case in together if "B-02" in case.rooms)
    assert any(person.busy for case in together for person in case.people.values())
    assert any(room.withdrawn for case in together for room in case.rooms.values())
    assert any(case.booking.asked_at for case in together)
    assert len({case.calendar.on_call for case in together}) > 2


def test_no_booking_needs_no_statement(busy_app: SharedApp) -> None:
    with watching(busy_app.database) as watched:
        assert busy_app.database.read(SYSTEM, lambda uow: gather_many(uow, [])) == []
    assert not any(READS in each for each in watched.statements)


def gathered(busy_app: SharedApp, asked: BookingContent) -> Case:
    def one(uow: Uow) -> Case:
        resolved = resolve_content(uow, asked, company_id=company_id(busy_app))
        return gather(uow, asked, resolved, occasion=Occasion.PREVIEW, company_id=company_id(busy_app)).case

    return busy_app.database.read(SYSTEM, one)


def told(occupation: Occupation) -> tuple[Any, ...]:
    return occupation.product, occupation.work_class, occupation.exposure, occupation.owner


def test_occupied_time_tells_what_is_done_there(busy_app: SharedApp) -> None:
    case = gathered(busy_app, content(START))
    (session,) = case.rooms["B-02"].busy
    assert told(session) == ("HB-Derm", WorkClass.ENG, Exposure.OPEN, Owner.BOOKING)
    (shelf,) = [each for unit in case.equipment["INC-03"].units for each in unit.busy]
    assert told(shelf) == (None, WorkClass.DEVICE, None, Owner.BOOKING)


def test_time_that_a_session_overran_tells_the_same(busy_app: SharedApp) -> None:
    later = content(START + timedelta(hours=3))
    assert len(gathered(busy_app, later).rooms["B-02"].busy) == 1
    recorded = busy_app.ask(
        "INSERT INTO session_record (company_id, booking_id, number, state, expected_end_at)"
        " SELECT bs.company_id, bs.booking_id, bs.number, 'IN_USE', %s FROM booking_session bs"
        " WHERE bs.exposure = 'OPEN' RETURNING id",
        START + timedelta(hours=4),
    )
    assert len(recorded) == 1
    used = busy_app.ask(
        "INSERT INTO occupancy (unit_id, resource_id, during, company_id, booking_id, session_number)"
        " SELECT slot.unit_id, slot.resource_id, tstzrange(slot.starts_at, NULL), r.company_id, r.booking_id, r.number"
        " FROM session_record r JOIN slot USING (booking_id) WHERE r.id = %s RETURNING id",
        recorded[0]["id"],
    )
    busy = gathered(busy_app, later).rooms["B-02"].busy
    assert {told(each) for each in busy} == {("HB-Derm", WorkClass.ENG, Exposure.OPEN, Owner.BOOKING)}
    assert max(each.period.end for each in busy) == START + timedelta(hours=4)
    ended = "UPDATE occupancy SET during = tstzrange(lower(during), %s) WHERE id = %s RETURNING id"
    for each in used:
        busy_app.ask(ended, START + timedelta(hours=2), each["id"])
    assert len(gathered(busy_app, later).rooms["B-02"].busy) == 1
    busy_app.ask("DELETE FROM occupancy RETURNING id")
    busy_app.ask("DELETE FROM session_record WHERE id = %s RETURNING id", recorded[0]["id"])


def test_no_company_reads_what_another_one_does(busy_app: SharedApp) -> None:
    shown = EngineeringRequestFactory(sessions=[SessionFactory(room="B-02", start=START)])
    for path in ("/api/v1/bookings/preview", "/api/v1/bookings"):
        answer = busy_app.api_client(GAON).post(path, shown)
        assert "RM-01" in answer.text
        assert not [word for word in ("HB-Derm", "OPEN", 'BOOKING"', "clin", "HBT") if word in answer.text]


def test_a_gathered_case_has_the_value_of_each_limit(busy_app: SharedApp) -> None:
    policy = gathered(busy_app, content(START)).policy
    assert policy.values["PE-03"] == {"gowning_min": 20}
    assert policy.values["CA-02"]["campaign_length_days"] == 5


def test_equipment_tells_no_exposure(busy_app: SharedApp) -> None:
    asked = content(START + timedelta(hours=4), room="B-01")
    asked = replace(asked, sessions=(replace(asked.sessions[0], equipment=("BSC-01",)),))
    case = gathered(busy_app, asked)
    ((cabinet,),) = (unit.busy for unit in case.equipment["BSC-01"].units)
    assert told(cabinet) == ("GS-M1", WorkClass.ENG, None, Owner.BOOKING)
    assert told(case.rooms["B-01"].busy[0]) == ("GS-M1", WorkClass.ENG, Exposure.CLOSED, Owner.BOOKING)


def test_a_booking_is_not_in_its_own_way(busy_app: SharedApp) -> None:
    (own,) = busy_app.ask(
        "SELECT bs.booking_id FROM booking_session bs JOIN session_person sp ON sp.booking_session_id = bs.id"
    )

    def both(uow: Uow) -> list[Case]:
        asked = replace(requests_of(uow, company_id(busy_app), number=1)[0], content=content(START, room="B-01"))
        return [each.case for each in gather_many(uow, [asked, replace(asked, booking_id=own["booking_id"])])]

    with_own, without_own = busy_app.database.read(SYSTEM, both)
    assert [len(case.rooms["B-01"].busy) for case in (with_own, without_own)] == [1, 0]
    assert [sum(len(person.busy) for person in case.people.values()) for case in (with_own, without_own)] == [1, 0]
