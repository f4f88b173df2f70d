"""Repeat a session: list its further dates, each with its findings, before anything is stored.

All dates are evaluated as one booking, so that the number of statements does not grow with the number of dates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.form import Form
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
from gmp_booking.requests.on_behalf import company_id_for

PATTERN_FIELDS = ("mode", "every", "times", "until")
TIME_FIELDS = ("start_date", "start_time", "end_date", "end_time")
LAST_EVERY = 366


@dataclass(frozen=True)
class RepeatPattern:
    """The repetition pattern as it was typed. Shape: `of` is the position of the session in the form."""

    of: int = 0
    mode: str = "days"
    every: str = "7"
    times: str = "3"
    until: str = ""
    weekdays: tuple[str, ...] = ()


@dataclass(frozen=True)
class RepeatDate:
    """One further date as typed, with its problems and findings."""

    times: Mapping[str, str]
    taken: bool = True
    problems: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> RepeatVerdict:
        """NOTE for warnings only, WRONG for a time that cannot be read."""
        if self.problems:
            return RepeatVerdict.WRONG
        verdicts = {
            Severity.HARD: RepeatVerdict.BLOCKED,
            Severity.SOFT: RepeatVerdict.OVERRIDE,
            Severity.WARN: RepeatVerdict.NOTE,
        }
        return next(
            (verdicts[severity] for severity in verdicts if any(each.severity is severity for each in self.findings)),
            RepeatVerdict.CLEAR,
        )


@dataclass(frozen=True)
class Repetition:
    """The part "Repeat a session" of the form."""

    pattern: RepeatPattern = field(default_factory=RepeatPattern)
    entries: tuple[RepeatDate, ...] = ()
    error: str | None = None


def repetition_from_fields(fields: MultiDict[str, str]) -> Repetition:
    """The repetition from the fields of a sent form."""
    texts: dict[str, Any] = {
        name: fields[f"repeat-{name}"][:20] for name in PATTERN_FIELDS if f"repeat-{name}" in fields
    }
    of = fields.get("repeat-of", "0")
    pattern = RepeatPattern(of=int(of) if of.isdecimal() and len(of) < 4 else 0, **texts)
    pattern = replace(pattern, weekdays=tuple(fields.getlist("repeat-weekdays")[:7]))
    taken = set(fields.getlist("repeat-take"))
    entries = []
    for index in range(MOST_DATES):
        at = f"repeat-{index}-"
        if at + "start_date" not in fields:
            break
        times = {name: fields.get(at + name, "")[:20] for name in TIME_FIELDS}
        entries.append(RepeatDate(times, taken=str(index) in taken))
    return Repetition(pattern, tuple(entries))


def list_dates(form: Form, pattern: RepeatPattern, *, zone: ZoneInfo) -> Repetition:
    """The further dates of one session of the form, or an error about what is missing."""
    try:
        session = _session_fields(form, pattern.of, zone=zone)
        recurrence = _recurrence(pattern)
        period = Period(session.start, session.end)
        days = dates_after(session.start.astimezone(zone).date(), recurrence)
        moved = [moved_to(period, day, zone) for day in days]
    except TooManyDates:
        return Repetition(pattern, error=N_("These are more than 60 dates; choose an earlier end."))
    except (ValidationError, ValueError, OverflowError):
        return Repetition(pattern, error=N_("Fill in the session's times and how it is to be repeated."))
    if not moved:
        return Repetition(pattern, error=N_("There is no such date; choose a later end."))
    return Repetition(pattern, tuple(RepeatDate(forms.time_fields(each.start, each.end, zone=zone)) for each in moved))


def _session_fields(form: Form, index: int, *, zone: ZoneInfo) -> SessionContent:
    """Errors: ValidationError, ValueError for a session that is not complete."""
    if index >= len(form["sessions"]):
        raise ValueError("no such session")
    content: SessionContent = SessionSchema().load(forms.content_json(form, zone)["sessions"][index])
    return content


def _recurrence(pattern: RepeatPattern) -> EveryDays | OnWeekdays:
    if pattern.mode == "weekdays":
        return OnWeekdays(frozenset(int(day) for day in pattern.weekdays), date.fromisoformat(pattern.until))
    days, times = int(pattern.every), int(pattern.times)
    if days > LAST_EVERY:
        raise ValueError("too far apart")
    return EveryDays(days, times)


def add_dates(form: Form, repetition: Repetition) -> Form:
    """The form with the selected dates as additional sessions."""
    source = form["sessions"][repetition.pattern.of]
    added = [_as_session(source, entry) for entry in repetition.entries if entry.taken]
    return form | {"sessions": [*form["sessions"], *added]}


def _as_session(source: Form, entry: RepeatDate) -> Form:
    lists = {name: list(source[name]) for name in ("people", "equipment")}
    return source | lists | dict(entry.times)


def evaluate_dates(uow: Uow, form: Form, repetition: Repetition) -> Repetition:
    """The repetition with the findings of each date; dates that would be refused are deselected.

    Errors: Forbidden; Invalid when the form names something that does not exist.
    """
    if repetition.error or not repetition.entries:
        return repetition
    company_id = company_id_for(uow, form["company"] or None)
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=company_id))
    sessions, wrong = _readable_sessions(form, repetition, zone=uow.zone)
    places = list(sessions)
    for path, messages in problems(_content(form, sessions, places), uow.now).items():
        part = path.split(".")
        if part[0] == "sessions" and len(part) > 1:
            wrong.setdefault(places[int(part[1])], tuple(messages))
    valid = [place for place in places if place not in wrong]
    findings: dict[int, list[Finding]] = {}
    if valid:
        content = _content(form, sessions, valid)
        findings = _findings_of_dates(uow, content, valid, company_id=company_id, reference=form["reference"])
    return replace(repetition, entries=tuple(_with_results(repetition.entries, wrong, findings)))


def _content(form: Form, sessions: Mapping[int, SessionContent], places: Sequence[int]) -> BookingContent:
    """Errors: Invalid for an unknown kind or run type."""
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


def _readable_sessions(
    form: Form, repetition: Repetition, *, zone: ZoneInfo
) -> tuple[dict[int, SessionContent], dict[int, tuple[str, ...]]]:
    """The sessions of readable dates, and the problems of the others; both by position."""
    source = form["sessions"][repetition.pattern.of]
    repeated = form | {"sessions": [_as_session(source, entry) for entry in repetition.entries]}
    parts = forms.content_json(repeated, zone)["sessions"]
    sessions: dict[int, SessionContent] = {}
    wrong: dict[int, tuple[str, ...]] = {}
    for place, part in enumerate(parts):
        try:
            sessions[place] = SessionSchema().load(part)
        except ValidationError:
            wrong[place] = (N_("Enter a valid time, for example 09:30."),)
    return sessions, wrong


def _findings_of_dates(
    uow: Uow, content: BookingContent, places: Sequence[int], *, company_id: int, reference: str | None
) -> dict[int, list[Finding]]:
    """The findings of each date, by position. Errors: Invalid when the session names something that does not exist."""
    booking = find_booking(uow, reference) if reference else None
    resolved = resolve_content(uow, content, company_id=company_id)
    gathered = gather(
        uow,
        content,
        resolved,
        occasion=Occasion.PREVIEW,
        company_id=company_id,
        booking_id=booking.id if booking else None,
    )
    found: dict[int, list[Finding]] = {}
    for finding in examine(gathered.case).findings:
        if finding.session is not None:
            found.setdefault(places[finding.session - 1], []).append(finding)
    return found


def _with_results(
    entries: Sequence[RepeatDate], wrong: Mapping[int, tuple[str, ...]], findings: Mapping[int, Sequence[Finding]]
) -> Sequence[RepeatDate]:
    evaluated = [
        replace(entry, problems=wrong.get(place, ()), findings=tuple(findings.get(place, ())))
        for place, entry in enumerate(entries)
    ]
    return [
        replace(entry, taken=entry.taken and entry.verdict not in {RepeatVerdict.WRONG, RepeatVerdict.BLOCKED})
        for entry in evaluated
    ]
