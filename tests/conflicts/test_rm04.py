"""RM-04: no more people are in a room than its documented maximum."""

import pytest
from conflict_facts import TICK, case, during, operator, room, session

from gmp_booking.conflicts.engine import examine
from gmp_booking.kernel.vocabulary import Severity

SEVERITIES = {"RM-04": "H H H – H H H H"}


def findings(*sessions, **more):
    return [finding for finding in examine(case(*sessions, **more)).findings if finding.code == "RM-04"]


def crew(*roles):
    return tuple(operator(number, role) for number, role in enumerate(roles, 1))


def test_three_people_in_a_room_for_four_pass():
    assert findings(session("9", "12", people=crew("OPERATOR", "OPERATOR", "VERIFIER"))) == []


def test_three_operators_and_two_observers_are_one_too_many():
    people = crew("OPERATOR", "OPERATOR", "OPERATOR", "OBSERVER", "OBSERVER")
    (finding,) = findings(session("9", "12", people=people))
    assert finding.severity is Severity.HARD
    assert finding.params == {"maximum": 4, "planned": 5}
    assert (finding.resource, finding.session, finding.period) == ("B-01", 1, during("9", "12"))


@pytest.mark.parametrize("headcount, clashes", [(4, 0), (5, 1)])
def test_people_who_are_only_counted_weigh_as_much_as_those_named(headcount, clashes):
    assert len(findings(session("9", "12", headcount=headcount))) == clashes
    assert len(findings(session("9", "12", people=crew("OPERATOR"), headcount=headcount))) == clashes


def test_whoever_waits_on_call_is_not_in_the_room():
    assert findings(session("9", "12", people=crew(*["OPERATOR"] * 4, "QA_ONCALL"), headcount=4)) == []


def test_overlapping_sessions_of_the_booking_are_added_up():
    (finding,) = findings(session("9", "12", headcount=3), session("11", "14", number=2, headcount=2))
    assert finding.period == during("11", "12")
    assert finding.params == {"maximum": 4, "planned": 5}


def test_somebody_named_in_both_is_one_person():
    people = crew("OPERATOR", "OPERATOR", "OPERATOR")
    assert findings(session("9", "12", people=people), session("11", "14", number=2, people=people)) == []


def test_sessions_that_only_touch_are_not_added_up():
    assert findings(session("9", "12", headcount=3), session("12", "14", number=2, headcount=3)) == []
    shared = during("12", "14").padded(before=TICK)
    assert (
        len(findings(session("9", "12", headcount=3), session("12", "14", number=2, headcount=3, period=shared))) == 1
    )


def test_sessions_in_different_rooms_are_not_added_up():
    assert findings(session("9", "12", headcount=3), session("9", "12", number=2, room="B-02", headcount=3)) == []


def test_the_fullest_moment_counts_over_one_stretch():
    three = [
        session(start, end, number=number, headcount=3)
        for number, (start, end) in enumerate([("9", "13"), ("10", "14"), ("11", "12")], 1)
    ]
    (finding,) = findings(*three)
    assert finding.period == during("10", "13")
    assert finding.params["planned"] == 9


def test_a_room_without_a_documented_maximum_warns_and_never_blocks():
    (finding,) = findings(session("9", "12", headcount=30), with_rooms=(room("B-01", maximum=None),))
    assert (finding.severity, finding.text) == (Severity.WARN, "unset")
