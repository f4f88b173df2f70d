"""Days off: seeded with substitute days, edited by staff, and applied at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from gmp_booking.bookings.content import BookingContent, SessionContent
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from gmp_booking.kernel.vocabulary import Kind, RunType
from gmp_booking.policies.models import Holiday
from gmp_booking.policies.service import add_holiday, list_holidays, seed_holidays, withdraw_holiday
from gmp_booking.requests.preview import preview_request
from tests.clients import weekday_at
from tests.facility import actor_of

# Korean public holidays of 2027 with their substitute days, written down from the calendar.
OFF_IN_2027 = [
    "01-01",
    "02-06",
    "02-07",
    "02-08",
    "02-09",
    "03-01",
    "05-01",
    "05-03",
    "05-05",
    "05-13",
    "06-06",
    "07-17",
    "07-19",
    "08-15",
    "08-16",
    "09-14",
    "09-15",
    "09-16",
    "10-03",
    "10-04",
    "10-09",
    "10-11",
    "12-25",
    "12-27",
]
TUESDAY = weekday_at(9, weeks=5)
WITHOUT_DAYS_OFF = date(2028, 11, 6)
ELECTION = {"name_ko": "보궐선거일", "name_en": "By-election"}


@pytest.fixture
def scheduler(database: Database):
    return database.read(SYSTEM, actor_of, "scheduler@brc.example")


def findings_on_tuesday(database: Database) -> list[str]:
    requester = database.read(SYSTEM, actor_of, "requester@gaon.example")
    session = SessionContent("B-01", TUESDAY, TUESDAY.replace(hour=12), headcount=2)
    content = BookingContent(Kind.CLEANROOM, product="GS-M1", run_type=RunType.ENG, sessions=(session,))
    return [finding.code for finding in database.read(requester, preview_request, content).verdict.findings]


def test_the_seeded_year_has_its_substitute_days(database: Database, scheduler) -> None:
    database.transact(SYSTEM, seed_holidays, [2027])
    days = database.read(scheduler, list_holidays, 2027)
    assert [f"{each.on_date:%m-%d}" for each in days] == OFF_IN_2027
    assert {f"{each.on_date:%m-%d}" for each in days if each.kind == "SUBSTITUTE"} == {
        "02-09", "05-03", "07-19", "08-16", "10-04", "10-11", "12-27"
    }  # fmt: skip


def test_a_day_added_is_judged_at_once_and_withdrawn_again(database: Database, scheduler, rows: Session) -> None:
    assert findings_on_tuesday(database) == []
    day = database.transact(scheduler, add_holiday, TUESDAY.date(), "ELECTION", **ELECTION)
    assert findings_on_tuesday(database) == ["CA-01"]
    with pytest.raises(Conflict):
        database.transact(scheduler, add_holiday, TUESDAY.date(), "ELECTION", **ELECTION)
    database.transact(scheduler, withdraw_holiday, day.id)
    assert findings_on_tuesday(database) == []
    assert rows.get(Holiday, day.id).active is False
    with pytest.raises(NotFound):
        database.transact(scheduler, withdraw_holiday, day.id)
    again = database.transact(scheduler, add_holiday, TUESDAY.date(), "ELECTION", **ELECTION)
    assert again.id == day.id


def test_only_those_who_may_edit_days_off(database: Database) -> None:
    for email in ("requester@gaon.example", "qa@brc.example", "auditor@brc.example"):
        actor = database.read(SYSTEM, actor_of, email)
        with pytest.raises(Forbidden):
            database.transact(actor, add_holiday, date(2027, 6, 2), "TEMPORARY", **ELECTION)


@pytest.mark.parametrize("wrong", [{"kind": "BIRTHDAY"}, {"name_ko": " "}, {"name_en": "x" * 81}])
def test_nonsense_is_refused_by_field(database: Database, scheduler, wrong: dict[str, str]) -> None:
    values = {"kind": "TEMPORARY"} | ELECTION | wrong
    with pytest.raises(Invalid) as refused:
        database.transact(scheduler, add_holiday, date(2027, 6, 2), values.pop("kind"), **values)
    assert refused.value.field_errors


def outcome(database: Database, actor, use_case, *given, **more) -> str:
    try:
        database.transact(actor, use_case, *given, **more)
    except (Conflict, NotFound) as refused:
        return type(refused).__name__
    return "done"


def test_of_many_who_add_or_withdraw_the_same_day_one_does(database: Database, scheduler) -> None:
    with ThreadPoolExecutor(8) as crowd:
        for round_number in range(10):
            day = WITHOUT_DAYS_OFF + timedelta(days=round_number)
            asked = (outcome, database, scheduler, add_holiday, day, "ELECTION")
            adding = [crowd.submit(*asked, **ELECTION) for _ in range(8)]
            assert Counter(each.result() for each in adding) == {"done": 1, "Conflict": 7}
            (added,) = [off for off in database.read(SYSTEM, list_holidays, day.year) if off.on_date == day]
            ending = [crowd.submit(outcome, database, scheduler, withdraw_holiday, added.id) for _ in range(8)]
            assert Counter(each.result() for each in ending) == {"done": 1, "NotFound": 7}
