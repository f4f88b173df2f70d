"""Deciding for the facility: who we are, when we are open, which days are off, which rules are enforced."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time

import holidays
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from gmp_booking.infra.uow import Uow
from gmp_booking.policies.holiday_names import chinese_name
from gmp_booking.policies.models import Facility, Holiday, OpeningHours, RuleSwitch
from gmp_booking.policies.store import DayOff, Opening, find_facility, list_days_off, list_opening_hours


def name_facility(uow: Uow, *, code: str, name_ko: str, name_en: str, name_zh: str) -> None:
    uow.session.add(Facility(code=code, name_ko=name_ko, name_en=name_en, name_zh=name_zh))
    uow.session.flush()


def set_hours(uow: Uow, weekdays: Iterable[int], opens: time, *, closes: time, resource_id: int | None = None) -> None:
    """Open on these weekdays (Monday is 0); without a resource, everything that has no hours of its own."""
    rows = [{"resource_id": resource_id, "weekday": weekday, "opens": opens, "closes": closes} for weekday in weekdays]
    uow.session.execute(insert(OpeningHours), rows)


__all__ = [
    "DayOff",
    "Opening",
    "find_facility",
    "korean_holidays",
    "list_days_off",
    "list_opening_hours",
    "name_facility",
    "seed_holidays",
    "set_hours",
    "switch_rule",
]

_SUBSTITUTE = re.compile("substitute|alternative", re.IGNORECASE)


def korean_holidays(years: Iterable[int]) -> list[date]:
    """The public holidays of these years as the package `holidays` computes them."""
    return sorted(holidays.country_holidays("KR", years=list(years)))


def seed_holidays(uow: Uow, years: Iterable[int]) -> int:
    """The Korean public holidays of these years, substitute days among them; what staff changed stays as it is.

    Source: the package `holidays`; temporary holidays are added by staff.
    """
    wanted = list(years)
    english = holidays.country_holidays("KR", years=wanted, language="en_US")
    korean = holidays.country_holidays("KR", years=wanted, language="ko")
    rows = [
        {
            "on_date": day,
            "kind": "SUBSTITUTE" if _SUBSTITUTE.search(english[day]) else "LEGAL",
            "name_ko": korean[day],
            "name_en": english[day],
            "name_zh": chinese_name(korean[day], otherwise=english[day]),
        }
        for day in sorted(english)
    ]
    statement = upsert(Holiday).on_conflict_do_nothing().returning(Holiday.id)
    return len(list(uow.session.scalars(statement, rows))) if rows else 0


def switch_rule(uow: Uow, rule: str, mode: str, *, from_on: date) -> None:
    """Off, warn or enforce, from a day on."""
    uow.session.add(RuleSwitch(rule=rule, mode=mode, from_on=from_on))
    uow.session.flush()
