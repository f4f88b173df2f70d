"""The programme of the demonstration has no conflicts, whatever day it is created on."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest

from gmp_booking.demo.programme import PROGRAMME
from gmp_booking.demo.scenarios import ScenarioStep, build_scenarios
from gmp_booking.policies.service import korean_holidays
from tests.zones import SEOUL

DAYS_OFF = frozenset(korean_holidays(range(2025, 2031)))
PLACES = {"INC-01": 8, "INC-02": 8, "INC-03": 8, "INC-04": 8, "INC-05": 4, "INC-06": 6, "INC-07": 6, "LN2-01": 4}
GOWNING = timedelta(minutes=40)
ENDED_EARLY = {ScenarioStep.REJECT, ScenarioStep.CANCEL, ScenarioStep.DRAFT}

# A year of days in steps of sixteen, so that every weekday and every holiday season is met; and odd hours of a day.
MOMENTS = [
    datetime(2026, 1, 5, 3, 17, tzinfo=UTC) + timedelta(days=16 * number, hours=5 * number % 24) for number in range(28)
]


@cache
def scenarios_at(moment):
    return build_scenarios(moment, SEOUL, days_off=DAYS_OFF)


def held(scenarios):
    """Whoever asks for time and does not give it back again."""
    return [scenario for scenario in scenarios if scenario.acts[-1].step not in ENDED_EARLY]


def nobody_asks_for_what_somebody_else_has(moment):
    taken = defaultdict(list)
    for scenario in held(scenarios_at(moment)):
        for session in scenario.content.sessions:
            start = session.start - timedelta(minutes=session.setup_min)
            end = session.end + timedelta(minutes=session.teardown_min)
            for code in (session.room, *session.equipment):
                taken[code].append((start, end, 1, scenario.name))
        for each in scenario.content.equipment:
            taken[each.resource].append((each.start, each.end, each.units, scenario.name))
    for code, spans in taken.items():
        edges = sorted((at, step, name) for start, end, n, name in spans for at, step in ((end, -n), (start, n)))
        depth = 0
        for at, step, name in edges:
            depth += step
            assert depth <= PLACES.get(code, 1), f"{code} at {at.astimezone(SEOUL)}: {name}"


def nobody_is_in_two_places(moment):
    busy = defaultdict(list)
    for scenario in held(scenarios_at(moment)):
        for session in scenario.content.sessions:
            for person in session.people:
                busy[person.email].append((session.start, session.end, session.room, scenario.name))
    for email, spans in busy.items():
        for (_, end, room, _), (start, _, next_room, name) in pairwise(sorted(spans)):
            assert start - end >= (GOWNING if room != next_room else timedelta()), f"{email}: {name} {start}"


def everything_happens_in_order_before_the_work_begins_and_before_now(moment):
    for scenario in scenarios_at(moment):
        moments = [act.at for act in scenario.acts]
        assert moments == sorted(moments), scenario.name
        assert moments[-1] < moment, scenario.name
        assert moments[-1] < scenario.content.envelope.start, scenario.name
        assert len(set(moments)) == len(moments), scenario.name


def there_is_always_something_of_everything(moment):
    scenarios = scenarios_at(moment)
    last = Counter(scenario.acts[-1].step for scenario in scenarios)
    assert len(scenarios) >= 120
    for step, least in (
        (ScenarioStep.DRAFT, 2), (ScenarioStep.ASK, 3), (ScenarioStep.REVIEW, 3), (ScenarioStep.RETURN, 1), (ScenarioStep.REJECT, 1), (ScenarioStep.CANCEL, 1),
        (ScenarioStep.APPROVE, 80),
    ):  # fmt: skip
        assert last[step] >= least, f"{step}: {last[step]}"
    assert {scenario.name.split()[0] for scenario in scenarios} == {series.name for series in PROGRAMME}


@pytest.mark.heavy
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment:%Y-%m-%d}")
def test_the_plan_of_a_day_is_sound(moment):
    nobody_asks_for_what_somebody_else_has(moment)
    nobody_is_in_two_places(moment)
    everything_happens_in_order_before_the_work_begins_and_before_now(moment)
    there_is_always_something_of_everything(moment)


def test_the_same_day_tells_the_same_stories():
    assert build_scenarios(MOMENTS[0], SEOUL, days_off=DAYS_OFF) == build_scenarios(
        MOMENTS[0], SEOUL, days_off=DAYS_OFF
    )


def test_a_culture_that_cannot_wait_is_looked_after_on_a_holiday():
    christmas = datetime(2026, 12, 14, 1, 0, tzinfo=UTC)
    days = {
        session.start.astimezone(SEOUL).date()
        for scenario in scenarios_at(christmas)
        for session in scenario.content.sessions
        if scenario.name.startswith("maru-graft")
    }
    assert date(2026, 12, 25) in days
