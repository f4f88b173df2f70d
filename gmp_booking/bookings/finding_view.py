"""Findings as one reader may read them."""

from __future__ import annotations

from collections.abc import Sequence

from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.locale_formatter import LocaleFormatter
from gmp_booking.conflicts.privacy import Audience, FindingView, view_of
from gmp_booking.infra.web.i18n import format_day, format_instant, format_period, gettext_for
from gmp_booking.kernel.access import Actor


def audience_of(actor: Actor) -> Audience:
    return Audience.STAFF if actor.sees_facility else Audience.OWN


def finding_views(findings: Sequence[Finding], actor: Actor, language: str) -> tuple[FindingView, ...]:
    """The findings as this reader may read them."""
    formatter = locale_formatter_for(language)
    return tuple(view_of(finding, audience_of(actor), formatter) for finding in findings)


def locale_formatter_for(language: str) -> LocaleFormatter:
    """The language as the engine's words are written in it."""
    return LocaleFormatter(
        language=language,
        gettext=gettext_for(language),
        instant=lambda instant: format_instant(instant, language),
        period=lambda period: format_period(period, language),
        day=lambda day: format_day(day, language),
    )
