"""PE-03: one person is in one place at a time."""

import pytest
from conflict_facts import TICK, PersonBusy, case, during, operator, session

from gmp_booking.conflicts.case import PolicyFacts
from gmp_booking.conflicts.engine import examine
from gmp_booking.kernel.vocabulary import Severity

SEVERITIES = {"PE-03": "H H H – H H H H"}


def findings(*sessions, **more):
    return [finding for finding in examine(case(*sessions, **more)).findings if finding.code == "PE-03"]


def elsewhere(start, end, room="B-02"):
    return {"people": {1: (PersonBusy(during(start, end), room),)}}


IN_B01 = session("9", "12", people=(operator(1),))


def test_an_hour_between_two_rooms_passes():
    assert (
        findings(
            session("9", "12", people=(operator(1),)), session("13", "16", number=2, room="B-02", people=(operator(1),))
        )
        == []
    )
    assert findings(IN_B01, **elsewhere("13", "16")) == []


def test_two_rooms_at_once_clash():
    (finding,) = findings(IN_B01, **elsewhere("11", "13", "C-01"))
    assert (finding.severity, finding.resource, finding.session, finding.text) == (Severity.HARD, "B-01", 1, "")
    assert finding.params["person"] == "Person 1"
    assert finding.params["other"] == {"start": "2027-03-02T02:00:00+00:00", "end": "2027-03-02T04:00:00+00:00"}


def test_two_sessions_of_one_booking_clash_once_and_the_later_complains():
    (finding,) = findings(IN_B01, session("11", "13", number=2, room="C-01", people=(operator(1),)))
    assert finding.session == 2


@pytest.mark.parametrize("start, end", [("12:40", "14"), ("7", "8:20")])
def test_gowning_out_and_in_takes_forty_minutes_to_the_microsecond(start, end):
    exact = during(start, end)
    assert findings(IN_B01, people={1: (PersonBusy(exact, "B-02"),)}) == []
    too_near = exact.padded(before=TICK, after=TICK)
    (finding,) = findings(IN_B01, people={1: (PersonBusy(too_near, "B-02"),)})
    assert (finding.text, finding.params["minutes"]) == ("gowning", 40)


def test_staying_in_the_room_needs_no_gowning():
    assert findings(IN_B01, **elsewhere("12", "14", "B-01")) == []
    overlapping = during("12", "14").padded(before=TICK)
    assert len(findings(IN_B01, people={1: (PersonBusy(overlapping, "B-01"),)})) == 1


def test_the_facility_sets_the_gowning_time():
    quick = PolicyFacts(values={"PE-03": {"gowning_min": 5}})
    assert findings(IN_B01, **elsewhere("12:10", "14"), policy=quick) == []
    assert len(findings(IN_B01, **elsewhere("12:09", "14"), policy=quick)) == 1


@pytest.mark.parametrize(
    "role, clashes", [("OPERATOR", 1), ("VERIFIER", 1), ("TRAINER", 1), ("OBSERVER", 1), ("QA_ONCALL", 0)]
)
def test_only_parts_played_inside_the_room_count(role, clashes):
    assert len(findings(session("9", "12", people=(operator(1, role),)), **elsewhere("10", "11"))) == clashes


def test_on_call_in_one_session_and_at_work_in_another_passes():
    on_call = session("9", "12", number=2, room="B-02", people=(operator(1, "QA_ONCALL"),))
    assert findings(IN_B01, on_call) == []


def test_what_this_booking_held_before_is_no_clash():
    assert findings(IN_B01, people={1: (PersonBusy(during("9", "12"), "B-02", own_booking=True),)}) == []


def test_each_person_is_reported():
    pair = session("9", "12", people=(operator(1), operator(2)))
    taken = {number: (PersonBusy(during("10", "11"), "B-02"),) for number in (1, 2)}
    assert [finding.params["person"] for finding in findings(pair, people=taken)] == ["Person 1", "Person 2"]
