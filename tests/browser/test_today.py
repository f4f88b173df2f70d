"""A session on a phone and on a wall screen: released, started, running longer, completed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_accessibility import serious_findings
from tests.clients import PASSWORD, make_app
from tests.execution.conftest import OPERATOR, OPERATOR2, POINTS, QA, SCHEDULER, ExecutionClient
from tests.shared_app import SharedApp
from tests.zones import SEOUL


@pytest.fixture
def execution(site: Site, tmp_path) -> Iterator[ExecutionClient]:
    app = make_app(site.place.app_url, site.place.owner_url, tmp_path)
    shared_app = SharedApp(app, site.database, site.place)
    execution = ExecutionClient(shared_app)
    execution.empty()
    yield execution
    shared_app._rows.close()
    app.extensions["gmp"].database.dispose()


def at_home(open_page: Callable[..., Page], email: str, **more: object) -> Page:
    page = open_page(email, **more)
    page.goto("/")
    return page


def test_a_session_from_clearance_to_its_end_on_a_phone(
    execution: ExecutionClient, open_page: Callable[..., Page]
) -> None:
    reference = execution.confirmed(2, starts_in=-0.05)
    operator = at_home(open_page, OPERATOR, width=390)
    assert operator.url.endswith("/today")
    operator.get_by_role("link", name="Open B-01").first.click()
    for box in operator.locator("input[name=clear-items]").all():
        box.check()
    operator.locator("form[action$='/clear'] button").click()
    expect(operator.locator(".flash-ok")).to_contain_text("another person must verify")
    other = at_home(open_page, OPERATOR2, width=390)
    other.get_by_role("button", name="Verify the line clearance").first.click()
    expect(other.locator(".flash-ok")).to_contain_text("verified")
    quality = at_home(open_page, QA)
    quality.goto("/today")
    quality.fill("#f-password", PASSWORD)
    quality.get_by_role("button", name="Release selected").click()
    expect(quality.locator(".results")).to_contain_text("B-01")
    operator.goto("/today")
    operator.get_by_role("button", name="Check in").click()
    expect(operator.locator(".flash-ok")).to_contain_text("start is recorded")
    assert operator.evaluate("document.documentElement.scrollWidth") <= 390
    operator.get_by_role("link", name="Complete").click()
    operator.locator("summary", has_text="Extend").click()
    until = execution.session(reference)["ends_at"].astimezone(SEOUL) + timedelta(minutes=30)
    operator.fill("[name=takes-until-until_date]", f"{until:%Y-%m-%d}")
    operator.fill("[name=takes-until-until_time]", f"{until:%H:%M}")
    operator.locator("form[action$='/takes-until'] button").click()
    expect(operator.locator(".over-by")).to_contain_text("later than planned")
    operator.fill("[name=complete-headcount]", "2")
    operator.locator("form[action$='/complete'] button").click()
    expect(operator.locator(".record-title")).to_contain_text("Done")
    events = [event["event"] for event in execution.events(reference)]
    assert events[-5:] == [
        "LineClearanceVerified",
        "SessionReady",
        "SessionStarted",
        "SessionOverran",
        "SessionCompleted",
    ]


LIGHT, DARK = ("light", 1280), ("dark", 390)


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param((LIGHT, DARK, LIGHT), id="everybody in one look"),
        pytest.param((LIGHT, LIGHT, LIGHT), id="light", marks=pytest.mark.long),
        pytest.param((DARK, DARK, DARK), id="dark", marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing_serious_on_any_page_of_a_day(
    execution: ExecutionClient, open_page: Callable[..., Page], looks: tuple[tuple[str, int], ...]
) -> None:
    running = execution.running(2, starts_in=0)
    raw = execution.confirmed(1, room="B-02", starts_in=-0.1)
    execution.do(OPERATOR, raw, "clear", POINTS)
    execution.do(OPERATOR2, raw, "verify-clearance")
    execution.confirmed(1, room="B-03", starts_in=-2)
    found: list[str] = []
    for email, (scheme, width) in zip((OPERATOR, SCHEDULER, QA), looks, strict=True):
        page = at_home(open_page, email, scheme=scheme, width=width)
        for path in ("/today", "/today?screen=1", f"/bookings/{running}/sessions/1", f"/bookings/{raw}/sessions/1"):
            page.goto(path)
            found += serious_findings(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert found == []


def test_a_wall_is_fresh_by_itself(execution: ExecutionClient, open_page: Callable[..., Page]) -> None:
    page = at_home(open_page, SCHEDULER)
    page.goto("/today?screen=1")
    expect(page.locator("#board")).to_contain_text("No work is running now.")
    execution.running(1, starts_in=0)
    page.evaluate("htmx.ajax('GET', '/today?screen=1', {target: '#board', swap: 'outerHTML'})")
    expect(page.locator("#board")).to_contain_text("In use")
    assert page.locator("header.masthead").is_hidden()


def overdue(execution: ExecutionClient) -> tuple[str, str]:
    """A session in B-02 that should have ended half an hour ago, and another company's at its door."""
    following = execution.released(2, room="B-02", company="hanbit", starts_in=5)
    running = execution.running(2, room="B-02")
    execution.bring(running, -2.5)
    execution.bring(following, 0)
    return running, following


def test_an_overdue_session_occupies_its_room_on_the_board_the_wall_and_for_the_next_company(
    execution: ExecutionClient, open_page: Callable[..., Page]
) -> None:
    running, _following = overdue(execution)
    board = at_home(open_page, SCHEDULER)
    board.goto("/today")
    expect(board.locator(".today-line.is-in_use .late")).to_contain_text("min over: room occupied")
    board.goto("/today?screen=1")
    wall = board.locator("#board.is-screen .today-line.is-in_use")
    expect(wall).to_contain_text("B-02")
    expect(wall).to_contain_text("room occupied")
    assert serious_findings(board) == []
    phone = at_home(open_page, "approver@hanbit.example", width=390)
    phone.goto("/today")
    others = phone.locator(".today-others").first
    expect(others).to_contain_text("B-02")
    assert running not in phone.content()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_crew_enters_in_an_emergency_and_quality_assurance_confirms_it_later(
    execution: ExecutionClient, open_page: Callable[..., Page]
) -> None:
    reference = execution.confirmed(3, session={"people": [{"email": OPERATOR}]})
    phone = open_page(OPERATOR, width=390)
    phone.goto(f"/bookings/{reference}/sessions/1")
    phone.locator("details:has(form[action$='/emergency-entry']) > summary").click()
    form = phone.locator("form[action$='/emergency-entry']")
    form.locator("[name=emergency-entry-told]").fill("Kim Jiwoo, 03:10")
    form.locator("[name=emergency-entry-reason]").fill("The incubator sounded its alarm at night")
    form.locator("button").click()
    expect(phone.locator("main")).to_contain_text("Told: Kim Jiwoo, 03:10")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    morning = at_home(open_page, QA)
    morning.goto("/today")
    expect(morning.locator("main")).to_contain_text(reference)
    morning.goto(f"/bookings/{reference}/sessions/1")
    morning.locator("form[action$='/confirm-emergency'] button").click()
    expect(morning.locator("main")).to_contain_text("Confirmed at")


def test_the_second_crew_at_a_door_is_refused_in_words_and_recorded_regardless(
    execution: ExecutionClient, open_page: Callable[..., Page]
) -> None:
    running, following = overdue(execution)
    crew = open_page("requester@hanbit.example", width=390)
    crew.goto(f"/bookings/{following}/sessions/1")
    crew.locator("form[action$='/check-in'] button").click()
    expect(crew.locator("main")).to_contain_text("B-02 Room B-02 is still in use.")
    assert running not in crew.content()
    production = open_page("production@brc.example")
    production.goto(f"/bookings/{following}/sessions/1")
    form = production.locator("form[action$='/check-in']")
    form.locator("button").click()
    expect(production.locator("main")).to_contain_text("B-02 Room B-02 is still in use by")
    form.locator("[name=check-in-deviation_no]").fill("DEV-27-040")
    form.locator("[name=check-in-reason]").fill("They work side by side today")
    form.locator("button").click()
    expect(production.locator(".flash-ok")).to_contain_text("start is recorded")
