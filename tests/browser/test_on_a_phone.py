"""The simple case on 390 px: a returning requester books B-01 for one afternoon, every tap and every field counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site
from tests.clients import ApiClient, make_app, weekday_at
from tests.factories.bookings import SubmittedBookingFactory
from tests.factories.interfaces import ByApi
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.zones import SEOUL

REQUESTER, COMPETITOR = "requester@gaon.example", "requester@hanbit.example"
PHONE = 390
MOST_FIELDS, MOST_TAPS = 5, 8
AFTERNOON = weekday_at(13, weeks=9)


class TouchClient:
    """A hand on a phone: it taps what it can see, and counts; to type somewhere it must tap there first."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.fields = page, 0, 0

    def tap(self, target: Locator) -> None:
        self.page.wait_for_load_state()
        expect(target).to_be_visible()
        box = target.bounding_box()
        assert box, "nothing to tap"
        assert box["height"] >= 43, f"a target of {box['height']} px is hard to hit"
        self.taps += 1
        target.click()

    def fill(self, target: Locator, text: str) -> None:
        if not target.evaluate("element => element === document.activeElement"):
            self.tap(target)
        self.fields += 1
        target.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, value: str) -> None:
        self.tap(target)
        self.taps += 1
        self.fields += 1
        target.select_option(value)


@pytest.fixture(scope="module", autouse=True)
def an_earlier_booking(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Gaon has booked before: B-02, in a morning, two people."""
    app = make_app(site.place.app_url, site.place.owner_url, tmp_path_factory.mktemp("earlier"))
    start = AFTERNOON.replace(hour=9) - timedelta(days=7)
    part = SessionFactory(room="B-02", start=start, hours=3, headcount=2)
    by_api = ByApi(partial(ApiClient, app, site.database))
    SubmittedBookingFactory(through=by_api, body=EngineeringRequestFactory(sessions=[part]))
    app.extensions["gmp"].database.dispose()


def booked(site: Site, page: Page) -> tuple[str, str, str]:
    page.wait_for_url("**/bookings/BK-*?done=submitted")
    reference = re.search(r"BK-\w{8}", page.url)[0]
    ((room, start, end),) = site.ask(
        f"SELECT r.code, to_char(s.starts_at AT TIME ZONE '{SEOUL.key}', 'YYYY-MM-DD HH24:MI'),"
        f" to_char(s.ends_at AT TIME ZONE '{SEOUL.key}', 'HH24:MI') FROM booking_session AS s"
        " JOIN booking AS b ON b.id = s.booking_id JOIN resource AS r ON r.id = s.room_id WHERE b.reference = %s",
        reference,
    )
    return room, start, end


def test_a_returning_requester_books_an_afternoon_from_the_landing_page(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(REQUESTER, width=PHONE)
    page.goto("/")
    touch = TouchClient(page)
    touch.tap(page.get_by_role("link", name="New booking").first)
    page.wait_for_url("**/bookings/new*")
    touch.choose(page.locator("[name=sessions-0-room]"), "B-01")
    touch.fill(page.locator("[name=sessions-0-start_date]"), f"{AFTERNOON:%Y-%m-%d}")
    touch.fill(page.locator("[name=sessions-0-start_time]"), "13:00")
    touch.fill(page.locator("[name=sessions-0-end_time]"), "17:00")
    expect(page.locator("[data-verdict-line]")).to_contain_text("No rule blocks this booking")
    touch.tap(page.get_by_role("button", name="Submit request"))
    assert booked(site, page) == ("B-01", f"{AFTERNOON:%Y-%m-%d} 13:00", "17:00")
    print(f"fields {touch.fields}, taps {touch.taps}")
    assert touch.fields <= MOST_FIELDS
    assert touch.taps <= MOST_TAPS


def test_the_same_by_looking_for_a_free_room(site: Site, open_page: Callable[..., Page]) -> None:
    day = AFTERNOON + timedelta(days=1)
    page = open_page(REQUESTER, width=PHONE)
    page.goto("/")
    touch = TouchClient(page)
    touch.tap(page.get_by_role("link", name="Find a free room"))
    page.wait_for_url("**/timeline/free*")
    page.locator("#f-date").fill(f"{day:%Y-%m-%d}")
    touch.fields, touch.taps = touch.fields + 1, touch.taps + 1
    touch.fill(page.locator("#f-from"), "13:00")
    touch.choose(page.locator("#f-where"), "B-01")
    touch.tap(page.get_by_role("button", name="Find"))
    touch.tap(page.locator("a.offer").first)
    page.wait_for_url("**/bookings/new*")
    touch.tap(page.get_by_role("button", name="Submit request"))
    assert booked(site, page) == ("B-01", f"{day:%Y-%m-%d} 13:00", "17:00")
    print(f"fields {touch.fields}, taps {touch.taps}")
    assert touch.fields <= MOST_FIELDS
    assert touch.taps <= MOST_TAPS


def test_nothing_leaves_the_screen_sideways(open_page: Callable[..., Page]) -> None:
    page = open_page(REQUESTER, width=PHONE)
    day = f"{AFTERNOON:%Y-%m-%d}"
    for path in (
        "/timeline",
        f"/timeline?view=agenda&date={day}",
        f"/timeline/free?date={day}",
        "/bookings/new",
        "/bookings/new?blank=1",
        "/bookings",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, path


def test_a_mark_appears_for_a_competitor_and_goes_when_the_form_is_left(open_page: Callable[..., Page]) -> None:
    competitor, page = open_page(COMPETITOR), open_page(REQUESTER, width=PHONE)
    start = (AFTERNOON + timedelta(days=2)).isoformat().replace("+", "%2B")
    page.goto(f"/bookings/new?room=C-01&start={start}")
    week = f"/timeline?date={AFTERNOON:%Y-%m-%d}"
    competitor.goto(week)
    expect(competitor.locator(".tl-track .tl-mark")).to_have_count(1)
    page.goto("/timeline")
    page.wait_for_timeout(500)
    competitor.goto(week)
    expect(competitor.locator(".tl-track .tl-mark")).to_have_count(0)
