"""A company phones and confirms by one tap; a manager with two minutes and a phone decides on several requests."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from gmp_booking.infra.mail.dev_mail_server import list_messages, read_message
from tests.browser.conftest import Site
from tests.browser.test_accessibility import serious_findings
from tests.clients import PASSWORD, weekday_at

REQUESTER, SCHEDULER, QA = "requester@gaon.example", "scheduler@brc.example", "qa@brc.example"
DAY = weekday_at(9, weeks=5).strftime("%Y-%m-%d")


def unfold(page: Page) -> None:
    """Open the form's folded parts."""
    page.evaluate("document.querySelectorAll('details.more').forEach(part => { part.open = true })")


def enter_by_phone(page: Page) -> str:
    """The scheduler enters what Gaon's requester asks for on the telephone."""
    page.goto("/bookings/new?blank=1")
    unfold(page)
    page.select_option("[name=company]", "GAO")
    page.get_by_role("button", name="Show its people and products").click()
    unfold(page)
    page.select_option("[name=asked_by]", REQUESTER)
    page.select_option("[name=product]", "GS-M1")
    page.select_option("[name=sessions-0-room]", "B-01")
    for part, clock in (("start", "13:00"), ("end", "17:00")):
        page.fill(f"[name=sessions-0-{part}_date]", DAY)
        page.fill(f"[name=sessions-0-{part}_time]", clock)
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_url("**/bookings/BK-*")
    return page.url.rsplit("/", 1)[1].split("?")[0]


def link_in_the_mail(site: Site) -> str:
    texts = [read_message(site.mail, name).get_body(("plain",)).get_content() for name in list_messages(site.mail)]
    return next(found[0] for text in texts if (found := re.search(r"http\S+/confirm/\S+", text)))


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for pictures, and find nothing serious in the way of anybody."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert serious_findings(page) == []


def test_a_phoned_booking_is_entered_and_confirmed_with_one_tap(open_page: Callable[..., Page], site: Site) -> None:
    scheduler = open_page(SCHEDULER)
    reference = enter_by_phone(scheduler)
    expect(scheduler.get_by_text("not yet confirmed by the company")).to_be_visible()
    look(scheduler, "entered")
    site.tick()
    assert any("Please confirm" in subject for subject in site.mails_to(REQUESTER))
    phone = open_page(None, width=390)
    phone.goto(link_in_the_mail(site))
    expect(phone.get_by_text("Is this your request?")).to_be_visible()
    look(phone, "confirm")
    phone.get_by_role("button", name="Yes, confirm").click()
    expect(phone.get_by_text("Thank you.")).to_be_visible()
    scheduler.reload()
    expect(scheduler.get_by_text("confirmed by the company at")).to_be_visible()
    assert site.ask(
        "SELECT count(*) FROM journal WHERE event = 'BookingAcknowledged' AND reference = %s", reference
    ) == [(1,)]


def request_session(page: Page, room: str, start: str, end: str) -> None:
    page.goto("/bookings/new?blank=1")
    unfold(page)
    page.select_option("[name=product]", "GS-M1")
    page.select_option("[name=sessions-0-room]", room)
    for part, clock in (("start", start), ("end", end)):
        page.fill(f"[name=sessions-0-{part}_date]", DAY)
        page.fill(f"[name=sessions-0-{part}_time]", clock)
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_url("**/bookings/BK-*")


def decide_on_all(page: Page, password: str | None) -> None:
    page.goto("/inbox")
    for box in page.locator("input[name=item]").all():
        box.check()
    page.get_by_role("button", name="Decide on selected requests").click()
    if password:
        page.fill("[name=password]", password)
    page.get_by_role("button", name="Decide on selected records").click()
    expect(page.get_by_role("heading", name="Results")).to_be_visible()


def test_a_manager_with_a_phone_decides_on_several_at_once(open_page: Callable[..., Page], site: Site) -> None:
    requester = open_page(REQUESTER)
    for room, start, end in (("B-02", "09:00", "12:00"), ("B-03", "09:00", "12:00"), ("B-02", "13:00", "16:00")):
        request_session(requester, room, start, end)
    scheduler = open_page(SCHEDULER)
    scheduler.goto("/inbox")
    look(scheduler, "inbox-wide")
    decide_on_all(scheduler, None)
    phone = open_page(QA, width=390, scheme="dark")
    phone.goto("/inbox")
    look(phone, "inbox-phone")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator("input[name=item]").first.check()
    phone.get_by_role("button", name="Decide on selected requests").click()
    look(phone, "decide-phone")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    decide_on_all(phone, PASSWORD)
    expect(phone.locator("[role=status]", has_text="done.")).to_be_visible()
    look(phone, "decided-phone")
    waiting = site.ask("SELECT count(*) FROM booking WHERE state = 'UNDER_REVIEW'")
    signed = site.ask("SELECT count(*), count(DISTINCT record_id) FROM signature")
    assert waiting == [(0,)]
    assert signed[0][0] == signed[0][1] >= 3
    scheduler.goto("/inbox/decide?item=BK-00000000:1")
    look(scheduler, "decide-empty")
