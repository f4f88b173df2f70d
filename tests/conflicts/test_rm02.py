"""RM-02: between two sessions a room gets the time its air needs to recover."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conflict_facts import ME, TICK, busy, case, during, room, session

from gmp_booking.conflicts.engine import examine

SEVERITIES = {"RM-02": "S W S – – – – –"}


def findings(*sessions, taken=(), recovery=timedelta(minutes=20), **more):
    place = replace(room("B-01", *taken), recovery=recovery)
    return [one for one in examine(case(*sessions, with_rooms=(place,), **more)).findings if one.code == "RM-02"]


@pytest.mark.parametrize("start, complaints", [("12:05", 1), ("12:19", 1), ("12:20", 0), ("12:21", 0), ("12", 1)])
def test_the_next_session_of_a_booking_waits_until_the_room_has_recovered(start, complaints):
    assert len(findings(session("9", "12"), session(start, "15", number=2))) == complaints


def test_a_gap_of_five_minutes_is_told_with_both_figures():
    (finding,) = findings(session("9", "12"), session("12:05", "15", number=2))
    assert finding.params == {"needed": 20, "gap": 5}
    assert (finding.session, finding.period, finding.override) == (2, during("12:05", "15"), ("QA",))


def test_one_microsecond_short_is_short():
    exactly = session("12:20", "15", number=2)
    early = replace(exactly, period=exactly.period.shifted(-TICK))
    assert findings(session("9", "12"), exactly) == []
    assert len(findings(session("9", "12"), early)) == 1


@pytest.mark.parametrize("by", [ME, 2])
def test_a_neighbour_before_and_one_after_are_two_complaints(by):
    taken = (busy("8", "8:50", by=by), busy("12:10", "14", by=by))
    found = findings(session("9", "12"), taken=taken)
    assert [finding.params["gap"] for finding in found] == [10, 10]
    assert all("BK-RIVAL777" not in str(finding.params) for finding in found)
    assert found[0].staff_params == {"references": ["BK-RIVAL777"]}


def test_setup_and_teardown_are_part_of_the_use():
    first = session("9", "12", teardown=timedelta(minutes=10))
    assert len(findings(first, session("12:29", "15", number=2))) == 1
    assert findings(first, session("12:30", "15", number=2)) == []


def test_what_overlaps_is_another_rules_matter():
    assert findings(session("9", "12"), taken=(busy("11", "14"),)) == []


def test_a_room_without_a_recovery_time_is_only_noted_and_one_of_zero_not_at_all():
    (finding,) = findings(session("9", "12"), recovery=None)
    assert (finding.severity.value, finding.text) == ("WARN", "unset")
    assert findings(session("9", "12"), session("12", "15", number=2), recovery=timedelta()) == []


@pytest.mark.parametrize("kind, run_type, severity", [("CLEANROOM", "CLIN", "SOFT"), ("CLEANROOM", "ENG", "WARN"),
                                                      ("APS", None, "SOFT")])  # fmt: skip
def test_it_weighs_by_the_run(kind, run_type, severity):
    (finding,) = findings(session("9", "12"), session("12:05", "15", number=2), kind=kind, run_type=run_type)
    assert finding.severity.value == severity
