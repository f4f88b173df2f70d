"""The time zone of the facility is a value that is passed; only its setting has a default."""

from __future__ import annotations

import re

from tests.architecture.sources import texts

ZONE = re.compile(r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z]|\bSEOUL\b|\bKST\b")


# `uow.now` is in UTC: its date is yesterday's in Seoul until nine in the morning; `uow.today` is the day there.
DAY_IN_UTC = re.compile(r"\bnow\.date\(\)|\bdate\.today\(\)|now\(UTC\)\.date\(\)")


def _lines(pattern: re.Pattern[str]) -> set[str]:
    """The lines of the product in which it is found."""
    ours = {name: text for name, text in texts().items() if name.startswith("gmp_booking/")}
    assert len(ours) > 300
    return {
        f"{name}:{number}: {line.strip()}"
        for name, text in ours.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    }


def test_no_module_names_a_time_zone() -> None:
    assert _lines(ZONE) == set(), "the zone is uow.zone, current_zone() or an argument"


def test_no_module_takes_the_day_of_utc() -> None:
    assert _lines(DAY_IN_UTC) == set(), "the facility's day is uow.today"
