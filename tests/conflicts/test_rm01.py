"""RM-01: a room holds one booking at a time."""

from datetime import timedelta

import pytest
from conflict_facts import ME, TICK, Occupation, at, busy, case, during, reservation, room, session

from gmp_booking.conflicts.engine import examine
from gmp_booking.kernel.vocabulary import Severity

SEVERITIES = {"RM-01": "H H H H H H H H"}


def findings(facts):
    return [finding for finding in examine(facts).findings if finding.code == "RM-01"]


def with_b01(*taken, **more):
    return lambda *sessions: case(*sessions, with_rooms=(room("B-01", *taken),), **more)


def test_the_next_session_after_a_gap_passes():
    assert findings(with_b01(busy("9", "12"))(session("12:20", "15"))) == []


def test_two_bookings_that_share_half_an_hour_clash():
    (finding,) = findings(with_b01(busy("9", "12"))(session("11:30", "14")))
    assert (finding.severity, finding.resource, finding.session) == (Severity.HARD, "B-01", 1)
    assert finding.period == during("9", "12")
    assert finding.remedy == {"earliest_start": "2027-03-02T03:00:00+00:00"}


@pytest.mark.parametrize("taken", [during("7", "9"), during("12", "15")])
def test_touching_bookings_do_not_clash(taken):
    assert findings(with_b01(Occupation(taken))(session("9", "12"))) == []


@pytest.mark.parametrize("taken", [during("7", "9").padded(after=TICK), during("12", "15").padded(before=TICK)])
def test_one_microsecond_too_many_at_either_end_clashes(taken):
    assert len(findings(with_b01(Occupation(taken))(session("9", "12")))) == 1


@pytest.mark.parametrize("side", ["setup", "teardown"])
def test_setup_and_teardown_count(side):
    half_an_hour = {side: timedelta(minutes=30)}
    near = {"setup": busy("8", "9"), "teardown": busy("12", "13")}[side]
    far = {"setup": busy("8", "8:30"), "teardown": busy("12:30", "13")}[side]
    assert len(findings(with_b01(near)(session("9", "12", **half_an_hour)))) == 1
    assert findings(with_b01(far)(session("9", "12", **half_an_hour))) == []


def test_the_same_time_in_another_room_does_not_clash():
    assert findings(with_b01(busy("9", "12"))(session("9", "12", room="B-02"))) == []


def test_bookings_of_others_that_touch_are_told_as_one_block():
    (finding,) = findings(with_b01(busy("10", "11"), busy("11", "12"), busy("14", "15"))(session("9", "12")))
    assert finding.period == during("10", "12")


def test_two_separate_blocks_are_two_findings():
    found = findings(with_b01(busy("10", "10:30"), busy("11", "11:30"))(session("9", "12")))
    assert [finding.period for finding in found] == [during("10", "10:30"), during("11", "11:30")]


def test_attended_equipment_takes_its_room_so_that_competitors_do_not_meet():
    at_the_skid = case(
        reservations=(reservation("TFF-01", during("9", "12")),),
        with_rooms=(room("C-01", busy("11", "13"), grade="C"),),
    )
    (finding,) = findings(at_the_skid)
    assert (finding.resource, finding.session, finding.reservation) == ("C-01", None, 1)


def test_equipment_that_runs_alone_takes_no_room():
    culture = reservation("INC-01", during("9", "9", 2, until=20))
    assert findings(case(reservations=(culture,), with_rooms=(room("B-01", busy("11", "13")),))) == []


def test_a_booking_is_never_in_its_own_way():
    overlapping = (session("9", "12"), session("11", "14", number=2))
    assert findings(case(*overlapping)) == []
    skid_in_its_room = case(session("9", "12", room="C-01"), reservations=(reservation("TFF-01", during("9", "12")),))
    assert findings(skid_in_its_room) == []


def test_every_session_in_the_way_is_reported():
    found = findings(
        with_b01(busy("9", "12", 2), busy("9", "12", 4))(*(session("9", "12", day, number=day) for day in (2, 3, 4)))
    )
    assert [finding.session for finding in found] == [2, 4]


def test_the_earliest_start_is_the_first_gap_that_is_long_enough_setup_included():
    taken = (busy("9", "12"), busy("13", "14"), busy("16", "17"))
    (exact, *_) = findings(with_b01(*taken)(session("11", "11:30", setup=timedelta(minutes=30))))
    assert exact.remedy == {"earliest_start": "2027-03-02T03:30:00+00:00"}
    (longer, *_) = findings(with_b01(*taken)(session("11", "12", setup=timedelta(minutes=30))))
    assert longer.remedy == {"earliest_start": "2027-03-02T05:30:00+00:00"}


def test_the_earliest_start_is_not_in_the_past():
    (finding,) = findings(with_b01(busy("9", "12"), now=at("15"))(session("9", "11")))
    assert finding.remedy == {"earliest_start": "2027-03-02T06:00:00+00:00"}


def test_no_earliest_start_is_promised_beyond_what_is_known():
    (finding,) = findings(with_b01(busy("9", "12"), known=during("0", "13"))(session("9", "11")))
    assert finding.remedy == {}


def test_a_clash_with_the_own_company_names_its_booking():
    (finding,) = findings(with_b01(busy("9", "12", by=ME, reference="BK-MINE2345"))(session("9", "12")))
    assert finding.params == {"references": ["BK-MINE2345"]}


def test_time_that_is_no_companys_is_never_taken_for_the_own():
    (finding,) = findings(with_b01(busy("9", "12", by=None), company=None)(session("9", "12")))
    assert finding.params == {}
