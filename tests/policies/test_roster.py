"""The on-call roster by its page: who keeps it, and what it covers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from gmp_booking.kernel.errors import Invalid
from gmp_booking.policies.roster import RosterEntry, add_on_call, list_roster
from tests.clients import weekday_at
from tests.factories.request_bodies import ClinicalRequestFactory, SessionFactory
from tests.shared_app import SharedApp, shared_app
from tests.zones import SEOUL

__all__ = ["shared_app"]

GAON, SCHEDULER, QA, MANAGER = (
    "approver@gaon.example",
    "scheduler@brc.example",
    "qa@brc.example",
    "manager@brc.example",
)
SATURDAY = 5


def put_on_call(shared_app: SharedApp, by: str = SCHEDULER, **typed: str) -> Any:
    form = {"email": SCHEDULER, "role": "SCHEDULER", "from_time": "08:00", "until_time": "20:00"} | typed
    return shared_app.page_client(by).post("/roster", form)


def rules_of(shared_app: SharedApp, start: datetime, *, hours: int = 2) -> list[str]:
    """What is said of a clinical session at this time."""
    part = SessionFactory(room="B-01", start=start, hours=hours)
    body = ClinicalRequestFactory(sessions=[part])
    answer = shared_app.api_client(GAON).post("/api/v1/bookings/preview", body)
    assert answer.status_code == 200, answer.text
    return [finding["rule"] for finding in answer.json["findings"]]


def end_all(shared_app: SharedApp) -> None:
    for row in shared_app.ask("SELECT id FROM on_call WHERE ended_at IS NULL"):
        assert shared_app.page_client(SCHEDULER).post(f"/roster/{row['id']}/end").status_code == 303


def test_a_weekly_entry_covers_its_weekday_until_it_is_ended(shared_app: SharedApp) -> None:
    saturday = weekday_at(10, weeks=6, weekday=SATURDAY)
    assert "CA-01" in rules_of(shared_app, saturday)
    assert put_on_call(shared_app, weekday=str(SATURDAY)).status_code == 303
    assert "CA-01" not in rules_of(shared_app, saturday)
    assert "CA-01" in rules_of(shared_app, saturday + timedelta(days=1))
    assert "CA-01" in rules_of(shared_app, saturday + timedelta(hours=9))
    assert "Staff scheduler" in shared_app.page_client(QA).get("/roster").text
    end_all(shared_app)
    assert "CA-01" in rules_of(shared_app, saturday)


def test_a_night_lasts_until_the_next_morning(shared_app: SharedApp) -> None:
    evening = weekday_at(20, weeks=7, weekday=3)
    assert put_on_call(shared_app, weekday="3", from_time="20:00", until_time="08:00").status_code == 303
    assert "CA-01" not in rules_of(shared_app, evening, hours=12)
    assert "CA-01" in rules_of(shared_app, evening + timedelta(days=1), hours=12)
    end_all(shared_app)


def test_one_date_and_a_validity_are_kept_to_the_day(shared_app: SharedApp) -> None:
    saturday = weekday_at(10, weeks=8, weekday=SATURDAY)
    assert put_on_call(shared_app, on_date=f"{saturday:%Y-%m-%d}").status_code == 303
    assert "CA-01" not in rules_of(shared_app, saturday)
    assert "CA-01" in rules_of(shared_app, saturday + timedelta(days=7))
    end_all(shared_app)
    later = {"valid_from": f"{saturday + timedelta(days=7):%Y-%m-%d}"}
    assert put_on_call(shared_app, weekday=str(SATURDAY), **later).status_code == 303
    assert "CA-01" in rules_of(shared_app, saturday)
    assert "CA-01" not in rules_of(shared_app, saturday + timedelta(days=7))
    end_all(shared_app)


def test_the_head_of_the_facility_keeps_it_too_and_nobody_else_does(shared_app: SharedApp) -> None:
    assert put_on_call(shared_app, by=MANAGER, weekday="6").status_code == 303
    assert put_on_call(shared_app, by=QA, weekday="6").status_code == 403
    assert put_on_call(shared_app, by=GAON, weekday="6").status_code == 403
    assert shared_app.page_client(GAON).get("/roster").status_code == 403
    end_all(shared_app)


@pytest.mark.parametrize(
    "typed, field",
    [
        ({"weekday": ""}, "weekday"),
        ({"weekday": "5", "on_date": "2027-05-03"}, "weekday"),
        ({"weekday": "5", "from_time": "late"}, "from_time"),
        ({"weekday": "5", "role": "QA"}, "email"),
        ({"weekday": "5", "email": "requester@gaon.example"}, "email"),
        ({"on_date": "2020-01-01"}, "on_date"),
        ({"weekday": "5", "valid_from": "2027-05-03", "valid_until": "2027-05-01"}, "valid_until"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    shared_app: SharedApp, typed: dict[str, str], field: str
) -> None:
    refused = put_on_call(shared_app, **typed)
    assert refused.status_code == 422
    assert f'id="f-{field}-error"' in refused.text
    assert shared_app.ask("SELECT id FROM on_call WHERE ended_at IS NULL") == []


def test_the_same_entry_does_not_stand_twice(shared_app: SharedApp) -> None:
    today = datetime.now(SEOUL)
    date = f"{today + timedelta(days=30):%Y-%m-%d}"
    assert put_on_call(shared_app, on_date=date).status_code == 303
    assert put_on_call(shared_app, on_date=date).status_code == 409
    end_all(shared_app)


def test_the_day_is_the_facility_s_even_before_it_begins_in_utc(shared_app: SharedApp) -> None:
    today = datetime.now(SEOUL).date() + timedelta(days=1)
    scheduler = shared_app.actor(SCHEDULER)

    def added(on_date: date) -> int:
        entry = RosterEntry(email=SCHEDULER, role="SCHEDULER", on_date=on_date, from_time=time(8), until_time=time(20))
        return int(shared_app.database.transact(scheduler, add_on_call, entry).id)

    with shared_app.clock_at(datetime.combine(today, time(1), SEOUL)):
        with pytest.raises(Invalid) as refused:
            added(today - timedelta(days=1))
        assert "on_date" in refused.value.field_errors
        kept = added(today)
        assert kept in {line.entry.id for line in shared_app.database.read(scheduler, list_roster)}
    end_all(shared_app)
