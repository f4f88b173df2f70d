"""EQ-01: equipment has as many places free throughout as are asked for."""

import pytest
from conflict_facts import ME, TICK, Occupation, busy, case, during, equipment, reservation, session

from gmp_booking.conflicts.engine import examine
from gmp_booking.kernel.vocabulary import Severity

SEVERITIES = {"EQ-01": "H H H H H H H H"}

CULTURE = during("9", "9", 2, until=20)


def findings(*sessions, **more):
    return [finding for finding in examine(case(*sessions, **more)).findings if finding.code == "EQ-01"]


def incubator(*units):
    return {"with_equipment": (equipment("INC-01", *units),)}


def processor(*taken):
    return {"with_equipment": (equipment("ACP-01", taken, kind="ACP", home="B-03"),)}


def test_six_of_eight_shelves_pass():
    others = [(busy("0", "0", 1, until=28),)] * 2
    assert findings(reservations=(reservation("INC-01", CULTURE, units=6),), **incubator(*others, *[()] * 6)) == []


def test_a_seventh_shelf_that_is_not_there_does_not():
    others = [(busy("0", "0", 1, until=28),)] * 2
    (finding,) = findings(reservations=(reservation("INC-01", CULTURE, units=7),), **incubator(*others, *[()] * 6))
    assert (finding.text, finding.params) == ("full", {"asked": 7, "capacity": 8})
    assert finding.period == during("0", "0", 1, until=28)
    assert finding.remedy == {"earliest_start": "2027-03-27T15:00:00+00:00"}


def test_a_second_run_on_one_cell_processor_clashes():
    run = reservation("ACP-01", during("9", "9", 2, until=12))
    (finding,) = findings(reservations=(run,), **processor(busy("9", "17", 4)))
    assert finding.severity is Severity.HARD
    assert (finding.resource, finding.reservation, finding.period) == ("ACP-01", 1, during("9", "17", 4))
    assert finding.remedy == {"earliest_start": "2027-03-04T08:00:00+00:00"}


@pytest.mark.parametrize("taken", [during("9", "9", 1, until=2), during("9", "9", 20, until=25)])
def test_runs_that_touch_pass_and_a_microsecond_more_clashes(taken):
    run = (reservation("ACP-01", CULTURE),)
    assert findings(reservations=run, **processor(Occupation(taken))) == []
    longer = taken.padded(before=TICK, after=TICK)
    assert len(findings(reservations=run, **processor(Occupation(longer)))) == 1


def test_a_place_must_be_free_throughout_not_another_one_each_day():
    scattered = incubator((busy("9", "9", 2, until=10),), (busy("9", "9", 10, until=20),))
    (finding,) = findings(reservations=(reservation("INC-01", CULTURE),), **scattered)
    assert (finding.text, finding.period) == ("scattered", CULTURE)
    assert finding.remedy == {"earliest_start": "2027-03-10T00:00:00+00:00"}


def test_more_places_than_there_are_is_told_so_and_nothing_is_promised():
    (finding,) = findings(reservations=(reservation("INC-01", CULTURE, units=9),))
    assert (finding.text, finding.params, finding.remedy) == ("capacity", {"asked": 9, "capacity": 8}, {})


def test_equipment_of_a_session_is_taken_as_long_as_its_room():
    taken = {"with_equipment": (equipment("BSC-01", (busy("11", "13"),), use="ATTENDED", kind="BSC"),)}
    (finding,) = findings(session("9", "12", equipment=("BSC-01",)), **taken)
    assert (finding.resource, finding.session) == ("BSC-01", 1)
    assert findings(session("9", "11", equipment=("BSC-01",)), **taken) == []


def test_used_in_a_session_and_reserved_meanwhile_is_one_place():
    last_shelf = incubator((), (busy("0", "0", 1, until=28),))
    both = {"reservations": (reservation("INC-01", CULTURE),)}
    assert findings(session("10", "12", equipment=("INC-01",)), **both, **last_shelf) == []


def test_the_greater_need_counts_where_two_reservations_overlap():
    two = (reservation("INC-01", CULTURE, units=2), reservation("INC-01", CULTURE, units=3, number=2))
    assert findings(reservations=two, **incubator((), (), ())) == []
    (finding,) = findings(reservations=two, **incubator((), ()))
    assert finding.params == {"asked": 3, "capacity": 2}


def test_a_clash_with_the_own_company_names_its_booking():
    run = (reservation("ACP-01", CULTURE),)
    (finding,) = findings(reservations=run, **processor(busy("9", "12", 4, by=ME, reference="BK-MINE2345")))
    assert (finding.text, finding.params) == ("own", {"references": ["BK-MINE2345"]})
