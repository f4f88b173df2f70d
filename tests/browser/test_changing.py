"""Another week for a confirmed run, another operator, another hour: as a company, the scheduler and QA do it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.request import urlopen

from icalendar import Calendar
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_the_journey import calendar_link, decide, fill_moment
from tests.doors import PASSWORD, weekday_at

REQUESTER, SCHEDULER, QA = "requester@gaon.example", "scheduler@brc.example", "qa@brc.example"
START = weekday_at(9, weeks=6)


def sequences(link: str) -> dict[str, tuple[int, str]]:
    with urlopen(link) as answer:
        calendar = Calendar.from_ical(answer.read())
    return {
        str(each["UID"]).partition("@")[0]: (int(each["SEQUENCE"]), str(each["DTSTART"].dt))
        for each in calendar.walk("VEVENT")
    }


def book(page: Page) -> str:
    page.goto("/bookings/new?blank=1")
    page.select_option("[name=product]", "GS-M1")
    page.select_option("[name=sessions-0-room]", "B-02")
    fill_moment(page, "sessions-0-start", f"{START:%Y-%m-%d}", "09:00")
    fill_moment(page, "sessions-0-end", f"{START:%Y-%m-%d}", "13:00")
    page.fill("[name=sessions-0-headcount]", "2")
    page.get_by_label("GAO operator operator@gaon.example").first.check()
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_url("**/bookings/BK-*")
    return page.url.rpartition("/")[2].partition("?")[0]


def test_another_week_waits_beside_the_confirmed_one_and_voids_its_signature_once_approved(
    site: Site, open_page: Callable[..., Page]
) -> None:
    company, scheduler, quality = open_page(REQUESTER), open_page(SCHEDULER), open_page(QA)
    link = calendar_link(company)
    reference = book(company)
    decide(scheduler, reference, "Pass on")
    decide(quality, reference, "Approve", PASSWORD)
    before = sequences(link)[f"{reference}-s1"]

    company.goto(f"/bookings/{reference}")
    company.get_by_role("link", name="Change booking").click()
    week_later = f"{START + timedelta(days=7):%Y-%m-%d}"
    fill_moment(company, "sessions-0-start", week_later, "09:00")
    fill_moment(company, "sessions-0-end", week_later, "13:00")
    expect(company.locator("#preview")).to_contain_text("stays confirmed as it is")
    company.fill("[name=explanation]", "The donor comes a week later")
    company.get_by_role("button", name="Send change").click()
    company.wait_for_url("**/bookings/BK-*?done=change-requested")
    expect(company.locator("#change")).to_contain_text("The donor comes a week later")
    expect(company.locator(".record-title")).to_contain_text("Confirmed")
    assert sequences(link)[f"{reference}-s1"] == before

    scheduler.goto(f"/bookings/{reference}")
    expect(scheduler.locator("#change ins")).to_have_count(1)
    decide(scheduler, reference, "Pass on")
    decide(quality, reference, "Approve", PASSWORD)
    quality.goto(f"/bookings/{reference}")
    expect(quality.locator(".signature-list")).to_contain_text("void for the present version")
    after = sequences(link)[f"{reference}-s1"]
    assert after[0] > before[0]
    assert after[1] != before[1]
    site.tick()
    assert any("Changed" in subject for subject in site.mails_to("operator@gaon.example"))

    scheduler.goto(f"/bookings/{reference}")
    scheduler.locator("summary", has_text="Move session").click()
    scheduler.locator("[name=start_time]").fill("10:00")
    scheduler.locator("[name=end_time]").fill("14:00")
    scheduler.locator("form[action$='/move'] button").click()
    expect(scheduler.locator(".session-when")).to_contain_text("10:00")
    scheduler.get_by_role("button", name="Undo").click()
    expect(scheduler.locator(".session-when")).to_contain_text("09:00")
