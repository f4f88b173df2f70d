"""RM-06: nothing is used while it is out of service or on hold."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conflict_facts import (
    EQUIPMENT,
    ROOMS,
    TICK,
    at,
    busy,
    case,
    during,
    equipment,
    operator,
    outage,
    reservation,
    room,
    session,
)

from gmp_booking.conflicts.alternatives import find_alternatives
from gmp_booking.conflicts.case import PersonFacts
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.privacy import Audience, redact
from gmp_booking.kernel.vocabulary import Severity

SEVERITIES = {"RM-06": "H H H H H H H H"}

HOLD = {"kind": "HOLD", "hold_no": "HOLD-0007"}


def findings(facts):
    return [finding for finding in examine(facts).findings if finding.code == "RM-06"]


def in_b02(*withdrawn, start="9", end="12", day=2, **more):
    return case(session(start, end, day, room="B-02"), with_rooms=(room("B-02", withdrawn=withdrawn),), **more)


def test_a_hold_that_was_lifted_the_day_before_is_no_obstacle():
    lifted = outage("9", "9", 1, until=1, subject=("ROOM", "B-02"), **HOLD)
    assert findings(in_b02(replace(lifted, start=at("9", 27, 2)))) == []


def test_an_open_hold_blocks_whatever_comes_after_it_began():
    (finding,) = findings(in_b02(outage("9", None, 1, subject=("ROOM", "B-02"), **HOLD)))
    assert (finding.severity, finding.resource, finding.session) == (Severity.HARD, "B-02", 1)
    assert finding.text == "hold"
    assert finding.params == {"date": "2027-03-01"}
    assert finding.staff_params["hold_no"] == "HOLD-0007"
    assert finding.remedy == {}


@pytest.mark.parametrize("ends, expected", [("9", 0), ("9:01", 1), ("12", 1)])
def test_the_end_of_an_outage_is_the_first_moment_that_is_free(ends, expected):
    assert len(findings(in_b02(outage("7", ends)))) == expected


@pytest.mark.parametrize("starts, expected", [("12", 0), ("11:59", 1), ("9", 1)])
def test_the_end_of_a_session_is_not_part_of_it(starts, expected):
    assert len(findings(in_b02(outage(starts, "15")))) == expected


def test_one_microsecond_is_too_much():
    assert findings(in_b02(replace(outage("7", "9"), end=at("9") + TICK)))
    assert findings(in_b02(replace(outage("12", "14"), start=at("12") - TICK)))


def test_teardown_is_time_in_the_room_too():
    late = session("9", "12", room="B-02", teardown=timedelta(minutes=30))
    facts = case(late, with_rooms=(room("B-02", withdrawn=(outage("12", "13"),)),))
    assert len(findings(facts)) == 1


def test_a_maintenance_tells_when_the_room_is_free_again():
    (finding,) = findings(in_b02(outage("7", "13")))
    assert finding.remedy == {"earliest_start": "2027-03-02T04:00:00+00:00"}


def test_taken_time_after_an_outage_is_counted_in_when_it_is_free_again():
    facts = case(
        session("9", "12", room="B-02"), with_rooms=(room("B-02", busy("13", "15"), withdrawn=(outage("7", "13"),)),)
    )
    (finding,) = findings(facts)
    assert finding.remedy == {"earliest_start": "2027-03-02T06:00:00+00:00"}


def test_what_the_finding_tells_of_the_outage_is_the_part_that_is_hit():
    (finding,) = findings(in_b02(outage("6", "20")))
    assert finding.period == during("9", "12")


@pytest.mark.parametrize(
    "subject", [("ROOM", "B-02"), ("ZONE", "Z1"), ("FACILITY", "")], ids=lambda subject: subject[0]
)
def test_whatever_lies_on_the_room_its_zone_or_the_house_counts(subject):
    assert len(findings(in_b02(outage("7", "20", subject=subject, kind="CLOSURE")))) == 1


def test_stopped_air_is_for_another_rule():
    assert findings(in_b02(outage("7", "20", subject=("AHU", "AHU-1"), kind="AHU_STOP"))) == []


def test_equipment_in_repair_cannot_be_reserved():
    broken = replace(EQUIPMENT["INC-03"], withdrawn=(outage("9", "18", subject=("EQUIPMENT", "INC-03")),))
    facts = case(reservations=(reservation("INC-03", during("8", "8", 2, until=9)),), with_equipment=(broken,))
    (finding,) = findings(facts)
    assert (finding.severity, finding.resource, finding.reservation) == (Severity.HARD, "INC-03", 1)


def test_attended_equipment_in_repair_blocks_its_session():
    broken = replace(EQUIPMENT["BSC-02"], withdrawn=(outage("9", "18", subject=("EQUIPMENT", "BSC-02")),))
    facts = case(session("10", "12", room="B-02", equipment=("BSC-02",)), with_equipment=(broken,))
    (finding,) = findings(facts)
    assert (finding.severity, finding.resource, finding.session) == (Severity.HARD, "BSC-02", 1)


@pytest.mark.parametrize("now, weight", [("7:59", Severity.HARD), ("8", Severity.WARN), ("12", Severity.WARN)])
def test_a_run_that_has_begun_goes_on_under_a_warning(now, weight):
    broken = replace(EQUIPMENT["INC-03"], withdrawn=(outage("7", None, subject=("EQUIPMENT", "INC-03"), **HOLD),))
    run = reservation("INC-03", during("8", "8", 2, until=9))
    (finding,) = findings(case(reservations=(run,), with_equipment=(broken,), now=at(now)))
    assert finding.severity is weight


def test_a_session_that_has_begun_is_blocked_all_the_same():
    (finding,) = findings(in_b02(outage("10", None, subject=("ROOM", "B-02"), **HOLD), now=at("10:30")))
    assert finding.severity is Severity.HARD


def test_a_run_whose_room_is_out_of_service_is_warned_of():
    facts = case(
        reservations=(reservation("INC-03", during("8", "8", 2, until=9)),),
        with_rooms=(room("B-02", withdrawn=(outage("9", "12"),)),),
    )
    (finding,) = findings(facts)
    assert (finding.severity, finding.text, finding.params) == (Severity.WARN, "around", {"room": "B-02"})


def test_attended_equipment_is_judged_by_the_room_it_takes_along():
    facts = case(
        reservations=(reservation("TFF-01", during("9", "12")),),
        with_rooms=(room("C-01", grade="C", withdrawn=(outage("9", "12"),)),),
    )
    assert [(one.resource, one.severity) for one in findings(facts)] == [("C-01", Severity.HARD)]


def test_equipment_that_is_marked_out_of_service_is_out_of_service():
    facts = case(
        session("9", "12", room="B-02", equipment=("BSC-02",)),
        with_equipment=(replace(EQUIPMENT["BSC-02"], out_of_service=True),),
    )
    assert [(one.resource, one.text) for one in findings(facts)] == [("BSC-02", "defective")]


@pytest.mark.parametrize("subject", [("COMPANY", "GAO"), ("PRODUCT", "GS-M1")], ids=lambda subject: subject[0])
def test_a_hold_on_the_company_or_the_product_is_told_once_for_each_part(subject):
    facts = case(
        session("9", "12", room="B-02", equipment=("BSC-02",)),
        session("9", "12", 3, number=2),
        reservations=(reservation("INC-03", during("9", "9", 2, until=3)),),
        withdrawn=(outage("0", None, 1, subject=subject, **HOLD),),
    )
    found = findings(facts)
    assert sorted((one.session or 0, one.reservation or 0) for one in found) == [(0, 1), (1, 0), (2, 0)]
    assert {one.params["hold_no"] for one in found} == {"HOLD-0007"}


def test_a_hold_on_a_person_blocks_the_sessions_they_are_named_in():
    facts = case(
        session("9", "12", room="B-02", people=(operator(1), operator(2, "QA_ONCALL"))),
        session("14", "16", room="B-02", number=2, people=(operator(2),)),
    )
    held = PersonFacts("Person 1", withdrawn=(outage("0", None, 1, subject=("PERSON", "Person 1"), **HOLD),))
    (finding,) = findings(replace(facts, people={1: held, 2: PersonFacts("Person 2")}))
    assert (finding.session, finding.params["person"]) == (1, "Person 1")


def test_others_read_neither_number_nor_kind_nor_reason():
    for one in (outage("7", None, subject=("ROOM", "B-02"), **HOLD), outage("7", "20")):
        (finding,) = findings(in_b02(one))
        others = redact(finding, Audience.OTHERS)
        assert (others.text, others.params) == ("{resource} is not available {period}.", {})
        own = redact(finding, Audience.OWN)
        assert "HOLD-0007" not in str(own)
        assert "MAINTENANCE" not in str(own)


def test_alternatives_avoid_what_is_withdrawn():
    facts = case(
        session("9", "12"),
        with_rooms=(
            room("B-01", withdrawn=(outage("8", "13"),)),
            room("B-02", withdrawn=(outage("8", None),)),
            replace(ROOMS["B-03"], withdrawn=(outage("9", "10"),)),
        ),
    )
    found = find_alternatives(facts)
    assert found
    for one in found:
        assert not findings(one.case)
    assert at("13") in {one.case.sessions[0].period.start for one in found}


def test_nothing_is_promised_where_nobody_knows_an_end():
    stopped = equipment("INC-09", use="RUNS_ALONE")
    stopped = replace(stopped, withdrawn=(outage("7", None, subject=("EQUIPMENT", "INC-09"), **HOLD),))
    facts = case(reservations=(reservation("INC-09", during("8", "9")),), with_equipment=(stopped,))
    (finding,) = findings(facts)
    assert finding.remedy == {}
