"""The weeks of a company's manager and of a scheduler: another week, another operator, another hour, a run too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from gmp_booking.revalidation import jobs as revalidation
from tests.browser.conftest import Site
from tests.browser.test_the_journey import calendar_link, decide, fill_moment
from tests.clients import PASSWORD, make_app, weekday_at
from tests.execution.conftest import ExecutionClient
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp
from tests.zones import SEOUL

REQUESTER, OPERATOR, OPERATOR2 = "requester@gaon.example", "operator@gaon.example", "operator2@gaon.example"
COMPETITOR, SCHEDULER, QA = "requester@hanbit.example", "scheduler@brc.example", "qa@brc.example"
VOID = "void for the present version"


@pytest.fixture(scope="module")
def desk(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedApp]:
    """The same facility by its API, for what happened before the browser opens."""
    folder = tmp_path_factory.mktemp("desk")
    app = make_app(site.place.app_url, site.place.owner_url, folder, GMP_BASE_URL=site.address)
    desk = SharedApp(app, site.database, site.place)
    yield desk
    desk._rows.close()
    app.extensions["gmp"].database.dispose()


def a_confirmed_run(desk: SharedApp, *, weeks: int) -> str:
    """Gaon's morning in B-02 with one operator, passed on by scheduling and signed by quality assurance."""
    crew = [{"email": OPERATOR, "role": "OPERATOR"}]
    part = SessionFactory(room="B-02", start=weekday_at(9, weeks=weeks), hours=4, headcount=2, people=crew)
    return ConfirmedBookingFactory(app=desk, body=EngineeringRequestFactory(sessions=[part])).reference


class CalendarFeed:
    """What a calendar reads behind a link: the booking's session as SEQUENCE, start and status."""

    def __init__(self, link: str, reference: str) -> None:
        self.link, self.uid = link, f"{reference}-s1@"

    def read(self) -> tuple[int, Any, str]:
        with urlopen(self.link) as answer:
            events = Calendar.from_ical(answer.read()).walk("VEVENT")
        (found,) = [each for each in events if str(each["UID"]).startswith(self.uid)]
        return int(found["SEQUENCE"]), found["DTSTART"].dt, str(found["STATUS"])


def held(site: Site, reference: str) -> list[tuple[Any, ...]]:
    return site.ask(
        "SELECT s.starts_at, s.ends_at FROM slot AS s JOIN booking AS b ON b.id = s.booking_id"
        " WHERE s.active AND b.reference = %s ORDER BY 1",
        reference,
    )


def request_another_week(page: Page, reference: str, why: str, *, weeks: int) -> None:
    page.goto(f"/bookings/{reference}")
    page.get_by_role("link", name="Change booking").click()
    day = f"{weekday_at(9, weeks=weeks):%Y-%m-%d}"
    fill_moment(page, "sessions-0-start", day, "09:00")
    fill_moment(page, "sessions-0-end", day, "13:00")
    expect(page.locator("#preview")).to_contain_text("stays confirmed, unchanged")
    page.fill("[name=explanation]", why)
    page.get_by_role("button", name="Send change").click()
    page.wait_for_url(f"**/bookings/{reference}?done=change-requested")


def refuse(page: Page, reference: str, why: str) -> None:
    page.goto(f"/bookings/{reference}")
    page.locator("summary", has_text="Reject").click()
    form = page.locator("details[open] form")
    form.locator("textarea[name=reason]").fill(why)
    form.locator("input[name=password]").fill(PASSWORD)
    form.get_by_role("button", name="Reject").click()
    page.wait_for_url(f"**/bookings/{reference}?done=reject")


def test_a_company_asks_for_another_week_twice_and_swaps_an_operator(
    site: Site, desk: SharedApp, open_page: Callable[..., Page]
) -> None:
    reference = a_confirmed_run(desk, weeks=6)
    company, scheduler, quality = open_page(REQUESTER), open_page(SCHEDULER), open_page(QA)
    feed = CalendarFeed(calendar_link(company), reference)
    agreed, agreed_slots = feed.read(), held(site, reference)

    request_another_week(company, reference, "The donor comes a week later", weeks=7)
    expect(company.locator("#change")).to_contain_text("The donor comes a week later")
    expect(company.locator(".record-title")).to_contain_text("Confirmed")
    assert feed.read() == agreed
    assert len(held(site, reference)) == 2
    scheduler.goto(f"/bookings/{reference}")
    expect(scheduler.locator("#change ins")).to_have_count(1)
    refuse(scheduler, reference, "The media kitchen is closed that week")
    company.goto(f"/bookings/{reference}")
    expect(company.locator("#change")).to_have_count(0)
    expect(company.locator(".record-title")).to_contain_text("Confirmed")
    expect(company.locator(".signature-list")).not_to_contain_text(VOID)
    assert feed.read() == agreed
    assert held(site, reference) == agreed_slots

    company.get_by_role("link", name="Change booking").click()
    company.get_by_label(f"GAO operator {OPERATOR}").first.uncheck()
    company.get_by_label(f"GAO operator2 {OPERATOR2}").first.check()
    expect(company.locator("#preview")).to_contain_text("The signatures remain valid.")
    company.get_by_role("button", name="Send change").click()
    company.wait_for_url(f"**/bookings/{reference}?done=change-adjusted")
    expect(company.locator(".sessions")).to_contain_text("GAO operator2")
    expect(company.locator(".signature-list")).not_to_contain_text(VOID)
    assert held(site, reference) == agreed_slots

    request_another_week(company, reference, "The donor comes two weeks later", weeks=8)
    before = feed.read()
    assert before[1:] == agreed[1:]
    decide(scheduler, reference, "Forward to Quality assurance")
    decide(quality, reference, "Approve", PASSWORD)
    quality.goto(f"/bookings/{reference}")
    expect(quality.locator(".signature-list")).to_contain_text(VOID)
    after = feed.read()
    assert after[0] > before[0]
    assert after[1] == weekday_at(9, weeks=8)
    assert len(held(site, reference)) == 1
    site.tick()
    subjects = site.mails_to(REQUESTER)
    assert [subject for subject in subjects if reference in subject and "ejected" in subject], subjects
    changed = f"[{reference}] Changed"
    assert [subject for subject in site.mails_to(OPERATOR2) if changed in subject]
    assert not [subject for subject in site.mails_to(OPERATOR) if changed in subject]


def test_the_scheduler_moves_a_session_and_takes_it_back_without_new_signatures(
    site: Site, desk: SharedApp, open_page: Callable[..., Page]
) -> None:
    reference = a_confirmed_run(desk, weeks=10)
    page = open_page(SCHEDULER)
    feed = desk.api_client(REQUESTER).post("/api/v1/feeds", {"scope": "company"})
    feed = CalendarFeed(feed.json["url"], reference)
    agreed = feed.read()
    page.goto(f"/bookings/{reference}")
    page.locator("summary", has_text="Move session").click()
    page.locator("[name=start_time]").fill("10:00")
    page.locator("[name=end_time]").fill("14:00")
    page.locator("form[action$='/move'] button").click()
    expect(page.locator(".session-when")).to_contain_text("10:00–14:00")
    expect(page.locator(".record-title")).to_contain_text("Confirmed")
    expect(page.locator(".signature-list .signature-row")).to_have_count(1)
    expect(page.locator(".signature-list")).not_to_contain_text(VOID)
    moved = feed.read()
    assert moved[0] > agreed[0]
    assert moved[1] == agreed[1] + timedelta(hours=1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".session-when")).to_contain_text("09:00–13:00")
    expect(page.locator(".signature-list")).not_to_contain_text(VOID)
    back = feed.read()
    assert back[0] > moved[0]
    assert back[1:] == agreed[1:]
    expect(page.locator(".history")).to_contain_text("10:00")


def test_a_run_that_takes_longer_puts_the_next_one_at_risk_until_it_ends(
    site: Site, desk: SharedApp, open_page: Callable[..., Page]
) -> None:
    execution = ExecutionClient(desk)
    execution.empty()
    running = execution.running(2, starts_in=0)
    following = execution.confirmed(2, company="hanbit", starts_in=3)
    until = execution.session(running)["ends_at"].astimezone(SEOUL) + timedelta(hours=2)
    page = open_page(SCHEDULER)
    page.goto(f"/bookings/{running}/sessions/1")
    page.locator("summary", has_text="Extend").click()
    page.fill("[name=takes-until-until_date]", f"{until:%Y-%m-%d}")
    page.fill("[name=takes-until-until_time]", f"{until:%H:%M}")
    page.locator("form[action$='/takes-until'] button").click()
    expect(page.locator(".over-by")).to_contain_text("later than planned")
    revalidation.work(site.database)
    site.tick()
    competitor = open_page(COMPETITOR)
    competitor.goto(f"/bookings/{following}")
    expect(competitor.locator(".at-risk")).to_contain_text("At risk")
    seen = competitor.locator("main").inner_text()
    assert running not in seen
    assert "Gaon" not in seen
    assert [subject for subject in site.mails_to(COMPETITOR) if "risk" in subject.lower()]
    page.goto(f"/bookings/{running}/sessions/1")
    page.locator("form[action$='/complete'] button").click()
    expect(page.locator(".record-title")).to_contain_text("Done")
    revalidation.work(site.database)
    competitor.reload()
    expect(competitor.locator(".record-title")).to_contain_text("Confirmed")
    expect(competitor.locator(".at-risk")).to_have_count(0)
