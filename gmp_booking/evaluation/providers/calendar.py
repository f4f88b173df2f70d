"""Facts of the calendar: opening hours and holidays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final
from zoneinfo import ZoneInfo

from gmp_booking.conflicts.case import WORKING_WEEK, CalendarFacts, OpeningWindow
from gmp_booking.kernel.period import Period

HOURS: Final = """
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
        'resource', r.code, 'weekday', h.weekday, 'opens', h.opens, 'closes', h.closes) ORDER BY h.id), '[]')
    FROM opening_hours AS h LEFT JOIN resource AS r ON r.id = h.resource_id
    WHERE h.active AND (h.resource_id IS NULL OR h.resource_id IN (SELECT id FROM found))
"""
HOLIDAYS: Final = """
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
        'on_date', on_date, 'names', jsonb_build_object('ko', name_ko, 'en', name_en, 'zh', name_zh))
        ORDER BY on_date, id), '[]')
    FROM holiday WHERE active AND on_date BETWEEN :from_on AND :until_on
"""


@dataclass(frozen=True)
class HoursRow:
    """When a room is open on a weekday, Monday is 0. Shape: `resource` is None for the facility's hours."""

    resource: str | None
    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class HolidayRow:
    on_date: date
    names: Mapping[str, str]


def calendar_facts(
    hours: Iterable[HoursRow], holidays: Iterable[HolidayRow], on_call: Iterable[Period], zone: ZoneInfo
) -> CalendarFacts:
    windows: defaultdict[str | None, list[OpeningWindow]] = defaultdict(list)
    for row in hours:
        windows[row.resource].append(OpeningWindow(row.weekday, row.opens, row.closes))
    default = tuple(windows.pop(None, ()))
    return CalendarFacts(
        zone,
        {str(code): tuple(rows) for code, rows in windows.items()},
        default or WORKING_WEEK,
        {row.on_date: row.names for row in holidays},
        on_call=tuple(on_call),
    )
