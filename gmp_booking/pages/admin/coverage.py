"""What a rule still lacks before it can judge: data nobody has entered yet."""

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
from gmp_booking.policies.switches import today
from gmp_booking.resources.administration import ListedResource, list_every_resource


@dataclass(frozen=True)
class Known:
    """What the facility has told so far, as far as rules ask for it."""

    resources: list[ListedResource]
    open_days: int
    years_without_holidays: tuple[int, ...]


def read_known(uow: Uow) -> Known:
    year = today(uow).year
    missing = tuple(each for each in (year, year + 1) if not list_holidays(uow, each))
    resources = [each for each in list_every_resource(uow) if each.active]
    return Known(resources, sum(hours is not None for hours in week_of(uow, None).values()), missing)


def _rooms(known: Known) -> list[str]:
    return [] if any(each.kind == ResourceKind.ROOM for each in known.resources) else [_(N_("There is no room yet."))]


def _equipment(known: Known) -> list[str]:
    return (
        []
        if any(each.kind == ResourceKind.EQUIPMENT for each in known.resources)
        else [_(N_("There is no equipment yet."))]
    )


def _recoveries(known: Known) -> list[str]:
    """Rooms whose air has to recover, and nobody has said for how long."""
    without = [each.code for each in known.resources if each.room_class == RoomClass.GMP and each.recovery_min is None]
    return [_(N_("No recovery time is known for %(rooms)s."), rooms=", ".join(without))] if without else []


def _seats(known: Known) -> list[str]:
    without = [each.code for each in known.resources if each.room_class == RoomClass.SEATED and each.seats is None]
    return [_(N_("No seats are known for %(rooms)s."), rooms=", ".join(without))] if without else []


def _days(known: Known) -> list[str]:
    lacking = [] if known.open_days else [_(N_("The opening hours are not set."))]
    for year in known.years_without_holidays:
        lacking.append(_(N_("No days off are known for %(year)s."), year=str(year)))
    return lacking


LACKING: Final[Mapping[str, Callable[[Known], list[str]]]] = {
    "CA-01": _days,
    "CA-02": _days,
    "DM-02": _seats,
    "EQ-01": _equipment,
    "RM-01": _rooms,
    "RM-02": _recoveries,
    "RM-04": _rooms,
}


def lacking(rule: str, known: Known) -> list[str]:
    """Sentences, none where the rule has all it needs."""
    return LACKING[rule](known) if rule in LACKING else []
