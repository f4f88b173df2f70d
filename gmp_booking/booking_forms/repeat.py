"""Repeating a session: its further dates, each with what stands against it before anything is kept.

All dates are judged as one booking, so that the number of statements does not grow with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.form import SEOUL, Form
from gmp_booking.bookings.content import BookingContent, SessionContent, problems
from gmp_booking.bookings.schemas import SessionSchema
from gmp_booking.bookings.store import find_booking
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding
from gmp_booking.evaluation.gather import gather
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, require
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.recurrence import MOST_DATES, EveryDays, OnWeekdays, TooManyDates, dates_after, moved_to
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Kind, RepeatVerdict, RunType, Severity
from gmp_booking.requests.on_behalf import company_for

WISH = ("mode", "every", "times", "until")
ENTRY = ("start_date", "start_time", "end_date", "end_time")
LAST_EVERY = 366


@dataclass(frozen=True)
class Wish:
    """What was asked for, as typed; `of` is the place of the session in the form."""

    of: int = 0
    mode: str = "days"
    every: str = "7"
    times: str = "3"
    until: str = ""
    weekdays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One further date as typed, with what stands against it."""

    times: Mapping[str, str]
    taken: bool = True
    problems: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> RepeatVerdict:
        """NOTE for warnings only, WRONG for what is no time at all."""
        if self.problems:
            return RepeatVerdict.WRONG
        words = {
            Severity.HARD: RepeatVerdict.BLOCKED,
            Severity.SOFT: RepeatVerdict.OVERRIDE,
            Severity.WARN: RepeatVerdict.NOTE,
        }
        return next(
            (words[weight] for weight in words if any(each.severity is weight for each in self.findings)),
            RepeatVerdict.CLEAR,
        )


@dataclass(frozen=True)
class Repetition:
    """What the form shows under "Repeat a session"."""

    wish: Wish = field(default_factory=Wish)
    entries: tuple[Entry, ...] = ()
    error: str | None = None


def typed(fields: MultiDict[str, str]) -> Repetition:
    """The repetition as it was sent."""
    said: dict[str, Any] = {name: fields[f"repeat-{name}"][:20] for name in WISH if f"repeat-{name}" in fields}
    of = fields.get("repeat-of", "0")
    wish = Wish(of=int(of) if of.isdecimal() and len(of) < 4 else 0, **said)
    wish = replace(wish, weekdays=tuple(fields.getlist("repeat-weekdays")[:7]))
    taken = set(fields.getlist("repeat-take"))
    entries = []
    for index in range(MOST_DATES):
        at = f"repeat-{index}-"
        if at + "start_date" not in fields:
            break
        times = {name: fields.get(at + name, "")[:20] for name in ENTRY}
        entries.append(Entry(times, taken=str(index) in taken))
    return Repetition(wish, tuple(entries))


def laid_out(form: Form, wish: Wish) -> Repetition:
    """The further dates of one of the form's sessions, or a sentence about what is missing."""
    try:
        session = _session_of(form, wish.of)
        pattern = _pattern(wish)
        period = Period(session.start, session.end)
        days = dates_after(session.start.astimezone(SEOUL).date(), pattern)
        moved = [moved_to(period, day, SEOUL) for day in days]
    except TooManyDates:
        return Repetition(wish, error=N_("These are more than 60 dates; choose an earlier end."))
    except (ValidationError, ValueError, OverflowError):
        return Repetition(wish, error=N_("Fill in the session's times and how it is to be repeated."))
    if not moved:
        return Repetition(wish, error=N_("There is no such date; choose a later end."))
    return Repetition(wish, tuple(Entry(forms.moments(each.start, each.end)) for each in moved))


def _session_of(form: Form, index: int) -> SessionContent:
    """Errors: ValidationError, ValueError for a session that is not complete."""
    if index >= len(form["sessions"]):
        raise ValueError("no such session")
    content: SessionContent = SessionSchema().load(forms.as_json(form)["sessions"][index])
    return content


def _pattern(wish: Wish) -> EveryDays | OnWeekdays:
    if wish.mode == "weekdays":
        return OnWeekdays(frozenset(int(day) for day in wish.weekdays), date.fromisoformat(wish.until))
    days, times = int(wish.every), int(wish.times)
    if days > LAST_EVERY:
        raise ValueError("too far apart")
    return EveryDays(days, times)


def with_dates(form: Form, repetition: Repetition) -> Form:
    """The form with the chosen dates as sessions of their own."""
    source = form["sessions"][repetition.wish.of]
    added = [_as_session(source, entry) for entry in repetition.entries if entry.taken]
    return form | {"sessions": [*form["sessions"], *added]}


def _as_session(source: Form, entry: Entry) -> Form:
    lists = {name: list(source[name]) for name in ("people", "equipment")}
    return source | lists | dict(entry.times)


def judged(uow: Uow, form: Form, repetition: Repetition) -> Repetition:
    """The same with what stands against each date; dates that are refused come unticked.

    Errors: Forbidden; Invalid when what the form names is not there.
    """
    if repetition.error or not repetition.entries:
        return repetition
    company_id = company_for(uow, form["company"] or None)
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=company_id))
    sessions, wrong = _readable(form, repetition)
    places = list(sessions)
    for path, said in problems(_content(form, sessions, places), uow.now).items():
        part = path.split(".")
        if part[0] == "sessions" and len(part) > 1:
            wrong.setdefault(places[int(part[1])], tuple(said))
    right = [place for place in places if place not in wrong]
    findings: dict[int, list[Finding]] = {}
    if right:
        content = _content(form, sessions, right)
        findings = _found(uow, content, right, company_id=company_id, reference=form["reference"])
    return replace(repetition, entries=tuple(_told(repetition.entries, wrong, findings)))


def _content(form: Form, sessions: Mapping[int, SessionContent], places: Sequence[int]) -> BookingContent:
    """Errors: Invalid for a kind or run type that is none."""
    try:
        run_type = RunType(form["run_type"]) if form["run_type"] else None
        kind = Kind(form["kind"])
    except ValueError as error:
        raise Invalid(field_errors={"kind": [N_("Not one of the choices.")]}) from error
    return BookingContent(
        kind=kind,
        product=form["product"] or None,
        run_type=run_type,
        sessions=tuple(sessions[place] for place in places),
    )


def _readable(form: Form, repetition: Repetition) -> tuple[dict[int, SessionContent], dict[int, tuple[str, ...]]]:
    """The dates that can be read, by place, and for the others what is wrong."""
    source = form["sessions"][repetition.wish.of]
    parts = forms.as_json(form | {"sessions": [_as_session(source, entry) for entry in repetition.entries]})["sessions"]
    sessions: dict[int, SessionContent] = {}
    wrong: dict[int, tuple[str, ...]] = {}
    for place, part in enumerate(parts):
        try:
            sessions[place] = SessionSchema().load(part)
        except ValidationError:
            wrong[place] = (N_("Enter a valid time, for example 09:30."),)
    return sessions, wrong


def _found(
    uow: Uow, content: BookingContent, places: Sequence[int], *, company_id: int, reference: str | None
) -> dict[int, list[Finding]]:
    """Errors: Invalid when what the session names is not there."""
    booking = find_booking(uow, reference) if reference else None
    catalogue = resolve_content(uow, content, company_id=company_id)
    gathered = gather(
        uow,
        content,
        catalogue,
        occasion=Occasion.PREVIEW,
        company_id=company_id,
        booking_id=booking.id if booking else None,
    )
    found: dict[int, list[Finding]] = {}
    for finding in examine(gathered.case).findings:
        if finding.session is not None:
            found.setdefault(places[finding.session - 1], []).append(finding)
    return found


def _told(
    entries: Sequence[Entry], wrong: Mapping[int, tuple[str, ...]], findings: Mapping[int, Sequence[Finding]]
) -> Sequence[Entry]:
    told = [
        replace(entry, problems=wrong.get(place, ()), findings=tuple(findings.get(place, ())))
        for place, entry in enumerate(entries)
    ]
    return [
        replace(entry, taken=entry.taken and entry.verdict not in {RepeatVerdict.WRONG, RepeatVerdict.BLOCKED})
        for entry in told
    ]
