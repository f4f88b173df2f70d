"""Generates the tables of `docs/` from the code: `make docs`.

With `--check` nothing is written; outdated files are listed, with exit code 1.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import QueuePool

from config import Config
from docs import state_tables
from docs.markdown import NOTE, page, table, yes
from gmp_booking.booking_forms import form_marks
from gmp_booking.changes import classify_change
from gmp_booking.companies.models import Company
from gmp_booking.conflicts import rule_list
from gmp_booking.consistency.checks import CHECKS, needs
from gmp_booking.evaluation import auto_confirmation, decision_deadlines, request_limits
from gmp_booking.execution import clearance
from gmp_booking.infra.database import row_policies
from gmp_booking.infra.database.row_policies import ROW_POLICIES, WITHOUT_HISTORY
from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process import database_roles, embedded
from gmp_booking.kernel.access import PERMISSIONS, Predicate
from gmp_booking.kernel.events import Event
from gmp_booking.kernel.labels import OUTAGE_KINDS, OUTAGE_SUBJECTS
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import BookingState, ChangeState
from gmp_booking.kernel.vocabulary import (
    HELD_ALONE,
    Kind,
    Meaning,
    OutageKind,
    SubjectKind,
)
from gmp_booking.notifications import mail_kind, reminder_offsets
from gmp_booking.notifications.mail_kind import BookingMail, MailKind, OnEvents
from gmp_booking.notifications.reminder_offsets import ReminderOffset
from gmp_booking.outages import recurrence
from gmp_booking.outages import service as withdrawing
from gmp_booking.registry import CONSUMERS
from gmp_booking.revalidation import service as revalidation
from gmp_booking.worker import TIMETABLE

FOLDER = Path(__file__).resolve().parent
PACKAGE = FOLDER.parent / "gmp_booking"
NOBODY = "postgresql+psycopg://nobody@localhost/none"


# -- one function a page


def rules() -> str:
    return page(
        "Rules",
        "gmp_booking/conflicts/rules",
        "HARD refuses, SOFT needs the override named, WARN only informs, – does not apply. "
        "The columns are the kinds of work. Forbidden shifts: the search for alternatives leaves out the times that "
        "the rule would refuse.\n",
        rule_list.markdown(),
    )


def permissions() -> str:
    rows = [
        (f"`{permission.value}`", " **or** ".join(_alternative(each) for each in alternatives))
        for permission, alternatives in PERMISSIONS.items()
    ]
    known = {words(predicate): predicate for each in PERMISSIONS.values() for some in each for predicate in some}
    explained = [f"- *{name}*: {inspect.getdoc(one)}" for name, one in sorted(known.items()) if inspect.getdoc(one)]
    return page(
        "Permissions",
        "gmp_booking/kernel/access.py",
        "A user has a permission when one alternative is true. "
        "Row-level security applies in addition ([tables](tables.md)).\n",
        table(["Permission", "The user"], rows),
        "\n".join(explained) + "\n",
    )


def _alternative(predicates: Iterable[Predicate]) -> str:
    return " and ".join(words(predicate) for predicate in predicates)


def words(predicate: Predicate) -> str:
    """A predicate's name as words: has_QA_or_BSO → has the role QA or BSO."""
    name = predicate.__name__
    if roles := re.fullmatch(r"has_([A-Z_]+(?:_or_[A-Z_]+)*)", name):
        return "has the role " + " or ".join(roles[1].split("_or_"))
    return name.replace("_", " ").replace("is ones own", "is the one it belongs to")


def outages() -> str:
    return page(
        "Outages",
        "gmp_booking/kernel/vocabulary.py",
        "Time in which something cannot be used. An outage takes no slot and is never refused because of bookings; "
        "bookings that it affects are at risk. An outage without an end lasts until somebody lifts it.\n",
        table(["Kind", "Label", "Permission to place", "Permission to lift", "Lifting signed as"], _outage_kinds()),
        table(["Subject", "Label", "Kinds"], _outage_subjects()),
        f"All kinds except a hold can repeat, as a series of at most {recurrence.MAX_OCCURRENCES}. "
        "[Permissions](permissions.md) explains the permissions.\n",
    )


def _outage_kinds() -> Iterator[tuple[object, ...]]:
    for kind in OutageKind:
        asked = (withdrawing.permission_to_place(kind).value, withdrawing.permission_to_lift(kind).value)
        meaning = f"“{Meaning.HOLD_LIFTED}”" if kind is OutageKind.HOLD else ""
        yield kind.value, OUTAGE_KINDS[kind], *(f"`{each}`" for each in asked), meaning


def _outage_subjects() -> Iterator[tuple[object, ...]]:
    for subject in SubjectKind:
        yield subject.value, OUTAGE_SUBJECTS[subject], OutageKind.HOLD.value if subject in HELD_ALONE else "all"


def limits_and_times() -> str:
    return page(
        "Limits and times",
        "the modules named below",
        "The defaults of the product. None of them comes from a regulation.\n",
        "## Decisions\n",
        "A request is due within this number of working days and expires after twice as many, counted from its first "
        "submission with the time added for which it was returned; a returned request expires "
        f"{decision_deadlines.RETURNED_DAYS} working days after its return. A request never waits longer than "
        f"{_time(decision_deadlines.LEAST_DECISION)} before its first start; where less is left, until that start. "
        "The same applies to change requests, with the earlier of their old and new first start. Both sides get a "
        f"warning {_offsets(reminder_offsets.BEFORE_EXPIRY)}, in calendar days at {reminder_offsets.MORNING:%H:%M}.\n",
        table(["Kind", "Working days to decide"], _decision_days()),
        "## Further limits\n",
        table(["Limit", "Default", "Where"], _limits()),
    )


def _decision_days() -> Iterator[tuple[object, ...]]:
    start = datetime(2027, 1, 4, tzinfo=UTC)
    for kind in Kind:
        yield kind.value, decision_deadlines.decision_days(kind, Period(start, start + timedelta(hours=8)))
    long = Period(start, start + decision_deadlines.CAMPAIGN)
    yield (
        f"CLEANROOM spanning {decision_deadlines.CAMPAIGN.days} days or more",
        decision_deadlines.decision_days(Kind.CLEANROOM, long),
    )


def _limits() -> Iterator[tuple[object, ...]]:
    cap = Company.__table__.c.pending_room_days_cap.server_default
    most_waiting = getattr(getattr(cap, "arg", None), "text", "")
    yield "Pending room-days of a company", f"{most_waiting} room-days", "the company's page"
    yield (
        "Room work without a signatory, at most",
        f"{request_limits.DAYS_WITHOUT_A_SIGNATORY} days",
        "evaluation/request_limits.py",
    )
    yield (
        "Move of a session without a new signature, at most",
        _time(classify_change.FURTHEST_MOVE),
        "changes/classify_change.py",
    )
    yield "Lifetime of the mark of an open form", _time(form_marks.MARK_LIFETIME), "booking_forms/form_marks.py"
    yield "A late entry needs a reason after", _time(clearance.LATE_AFTER), "execution/clearance.py"
    yield "A session can be recorded as a no-show after", _time(clearance.MISSED_AFTER), "execution/clearance.py"
    yield "A room release is valid for", _time(clearance.CLEARANCE_LASTS), "execution/clearance.py"
    yield "A longer extension needs the scheduler", _time(clearance.LONGEST_EXTENSION), "execution/clearance.py"
    for kind, limits in auto_confirmation.LIMITS.items():
        yield (
            f"{kind.value} confirmed without a decision",
            f"at most {_time(limits.longest)}, {_time(limits.notice)} ahead",
            "evaluation/auto_confirmation.py",
        )
    yield "One-tap check-in before the start", _time(clearance.ONE_TAP_AHEAD), "execution/clearance.py"
    yield "Nightly revalidation", f"{revalidation.NIGHTLY_AT:%H:%M}", "revalidation/service.py"


def _time(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def events() -> str:
    envelope = ", ".join(f"`{each.name}`" for each in fields(Event))
    return page(
        "Events",
        "gmp_booking/*/events.py and gmp_booking/bookings/session_events.py",
        f"Each event is one row of the journal, with {envelope}, the actor, the time, the reason and the id of the "
        "request in addition to its own fields.\n",
        table(["Event", "Own fields", "Consumers", "Meaning"], (_event(kind) for kind in event_classes())),
    )


def event_classes() -> list[type[Event]]:
    """Every event class, by feature and in the order of its module."""
    found: list[type[Event]] = []
    for path in sorted(PACKAGE.glob("*/*events.py")):
        module = importlib.import_module(f"gmp_booking.{path.parent.name}.{path.stem}")
        found += [each for each in vars(module).values() if _is_event(each) and each.__module__ == module.__name__]
    return found


def _is_event(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Event) and value is not Event


def _event(kind: type[Event]) -> tuple[object, ...]:
    inherited = {each.name for each in fields(Event)}
    own = [f"`{each.name}: {each.type}`" for each in fields(kind) if each.name not in inherited]
    consumers = [each.name for each in CONSUMERS if not each.events or kind.__name__ in each.events]
    return f"`{kind.__name__}`", ", ".join(own), ", ".join(consumers), _own_docstring(kind)


def _own_docstring(kind: type) -> str:
    """The written docstring; a dataclass without one has its signature as `__doc__`."""
    written = kind.__doc__ or ""
    return "" if written.startswith(f"{kind.__name__}(") else inspect.cleandoc(written)


def settings() -> str:
    rows = [(f"`{each.name}`", each.default, each.unit, each.meaning) for each in Config.describe()]
    return page(
        "Settings",
        "config.py",
        "Environment variables, read once at the start. "
        "An unknown `GMP_…` name is refused, and all errors are reported at once.\n",
        table(["Setting", "Default", "Unit", "Meaning"], rows),
        "## Connections\n",
        connections(),
    )


def connections() -> str:
    """The greatest number of connections of web and worker, computed from their pools."""
    by_name = {each.name: each.default for each in Config.describe()}
    workers, threads = int(by_name["GMP_WORKERS"]), int(by_name["GMP_THREADS"])
    web, worker = _most_connections(threads), _most_connections(len(TIMETABLE))
    return (
        f"A web process uses at most `GMP_THREADS` + {web - threads} connections, a worker {worker}. "
        f"With the defaults this is {workers} × ({threads} + {web - threads}) + {worker} = {workers * web + worker}; "
        f"a command on the command line uses a few more.\n"
        f"The embedded PostgreSQL allows {embedded.SETTINGS['max_connections']}, "
        f"of which 3 are reserved for its superuser.\n"
    )


def _most_connections(pool_size: int) -> int:
    pools = [engine.pool for engine in Database(NOBODY, zone=ZoneInfo("UTC"), pool_size=pool_size).engines]
    return sum(pool.size() + pool._max_overflow for pool in pools if isinstance(pool, QueuePool))  # noqa: SLF001


def tables() -> str:
    meanings = dict(re.findall(r"^([A-Z_]+)\s{2,}(.+)$", row_policies.__doc__ or "", re.MULTILINE))
    rows = [
        (f"`{name}`", policy.value, yes(name not in WITHOUT_HISTORY)) for name, policy in sorted(ROW_POLICIES.items())
    ]
    return page(
        "Tables and their row policies",
        "gmp_booking/infra/database/row_policies.py",
        "Who may read and change the rows of each table, by any SQL statement.\n",
        table(["Policy", "Meaning"], ((policy.value, meanings[policy.value]) for policy in row_policies.RowPolicy)),
        table(["Table", "Policy", "Row history"], rows),
    )


def timetable() -> str:
    return page(
        "Timetable",
        "gmp_booking/worker.py",
        "The periodic jobs. A tick only starts a job; due times are in the database, so any number of workers may "
        "run.\n",
        table(["Tick", "Every"], ((tick.name, f"{tick.every_s} s") for tick in TIMETABLE)),
    )


def data_checks() -> str:
    return page(
        "Data checks",
        "gmp_booking/consistency/checks",
        "What `gmp-booking verify-data` and the nightly job check in all stored rows "
        "([operations](operations.md#data-checks)).\n",
        table(["Check", "What must hold"], ((f"`{check.name}`", check.sentence) for check in CHECKS)),
        f"## What a booking needs\n\n{inspect.getdoc(needs)}\n",
    )


def mails() -> str:
    rows = ((f"`{name}`", _module_docstring(name), *_creation(kind), _truth(kind)) for name, kind in _mail_kinds())
    return page(
        "Mails",
        "gmp_booking/notifications/kinds",
        "All mails of the product. Mails about a booking are sent only to active people of its company and of the "
        "facility. A mail that is no longer true when it is due is withdrawn.\n",
        table(["Mail", "Content", "Created by", "To", "Due", "True while"], rows),
        "[Reminders](reminders.md) lists the times before a session, [Limits and times](limits.md) those before a "
        "request or change expires.\n",
    )


def _mail_kinds() -> Iterable[tuple[str, MailKind]]:
    return mail_kind.discover().items()


def _module_docstring(name: str) -> str:
    module = importlib.import_module(f"gmp_booking.notifications.kinds.{name}")
    return (inspect.getdoc(module) or "").partition("\n\n")[0]


def _creation(kind: MailKind) -> tuple[str, str, str]:
    """The events or the job that create the mail, its recipients, and when it is due."""
    created = kind.created
    if isinstance(created, OnEvents):
        names = ", ".join(f"`{each.__name__}`" for each in created.events)
        return names, inspect.getdoc(created.to) or "", inspect.getdoc(created.due) or ""
    return created.when, created.to, created.due


def _truth(kind: MailKind) -> str:
    if not isinstance(kind, BookingMail):
        return kind.true_while
    states = ", ".join(state.value for state in BookingState if state in kind.valid_while)
    changes = ", ".join(state.value for state in ChangeState if state in kind.valid_while_change)
    condition = "" if kind.still_true is mail_kind.always else inspect.getdoc(kind.still_true) or ""
    return f"booking {states}" + (f"; change {changes}" if changes else "") + (f". {condition}" if condition else "")


def reminders() -> str:
    plans = {kind.value: some for kind, some in reminder_offsets.REMINDER_OFFSETS.items()}
    plans[f"CLEANROOM on {reminder_offsets.CAMPAIGN_DAYS} days or more"] = reminder_offsets.CAMPAIGN
    hints = [(name, each.name, each.hint) for name, some in plans.items() for each in some if each.hint]
    return page(
        "Reminders",
        "gmp_booking/notifications/reminder_offsets.py",
        f"D-3 is due three local days before, at {reminder_offsets.MORNING:%H:%M} in the time zone of the facility; "
        f"H-2 two hours before, at any hour. "
        f"At D-{reminder_offsets.LONG_DAYS} and earlier there is one reminder per booking, later one per session; "
        f"all reminders of D-1 are one mail per person.\n",
        table(["Kind", "Reminder offsets"], ((name, _offsets(some)) for name, some in plans.items())),
        "Some reminders name a preparation:\n",
        table(["Kind", "Offset", "Sentence"], hints),
    )


def _offsets(some: Iterable[ReminderOffset]) -> str:
    return ", ".join(each.name for each in some)


def database_sql() -> str:
    note = NOTE.format(source="gmp_booking/infra/process/database_roles.py")
    roles, made = database_roles.role_sql(), ";\n".join(database_roles.database_sql("gmp"))
    head = f"-- {note}\n-- Roles and database for your own PostgreSQL; run it once as a superuser (psql -f).\n\n"
    return f"{head}{roles}\n{made};\n"


PAGES: dict[str, Callable[[], str]] = {
    "rules.md": rules,
    "permissions.md": permissions,
    "states.md": state_tables.states,
    "events.md": events,
    "settings.md": settings,
    "tables.md": tables,
    "timetable.md": timetable,
    "data-checks.md": data_checks,
    "mails.md": mails,
    "reminders.md": reminders,
    "outages.md": outages,
    "limits.md": limits_and_times,
    "database.sql": database_sql,
}


def outdated() -> list[str]:
    """The files that differ from the output of this module."""
    return [name for name, write in PAGES.items() if _read(FOLDER / name) != write()]


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only list the outdated files")
    stale = outdated()
    if parser.parse_args().check:
        print("\n".join(f"docs/{name} is out of date: make docs" for name in stale) or "All tables are up to date.")
        return 1 if stale else 0
    for name in stale:
        (FOLDER / name).write_text(PAGES[name](), "utf-8")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
