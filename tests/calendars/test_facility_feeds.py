"""The feed of the whole facility: everything for staff; for a company its own bookings, others' busy time, and public titles."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import Actor
from gmp_booking.requests.submit import submit
from tests.calendars.conftest import COMPETITOR, OPERATOR, REQUESTER, SCHEDULER
from tests.calendars.readers import read_with_icalendar
from tests.clients import PageClient
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.contents import DemonstrationContentFactory, SessionContentFactory, morning

pytestmark = pytest.mark.heavy

TITLE = "Open day: sterile filling"


def demo_of(*, days: int, hour: int, **more):
    start = morning(35) + timedelta(days=days, hours=hour)
    part = SessionContentFactory(start=start, end=start + timedelta(hours=3), people=())
    return DemonstrationContentFactory(sessions=(part,), **more)


def summaries(response) -> list[str]:
    assert response.status_code == 200
    return sorted(event["summary"] for event in read_with_icalendar(response.data))


@pytest.fixture
def facility_bookings(database: Database) -> tuple[str, str]:
    """A competitor's two demonstrations in one room: one that announces itself, one that does not."""
    public = demo_of(days=0, hour=0, title=TITLE, visibility="PUBLIC")
    hidden = demo_of(days=0, hour=5, title="Nobody reads this")
    first, second = (ConfirmedBookingFactory(database=database, by=COMPETITOR, body=each) for each in (public, hidden))
    return first.reference, second.reference


def test_a_company_sees_its_own_others_busy_times_and_titles_announced(
    database: Database, people: dict[str, Actor], subscribe: Callable, get: Callable, facility_bookings: tuple[str, str]
) -> None:
    own = database.transact(people[REQUESTER], submit, demo_of(days=1, hour=0)).booking.reference
    response = get(subscribe(REQUESTER, "facility"))
    assert summaries(response) == sorted([f"T-01 · {own} · Requested", "T-01 · Reserved", f"T-01 · {TITLE}"])
    for word in (*facility_bookings, "Nobody reads this", "SAE", "Saebyeok"):
        assert word not in response.text


def test_the_announcement_stands_in_the_feed_of_its_room_too(
    subscribe: Callable, get: Callable, facility_bookings: tuple[str, str]
) -> None:
    assert summaries(get(subscribe(REQUESTER, "resource:T-01"))) == ["Reserved", f"T-01 · {TITLE}"]


def test_who_made_it_sees_it_once(subscribe: Callable, get: Callable, facility_bookings: tuple[str, str]) -> None:
    public, hidden = facility_bookings
    shown = summaries(get(subscribe(COMPETITOR, "facility")))
    assert shown == sorted(f"T-01 · {each} · Confirmed" for each in (public, hidden))


def test_the_facility_sees_who_is_where(subscribe: Callable, get: Callable, facility_bookings: tuple[str, str]) -> None:
    shown = summaries(get(subscribe(SCHEDULER, "facility")))
    assert shown == sorted(f"T-01 · {each} · Confirmed" for each in facility_bookings)


def test_a_change_of_others_is_news_and_what_they_do_in_silence_is_not(
    database: Database,
    people: dict[str, Actor],
    subscribe: Callable,
    get: Callable,
    sql: Callable,
    facility_bookings: tuple[str, str],
) -> None:
    path = subscribe(REQUESTER, "facility")
    first = get(path)
    assert get(path, If_None_Match=first.headers["ETag"]).status_code == 304
    sql("UPDATE booking SET purpose = 'another', revision = revision + 1 WHERE reference = %s", facility_bookings[1])
    assert get(path, If_None_Match=first.headers["ETag"]).status_code == 304
    sql("UPDATE booking SET title = 'Postponed' WHERE reference = %s", facility_bookings[0])
    second = get(path, If_None_Match=first.headers["ETag"])
    assert second.status_code == 200
    database.transact(people[COMPETITOR], submit, demo_of(days=2, hour=0))
    assert get(path, If_None_Match=second.headers["ETag"]).status_code == 200


@pytest.mark.parametrize(("language", "word"), [("ko", "예약됨"), ("zh_Hans", "已预约"), ("en", "Reserved")])
def test_a_link_speaks_the_language_chosen_for_it(
    page_client: PageClient, get: Callable, facility_bookings: tuple[str, str], language: str, word: str
) -> None:
    page = page_client.post("/account/calendars", {"scope": "facility", "language": language})
    assert page.status_code == 201
    path = re.search(r"http://booking\.example(/calendars/gmpf_[\w-]{43}\.ics)", page.text)[1]
    blocks = [each for each in summaries(get(path)) if TITLE not in each]
    assert len(blocks) == 1
    assert blocks[0] != "T-01 · Reserved" or language == "en"
    account = page_client.get("/account").text
    assert {"ko": "한국어", "zh_Hans": "中文", "en": "English"}[language] in account
    assert page_client.post("/account/calendars", {"scope": "mine", "language": "fr"}).status_code == 422


def test_replace_on_the_account_page_ends_the_old_address(page_client: PageClient, get: Callable) -> None:
    made = page_client.post("/account/calendars", {"scope": "mine"}).text
    pattern = r"http://booking\.example(/calendars/gmpf_[\w-]{43}\.ics)"
    old = re.search(pattern, made)[1]
    action = re.search(r'action="(/account/calendars/\d+/rotate)"', page_client.get("/account").text)[1]
    replaced = page_client.post(action)
    assert replaced.status_code == 201
    assert "<svg" in replaced.text
    assert "no-store" in replaced.headers["Cache-Control"]
    new = re.search(pattern, replaced.text)[1]
    assert (get(old).status_code, get(new).status_code) == (404, 200)


def test_an_operator_of_a_company_has_one_too(
    subscribe: Callable, get: Callable, facility_bookings: tuple[str, str]
) -> None:
    assert f"T-01 · {TITLE}" in summaries(get(subscribe(OPERATOR, "facility")))
