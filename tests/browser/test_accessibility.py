"""axe finds nothing serious on any page, light and dark; nothing breaks the content security policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from gmp_booking.revalidation import jobs as revalidation
from tests.browser.conftest import Site
from tests.clients import ApiClient, make_app, weekday_at
from tests.facility import FAR_YEAR
from tests.factories.bookings import ChangeRequestedBookingFactory, SubmittedBookingFactory
from tests.factories.interfaces import ByApi
from tests.factories.request_bodies import EngineeringRequestFactory, HoldFactory, SessionFactory

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}
REQUESTER, SCHEDULER, QA = "requester@gaon.example", "scheduler@brc.example", "qa@brc.example"
DAY = weekday_at(9).strftime("%Y-%m-%d")


def a_run(*, room: str, weeks: int) -> dict[str, Any]:
    start = weekday_at(9, weeks=weeks)
    return EngineeringRequestFactory(sessions=[SessionFactory(room=room, start=start, hours=3, headcount=2)])


@pytest.fixture(scope="module", autouse=True)
def a_busy_facility(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A request that waits, a confirmed booking with a change that waits, and a room on hold that puts it at risk."""
    app = make_app(site.place.app_url, site.place.owner_url, tmp_path_factory.mktemp("busy"))
    api_client = partial(ApiClient, app, site.database)
    SubmittedBookingFactory(through=ByApi(api_client), body=a_run(room="B-01", weeks=3))
    ChangeRequestedBookingFactory(through=ByApi(api_client), body=a_run(room="B-02", weeks=6))
    placed = api_client(QA).post("/api/v1/outages", HoldFactory(code="B-02"))
    assert placed.status_code == 201, placed.text
    app.extensions["gmp"].database.dispose()
    revalidation.work(site.database)


def a_waiting_change(page: Page) -> None:
    page.goto("/bookings?state=CONFIRMED")
    page.locator("a.row-link").first.click()
    page.wait_for_selector("#change")
    page.wait_for_selector(".at-risk")


def the_change_form(page: Page) -> None:
    a_waiting_change(page)
    page.goto(f"{page.url.partition('?')[0]}/change")


def an_outage(page: Page) -> None:
    page.goto("/outages")
    page.locator("a.row-link").first.click()
    page.wait_for_selector("#lift-title")


def several_decisions(page: Page) -> None:
    page.goto("/inbox")
    page.locator("input[name=item]").first.check()
    page.get_by_role("button", name="Decide on selected requests").click()
    page.wait_for_url("**/inbox/decide?*")


def nonsense(page: Page) -> None:
    page.goto("/bookings/new")
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_selector("#errors")


def a_new_link(page: Page) -> None:
    page.goto("/account")
    page.get_by_role("button", name="New calendar link").click()
    page.wait_for_selector("#new-feed")


def a_new_token(page: Page) -> None:
    page.goto("/account")
    page.fill("[name=name]", "axe")
    page.get_by_role("button", name="New token").click()
    page.wait_for_selector("#new-token")


def an_undecided_booking(page: Page) -> None:
    page.goto("/inbox")
    page.locator("a.row-link").first.click()
    page.wait_for_load_state()


def at(path: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(path)

    go.__name__ = path
    return go


Stop = tuple[str | None, Callable[[Page], None]]
PAGES: list[Stop] = [
    (None, at("/login")),
    (None, at("/api/v1/docs/")),
    (REQUESTER, at(f"/timeline?view=week&date={DAY}")),
    (REQUESTER, at(f"/timeline?view=day&date={DAY}&equipment=1")),
    (REQUESTER, at(f"/timeline?view=agenda&date={DAY}")),
    (REQUESTER, at(f"/timeline/free?date={DAY}&from=09%3A00&minutes=240")),
    (REQUESTER, a_waiting_change),
    (REQUESTER, the_change_form),
    (REQUESTER, at("/bookings")),
    (REQUESTER, at("/bookings/new?room=B-01")),
    (REQUESTER, nonsense),
    (REQUESTER, at("/bookings/new?blank=1")),
    (REQUESTER, at("/account")),
    (REQUESTER, a_new_link),
    (REQUESTER, a_new_token),
    (REQUESTER, at("/bookings/BK-00000000")),
    (SCHEDULER, at(f"/timeline?view=week&date={DAY}")),
    (SCHEDULER, at("/inbox")),
    (SCHEDULER, at(f"/holidays?year={FAR_YEAR}")),
    (SCHEDULER, an_undecided_booking),
    (SCHEDULER, a_waiting_change),
    (SCHEDULER, several_decisions),
    (SCHEDULER, at("/bookings/new?blank=1")),
    (SCHEDULER, at("/outages")),
    (SCHEDULER, at("/outages/new")),
    (SCHEDULER, at("/roster")),
    (SCHEDULER, at("/admin")),
    (SCHEDULER, at("/admin/people")),
    (SCHEDULER, at("/admin/people/1")),
    (SCHEDULER, at("/admin/companies")),
    (SCHEDULER, at("/admin/companies/GAO")),
    (SCHEDULER, at("/admin/resources")),
    (SCHEDULER, at("/admin/resources/B-01")),
    (SCHEDULER, at("/admin/facility")),
    (SCHEDULER, at("/admin/hours")),
    (SCHEDULER, at("/admin/rules")),
    (QA, an_outage),
]


def serious_findings(page: Page) -> list[str]:
    assert AXE.exists(), "axe-core is missing: make assets"
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{page.url} {each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


LOOKS = [("light", 1280), ("dark", 390), ("dark", 1280), ("light", 390)]


def look_at(open_page: Callable[..., Page], pages: Sequence[Stop], *, scheme: str, width: int) -> list[str]:
    found: list[str] = []
    for email in (None, REQUESTER, SCHEDULER, QA):
        theirs = [go for visitor, go in pages if visitor == email]
        page = open_page(email, scheme=scheme, width=width) if theirs else None
        for go in theirs:
            assert page is not None
            go(page)
            found += serious_findings(page)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{page.url} is wider than {width} px")
    return found


@pytest.mark.parametrize("turn", [0, 1])
def test_axe_finds_nothing_serious_on_any_page(open_page: Callable[..., Page], turn: int) -> None:
    """Every page in one of two looks; all looks of all pages are the long form."""
    scheme, width = LOOKS[turn]
    assert look_at(open_page, PAGES[turn::2], scheme=scheme, width=width) == []


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_serious_in_any_look(open_page: Callable[..., Page], scheme: str, width: int) -> None:
    assert look_at(open_page, PAGES, scheme=scheme, width=width) == []


def test_an_operation_of_the_api_unfolds(open_page: Callable[..., Page]) -> None:
    page = open_page(REQUESTER)
    page.goto("/api/v1/docs/")
    submit = page.locator("#post-api-v1-bookings")
    row = submit.get_by_role("row", name="sessions[].room string yes")
    assert not row.is_visible()
    submit.locator("summary").click()
    row.wait_for()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), pytest.param("dark", 1280, marks=pytest.mark.long)])
def test_axe_finds_nothing_serious_in_the_whole_api(open_page: Callable[..., Page], scheme: str, width: int) -> None:
    page = open_page(REQUESTER, scheme=scheme, width=width)
    page.goto("/api/v1/docs/")
    page.evaluate("document.querySelectorAll('details.api-operation').forEach(each => { each.open = true })")
    assert page.locator("main table:visible").count() > 40
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
