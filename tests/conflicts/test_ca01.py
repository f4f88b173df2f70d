"""CA-01: sessions keep opening hours and working days unless someone is on call."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from conflict_facts import CALENDAR, TICK, case, during, reservation, session

from gmp_booking.conflicts.case import OpeningWindow
from gmp_booking.conflicts.engine import examine
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import Severity

SEVERITIES = {"CA-01": "S W W – W W W W"}


def findings(*sessions, **more):
    return [finding for finding in examine(case(*sessions, **more)).findings if finding.code == "CA-01"]


def on_call(period):
    return {"calendar": replace(CALENDAR, on_call=(period,))}


SUBSTITUTE = session("9", "12", 3, period=during("9", "12", 3, month=5))
SATURDAY = session("9", "12", 6)


def test_a_substitute_holiday_needs_cover_and_is_named():
    (finding,) = findings(SUBSTITUTE)
    assert (finding.severity, finding.override, finding.text) == (Severity.SOFT, ("SCHEDULER",), "holiday")
    assert finding.params["date"] == "2027-05-03"
    assert finding.params["holiday"]["ko"] == "노동절 대체공휴일"


def test_the_same_day_with_someone_on_call_passes():
    assert findings(SUBSTITUTE, **on_call(during("0", "0", 3, until=4, month=5))) == []


def test_cover_must_reach_to_both_ends():
    assert findings(SATURDAY, **on_call(during("9", "12", 6))) == []
    for short in (
        Period(during("9", "12", 6).start + TICK, during("9", "12", 6).end),
        Period(during("9", "12", 6).start, during("9", "12", 6).end - TICK),
    ):
        assert len(findings(SATURDAY, **on_call(short))) == 1


def test_a_weekend_is_closed():
    (finding,) = findings(SATURDAY)
    assert (finding.text, finding.params) == ("closed", {"date": "2027-03-06"})
    assert finding.period == during("9", "12", 6)


@pytest.mark.parametrize("start, end", [("8", "20"), ("8", "9"), ("19", "20")])
def test_hours_are_kept_to_the_minute(start, end):
    assert findings(session(start, end)) == []


@pytest.mark.parametrize("pad", [{"before": TICK}, {"after": TICK}])
def test_a_microsecond_outside_is_outside(pad):
    (finding,) = findings(session("8", "20", period=during("8", "20").padded(**pad)))
    assert (finding.text, finding.params["hours"]) == ("hours", "08:00–20:00")


def test_setup_counts_because_somebody_opens_the_room():
    assert len(findings(session("8", "12", setup=timedelta(minutes=15)))) == 1


def test_a_room_has_its_own_hours():
    evening = {"room": "T-02", "number": 1}
    assert findings(session("19", "21", **evening), kind="EDUCATION") == []
    assert len(findings(session("19", "21"), kind="CLEANROOM")) == 1


def test_a_night_through_is_one_finding():
    overnight = session("18", "19", period=during("18", "10", 2, until=3))
    (finding,) = findings(overnight)
    assert finding.period == during("20", "8", 2, until=3)


def test_a_session_into_a_holiday_names_the_holiday_not_the_night():
    into_it = session(
        "18", "19", period=Period(during("18", "19", 1).start - timedelta(days=1), during("9", "10", 1).end)
    )
    (finding,) = findings(into_it)
    assert finding.text == "holiday"


def test_midnight_at_the_end_belongs_to_the_day_before():
    all_day = tuple(OpeningWindow(day, time(0), time(0)) for day in range(7))
    round_the_clock = replace(CALENDAR, hours={"B-01": all_day})
    assert findings(session("20", "21", period=during("20", "0", 2, until=3)), calendar=round_the_clock) == []
    before_holiday = during("20", "0", 2, until=3).shifted(timedelta(days=-2))
    assert findings(session("20", "21", period=before_holiday), calendar=round_the_clock) == []


def test_the_holiday_that_begins_when_the_session_ends_is_not_named():
    sunday_evening = during("20", "0", 2, until=3).shifted(timedelta(days=-2))
    (finding,) = findings(session("20", "21", period=sunday_evening))
    assert (finding.text, finding.params["date"]) == ("closed", "2027-02-28")


def test_hours_are_those_of_the_facility_not_of_utc():
    assert findings(session("8", "9")) == []
    assert len(findings(session("7", "8"))) == 1


def test_living_cultures_know_no_holidays():
    assert findings(reservations=(reservation("INC-01", during("0", "0", 1, until=20)),)) == []


@pytest.mark.parametrize("run_type, severity", [("CLIN", Severity.SOFT), ("ENG", Severity.WARN)])
def test_only_clinical_runs_wait_for_an_override(run_type, severity):
    (finding,) = findings(SATURDAY, run_type=run_type)
    assert finding.severity is severity
    assert finding.override == (("SCHEDULER",) if severity is Severity.SOFT else ())
