"""The running worker notifies whom a hold affects within a minute."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gmp_booking.revalidation.jobs import work
from tests.clients import weekday_at
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import HoldFactory
from tests.notifications.conftest import MailHarness
from tests.notifications.test_worker import PROGRAM, wait_for
from tests.outages.acts import lifted, placed
from tests.revalidation.test_a_hold import GAON, a_run, at_risk, run_now
from tests.shared_app import SharedApp
from tests.zones import SEOUL

pytestmark = pytest.mark.heavy

WITHIN_S = 60


@pytest.fixture
def worker(mailbox: MailHarness) -> Iterator[subprocess.Popen[str]]:
    place = mailbox.place
    config = replace(mailbox.config, database_url=place.app_url, owner_database_url=place.owner_url)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GMP_")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=inherited | config.as_env(), stderr=subprocess.DEVNULL, text=True
    )
    yield process
    process.terminate()
    process.wait(20)


def test_owners_are_told_within_a_minute(
    shared_app: SharedApp, mailbox: MailHarness, worker: subprocess.Popen[str]
) -> None:
    references = [
        ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", weekday_at(9, weeks=4, weekday=day))).reference
        for day in range(3)
    ]
    running = ConfirmedBookingFactory(app=shared_app, body=a_run("B-03", weekday_at(9, weeks=4, weekday=3))).reference
    run_now(shared_app, running)

    def count_mails(word: str) -> int:
        return sum(word in mail["Subject"] for mail in mailbox.mails_to(GAON))

    hold = placed(shared_app, HoldFactory(code="B-03"))
    began = time.monotonic()
    assert wait_for(lambda: count_mails("At risk") == 4, within_s=WITHIN_S)
    print(f"four owners were notified after {time.monotonic() - began:.1f} s")
    assert at_risk(shared_app, running, *references) == [True] * 4
    lifted(shared_app, hold)
    assert wait_for(lambda: count_mails("No longer at risk") == 4, within_s=WITHIN_S)
    assert at_risk(shared_app, running, *references) == [False] * 4


def test_a_session_that_takes_longer_puts_the_next_at_risk(shared_app: SharedApp) -> None:
    now = datetime.now(SEOUL).replace(second=0, microsecond=0)
    running = ConfirmedBookingFactory(app=shared_app, body=a_run("B-01", weekday_at(9, weeks=5))).reference
    run_now(shared_app, running)
    following = ConfirmedBookingFactory(app=shared_app, body=a_run("B-01", now + timedelta(hours=3), hours=1)).reference
    work(shared_app.database)
    assert at_risk(shared_app, following) == [False]
    answer = shared_app.api_client(GAON).post(
        f"/api/v1/bookings/{running}/sessions/1/takes-until",
        {"until": (now + timedelta(hours=3, minutes=30)).isoformat(), "reason": "The cells are slow today"},
    )
    assert answer.status_code == 200, answer.text
    work(shared_app.database)
    assert at_risk(shared_app, following) == [True]
    page = shared_app.page_client(GAON).get(f"/bookings/{following}").text
    assert "Alternatives" in page
