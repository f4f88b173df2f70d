"""The worker: the timetable of all periodic jobs.

Each tick only triggers a job. Due times, leases and attempts are in PostgreSQL, so any number of workers may run at
once.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from sqlalchemy.exc import OperationalError

from config import Config
from gmp_booking.accounts import jobs as accounts
from gmp_booking.approvals import jobs as approvals
from gmp_booking.booking_forms import form_marks
from gmp_booking.consistency import jobs as consistency
from gmp_booking.execution import jobs as execution
from gmp_booking.infra.database.uow import Database, Unavailable, delete_expired_keys
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.notifications import jobs as notifications
from gmp_booking.registry import CONSUMERS, Services, self_check
from gmp_booking.revalidation import jobs as revalidation

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worker:
    config: Config
    database: Database
    stopping: threading.Event

    def keep_running(self) -> bool:
        return not self.stopping.is_set()


@dataclass(frozen=True)
class Tick:
    """One line of the timetable."""

    name: str
    every_s: int
    run: Callable[[Worker], None]


TIMETABLE: Final = (
    Tick("create mails from events", 1, lambda w: notifications.plan(w.database, keep_running=w.keep_running)),
    Tick("send due mails", 1, lambda w: notifications.send(w.database, w.config, keep_running=w.keep_running)),
    Tick("plan scheduled mails", 60, lambda w: notifications.plan_schedules(w.database)),
    Tick("expire requests", 10, lambda w: approvals.expire_overdue(w.database, keep_running=w.keep_running)),
    Tick("revalidate after changes", 1, lambda w: revalidation.work(w.database, keep_running=w.keep_running)),
    Tick(
        "record overdue sessions",
        2,
        lambda w: execution.record_overdue_sessions(w.database, keep_running=w.keep_running),
    ),
    Tick("enqueue uses that overdue sessions delay", 2, lambda w: revalidation.enqueue_delayed(w.database)),
    Tick("enqueue the nightly revalidation", 60, lambda w: revalidation.enqueue_nightly(w.database)),
    Tick(
        "expire room releases",
        60,
        lambda w: execution.expire_releases(w.database, keep_running=w.keep_running),
    ),
    Tick("verify the stored data every night", 60, lambda w: consistency.verify_nightly(w.database)),
    Tick("delete old stored responses", 3600, lambda w: w.database.transact(SYSTEM, delete_expired_keys)),
    Tick("delete old form marks", 3600, lambda w: form_marks.delete_expired_marks(w.database)),
    Tick("delete unused sessions and old attempts", 3600, lambda w: accounts.delete_expired(w.database)),
)


def run(config: Config) -> None:
    """Run the timetable until SIGTERM or SIGINT; running jobs finish their current message."""
    database = Database(config.database_url, zone=config.time_zone, consumers=CONSUMERS, pool_size=len(TIMETABLE))
    _check(Services(config, database))
    worker = Worker(config, database, threading.Event())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    # APScheduler warns whenever a tick is skipped because the last one still runs; that is normal here.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(timezone=UTC)
    for tick in TIMETABLE:
        scheduler.add_job(
            _run_tick,
            "interval",
            args=(tick, worker),
            seconds=tick.every_s,
            id=tick.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    _log.info("The worker runs: %s", ", ".join(tick.name for tick in TIMETABLE))
    # BlockingScheduler ignores signals that arrive before start().
    worker.stopping.wait()
    scheduler.shutdown(wait=True)
    database.dispose()


def _check(services: Services) -> None:
    """Refuse an unfit database; if it cannot be reached yet, start anyway and retry at each tick."""
    try:
        self_check(services)
    except OperationalError as error:
        _log.warning("The database cannot be reached yet: %s", error.orig)


def _run_tick(tick: Tick, worker: Worker) -> None:
    """Run one tick; errors are logged, so that the next tick still runs."""
    try:
        tick.run(worker)
    except Unavailable as error:
        _log.warning("The database cannot be reached (%s): %s", tick.name, error.__cause__ or error)
    except Exception:
        _log.exception("A tick failed: %s", tick.name)


if __name__ == "__main__":
    import os

    logging.basicConfig(level=logging.INFO)
    run(Config.from_env(os.environ))
