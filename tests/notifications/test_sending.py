"""Handing due messages to the mail server: each once, whoever fails, however many workers there are."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from config import Config
from gmp_booking.infra.database import outbox
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.notifications import jobs
from gmp_booking.notifications.rendering import write_mail
from tests.factories.bookings import ConfirmedBookingFactory, SubmittedBookingFactory
from tests.factories.contents import DemonstrationContentFactory, SessionContentFactory
from tests.infra.test_mail import Moods, a_server
from tests.notifications.conftest import MailHarness
from tests.zones import SEOUL

_COPY = """
    INSERT INTO outbox_message (kind, company_id, person_id, recipient, language, subject_kind, subject_id,
                                subject_version, booking_session_id, due_at, next_attempt_at, payload, message_id)
    SELECT m.kind, m.company_id, m.person_id, m.recipient, m.language, m.subject_kind, m.subject_id, m.subject_version,
           m.booking_session_id, d, d, m.payload, md5(n::text)
    FROM generate_series(1, :count) AS n, LATERAL (SELECT gmp_now() - n * interval '1 millisecond' AS d) AS x,
         (SELECT * FROM outbox_message WHERE kind = 'upcoming' ORDER BY id LIMIT 1) AS m
"""
_COUNTS = """
    SELECT count(*) FILTER (WHERE sent_at IS NOT NULL) AS sent, count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
           count(*) FILTER (WHERE sent_at IS NULL AND dead_at IS NULL AND withdrawn_at IS NULL) AS pending
    FROM outbox_message WHERE due_at <= gmp_now()
"""


def plan_due(post: MailHarness, rows: Session, count: int) -> None:
    """So many reminders of one confirmed booking, all due now."""
    ConfirmedBookingFactory(database=post.database)
    post.work()
    rows.execute(text(_COPY), {"count": count})
    rows.commit()


def counts(rows: Session):
    rows.rollback()
    return rows.execute(text(_COUNTS)).one()


def reminders(post: MailHarness) -> Counter[str]:
    return Counter(mail["Message-ID"] for mail in post.mails if "Reminder" in mail["Subject"])


def one_message(post: MailHarness) -> None:
    SubmittedBookingFactory(database=post.database)
    post.plan()


def elsewhere(post: MailHarness, port: int) -> MailHarness:
    return replace(post, config=replace(post.config, smtp_port=port))


def try_again_now(rows: Session) -> None:
    overdue = "sent_at IS NULL AND due_at <= gmp_now()"
    rows.execute(text(f"UPDATE outbox_message SET next_attempt_at = gmp_now() WHERE {overdue}"))
    rows.commit()


# -- servers that refuse, fail, and come back


def test_what_is_refused_for_ever_is_dead_at_once_and_raises_an_alarm(
    post: MailHarness, rows: Session, caplog: pytest.LogCaptureFixture
) -> None:
    one_message(post)
    moods = Moods()
    moods.rcpt = "550 no such user"
    with a_server(moods) as port:
        elsewhere(post, port).send()
    found = rows.execute(
        text("SELECT dead_at, attempts, last_error FROM outbox_message WHERE kind = 'submitted'")
    ).one()
    assert found.dead_at
    assert (found.attempts, found.last_error) == (1, "550 no such user")
    assert [record.levelno for record in caplog.records if "ALARM" in record.message] == [logging.ERROR]
    try_again_now(rows)
    post.send()
    assert post.mails == []


def test_what_is_refused_for_now_is_tried_again_later(post: MailHarness, rows: Session) -> None:
    one_message(post)
    moods = Moods()
    moods.data = "451 greylisted"
    with a_server(moods) as port:
        elsewhere(post, port).send()
    found = rows.execute(
        text("SELECT *, next_attempt_at > gmp_now() + '10 s' AS later FROM outbox_message WHERE kind = 'submitted'")
    ).one()
    assert (found.later, found.attempts, found.dead_at, found.last_error) == (True, 1, None, "451 greylisted")
    post.send()
    assert post.mails == []
    try_again_now(rows)
    post.send()
    assert len(post.mails) == 1
    assert counts(rows) == (1, 0, 0)


def test_one_that_is_always_put_off_is_dead_in_the_end(post: MailHarness, rows: Session) -> None:
    one_message(post)
    moods = Moods()
    moods.rcpt = "450 not today"
    with a_server(moods) as port:
        for _ in range(outbox.MAX_ATTEMPTS + 1):
            elsewhere(post, port).send()
            try_again_now(rows)
    assert counts(rows) == (0, 1, 0)


@pytest.mark.heavy
def test_a_server_that_is_down_costs_no_attempt_and_mail_goes_out_when_it_is_up(
    post: MailHarness, rows: Session, caplog: pytest.LogCaptureFixture
) -> None:
    plan_due(post, rows, 30)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(3):
        elsewhere(post, port).send()
    assert "the mail server cannot be reached" in caplog.text
    assert counts(rows).pending == 30
    assert rows.execute(text("SELECT max(attempts) FROM outbox_message WHERE sent_at IS NULL")).scalar() == 0
    longest = "SELECT max(next_attempt_at - gmp_now()) FROM outbox_message WHERE sent_at IS NULL AND due_at < gmp_now()"
    assert rows.execute(text(longest)).scalar() < timedelta(seconds=60)
    try_again_now(rows)
    post.send()
    assert set(reminders(post).values()) == {1}
    assert len(reminders(post)) == 30


def test_poison_is_parked_while_the_others_go_out(
    post: MailHarness, rows: Session, caplog: pytest.LogCaptureFixture
) -> None:
    plan_due(post, rows, 12)
    bad = "SELECT id FROM outbox_message WHERE due_at < gmp_now() AND kind = 'upcoming' ORDER BY id LIMIT 1"
    rows.execute(text(f"UPDATE outbox_message SET payload = '{{}}' WHERE id = ({bad})"))
    rows.execute(text("UPDATE person SET email = E'no address\\r\\nBcc: x@y.z' WHERE email LIKE 'operator2@gaon%'"))
    nowhere = "(SELECT id FROM person WHERE email LIKE 'no address%')"
    rows.execute(text(f"UPDATE outbox_message SET person_id = {nowhere} WHERE id = ({bad} OFFSET 1)"))
    rows.execute(text("UPDATE session_person SET person_id = (SELECT id FROM person WHERE email LIKE 'no address%')"))
    rows.commit()
    post.send()
    found = counts(rows)
    assert (found.dead, found.pending) == (1, 1)
    assert len(reminders(post)) == 10
    assert "is dead: not a mail address" in caplog.text
    for _ in range(outbox.MAX_ATTEMPTS + 1):
        try_again_now(rows)
        post.send()
    assert counts(rows).pending == 0
    assert len(reminders(post)) == 10


# -- leases


def test_a_worker_that_slept_through_its_lease_neither_sends_nor_marks(
    post: MailHarness, rows: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_message(post)
    clock = time.monotonic
    slept: list[float] = []
    other = Database(post.place.app_url, zone=SEOUL)

    def sleepy(uow, message, config):
        """The process is stopped just after its claim, for twice the lease; another worker takes over meanwhile."""
        mail = write_mail(uow, message, config)
        if not slept:
            slept.append(2 * jobs.LEASE_S)
            rows.execute(text("UPDATE outbox_message SET leased_until = gmp_now() - interval '1 s'"))
            rows.commit()
            monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(slept))
            jobs.send(other, post.config)
        return mail

    monkeypatch.setattr(jobs, "write_mail", sleepy)
    post.send()
    other.dispose()
    assert len(post.mails) == 1
    assert counts(rows) == (1, 0, 0)


def test_what_a_dead_worker_held_is_sent_by_another_after_the_lease(post: MailHarness, rows: Session) -> None:
    one_message(post)
    post.database.transact(SYSTEM, outbox.claim, limit=10)
    post.send()
    assert post.mails == []
    post.pass_time(outbox.LEASE)
    post.send()
    assert len(post.mails) == 1


# -- many workers


def send_until_done(url: str, config: Config, go: Callable[[], bool]) -> None:
    database = Database(url, zone=SEOUL, pool_size=2)
    go()
    while True:
        jobs.send(database, config)
        with database.engine.connect() as connection:
            if (
                connection.execute(text("SET ROLE gmp_facility"))
                and connection.execute(text(_COUNTS)).one().pending == 0
            ):
                return
        time.sleep(0.1)


def start_workers(post: MailHarness, number: int) -> list[multiprocessing.process.BaseProcess]:
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(number + 1)
    workers = [
        spawn.Process(target=send_until_done, args=(post.place.app_url, post.config, together.wait), daemon=True)
        for _ in range(number)
    ]
    for worker in workers:
        worker.start()
    together.wait(120)
    return workers


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("workers", "messages"), [(3, 60), pytest.param(10, 1000, marks=pytest.mark.long, id="ten workers")]
)
def test_many_workers_send_each_due_reminder_exactly_once(
    post: MailHarness, rows: Session, workers: int, messages: int
) -> None:
    plan_due(post, rows, messages)
    running = start_workers(post, workers)
    for worker in running:
        worker.join(300)
    assert [worker.exitcode for worker in running] == [0] * workers
    assert len(reminders(post)) == messages
    assert set(reminders(post).values()) == {1}
    assert counts(rows).pending == 0


@pytest.mark.heavy
def test_many_workers_turn_each_event_into_messages_once(post: MailHarness, rows: Session) -> None:
    for day in range(5):
        ConfirmedBookingFactory(
            database=post.database, body=DemonstrationContentFactory(sessions=(SessionContentFactory(days=day),))
        )
    spawn = multiprocessing.get_context("spawn")
    planners = [spawn.Process(target=plan_once, args=(post.place.app_url,), daemon=True) for _ in range(2)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join(120)
    assert [planner.exitcode for planner in planners] == [0, 0]
    assert (
        rows.execute(
            text("SELECT count(*) FROM delivery WHERE done_at IS NULL AND consumer = 'notifications'")
        ).scalar()
        == 0
    )
    kinds = dict(rows.execute(text("SELECT kind, count(*) FROM outbox_message GROUP BY 1")).all())
    assert kinds == {"confirmed": 10, "upcoming": 20, "day_ahead": 10}


@pytest.mark.long
def test_killed_workers_lose_nothing_and_repeat_at_most_what_they_were_at(post: MailHarness, rows: Session) -> None:
    messages, kills = 600, 12
    plan_due(post, rows, messages)
    for _ in range(kills):
        (worker,) = start_workers(post, 1)
        time.sleep(2.5)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        rows.execute(text("UPDATE outbox_message SET leased_until = gmp_now() WHERE lease_token IS NOT NULL"))
        rows.commit()
    post.send()
    found = reminders(post)
    assert len(found) == messages
    assert sum(found.values()) - messages <= kills
    assert counts(rows).pending == 0


def plan_once(url: str) -> None:
    jobs.plan(Database(url, zone=SEOUL, pool_size=1))
