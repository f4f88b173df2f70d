"""Use cases: facility name and holidays; re-exports hours and rule switches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import holidays
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound
from gmp_booking.kernel.fingerprint import require_unchanged
from gmp_booking.kernel.languages import KOREAN
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import HolidayKind
from gmp_booking.policies.events import FacilityNamed, HolidayAdded, HolidayWithdrawn
from gmp_booking.policies.holiday_names import chinese_name
from gmp_booking.policies.hours import set_hours
from gmp_booking.policies.models import Facility, Holiday
from gmp_booking.policies.store import (
    DayOff,
    OpeningHoursRow,
    find_facility,
    list_days_off,
    list_holidays,
    list_opening_hours,
)
from gmp_booking.policies.switches import switch_rule

__all__ = [
    "DayOff",
    "OpeningHoursRow",
    "add_holiday",
    "find_facility",
    "korean_holidays",
    "list_days_off",
    "list_holidays",
    "list_opening_hours",
    "name_facility",
    "names_of",
    "seed_holidays",
    "set_hours",
    "switch_rule",
    "withdraw_holiday",
]


NAMES = ("name_ko", "name_en", "name_zh")


def name_facility(
    uow: Uow, *, code: str, name_ko: str, name_en: str, name_zh: str, seen: str | None = None
) -> Facility:
    """Set the facility's name; the code is set the first time only.

    Errors: Forbidden; Invalid naming the fields; Stale when somebody else changed it since `seen`.
    """
    require(uow.actor, Permission.FACILITY_EDIT)
    names = {"name_ko": name_ko.strip(), "name_en": name_en.strip(), "name_zh": name_zh.strip()}
    errors = {
        name: [N_("A name has 1 to 120 characters.")] for name, value in names.items() if not 1 <= len(value) <= 120
    }
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,11}", code):
        errors["code"] = [N_("A code has 2 to 12 capital letters and digits.")]
    if errors:
        raise Invalid(field_errors=errors)
    statement = select(Facility).order_by(Facility.id).limit(1).with_for_update()
    facility = uow.session.scalars(statement).one_or_none()
    if facility is None:
        facility = Facility(code=code, **names)
        uow.session.add(facility)
        changed: tuple[str, ...] = NAMES
    else:
        require_unchanged(seen, names_of(facility))
        changed = tuple(name for name, value in names.items() if getattr(facility, name) != value)
        for name in changed:
            setattr(facility, name, names[name])
    uow.session.flush()
    if changed:
        uow.record(FacilityNamed(code=facility.code, fields=changed))
    return facility


def names_of(facility: Facility) -> dict[str, str]:
    return {name: getattr(facility, name) for name in NAMES}


_SUBSTITUTE = re.compile("substitute|alternative", re.IGNORECASE)


def korean_holidays(years: Iterable[int]) -> list[date]:
    """The public holidays of these years as the package `holidays` computes them."""
    return sorted(holidays.country_holidays("KR", years=list(years)))


def seed_holidays(uow: Uow, years: Iterable[int]) -> int:
    """Add the Korean public holidays of these years, substitute days included; existing rows stay as they are.

    Source: the package `holidays`; temporary holidays are added by staff.
    """
    wanted = list(years)
    english = holidays.country_holidays("KR", years=wanted, language="en_US")
    korean = holidays.country_holidays("KR", years=wanted, language=KOREAN)
    rows = [
        {
            "on_date": day,
            "kind": HolidayKind.SUBSTITUTE if _SUBSTITUTE.search(english[day]) else HolidayKind.LEGAL,
            "name_ko": korean[day],
            "name_en": english[day],
            "name_zh": chinese_name(korean[day], otherwise=english[day]),
        }
        for day in sorted(english)
    ]
    statement = upsert(Holiday).on_conflict_do_nothing().returning(Holiday.id)
    return len(list(uow.session.scalars(statement, rows))) if rows else 0


MAX_NAME_LENGTH = 80


def add_holiday(uow: Uow, on_date: date, kind: str, *, name_ko: str, name_en: str, name_zh: str = "") -> Holiday:
    """Add a holiday; a withdrawn one of the same day and kind becomes active again.

    Errors: Forbidden; Invalid by field; Conflict when the day is off for that reason already.
    """
    require(uow.actor, Permission.HOLIDAY_EDIT)
    names = {"name_ko": name_ko.strip(), "name_en": name_en.strip() or name_ko.strip(), "name_zh": name_zh.strip()}
    names["name_zh"] = names["name_zh"] or names["name_en"]
    if kind not in set(HolidayKind):
        raise Invalid(field_errors={"kind": [N_("Not one of the choices.")]})
    if not names["name_ko"] or any(len(name) > MAX_NAME_LENGTH for name in names.values()):
        raise Invalid(field_errors={"name_ko": [N_("A name has 1 to 80 characters.")]})
    statement = select(Holiday).where(Holiday.on_date == on_date, Holiday.kind == kind).with_for_update()
    holiday = uow.session.scalars(statement).one_or_none()
    if holiday is not None and holiday.active:
        raise Conflict(N_("This day is already a day off for this reason."))
    if holiday is None:
        added = upsert(Holiday).values(on_date=on_date, kind=kind, **names).on_conflict_do_nothing().returning(Holiday)
        holiday = uow.session.scalars(added).one_or_none()
        if holiday is None:
            raise Conflict(N_("This day is already a day off for this reason."))
    else:
        holiday.active = True
        for field, name in names.items():
            setattr(holiday, field, name)
        uow.session.flush()
    uow.record(HolidayAdded(on_date=on_date, kind=kind, name_en=names["name_en"]))
    return holiday


def withdraw_holiday(uow: Uow, holiday_id: int) -> None:
    """Make a day a working day again; the row stays as history. Errors: Forbidden; NotFound."""
    require(uow.actor, Permission.HOLIDAY_EDIT)
    holiday = uow.session.get(Holiday, holiday_id, with_for_update=True)
    if holiday is None or not holiday.active:
        raise NotFound
    holiday.active = False
    uow.session.flush()
    uow.record(HolidayWithdrawn(on_date=holiday.on_date, kind=holiday.kind))
