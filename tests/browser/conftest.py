"""A real Chromium in front of the whole application: pages over HTTP, mail into a real sink."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from config import Config
from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.mail.dev_mail_server import list_messages, read_message
from gmp_booking.notifications import jobs
from gmp_booking.registry import CONSUMERS
from tests.clients import PASSWORD, csrf_of, make_app, open_accounts
from tests.conftest import Place, place_of
from tests.server_harness import a_free_port
from tests.zones import SEOUL

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@dataclass
class Site:
    """The application at work, and what one looks at beside its pages."""

    address: str
    database: Database
    config: Config
    mail: Path
    place: Place

    def tick(self) -> None:
        """What the worker does: turn events into messages and send what is due."""
        jobs.plan(self.database)
        jobs.send(self.database, self.config)

    def mails_to(self, email: str) -> list[str]:
        """The subjects of what this person received, oldest first."""
        messages = [read_message(self.mail, name) for name in list_messages(self.mail)]
        return [str(message["Subject"]) for message in messages if email in str(message["To"])]

    def ask(self, statement: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.place.superuser_url) as connection:
            return connection.execute(statement, values).fetchall()


class QuietRequestHandler(WSGIRequestHandler):
    def log(self, *_anything: object) -> None:
        """Say nothing of each request."""


@contextmanager
def sink_process(folder: Path) -> Iterator[int]:
    """The mail sink as a process: its event loop and the browser driver's do not share one."""
    port = a_free_port()
    argv = [sys.executable, "-m", "gmp_booking.infra.mail.dev_mail_server", "--port", str(port), "--dir", str(folder)]
    sink = subprocess.Popen(argv)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port
    sink.terminate()
    sink.wait(10)


@pytest.fixture(scope="module")
def site(cluster, template: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One facility for the tests of a module."""
    folder = tmp_path_factory.mktemp("site")
    name = f"site_{folder.name}".replace("-", "_")
    with psycopg.connect(cluster.superuser_url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template.name}" OWNER gmp_owner STRATEGY FILE_COPY')
        connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO gmp_app')
    place = place_of(cluster, name)
    database = Database(place.app_url, zone=SEOUL, consumers=CONSUMERS)
    open_accounts(database)
    with sink_process(folder / "mail") as smtp_port:
        port = a_free_port()
        address = f"http://127.0.0.1:{port}"
        app = make_app(
            place.app_url, place.owner_url, folder, GMP_SMTP_PORT=str(smtp_port), GMP_BASE_URL=address, GMP_THREADS="4"
        )
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietRequestHandler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        config = app.extensions["gmp"].config
        yield Site(address, database, config, folder / "mail", place)
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["gmp"].database.dispose()
    database.dispose()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Ends with its package: its driver's event loop would be in the way of the mail sinks of later ones."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, "Chromium is needed for the browser tests: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def sign_in(context: BrowserContext, email: str) -> None:
    """Put somebody's session into the browser without drawing the page for it; the journey draws it."""
    form = {"csrf_token": csrf_of(context.request.get("/login").text()), "email": email, "password": PASSWORD}
    answer = context.request.post("/login", form=form | {"next": "/"}, max_redirects=0)
    assert answer.status == 303, answer.text()


NO_COMPLAINT = ("status of 4", "htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")
"""A refusal, and a preview that was still on its way when somebody went on to the next page."""


class Watched:
    """What a page complained of in its console: nothing may be refused by the content security policy."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in NO_COMPLAINT):
            self.complaints.append(message.text)


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open a page, signed in as somebody where an address is given."""
    contexts: list[BrowserContext] = []
    watched = Watched()

    def open_one(email: str | None = None, *, scheme: str = "light", width: int = 1280) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB", base_url=site.address
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        if email is not None:
            sign_in(context, email)
        page = context.new_page()
        page.on("console", watched.hear)
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert watched.complaints == []
