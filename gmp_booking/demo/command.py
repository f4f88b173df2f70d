"""The demo command: seeds the demo facility, or checks that it is recent.

It empties only a database that is empty or was seeded by this command; a real facility is refused.
The seeding modules are imported late: most starts only check the date, and the imports take a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from config import Config
from gmp_booking.demo.clock import Clock, adjustable_clock, owner_connection
from gmp_booking.demo.people import COMPANIES, PASSWORD, STAFF, STAFF_DOMAIN
from gmp_booking.infra.database.self_check import DEMO_COMMENT
from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process.stack import StackError, mail_dir
from gmp_booking.kernel.access import SYSTEM

FRESH_FOR = timedelta(days=7)
SET_UP_BEFORE = timedelta(days=5)
OTHER_SESSIONS_LIMIT_S = 5.0
_SEEDED = "seeded "


def seed_if_stale(config: Config) -> None:
    """Seed the demo if there is none or it is more than a week old.

    Errors: StackError when the database holds a real facility.
    """
    with owner_connection(config.owner_database_url) as owner:
        seeded_at = _seeded_at(owner)
        if seeded_at is not None and seeded_at <= _now(owner) < seeded_at + FRESH_FOR:
            return
    print("Creating the demonstration data …", flush=True)
    seed(config)


def seed(config: Config) -> None:
    """Empty the demo database and seed facility, people and twelve weeks of bookings.

    Errors: StackError outside the demo, for a real facility, and while web or worker are running.
    """
    from gmp_booking.registry import CONSUMERS

    if not config.demo:
        raise StackError("Demonstration data is created only with GMP_DEMO=1.")
    with owner_connection(config.owner_database_url) as owner:
        _refuse_a_real_facility(owner)
        _wait_until_alone(owner)
        _set_state(owner, "seeding")
        _empty(owner, config)
        database = Database(config.database_url, zone=config.time_zone, consumers=CONSUMERS, pool_size=1)
        try:
            _seed_all(config, database, owner)
            _seed_mail(database, owner)
        finally:
            database.dispose()
        owner.execute(text("ANALYZE"))
        _set_state(owner, f"{_SEEDED}{_now(owner).isoformat()}")


def _seed_all(config: Config, database: Database, owner: Connection) -> None:
    from gmp_booking.accounts import passwords
    from gmp_booking.demo.demo_bookings import seed_outages_and_changes
    from gmp_booking.demo.facility import seed_facility
    from gmp_booking.demo.scenarios import build_scenarios
    from gmp_booking.demo.seed import seed_bookings
    from gmp_booking.policies.service import korean_holidays

    now = _now(owner)
    years = range(now.year - 1, now.year + 3)
    scenarios = build_scenarios(now, config.time_zone, days_off=frozenset(korean_holidays(years)))
    passwords.configure(cost=config.auth_argon2, slots=config.auth_argon2_slots)
    hashed = passwords.hash_password(PASSWORD)
    clock = Clock(database.engine)
    with adjustable_clock(owner):
        clock.set(min(scenario.acts[0].at for scenario in scenarios) - SET_UP_BEFORE)
        database.transact(SYSTEM, seed_facility, years=years, password_hash=hashed)
        references = seed_bookings(database, clock, scenarios, now=now)
        seed_outages_and_changes(database, clock, scenarios, references=references, now=now)


def _seed_mail(database: Database, owner: Connection) -> None:
    from gmp_booking.demo.demo_mail import close_old_deliveries, mark_past_mail_sent
    from gmp_booking.notifications.jobs import plan

    close_old_deliveries(owner)
    plan(database)
    mark_past_mail_sent(owner)


def _now(owner: Connection) -> datetime:
    now: datetime = owner.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now


def _seeded_at(owner: Connection) -> datetime | None:
    state = _state_of(owner)
    return datetime.fromisoformat(state.removeprefix(_SEEDED)) if state and state.startswith(_SEEDED) else None


def _state_of(owner: Connection) -> str | None:
    comment = owner.execute(text("SELECT obj_description('facility'::regclass, 'pg_class')")).scalar_one()
    return comment.removeprefix(f"{DEMO_COMMENT}: ") if comment and comment.startswith(DEMO_COMMENT) else None


def _set_state(owner: Connection, state: str) -> None:
    owner.execute(text(f"COMMENT ON TABLE facility IS '{DEMO_COMMENT}: {state}'"))


def _refuse_a_real_facility(owner: Connection) -> None:
    if _state_of(owner) is not None:
        return
    if owner.execute(text("SELECT EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM company)")).scalar_one():
        raise StackError(
            "This database contains a real facility, which the demonstration data would replace: "
            "start without the demonstration (DEMO=0), or choose another folder with GMP_DATA_DIR."
        )


def _wait_until_alone(owner: Connection) -> None:
    """Web and worker must not run while the clock is changed."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
    )
    give_up_at = time.monotonic() + OTHER_SESSIONS_LIMIT_S
    while owner.execute(others).scalar_one():
        if time.monotonic() > give_up_at:
            raise StackError("The demonstration is running: stop it before you create its data again.")
        time.sleep(0.1)


def _empty(owner: Connection, config: Config) -> None:
    listed = text(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    tables = owner.execute(listed).scalars()
    owner.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
    # Rows that the migrations insert.
    owner.execute(text("INSERT INTO auto_confirm (kind, is_on) VALUES ('QC', true), ('REVIEW', true)"))
    for mail in mail_dir(config).glob("*.eml"):
        mail.unlink()


def welcome() -> Iterable[str]:
    """The lines to print at the start of the demo."""
    yield f"Demonstration: the password of every user is {PASSWORD}"
    yield f"  Facility  …@{STAFF_DOMAIN}: {', '.join(mailbox for mailbox, _name, _role in STAFF)}"
    yield "  Companies requester@ approver@ operator@ of " + ", ".join(guest.domain for guest in COMPANIES)
    yield "Use it on this machine only: plain http, cookies without Secure, no second factor."
