"""Run the checks of stored data, and keep the result of each night."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from gmp_booking.consistency.check import Check
from gmp_booking.consistency.checks import CHECKS
from gmp_booking.consistency.models import VerificationRun
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import SYSTEM

NIGHTLY_AT: Final = time(2, 30)
MOST_REFERENCES: Final = 20
"""References that are kept and shown of each check; the count is of all."""

_GIVEN_UP_AFTER: Final = timedelta(hours=1)
# A check reads whole tables, which takes longer than a request may.
_SETTINGS: Final = ("SET LOCAL statement_timeout = '10min'", "SET LOCAL jit = off", "SET LOCAL work_mem = '64MB'")


@dataclass(frozen=True)
class Inconsistency:
    """One fault: the reference of the booking it is in, and what is wrong."""

    reference: str
    detail: str


@dataclass(frozen=True)
class CheckResult:
    """What one check found. Shape: `unchecked` counts the rows that cannot be checked."""

    check: Check
    found: Sequence[Inconsistency]
    unchecked: int = 0

    @property
    def references(self) -> list[str]:
        """Each reference once, sorted."""
        return sorted({each.reference for each in self.found})


@dataclass(frozen=True)
class StoredResult:
    """The result of one check in a nightly run. Shape: `references` are the first ones."""

    name: str
    sentence: str
    count: int
    references: Sequence[str]
    unchecked: int


@dataclass(frozen=True)
class LastRun:
    """The last nightly run that was finished."""

    finished_at: datetime
    results: Sequence[StoredResult]

    @property
    def count(self) -> int:
        return sum(result.count for result in self.results)


def run_check(uow: Uow, check: Check) -> CheckResult:
    """Run one check on one snapshot of the data."""
    for setting in _SETTINGS:
        uow.session.execute(text(setting))
    rows = uow.session.execute(text(f"SELECT reference, detail FROM ({check.sql}) AS found ORDER BY 1, 2"))
    found = [Inconsistency(*row) for row in rows]
    unchecked = 0 if check.unchecked_sql is None else uow.session.execute(text(check.unchecked_sql)).scalar_one()
    return CheckResult(check, found, int(unchecked))


def verify_data(database: Database) -> list[CheckResult]:
    """Run every check, each in a read-only transaction of its own."""
    return [database.read(SYSTEM, run_check, check) for check in CHECKS]


# -- the nightly run


def begin_nightly(uow: Uow) -> date | None:
    """Claim the run of the last night; None when it was made, or another worker is at it.

    Unit: the nightly time is 02:30 in the facility; default is ours.
    """
    local = uow.now.astimezone(uow.zone)
    night = local.date() if local.time() >= NIGHTLY_AT else local.date() - timedelta(days=1)
    statement = insert(VerificationRun).values(night=night, started_at=uow.now)
    statement = statement.on_conflict_do_update(
        index_elements=["night"],
        set_={"started_at": uow.now},
        where=VerificationRun.finished_at.is_(None) & (VerificationRun.started_at < uow.now - _GIVEN_UP_AFTER),
    )
    return uow.session.execute(statement.returning(VerificationRun.night)).scalar()


def finish_nightly(uow: Uow, night: date, results: Iterable[CheckResult]) -> None:
    """Keep the result of the night."""
    statement = update(VerificationRun).where(VerificationRun.night == night)
    uow.session.execute(statement.values(finished_at=uow.now, results=[as_json(result) for result in results]))


def as_json(result: CheckResult) -> dict[str, Any]:
    """The result as it is stored."""
    return {
        "name": result.check.name,
        "count": len(result.found),
        "references": result.references[:MOST_REFERENCES],
        "unchecked": result.unchecked,
    }


def find_last_run(uow: Uow) -> LastRun | None:
    """The last nightly run that was finished. Shape: in the order of the checks; checks that are gone are left out."""
    statement = select(VerificationRun).where(VerificationRun.finished_at.is_not(None))
    run = uow.session.scalars(statement.order_by(VerificationRun.night.desc()).limit(1)).one_or_none()
    if run is None or run.finished_at is None:
        return None
    stored = {each["name"]: each for each in run.results or ()}
    results = [
        StoredResult(check.name, check.sentence, each["count"], each["references"], each["unchecked"])
        for check in CHECKS
        if (each := stored.get(check.name)) is not None
    ]
    return LastRun(run.finished_at, results)
