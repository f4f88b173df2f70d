"""A company's requester, the scheduler and QA, in a real browser, with the mail and the calendar they get."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.request import urlopen

from icalendar import Calendar
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.clients import PASSWORD, weekday_at

REQUESTER, SCHEDULER, QA = "requester@gaon.example", "scheduler@brc.example", "qa@brc.example"
DAY = weekday_at(9).strftime("%Y-%m-%d")
LATER = weekday_at(9, weeks=5).strftime("%Y-%m-%d")


def fill_moment(page: Page, at: str, day: str, clock: str) -> None:
    page.fill(f"[name={at}_date]", day)
    page.fill(f"[name={at}_time]", clock)


def fill_session(page: Page, room: str, start: str, end: str) -> None:
    page.select_option("[name=sessions-0-room]", room)
    fill_moment(page, "sessions-0-start", DAY, start)
    fill_moment(page, "sessions-0-end", DAY, end)


def occupy_the_room(page: Page) -> None:
    """A competitor takes B-01 in the morning."""
    page.goto("/bookings/new")
    fill_session(page, "B-01", "09:00", "12:00")
    page.fill("[name=sessions-0-headcount]", "2")
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_url("**/bookings/BK-*")


def decide(page: Page, reference: str, button: str, password: str | None = None) -> None:
    page.goto("/inbox")
    page.locator(f"a[href='/bookings/{reference}']").first.click()
    if password is None:
        page.get_by_role("button", name=button, exact=True).click()
    else:
        page.locator("summary", has_text=button).click()
        form = page.locator("details[open] form")
        form.locator("input[name=password]").fill(password)
        form.get_by_role("button", name=button).click()
    page.wait_for_url(f"**/bookings/{reference}?done=*")


def calendar_link(page: Page) -> str:
    page.goto("/account")
    page.get_by_role("button", name="New calendar link").click()
    return page.input_value("#new-feed")


def states_in_feed(link: str, reference: str) -> set[str]:
    with urlopen(link) as answer:
        calendar = Calendar.from_ical(answer.read())
    return {str(each["STATUS"]) for each in calendar.walk("VEVENT") if str(each["UID"]).startswith(reference)}


def sign_in_by_the_page(page: Page, email: str) -> None:
    page.goto("/login")
    page.fill("main input[name=email]", email)
    page.fill("main input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/timeline*")


def test_from_a_draft_to_a_cancelled_booking(site: Site, open_page: Callable[..., Page]) -> None:
    occupy_the_room(open_page("requester@hanbit.example"))
    page = open_page(None)
    sign_in_by_the_page(page, REQUESTER)
    link = calendar_link(page)

    page.goto("/bookings/new?blank=1")
    page.select_option("[name=product]", "GS-M1")
    fill_session(page, "B-01", "10:00", "16:00")
    page.get_by_label("GAO operator operator@gaon.example").first.check()
    page.get_by_label("GAO operator2 operator2@gaon.example").first.check()
    page.get_by_role("button", name="Add equipment").click()
    page.select_option("[name=equipment-0-resource]", "INC-01")
    fill_moment(page, "equipment-0-start", DAY, "10:00")
    fill_moment(page, "equipment-0-end", LATER, "09:00")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url("**/bookings/BK-*/edit*")
    expect(page.locator("[name=equipment-0-resource]")).to_have_value("INC-01")
    expect(page.get_by_label("GAO operator2 operator2@gaon.example").first).to_be_checked()

    page.fill("[name=sessions-0-headcount]", "3")
    panel = page.locator("#preview")
    expect(panel).to_contain_text("B-01")
    expect(panel).to_contain_text("is reserved")
    assert "Hanbit" not in panel.inner_text()
    assert "HBT" not in panel.inner_text()
    page.locator("#preview [data-fill]").first.click()
    expect(panel).to_contain_text("No rule blocks this booking")
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_url("**/bookings/BK-*?done=submitted")
    reference = re.search(r"BK-\w{8}", page.url)[0]
    expect(page.locator("main")).to_contain_text("Submitted")
    assert states_in_feed(link, reference) == {"TENTATIVE"}

    decide(open_page(SCHEDULER), reference, "Forward to Quality assurance")
    decide(open_page(QA), reference, "Approve", PASSWORD)
    site.tick()
    page.goto(f"/bookings/{reference}")
    expect(page.locator("main")).to_contain_text("Confirmed")
    expect(page.locator("main")).to_contain_text("Staff qa")
    assert any(reference in subject for subject in site.mails_to(REQUESTER))
    assert states_in_feed(link, reference) == {"CONFIRMED"}
    planned = (
        "SELECT count(*) FROM outbox_message AS m JOIN booking AS b ON b.id = m.subject_id"
        " WHERE b.reference = %s AND m.kind = 'upcoming' AND m.sent_at IS NULL AND m.withdrawn_at IS NULL"
    )
    assert site.ask(planned, reference)[0][0] > 0

    page.locator("summary", has_text="Cancel booking").click()
    form = page.locator("details[open] form")
    form.locator("textarea").fill("The donor material was not released")
    form.get_by_role("button", name="Cancel booking").click()
    page.wait_for_url(f"**/bookings/{reference}?done=cancel")
    site.tick()
    assert site.ask(planned, reference)[0][0] == 0
    assert states_in_feed(link, reference) == {"CANCELLED"}
    assert any("ancel" in subject for subject in site.mails_to(REQUESTER))


def test_a_free_cell_leads_to_the_filled_form(open_page: Callable[..., Page]) -> None:
    page = open_page(REQUESTER)
    page.goto(f"/timeline?view=day&date={DAY}")
    cell = page.locator("a.tl-free[href*='room=B-02']").first
    cell.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bookings/new?*")
    expect(page.locator("[name=sessions-0-room]")).to_have_value("B-02")
    expect(page.locator("[name=sessions-0-start_date]")).to_have_value(DAY)


def test_nonsense_in_the_form_is_explained_and_kept(open_page: Callable[..., Page]) -> None:
    page = open_page(REQUESTER)
    page.goto("/bookings/new?blank=1")
    page.fill("[name=purpose]", "한글과 English <b>nothing lost</b>")
    page.select_option("[name=product]", "GS-M1")
    fill_session(page, "B-01", "16:00", "09:00")
    page.get_by_role("button", name="Submit request").click()
    expect(page.locator("#errors")).to_contain_text("The end must be after the start.")
    expect(page.locator("[name=purpose]")).to_have_value("한글과 English <b>nothing lost</b>")
    fill_moment(page, "sessions-0-start", "soon", "teatime")
    page.get_by_role("button", name="Submit request").click()
    expect(page.locator("#errors")).to_contain_text("Not a valid date and time.")


def test_a_double_click_books_once(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(REQUESTER)
    page.goto("/bookings/new?blank=1")
    page.select_option("[name=product]", "GS-A2")
    fill_session(page, "B-03", "09:00", "11:00")
    page.get_by_role("button", name="Submit request").dblclick()
    page.wait_for_url("**/bookings/BK-*")
    count = "SELECT count(*) FROM booking AS b JOIN product AS p ON p.id = b.product_id WHERE p.code = 'GS-A2'"
    assert site.ask(count) == [(1,)]


def test_everything_works_without_a_script(chromium, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False, base_url=site.address, locale="en-GB")
    page = context.new_page()
    sign_in_by_the_page(page, "requester@saebyeok.example")
    page.goto("/bookings/new")
    page.get_by_role("button", name="Add equipment").click()
    page.select_option("[name=equipment-0-resource]", "INC-03")
    fill_moment(page, "equipment-0-start", DAY, "09:00")
    fill_moment(page, "equipment-0-end", LATER, "09:00")
    fill_session(page, "C-01", "09:00", "12:00")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#preview")).to_contain_text("No rule blocks this booking")
    page.get_by_role("button", name="Submit request").click()
    expect(page.locator("main")).to_contain_text("Submitted")
    context.close()
