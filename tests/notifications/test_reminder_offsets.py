"""How long before a session people are reminded."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmp_booking.kernel.vocabulary import Kind
from gmp_booking.notifications.reminder_offsets import (
    CAMPAIGN,
    REMINDER_OFFSETS,
    ReminderOffset,
    Start,
    due_at,
    offsets_of,
    plan_reminders,
)
from tests.zones import BERLIN, SEOUL

FIRST = datetime(2027, 3, 2, 9, tzinfo=SEOUL)
LONG_AGO = FIRST - timedelta(days=200)


def starts(*days: int) -> list[Start]:
    return [Start(FIRST + timedelta(days=day), number) for number, day in enumerate(days, start=1)]


def names(kind: Kind, *days: int, known_at: datetime = LONG_AGO) -> list[tuple[str, int | None]]:
    return [
        (each.offset.name, each.session_number)
        for each in plan_reminders(kind, starts(*days), known_at=known_at, zone=SEOUL)
    ]


def test_a_single_gmp_session_is_announced_two_weeks_one_week_and_one_day_ahead() -> None:
    assert names(Kind.CLEANROOM, 0) == [("D-14", None), ("D-7", None), ("D-1", 1)]


def test_work_on_four_days_is_no_campaign_and_on_five_it_is() -> None:
    assert offsets_of(Kind.CLEANROOM, starts(0, 1, 2, 3), zone=SEOUL) == REMINDER_OFFSETS[Kind.CLEANROOM]
    assert offsets_of(Kind.CLEANROOM, starts(0, 1, 2, 3, 4), zone=SEOUL) == CAMPAIGN


def test_five_sessions_on_one_day_are_no_campaign() -> None:
    together = [Start(FIRST + timedelta(hours=hour), hour) for hour in range(5)]
    assert offsets_of(Kind.CLEANROOM, together, zone=SEOUL) == REMINDER_OFFSETS[Kind.CLEANROOM]


def test_long_offsets_go_once_a_booking_and_short_ones_once_a_session() -> None:
    planned = names(Kind.CLEANROOM, 0, 1, 2, 3, 4)
    assert planned[:3] == [("D-30", None), ("D-14", None), ("D-7", None)]
    for offset in ("D-3", "D-1", "H-2"):
        assert [number for name, number in planned if name == offset] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("kind", "offsets"),
    [
        (Kind.TECH_DEMO, ["D-14", "D-3", "D-1"]),
        (Kind.EQUIPMENT, ["D-3", "D-1"]),
        (Kind.TOUR, ["D-2"]),
        (Kind.CLINICAL_DEMO, ["D-14", "D-7", "D-1", "H-4"]),
    ],
)
def test_each_kind_has_its_own_offsets(kind: Kind, offsets: list[str]) -> None:
    assert [name for name, _ in names(kind, 0)] == offsets


def test_every_kind_has_offsets() -> None:
    assert set(REMINDER_OFFSETS) == set(Kind)


def test_an_offset_that_is_past_when_the_booking_is_confirmed_is_not_planned() -> None:
    just_before = datetime(2027, 2, 23, 8, 59, 59, tzinfo=SEOUL)
    assert names(Kind.CLEANROOM, 0, known_at=just_before) == [("D-7", None), ("D-1", 1)]
    assert names(Kind.CLEANROOM, 0, known_at=just_before + timedelta(seconds=1)) == [("D-1", 1)]


def test_two_reservations_of_one_morning_are_one_reminder() -> None:
    together = [Start(FIRST), Start(FIRST + timedelta(hours=2))]
    assert [each.offset.name for each in plan_reminders(Kind.EQUIPMENT, together, known_at=LONG_AGO, zone=SEOUL)] == [
        "D-3",
        "D-1",
    ]


def test_the_day_before_is_nine_in_the_morning_in_seoul() -> None:
    assert due_at(ReminderOffset(days=1), datetime(2027, 3, 2, 5, 30, tzinfo=SEOUL), zone=SEOUL) == datetime(
        2027, 3, 1, 0, 0, tzinfo=UTC
    )
    assert due_at(ReminderOffset(days=1), datetime(2027, 3, 1, 15, 30, tzinfo=UTC), zone=SEOUL) == datetime(
        2027, 3, 1, 0, 0, tzinfo=UTC
    )


def test_two_hours_before_may_be_at_night() -> None:
    assert due_at(ReminderOffset(hours=2), datetime(2027, 3, 2, 0, 30, tzinfo=SEOUL), zone=SEOUL) == datetime(
        2027, 3, 1, 22, 30, tzinfo=SEOUL
    )


def test_a_booking_without_parts_has_nothing_to_be_reminded_of() -> None:
    assert plan_reminders(Kind.TECH_DEMO, [], known_at=LONG_AGO, zone=SEOUL) == []


ZONES = [
    SEOUL.key,
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    BERLIN.key,
    "Europe/London",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
]


@settings(max_examples=300, deadline=None)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    day=st.dates(date(2024, 1, 1), date(2037, 12, 31)),
    minute=st.integers(0, 24 * 60 - 1),
    days=st.integers(1, 30),
)
def test_it_is_nine_there_also_across_summer_time(zone: ZoneInfo, day: date, minute: int, days: int) -> None:
    start = datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
    found = due_at(ReminderOffset(days=days), start, zone=zone).astimezone(zone)
    assert (found.time(), found.date()) == (time(9), start.astimezone(zone).date() - timedelta(days=days))


@settings(max_examples=100, deadline=None)
@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)), hours=st.integers(1, 12)
)
def test_hours_before_are_hours_that_pass(start: datetime, hours: int) -> None:
    assert start - due_at(ReminderOffset(hours=hours), start, zone=BERLIN) == timedelta(hours=hours)
