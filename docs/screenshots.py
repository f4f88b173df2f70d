"""Screenshots of the running demonstration: `.venv/bin/python docs/screenshots.py http://127.0.0.1:8000`."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent / "screenshots"
PASSWORD = "demo-bitgoeul-2027"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@dataclass(frozen=True)
class Shot:
    """One screenshot: user, page, language, colour scheme and window size."""

    name: str
    user: str | None
    path: str
    language: str = "en"
    scheme: str = "light"
    width: int = 1440
    height: int = 900
    then: Callable[[Page], None] | None = None


def first_booking(page: Page) -> None:
    page.locator("a.row-link").first.click()
    page.wait_for_load_state("networkidle")


def wait_for_findings(page: Page) -> None:
    """Wait until the form shows the findings of its preview."""
    page.wait_for_timeout(2500)


def scroll_to_sessions(page: Page) -> None:
    wait_for_findings(page)
    page.locator("#sessions-title").evaluate("each => window.scrollTo(0, each.getBoundingClientRect().top - 80)")


def select_rows(page: Page) -> None:
    """Select up to four rows and open the page that decides on them."""
    for box in page.locator("tbody input[type=checkbox]").all()[:4]:
        box.check()
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state("networkidle")


def affected_bookings(page: Page) -> None:
    """Show the bookings that an outage of nine days affects."""
    page.locator("select[name=subject]").select_option("ROOM:B-01")
    page.locator("select[name=kind]").select_option("MAINTENANCE")
    page.locator("input[name=start_date]").fill(TUESDAY)
    page.locator("input[name=end_date]").fill(f"{COMING + timedelta(days=9)}")
    page.locator("[name=reason]").fill("Filter change and smoke test")
    page.locator("button[name=op][value=look]").click()
    page.wait_for_load_state("networkidle")


TODAY = datetime.now(UTC).date()
COMING = TODAY + timedelta(days=15 - TODAY.weekday())
TUESDAY = COMING.isoformat()
SCHEDULER, QA, GAON = "scheduler@brc.example", "qa@brc.example", "requester@gaon.example"
PHONE = {"width": 390, "height": 844}
SHOTS = (
    Shot("sign-in", None, "/login"),
    Shot("today", SCHEDULER, "/today"),
    Shot("today-screen", SCHEDULER, "/today?screen=1", scheme="dark", language="ko"),
    Shot("timeline", GAON, "/timeline?view=week&equipment=1"),
    Shot("timeline-dark-ko", SCHEDULER, "/timeline?view=week", language="ko", scheme="dark"),
    Shot("timeline-phone", GAON, "/timeline?view=day", language="ko", **PHONE),
    Shot("agenda-phone", GAON, f"/timeline?view=agenda&date={TUESDAY}", **PHONE),
    Shot(
        "form-phone",
        GAON,
        f"/bookings/new?room=B-01&start={TUESDAY}T14:30&end={TUESDAY}T17:00",
        then=scroll_to_sessions,
        **PHONE,
    ),
    Shot(
        "booking-form",
        GAON,
        f"/bookings/new?room=B-02&start={TUESDAY}T09:00&end={TUESDAY}T13:00",
        then=wait_for_findings,
    ),
    Shot("my-bookings", GAON, "/bookings"),
    Shot("inbox", SCHEDULER, "/inbox"),
    Shot("inbox-bulk", QA, "/inbox", then=select_rows),
    Shot("booking", QA, "/inbox?stage=QA", then=first_booking),
    Shot("change", QA, "/inbox?stage=all&changes=1", then=first_booking),
    Shot("outages", "engineer@brc.example", "/outages"),
    Shot("outage-new", "engineer@brc.example", "/outages/new", then=affected_bookings),
    Shot("admin-zh", "admin@brc.example", "/admin", language="zh-Hans"),
    Shot("admin-rules", QA, "/admin/rules", scheme="dark"),
    Shot("account", GAON, "/account"),
    Shot("mail", GAON, "/demo/mail"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--into", type=Path, default=FOLDER)
    parser.add_argument("--only")
    options = parser.parse_args()
    options.into.mkdir(exist_ok=True)
    chromium = next(found for name in BROWSERS if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for shot in SHOTS:
            if options.only in (None, shot.name):
                take(browser, options.address, shot, options.into)
        browser.close()


def take(browser: Browser, address: str, shot: Shot, folder: Path) -> None:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme=shot.scheme,
        locale={"en": "en-GB", "ko": "ko-KR", "zh-Hans": "zh-CN"}[shot.language],
    )
    page = context.new_page()
    page.goto(f"{address}/login")
    if shot.user is not None:
        page.locator("main input[name=email]").fill(shot.user)
        page.locator("main input[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_url(f"{address}/timeline*")
        button = page.locator(f"button[name=language][value={shot.language}]").first
        if button.get_attribute("aria-pressed") != "true":
            button.evaluate("each => each.click()")
            page.wait_for_load_state("networkidle")
        page.goto(address + shot.path)
    page.wait_for_load_state("networkidle")
    if shot.then is not None:
        shot.then(page)
    page.screenshot(path=folder / f"{shot.name}.png")
    context.close()


if __name__ == "__main__":
    main()
