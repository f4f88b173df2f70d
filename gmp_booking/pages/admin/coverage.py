"""Data that a rule needs and nobody has entered yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import ResourceKind, RoomClass
from gmp_booking.policies.hours import week_of
from gmp_booking.policies.service import list_holidays
from gmp_booking.resources.administration import ListedResource, list_every_resource


@dataclass(frozen=True)
class KnownData:
    """The data entered so far, as far as rules need it."""

    resources: list[ListedResource]
    open_days: int
    years_without_holidays: tuple[int, ...]


def read_known(uow: Uow) -> KnownData:
    year = uow.today.year
    missing = tuple(each for each in (year, year + 1) if not list_holidays(uow, each))
    resources = [each for each in list_every_resource(uow) if each.active]
    return KnownData(resources, sum(hours is not None for hours in week_of(uow, None).values()), missing)


def _rooms(known: KnownData) -> list[str]:
    return [] if any(each.kind == ResourceKind.ROOM for each in known.resources) else [_(N_("There is no room yet."))]


def _equipment(known: KnownData) -> list[str]:
    return (
        []
        if any(each.kind == ResourceKind.EQUIPMENT for each in known.resources)
        else [_(N_("There is no equipment yet."))]
    )


def _recoveries(known: KnownData) -> list[str]:
    """Rooms that need a recovery time and have none."""
    without = [each.code for each in known.resources if each.room_class == RoomClass.GMP and each.recovery_min is None]
    return [_(N_("No recovery time is known for %(rooms)s."), rooms=", ".join(without))] if without else []


def _seats(known: KnownData) -> list[str]:
    without = [each.code for each in known.resources if each.room_class == RoomClass.SEATED and each.seats is None]
    return [_(N_("No seats are known for %(rooms)s."), rooms=", ".join(without))] if without else []


def _days(known: KnownData) -> list[str]:
    missing_data = [] if known.open_days else [_(N_("The opening hours are not set."))]
    for year in known.years_without_holidays:
        missing_data.append(_(N_("No days off are known for %(year)s."), year=str(year)))
    return missing_data


MISSING_DATA: Final[Mapping[str, Callable[[KnownData], list[str]]]] = {
    "CA-01": _days,
    "CA-02": _days,
    "DM-02": _seats,
    "EQ-01": _equipment,
    "RM-01": _rooms,
    "RM-02": _recoveries,
    "RM-04": _rooms,
}


def missing_data(rule: str, known: KnownData) -> list[str]:
    """Messages about missing data of a rule; empty when it has all."""
    return MISSING_DATA[rule](known) if rule in MISSING_DATA else []
