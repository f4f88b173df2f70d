"""Find a free room and the list of a day: what is free then, when is this one free, one click to the form."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gmp_booking.kernel.period import Period
from gmp_booking.pages.timeline import pages as timeline_page
from gmp_booking.pages.timeline.free_rooms_pages import Search, find_free_rooms
from gmp_booking.pages.timeline.pages import TimelineFacts
from gmp_booking.policies.service import DayOff, OpeningHoursRow
from gmp_booking.resources.service import ResourceRow
from tests.clients import weekday_at
from tests.factories.form_fields import form_of
from tests.shared_app import SharedApp
from tests.zones import SEOUL

REQUESTER, COMPETITOR = "requester@gaon.example", "requester@hanbit.example"
START = weekday_at(9, weeks=4)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module", autouse=True)
def a_morning_is_taken(shared_app: SharedApp) -> None:
    taken = {"room": "B-01", "start": START, "end": START + 3 * HOUR}
    assert (
        shared_app.page_client(COMPETITOR)
        .post("/bookings/new", form_of(product="HB-Derm", sessions=[taken]))
        .status_code
        == 303
    )


def offers(shared_app: SharedApp, **asked: str) -> dict[str, list[tuple[str, str]]]:
    """By room, the (start, end) of every link into the form."""
    page = shared_app.page_client(REQUESTER).get("/timeline/free", query_string={"date": f"{START:%Y-%m-%d}", **asked})
    assert page.status_code == 200
    found: dict[str, list[tuple[str, str]]] = {}
    for link in re.findall(r'href="(/bookings/new\?[^"]+)"', page.text):
        query = parse_qs(urlsplit(html.unescape(link)).query)
        if "end" in query:
            found.setdefault(query["room"][0], []).append((query["start"][0][:16], query["end"][0][11:16]))
    return found


def test_what_is_free_then(shared_app: SharedApp) -> None:
    found = offers(shared_app, **{"from": "10:00", "minutes": "120", "where": "grade:B"})
    assert set(found) == {"B-01", "B-02", "B-03"}
    assert found["B-02"][0] == (f"{START:%Y-%m-%d}T10:00", "12:00")
    assert found["B-01"][0] == (f"{START:%Y-%m-%d}T12:00", "14:00"), "the first time it is free again"


def test_when_is_this_one_free(shared_app: SharedApp) -> None:
    found = offers(shared_app, **{"from": "00:00", "minutes": "480", "where": "B-01"})
    later = [f"{START + timedelta(days=n):%Y-%m-%d}T08:00" for n in (1, 2, 3)]
    assert found == {
        "B-01": [
            (f"{START:%Y-%m-%d}T00:00", "08:00"),
            (f"{START:%Y-%m-%d}T12:00", "20:00"),
            *((day, "16:00") for day in later[:2]),
        ]
    }


def test_an_offer_leads_to_the_filled_form(shared_app: SharedApp) -> None:
    page = shared_app.page_client(REQUESTER).get(
        "/timeline/free", query_string={"date": f"{START:%Y-%m-%d}", "from": "13:00", "minutes": "180", "where": "B-01"}
    )
    link = re.search(r'href="(/bookings/new\?[^"]+end=[^"]+)"', page.text)
    assert link
    form = shared_app.page_client(REQUESTER).get(html.unescape(link[1])).text
    assert 'name="sessions-0-start_time" type="text" value="13:00"' in form
    assert 'name="sessions-0-end_time" type="text" value="16:00"' in form


@pytest.mark.parametrize(
    "asked",
    [
        {"date": "soon"},
        {"date": "1999-01-01"},
        {"minutes": "-4"},
        {"minutes": "x"},
        {"from": "25:99"},
        {"where": "NOWHERE"},
        {"date": "2126-01-01"},
    ],
)
def test_a_question_without_sense_is_answered_all_the_same(shared_app: SharedApp, asked: dict[str, str]) -> None:
    assert shared_app.page_client(REQUESTER).get("/timeline/free", query_string=asked).status_code == 200


def room(code: str = "B-01") -> ResourceRow:
    facts: dict[str, Any] = dict.fromkeys(ResourceRow.__dataclass_fields__)
    return ResourceRow(**facts | {"id": 1, "code": code, "kind": "ROOM", "grade": "B", "room_class": "GMP"})


def facts_of(*busy: tuple[int, int], days_off: tuple[date, ...] = ()) -> TimelineFacts:
    """One room on Monday the first of March 2027; hours of the day that are taken."""
    day = datetime(2027, 3, 1, tzinfo=SEOUL)
    off = [DayOff(on_date=each, name_ko="", name_en="", name_zh="") for each in days_off]
    return TimelineFacts(
        now=day.astimezone(UTC),
        resources=[room()],
        taken=[],
        busy={1: [(1, Period(day + a * HOUR, day + b * HOUR)) for a, b in busy]},
        hours=[OpeningHoursRow(None, weekday, time(8), time(20)) for weekday in range(5)],
        days_off=off,
    )


def first_later(facts: TimelineFacts, *, at: int, minutes: int) -> str | None:
    search = Search(date(2027, 3, 1), time(at), minutes, "", SEOUL)
    found = find_free_rooms(facts, search)
    return f"{found[0].later[0].start.astimezone(SEOUL):%d %H}" if found and found[0].later else None


@pytest.mark.parametrize(
    ("busy", "at", "minutes", "expected"),
    [
        ([(9, 12)], 9, 180, "01 12"),
        ([(9, 12), (14, 20)], 9, 180, "02 08"),
        ([(9, 12), (15, 20)], 9, 180, "01 12"),
        ([(0, 24 * 7)], 9, 60, None),
        ([], 18, 180, "02 08"),
    ],
)
def test_the_next_stretch_that_is_long_enough(
    busy: list[tuple[int, int]], at: int, minutes: int, expected: str | None
) -> None:
    assert first_later(facts_of(*busy), at=at, minutes=minutes) == expected


def test_days_off_are_passed_over() -> None:
    assert first_later(facts_of((0, 24), days_off=(date(2027, 3, 2),)), at=9, minutes=60) == "03 08"


def test_a_list_of_the_day_offers_its_free_stretches_without_a_script(shared_app: SharedApp) -> None:
    page = (
        shared_app.page_client(REQUESTER)
        .get("/timeline", query_string={"view": "agenda", "date": f"{START:%Y-%m-%d}", "room": "B-01"})
        .text
    )
    assert 'class="as-agenda"' in page
    free = re.findall(r'class="ag-line ag-free"[^>]*>\s*<span>([^<]+) Free</span>', page)
    assert free == ["08:00–09:00", "12:00–20:00"]
    link = html.unescape(re.findall(r'class="ag-line ag-free" href="([^"]+)"', page)[0])
    form = shared_app.page_client(REQUESTER).get(link).text
    assert 'name="sessions-0-start_time" type="text" value="08:00"' in form
    assert 'name="sessions-0-end_time" type="text" value="09:00"' in form, "no longer than the gap"


@pytest.mark.parametrize(
    ("today", "mode", "opened"), [(6, "week", 1), (6, "day", 0), (6, "agenda", 0), (5, "week", 0), (0, "week", 0)]
)
def test_a_week_default_date_a_sunday_is_the_coming_one(today: int, mode: str, opened: int) -> None:
    day = date(2027, 3, 1) + timedelta(days=today)
    assert timeline_page._default_date(day, mode) == day + timedelta(days=opened)
