"""The demonstration centre's manager in a real browser: choosing a kind shows its fields, one click approves."""

from __future__ import annotations

import os
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.clients import weekday_at

DEMO, SCHEDULER, SIGNATORY = "demo@brc.example", "scheduler@brc.example", "approver@gaon.example"
DAY = weekday_at(9, weeks=6).strftime("%Y-%m-%d")
CEREMONY = ("product", "batch", "run_type", "sessions-0-exposure", "sessions-0-people", "sessions-0-equipment")


def type_times(page: Page, start: str, end: str, day: str = DAY) -> None:
    page.fill("[name=sessions-0-start_date]", day)
    page.fill("[name=sessions-0-start_time]", start)
    page.fill("[name=sessions-0-end_date]", day)
    page.fill("[name=sessions-0-end_time]", end)


def test_a_tour_is_entered_without_cleanroom_ceremony_and_approved_by_one_click(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(DEMO)
    page.goto("/bookings/new")
    page.select_option("[name=company]", "GAO")
    type_times(page, "10:00", "11:30")
    page.select_option("[name=kind]", "TOUR")
    expect(page.locator("[name=seats]")).to_be_visible()
    for name in CEREMONY:
        expect(page.locator(f"[name={name}]")).to_have_count(0)
    expect(page.locator("[name=sessions-0-start_date]")).to_have_value(DAY)
    expect(page.locator("[name=company]")).to_have_value("GAO")
    page.fill("[name=seats]", "18")
    page.fill("[name=title]", "University tour")
    page.check("[name=visibility]")
    page.select_option("[name=sessions-0-room]", "VC-01")
    expect(page.locator("#preview")).to_contain_text("No rule blocks this booking")
    look(page, "tour-form")
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_url("**/bookings/BK-*")
    page.get_by_role("button", name="Approve", exact=True).click()
    page.wait_for_url("**/bookings/BK-*done=approve")
    expect(page.locator(".record-title")).to_contain_text("Confirmed")
    assert site.ask("SELECT count(*) FROM signature")[0][0] == 0
    look(page, "tour-booking")


def enter(page: Page, kind: str, room: str, start: str, end: str, *, company: str = "GAO", seats: str = "") -> str:
    """The reference of what the manager enters; nothing of a cleanroom is asked, a demonstration may name its bench."""
    page.goto("/bookings/new?blank=1")
    page.select_option("[name=kind]", kind)
    expect(page.locator("[name=seats]")).to_be_visible()
    for name in CEREMONY[:-1] if kind == "TECH_DEMO" else CEREMONY:
        expect(page.locator(f"[name={name}]")).to_have_count(0)
    page.select_option("[name=company]", company)
    if seats:
        page.fill("[name=seats]", seats)
    page.select_option("[name=sessions-0-room]", room)
    type_times(page, start, end)
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_url("**/bookings/BK-*")
    expect(page.locator("main input[type=password]")).to_have_count(0)
    return page.url.rpartition("/")[2].partition("?")[0]


def test_four_consults_back_to_back_need_nobody_and_a_demonstration_for_eight_one_click(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(DEMO)
    hours = ("09:00", "10:00", "11:00", "12:00", "13:00")
    for company, start, end in zip(("GAO", "SAE", "HBT", "NRU"), hours, hours[1:], strict=False):
        enter(page, "REVIEW", "T-02", start, end, company=company)
        expect(page.locator(".record-title")).to_contain_text("Confirmed")
    reference = enter(page, "TECH_DEMO", "T-01", "13:00", "16:00", seats="8")
    expect(page.locator(".record-title")).to_contain_text("Submitted")
    page.get_by_role("button", name="Approve", exact=True).click()
    page.wait_for_url(f"**/bookings/{reference}?done=approve")
    expect(page.locator(".record-title")).to_contain_text("Confirmed")
    assert site.ask("SELECT count(*) FROM signature")[0][0] == 0
    assert site.ask("SELECT count(*) FROM line_clearance")[0][0] == 0


def test_an_evening_run_is_overridden_on_the_screen_it_is_passed_on(open_page: Callable[..., Page]) -> None:
    asking = open_page(SIGNATORY)
    asking.goto("/bookings/new?blank=1")
    asking.select_option("[name=product]", "GS-M1")
    asking.select_option("[name=run_type]", "CLIN")
    asking.select_option("[name=sessions-0-room]", "B-01")
    type_times(asking, "19:00", "21:00")
    asking.fill("[name=sessions-0-headcount]", "2")
    expect(asking.locator("#preview")).to_contain_text("on-call cover is required")
    asking.get_by_role("button", name="Submit request").click()
    asking.wait_for_url("**/bookings/BK-*")
    page = open_page(SCHEDULER)
    page.goto(asking.url)
    page.locator("summary", has_text="Forward to Production").click()
    page.check("[name=override]")
    page.fill("[name=override_reason-CA-01]", "The culture is harvested that evening; staff agreed")
    look(page, "override")
    page.get_by_role("button", name="Forward to Production", exact=True).click()
    page.wait_for_url("**/bookings/BK-*done=review")
    expect(page.locator(".findings")).to_contain_text("The culture is harvested that evening")


def test_the_kind_and_the_roster_fit_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page(SCHEDULER, width=390)
    page.goto("/bookings/new?blank=1")
    page.select_option("[name=kind]", "EDUCATION")
    expect(page.locator("[name=seats]")).to_be_visible()
    look(page, "course-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto("/roster")
    page.select_option("[name=email]", SCHEDULER)
    page.select_option("[name=role]", "SCHEDULER")
    page.select_option("[name=weekday]", "5")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("table")).to_contain_text("Saturday")
    look(page, "roster-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def look(page: Page, name: str) -> None:
    """Keep a picture where one is wanted."""
    if folder := os.environ.get("GMP_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
