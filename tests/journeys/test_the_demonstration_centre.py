"""A week of the demonstration centre by its pages: consults, a demonstration, a tour and a course."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.clients import weekday_at
from tests.factories.form_fields import form_of
from tests.shared_app import SharedApp, shared_app

__all__ = ["shared_app"]

DEMO, GAON, COMPETITOR = "demo@brc.example", "requester@gaon.example", "requester@saebyeok.example"
NEVER_ASKED = ("product", "batch", "run_type", "sessions-0-exposure", "sessions-0-people", "donor_status")
COURSE = "Three weeks of cell culture"


@pytest.fixture(scope="module", autouse=True)
def facility_company(shared_app: SharedApp) -> None:
    """The facility books as a company of its own."""
    shared_app.ask(
        "INSERT INTO company (code, name_ko, name_en, name_zh, country, registration_no)"
        " VALUES ('BRC', '빛고을 센터', 'Bitgoeul Centre', '光州中心', 'KR', '000-82-00011') RETURNING id"
    )


def part(room: str, start: datetime, hours: float, **more: str) -> dict[str, Any]:
    return {"room": room, "start": start, "end": start + timedelta(hours=hours)} | more


def enter(shared_app: SharedApp, kind: str, *sessions: dict[str, Any], company: str = "BRC", **plain: str) -> str:
    """The reference of what the manager enters by the form."""
    fields = form_of(kind=kind, company=company, product="", run_type="", sessions=sessions, **plain)
    answer = shared_app.page_client(DEMO).post("/bookings/new", fields)
    assert answer.status_code == 303, re.findall(r"field-error.*?</p>", answer.text)
    return str(re.search(r"BK-\w{8}", answer.headers["Location"])[0])  # type: ignore[index]


def booking(shared_app: SharedApp, reference: str) -> dict[str, Any]:
    return dict(shared_app.api_client(DEMO).get(f"/api/v1/bookings/{reference}").json)


def approve(shared_app: SharedApp, reference: str) -> None:
    """The one step: a click without a password."""
    page = shared_app.page_client(DEMO).get(f"/bookings/{reference}").text
    assert 'name="password"' not in page
    revision = booking(shared_app, reference)["revision"]
    done = shared_app.page_client(DEMO).post(f"/bookings/{reference}/approve", {"revision": str(revision)})
    assert done.status_code == 303, done.text


def steps_of(shared_app: SharedApp, reference: str) -> list[str]:
    entries = shared_app.api_client(DEMO).get(f"/api/v1/bookings/{reference}/history").json["entries"]
    return [entry["event"] for entry in entries]


def test_four_consults_back_to_back_need_no_decision_at_all(shared_app: SharedApp) -> None:
    nine = weekday_at(9, weeks=4)
    for number in range(4):
        start = nine + timedelta(hours=number)
        reference = enter(shared_app, "REVIEW", part("T-02", start, 1), company=("GAO", "SAE", "HBT", "NRU")[number])
        kept = booking(shared_app, reference)
        assert (kept["state"], kept["open_findings"]) == ("CONFIRMED", [])
        assert "BookingConfirmed" in steps_of(shared_app, reference)


def test_a_technology_demonstration_for_eight_takes_one_click(shared_app: SharedApp) -> None:
    reference = enter(shared_app, "TECH_DEMO", part("T-01", weekday_at(13, weeks=6), 3), company="GAO", seats="8")
    approve(shared_app, reference)
    kept = booking(shared_app, reference)
    assert (kept["state"], kept["company"], kept["seats"], kept["sessions"][0]["headcount"]) == (
        "CONFIRMED", "GAO", 8, 8,
    )  # fmt: skip
    assert shared_app.ask("SELECT id FROM signature WHERE record_reference = %s", reference) == []


def test_a_tour_of_eighteen_walks_the_viewing_corridor(shared_app: SharedApp) -> None:
    reference = enter(
        shared_app, "TOUR", part("VC-01", weekday_at(10, weeks=5), 1.5), seats="18", title="University tour"
    )
    approve(shared_app, reference)
    assert booking(shared_app, reference)["state"] == "CONFIRMED"


def test_a_three_week_course_with_two_hands_on_groups_is_one_booking_with_a_public_title(shared_app: SharedApp) -> None:
    sessions = []
    for week in range(3):
        lecture, practice = weekday_at(9, weeks=8 + week), weekday_at(9, weeks=8 + week, weekday=2)
        sessions += [
            part("T-02", lecture, 3),
            part("T-01", practice, 3, headcount="8", step="Group 1"),
            part("T-01", practice + timedelta(hours=4), 3, headcount="8", step="Group 2"),
        ]
    reference = enter(shared_app, "EDUCATION", *sessions, title=COURSE, visibility="PUBLIC", seats="16")
    approve(shared_app, reference)
    kept = booking(shared_app, reference)
    assert (kept["state"], len(kept["sessions"]), kept["visibility"]) == ("CONFIRMED", 9, "PUBLIC")
    assert [each["headcount"] for each in kept["sessions"][:3]] == [16, 8, 8]
    day = f"{weekday_at(9, weeks=9):%Y-%m-%d}"
    assert COURSE in shared_app.page_client(COMPETITOR).get(f"/timeline?view=week&date={day}").text


@pytest.mark.parametrize("kind", ["TECH_DEMO", "EDUCATION", "TOUR", "REVIEW"])
def test_the_form_of_a_demonstration_asks_for_no_cleanroom_ceremony(shared_app: SharedApp, kind: str) -> None:
    fields = form_of(operation="kind", kind=kind, sessions=[part("T-02", weekday_at(9, weeks=4), 1)])
    page = shared_app.page_client(GAON).post("/bookings/new", fields).text
    assert 'name="seats"' in page
    for name in NEVER_ASKED:
        assert f'name="{name}"' not in page, name


def test_choosing_equipment_shows_a_reservation_at_the_time_already_typed(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=4)
    fields = form_of(operation="kind", kind="EQUIPMENT", sessions=[part("B-01", start, 4)])
    page = shared_app.page_client(GAON).post("/bookings/new", fields).text
    assert 'name="sessions-0-room"' not in page
    assert re.search(rf'name="equipment-0-start_date"[^>]*value="{start:%Y-%m-%d}"', page)


def test_the_company_is_offered_only_the_rooms_that_fit(shared_app: SharedApp) -> None:
    fields = form_of(operation="kind", kind="QC", sessions=[part("B-01", weekday_at(9, weeks=4), 1)])
    page = shared_app.page_client(GAON).post("/bookings/new", fields).text
    assert 'value="L-01"' in page
    assert 'value="B-01"' not in page
