"""PV-01: redaction of findings. After the engine, this module alone decides what each reader may read of a finding.

The booking's company reads what the conflict is, never whose; the facility reads everything; another company reads that
a resource is not available, when, and when it is free again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.locale_formatter import LocaleFormatter
from gmp_booking.conflicts.rule import EVERYTHING_HARD, SeverityMatrix, discover
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity

CODE = "PV-01"
SENTENCE = N_("Other companies see busy time only")
SOURCE = "Confidentiality between the companies of a shared facility; ours"
APPLIES: SeverityMatrix = EVERYTHING_HARD

EARLIEST_START = N_("Earliest free start: {earliest_start}.")
REMEDIES_FOR_OTHERS = frozenset({"earliest_start"})
"""Parts of a remedy that any company may read: the timeline shows free time too."""


class Audience(StrEnum):
    OWN = "own"
    STAFF = "staff"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class RedactedFinding:
    """The text, params and remedy of a finding that one audience may read.

    Shape: `text` is a message id; `params` is empty for other companies.
    """

    text: str
    params: Mapping[str, Any]
    remedy: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding as one audience may read it, in the reader's language.

    Shape: `override` names the roles that must override it together, empty unless SOFT; session and reservation are
    None for other companies.
    """

    audience: Audience
    rule: str
    severity: Severity
    message: str
    resource: str
    period: Period | None
    override: tuple[str, ...]
    remedy: Mapping[str, str]
    session: int | None
    reservation: int | None


def redact(finding: Finding, audience: Audience) -> RedactedFinding:
    """What this audience may read of a finding; nothing else of it may be shown."""
    texts = discover()[finding.code].texts[finding.text]
    if audience is Audience.STAFF:
        text = texts.staff if texts.staff and finding.staff_params else texts.own
        return RedactedFinding(text, {**finding.params, **finding.staff_params}, finding.remedy)
    if audience is Audience.OWN:
        return RedactedFinding(texts.own, finding.params, finding.remedy)
    remedy = {name: value for name, value in finding.remedy.items() if name in REMEDIES_FOR_OTHERS}
    return RedactedFinding(texts.others, {}, remedy)


def render(finding: Finding, audience: Audience, formatter: LocaleFormatter) -> str:
    """The finding as text in the reader's language."""
    redacted = redact(finding, audience)
    fields = {name: _format_param(name, value, formatter) for name, value in redacted.params.items()}
    fields["resource"] = _resource_label(finding.resource, formatter.name(finding.names))
    fields["period"] = formatter.period(finding.period) if finding.period else ""
    sentences = [formatter.sentence(redacted.text, fields)]
    if "earliest_start" in redacted.remedy:
        start = datetime.fromisoformat(redacted.remedy["earliest_start"])
        sentences.append(formatter.sentence(EARLIEST_START, {"earliest_start": formatter.instant(start)}))
    return " ".join(sentences)


def view_of(finding: Finding, audience: Audience, formatter: LocaleFormatter) -> FindingView:
    """The finding as this audience reads it."""
    is_hidden = audience is Audience.OTHERS
    return FindingView(
        audience=audience,
        rule=finding.code,
        severity=finding.severity,
        message=render(finding, audience, formatter),
        resource=finding.resource,
        period=finding.period,
        override=finding.override,
        remedy=redact(finding, audience).remedy,
        session=None if is_hidden else finding.session,
        reservation=None if is_hidden else finding.reservation,
    )


def finding_as_json(finding: FindingView) -> dict[str, Any]:
    """The finding as the API returns it; roles that must override it together are joined by "+"."""
    out: dict[str, Any] = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "resource": finding.resource,
        "start": finding.period.start.isoformat() if finding.period else None,
        "end": finding.period.end.isoformat() if finding.period else None,
        "override": "+".join(finding.override) or None,
        "remedy": dict(finding.remedy),
    }
    if finding.audience is not Audience.OTHERS:
        out |= {"session": finding.session, "reservation": finding.reservation}
    return out


def _resource_label(code: str, name: str) -> str:
    return f"{code} {name}" if name and name != code else code


def _format_param(param: str, value: Any, formatter: LocaleFormatter) -> str:
    if isinstance(value, Mapping):
        if "start" in value:
            return formatter.period(Period(*(datetime.fromisoformat(value[end]) for end in ("start", "end"))))
        return formatter.name(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return formatter.day(date.fromisoformat(value)) if param == "date" else str(value)
