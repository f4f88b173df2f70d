"""PV-01: who is told what. After the engine, in this one place, every finding gets the words its reader may have.

The owner of a booking reads what is in the way, never whose it is; the facility reads everything; any other company
reads that something is not available, when, and when it is again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.locale_formatter import LocaleFormatter
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Row, discover
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_

CODE = "PV-01"
SENTENCE = N_("Another company reads busy blocks and nothing else")
SOURCE = "Confidentiality between the companies of a shared facility; ours"
APPLIES: Row = EVERYTHING_HARD

EARLIEST_START = N_("Earliest free start: {earliest_start}.")
FOR_OTHERS = frozenset({"earliest_start"})
"""The parts of a remedy that any company may read: when a room is free is shown on the timeline too."""


class Audience(StrEnum):
    OWN = "own"
    STAFF = "staff"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Telling:
    """A finding as one audience may have it.

    Shape: `text` is a message id; `resource`, `period` and `remedy` are the same for all, apart from what a remedy
    leaves out; `params` is empty for others.
    """

    text: str
    params: Mapping[str, Any]
    remedy: Mapping[str, Any]


def told_to(finding: Finding, audience: Audience) -> Telling:
    """The sentence and the parameters for this audience; nothing else of a finding may reach it."""
    texts = discover()[finding.code].texts[finding.text]
    if audience is Audience.STAFF:
        text = texts.staff if texts.staff and finding.staff_params else texts.own
        return Telling(text, {**finding.params, **finding.staff_params}, finding.remedy)
    if audience is Audience.OWN:
        return Telling(texts.own, finding.params, finding.remedy)
    remedy = {name: value for name, value in finding.remedy.items() if name in FOR_OTHERS}
    return Telling(texts.others, {}, remedy)


def render(finding: Finding, audience: Audience, tongue: LocaleFormatter) -> str:
    """The finding in words."""
    telling = told_to(finding, audience)
    words = {name: _worded(name, value, tongue) for name, value in telling.params.items()}
    words["resource"] = _titled(finding.resource, tongue.name(finding.names))
    words["period"] = tongue.period(finding.period) if finding.period else ""
    sentences = [tongue.sentence(telling.text, words)]
    if "earliest_start" in telling.remedy:
        start = datetime.fromisoformat(telling.remedy["earliest_start"])
        sentences.append(tongue.sentence(EARLIEST_START, {"earliest_start": tongue.instant(start)}))
    return " ".join(sentences)


def published(finding: Finding, audience: Audience, tongue: LocaleFormatter) -> dict[str, Any]:
    """The finding in the shape of the public contract, with its message, for this audience."""
    out: dict[str, Any] = {
        "rule": finding.code,
        "severity": finding.severity.value,
        "message": render(finding, audience, tongue),
        "resource": finding.resource,
        "start": finding.period.start.isoformat() if finding.period else None,
        "end": finding.period.end.isoformat() if finding.period else None,
        "override": "+".join(finding.override) or None,
        "remedy": dict(told_to(finding, audience).remedy),
    }
    if audience is not Audience.OTHERS:
        out |= {"session": finding.session, "reservation": finding.reservation}
    return out


def _titled(code: str, name: str) -> str:
    return f"{code} {name}" if name and name != code else code


def _worded(param: str, value: Any, tongue: LocaleFormatter) -> str:
    if isinstance(value, Mapping):
        if "start" in value:
            return tongue.period(Period(*(datetime.fromisoformat(value[end]) for end in ("start", "end"))))
        return tongue.name(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return tongue.day(date.fromisoformat(value)) if param == "date" else str(value)
