"""axe finds nothing serious on any page, light and dark; nothing breaks the content security policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.doors import weekday_at

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}
REQUESTER, SCHEDULER = "requester@gaon.example", "scheduler@brc.example"
DAY = weekday_at(9).strftime("%Y-%m-%d")


def a_request(page: Page) -> None:
    """A booking page, and something waiting in the inbox."""
    page.goto("/bookings/new")
    page.select_option("[name=product]", "GS-M1")
    page.select_option("[name=sessions-0-room]", "B-01")
    hour = page.evaluate("() => String(8 + Math.floor(Math.random() * 9)).padStart(2, '0')")
    for part, clock in (("start", f"{hour}:00"), ("end", f"{hour}:05")):
        page.fill(f"[name=sessions-0-{part}_date]", DAY)
        page.fill(f"[name=sessions-0-{part}_time]", clock)
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_load_state()


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


PAGES = [
    (None, at("/login")),
    (REQUESTER, at(f"/timeline?view=week&date={DAY}")),
    (REQUESTER, at(f"/timeline?view=day&date={DAY}&equipment=1")),
    (REQUESTER, a_request),
    (REQUESTER, at("/bookings")),
    (REQUESTER, at("/bookings/new?room=B-01")),
    (REQUESTER, nonsense),
    (REQUESTER, at("/account")),
    (REQUESTER, a_new_link),
    (REQUESTER, a_new_token),
    (REQUESTER, at("/bookings/BK-00000000")),
    (SCHEDULER, at(f"/timeline?view=week&date={DAY}")),
    (SCHEDULER, at("/inbox")),
    (SCHEDULER, at("/holidays?year=2027")),
    (SCHEDULER, an_undecided_booking),
    (SCHEDULER, at("/admin")),
    (SCHEDULER, at("/admin/people")),
    (SCHEDULER, at("/admin/companies/GAO")),
    (SCHEDULER, at("/admin/hours")),
    (SCHEDULER, at("/admin/rules")),
]


def serious_findings(page: Page) -> list[str]:
    assert AXE.exists(), "axe-core is missing: make assets"
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{page.url} {each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1280),
        ("dark", 390),
        pytest.param("dark", 1280, marks=pytest.mark.long),
        pytest.param("light", 390, marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing_serious(open_page: Callable[..., Page], scheme: str, width: int) -> None:
    a_request(open_page(REQUESTER))
    found: list[str] = []
    for email in (None, REQUESTER, SCHEDULER):
        page = open_page(email, scheme=scheme, width=width)
        for visitor, go in PAGES:
            if visitor == email:
                go(page)
                found += serious_findings(page)
    assert found == []


def test_the_api_can_be_read_offline(open_page: Callable[..., Page]) -> None:
    page = open_page(REQUESTER)
    page.goto("/api/v1/docs/")
    page.wait_for_selector(".opblock-summary")
    assert page.locator(".opblock-summary").count() >= 20
