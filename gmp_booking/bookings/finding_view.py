"""Findings in the words that one reader may have, as JSON and as the cards of pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.locale_formatter import LocaleFormatter
from gmp_booking.conflicts.privacy import Audience, finding_as_json
from gmp_booking.infra.web.i18n import format_day, format_instant, format_period, gettext_for
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.period import Period


def finding_card(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding as its card takes it; the earliest start is part of its sentence already."""
    period = None
    if finding["start"]:
        period = Period(datetime.fromisoformat(finding["start"]), datetime.fromisoformat(finding["end"]))
    return finding | {"period": period}


def audience_of(actor: Actor) -> Audience:
    return Audience.STAFF if actor.sees_facility else Audience.OWN


def findings_out(findings: Sequence[Finding | Mapping[str, Any]], actor: Actor, language: str) -> list[dict[str, Any]]:
    """Findings in the words this reader may have; kept ones are taken as they were kept."""
    whole = [each if isinstance(each, Finding) else Finding.from_dict(each) for each in findings]
    return [finding_as_json(finding, audience_of(actor), locale_formatter_for(language)) for finding in whole]


def locale_formatter_for(language: str) -> LocaleFormatter:
    """The language as the engine's words are written in it."""
    return LocaleFormatter(
        language=language,
        gettext=gettext_for(language),
        instant=lambda instant: format_instant(instant, language),
        period=lambda period: format_period(period, language),
        day=lambda day: format_day(day, language),
    )
