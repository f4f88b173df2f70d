"""HV-01: no room is used while the unit that moves its air is stopped."""

import pytest
from conflict_facts import ROOMS, case, during, outage, reservation, room, session

from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.privacy import Audience, redact
from gmp_booking.kernel.vocabulary import Severity

SEVERITIES = {"HV-01": "H H H W H W – –"}

STOP = outage("7", "20", 8, kind="AHU_STOP", subject=("AHU", "AHU-1"))


def findings(facts):
    return [finding for finding in examine(facts).findings if finding.code == "HV-01"]


def air_stopped(*codes, stop=STOP, **more):
    """The facility with the air of these rooms stopped on 8 March."""
    stopped = tuple(
        room(code, grade=ROOMS[code].grade, room_class=ROOMS[code].room_class, maximum=24, withdrawn=(stop,))
        for code in codes
    )
    return lambda *sessions, **most: case(*sessions, with_rooms=stopped, **more, **most)


def test_a_room_of_another_unit_goes_on():
    assert findings(air_stopped("B-01", "B-02")(session("9", "12", 8, room="C-01"))) == []


def test_a_room_whose_air_is_stopped_is_not_used():
    (finding,) = findings(air_stopped("B-01", "B-02")(session("9", "12", 8)))
    assert (finding.severity, finding.resource) == (Severity.HARD, "B-01")
    assert finding.period == during("9", "12", 8)
    assert finding.params == {"room": "B-01", "rooms": ["B-01", "B-02"]}
    assert finding.staff_params == {"kind": "AHU_STOP", "subject": "AHU-1"}


@pytest.mark.parametrize("start, end, expected", [("6", "7", 0), ("6", "7:01", 1), ("20", "21", 0), ("19:59", "21", 1)])
def test_the_edges_of_a_stop(start, end, expected):
    assert len(findings(air_stopped("B-01")(session(start, end, 8)))) == expected


@pytest.mark.parametrize(
    "kind, run_type, place, expected",
    [
        ("CLEANROOM", "CLIN", "B-01", [Severity.HARD]),
        ("CLEANROOM", "ENG", "B-01", [Severity.HARD]),
        ("APS", None, "B-01", [Severity.HARD]),
        ("QC", None, "L-01", [Severity.HARD]),
        ("TECH_DEMO", None, "T-01", [Severity.WARN]),
        ("EDUCATION", None, "T-02", []),
        ("CLINICAL_DEMO", None, "B-01", []),
    ],
)
def test_how_heavily_a_stop_weighs_where(kind, run_type, place, expected):
    found = findings(air_stopped(place, kind=kind, run_type=run_type)(session("9", "12", 8, room=place)))
    assert [finding.severity for finding in found] == expected


def test_a_device_in_such_a_room_is_warned_of():
    run = reservation("INC-01", during("9", "9", 7, until=10))
    (finding,) = findings(air_stopped("B-01")(reservations=(run,)))
    assert (finding.severity, finding.resource, finding.reservation) == (Severity.WARN, "INC-01", 1)


def test_an_open_stop_has_no_end_to_promise():
    still = outage("7", None, 8, kind="AHU_STOP", subject=("AHU", "AHU-1"))
    (finding,) = findings(air_stopped("B-01", stop=still)(session("9", "12", 8)))
    assert finding.remedy == {}


def test_a_stop_tells_when_it_is_over():
    (finding,) = findings(air_stopped("B-01")(session("9", "12", 8)))
    assert finding.remedy == {"earliest_start": "2027-03-08T11:00:00+00:00"}


def test_the_company_reads_which_room_and_the_facility_which_unit():
    (finding,) = findings(air_stopped("B-01")(session("9", "12", 8)))
    own, staff, others = (redact(finding, audience) for audience in (Audience.OWN, Audience.STAFF, Audience.OTHERS))
    assert "AHU-1" not in str(own)
    assert staff.params["subject"] == "AHU-1"
    assert others.params == {}
