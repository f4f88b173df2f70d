"""Pictures of the running demonstration: `.venv/bin/python docs/screenshots.py http://127.0.0.1:8000`."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent / "screenshots"
PASSWORD = "demo-bitgoeul-2027"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at what, how wide, in which light and language."""

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


def busy_room(page: Page) -> None:
    """Fill the form so that something is in the way."""
    page.wait_for_timeout(600)
    page.locator("#booking-form select[name=product]").first.select_option(index=1)
    page.wait_for_timeout(1500)


SHOTS = (
    Shot("sign-in", None, "/login"),
    Shot("timeline", "requester@gaon.example", "/timeline?view=week&equipment=1"),
    Shot("timeline-dark-ko", "scheduler@brc.example", "/timeline?view=week", language="ko", scheme="dark"),
    Shot("timeline-phone", "requester@gaon.example", "/timeline?view=day", language="ko", width=390, height=844),
    Shot("booking-form", "requester@gaon.example", "/bookings/new", then=busy_room),
    Shot("my-bookings", "requester@gaon.example", "/bookings"),
    Shot("inbox", "scheduler@brc.example", "/inbox"),
    Shot("booking", "qa@brc.example", "/inbox?stage=QA", then=first_booking),
    Shot("account", "requester@gaon.example", "/account"),
    Shot("mail", "requester@gaon.example", "/demo/mail"),
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
        locale={"en": "en-GB", "ko": "ko-KR"}[shot.language],
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
