"""A facility in Berlin: every time that is typed, judged, planned or shown is of its zone, across a clock change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from gmp_booking.infra.database import outbox
from gmp_booking.infra.mail.smtp import Mail
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.notifications import jobs
from gmp_booking.notifications.rendering import write_mail
from tests.calendars.readers import READERS
from tests.clients import PageClient
from tests.conftest import Place
from tests.factories.form_fields import form_of
from tests.factories.request_bodies import ClinicalRequestFactory, SessionFactory
from tests.shared_app import SharedApp, an_app
from tests.zones import BERLIN

REQUESTER, APPROVER = "requester@gaon.example", "approver@gaon.example"
SCHEDULER, DEMO_MANAGER = "scheduler@brc.example", "demo@brc.example"
NOW = datetime(2027, 3, 22, 10, tzinfo=BERLIN)
"""A Monday before the clocks change, on 28 March."""
START = datetime(2027, 4, 6, 9, tzinfo=BERLIN)
DATE = {"start_date": "2027-04-06", "end_date": "2027-04-06"}


@pytest.fixture(scope="module")
def berlin(cluster: Any, template: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedApp]:
    with an_app(cluster, template, tmp_path_factory.mktemp("berlin"), zone=BERLIN) as shared, shared.clock_at(NOW):
        yield shared


@pytest.fixture(scope="module")
def reference(berlin: SharedApp) -> str:
    """A demonstration from 09:00 to 13:00, typed into the form and approved."""
    part = DATE | {"room": "T-01", "start_time": "09:00", "end_time": "13:00", "headcount": "4", "people": REQUESTER}
    fields = form_of(kind="TECH_DEMO", product="", run_type="", title="Spring show", sessions=[part])
    assert berlin.page_client(REQUESTER).post("/bookings/new", fields).status_code == 303
    [row] = berlin.ask("SELECT reference FROM booking")
    approved = berlin.api_client(DEMO_MANAGER).post(f"/api/v1/bookings/{row['reference']}/approve")
    assert approved.status_code == 200, approved.text
    return str(row["reference"])


def local(instant: datetime) -> str:
    return f"{instant.astimezone(BERLIN):%Y-%m-%d %H:%M %Z}"


def rules_of(berlin: SharedApp, start: datetime, *, hours: int = 2) -> list[str]:
    """What is said of a clinical session at this time."""
    part = SessionFactory(room="B-01", start=start, hours=hours)
    body = ClinicalRequestFactory(sessions=[part])
    answer = berlin.api_client(APPROVER).post("/api/v1/bookings/preview", body)
    assert answer.status_code == 200, answer.text
    return [finding["rule"] for finding in answer.json["findings"]]


def mails_of(berlin: SharedApp) -> list[Mail]:
    """What the worker would send now."""
    jobs.plan(berlin.database)
    claimed = berlin.database.transact(SYSTEM, outbox.claim, limit=50)
    config = berlin.app.extensions["gmp"].config
    written = [berlin.database.read(SYSTEM, write_mail, message, config) for message in claimed.messages]
    return [mail for mail in written if mail is not None]


def test_typed_times_are_local_and_pages_say_so(berlin: SharedApp, reference: str) -> None:
    [session] = berlin.ask("SELECT starts_at FROM booking_session WHERE number = 1")
    assert session["starts_at"] == START
    page = berlin.page_client(REQUESTER).get(f"/bookings/{reference}").text
    assert "09:00–13:00 CEST" in page
    assert "Europe/Berlin (CET/CEST)" in page
    assert 'value="09:00"' in berlin.page_client(REQUESTER).get(f"/bookings/{reference}/change").text
    assert BERLIN.key in berlin.page_client(SCHEDULER).get("/admin/facility").text


def test_a_decision_is_due_at_the_same_local_time_some_working_days_later(berlin: SharedApp, reference: str) -> None:
    [row] = berlin.ask("SELECT submitted_at, decide_by FROM booking WHERE reference = %s", reference)
    submitted, due = (row[name].astimezone(BERLIN) for name in ("submitted_at", "decide_by"))
    assert (f"{submitted:%Y-%m-%d %Z}", f"{due:%Y-%m-%d %Z}") == ("2027-03-22 CET", "2027-03-31 CEST")
    assert submitted.time() == due.time()


def test_mails_tell_local_times_and_are_due_in_the_local_morning(berlin: SharedApp, reference: str) -> None:
    mails = mails_of(berlin)
    confirmed = next(mail for mail in mails if mail.recipient == REQUESTER and mail.calendars)
    assert "09:00–13:00 CEST" in confirmed.text
    assert confirmed.text.endswith("Times are those of Berlin.")
    assert b"DTSTART;TZID=Europe/Berlin:20270406T090000" in confirmed.calendars[0].content
    due = berlin.ask("SELECT DISTINCT due_at FROM outbox_message WHERE kind = 'day_ahead'")
    assert [local(row["due_at"]) for row in due] == ["2027-04-05 09:00 CEST"]


@pytest.mark.parametrize("reader", READERS)
def test_a_feed_is_read_at_the_right_instants(berlin: SharedApp, reference: str, reader: str) -> None:
    made = berlin.api_client(REQUESTER).post("/api/v1/feeds", {"scope": "mine"})
    assert made.status_code == 201, made.text
    feed = berlin.app.test_client().get(urlsplit(made.json["url"]).path).data
    [event] = [each for each in READERS[reader](feed) if reference in each["summary"]]
    assert datetime.fromisoformat(event["start"]) == START
    assert b"X-WR-TIMEZONE:Europe/Berlin" in feed


def test_opening_hours_are_judged_in_the_zone(berlin: SharedApp) -> None:
    # From 14:00 to 18:00 it is night in Seoul, and from 06:00 to 08:00 it is afternoon there.
    assert "CA-01" not in rules_of(berlin, START.replace(hour=14), hours=4)
    assert "CA-01" in rules_of(berlin, START.replace(hour=6))


def test_the_roster_covers_local_hours(berlin: SharedApp) -> None:
    saturday = datetime(2027, 4, 10, 14, tzinfo=BERLIN)
    assert "CA-01" in rules_of(berlin, saturday, hours=4)
    form = {"email": SCHEDULER, "role": "SCHEDULER", "weekday": "5", "from_time": "08:00", "until_time": "20:00"}
    assert berlin.page_client(SCHEDULER).post("/roster", form).status_code == 303
    assert "CA-01" not in rules_of(berlin, saturday, hours=4)
    assert "CA-01" in rules_of(berlin, saturday.replace(hour=6))


def test_the_page_of_the_day_begins_at_the_local_midnight(berlin: SharedApp, reference: str) -> None:
    with berlin.clock_at(START.replace(hour=0, minute=30)):
        page = PageClient(berlin.app, SCHEDULER).get("/today").text
    assert "09:00–13:00 CEST" in page
