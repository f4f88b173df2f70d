"""DM-02: no more people take part than a room has seats."""

from dataclasses import replace

import pytest
from conflict_facts import case, operator, room, session

from gmp_booking.conflicts.engine import examine

SEVERITIES = {"DM-02": "– – – – – H H –"}


def findings(seats, *, room_class="SEATED", places=16, kind="EDUCATION", headcount=None, people=()):
    place = replace(room("X-01", room_class=room_class, maximum=40), seats=places)
    wanted = session("9", "12", room="X-01", people=people, headcount=seats if headcount is None else headcount)
    facts = case(wanted, kind=kind, run_type=None, with_rooms=(place,))
    facts = replace(facts, booking=replace(facts.booking, seats=seats))
    return [one for one in examine(facts).findings if one.code == "DM-02"]


def test_the_16th_of_16_passes_and_the_17th_does_not():
    assert findings(16) == []
    (finding,) = findings(17)
    assert finding.params == {"seats": 16, "planned": 17}
    assert finding.severity.value == "HARD"


def test_hands_on_those_who_lead_take_no_place():
    leaders = (operator(1, "TRAINER"), operator(2, "TRAINER"))
    assert findings(8, room_class="DEMO", places=8, headcount=10, people=leaders) == []
    assert len(findings(9, room_class="DEMO", places=8, headcount=11, people=leaders)) == 1


def test_a_group_of_a_course_is_judged_by_its_own_number():
    assert findings(16, room_class="DEMO", places=8, headcount=8) == []
    assert len(findings(16, room_class="DEMO", places=8, headcount=9)) == 1


def test_a_room_whose_seats_nobody_set_is_only_noted():
    (finding,) = findings(5, places=None)
    assert (finding.severity.value, finding.text) == ("WARN", "unset")


@pytest.mark.parametrize("seats, room_class", [(None, "SEATED"), (40, "GMP"), (40, "SERVICE")])
def test_without_seats_or_in_other_rooms_it_is_not_judged(seats, room_class):
    assert findings(seats, room_class=room_class, headcount=30) == []
