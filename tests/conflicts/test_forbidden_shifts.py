"""A rule forbids exactly the shifts after which it would refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conflict_facts import (
    CALENDAR,
    PersonBusy,
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

from gmp_booking.conflicts import candidate_shifts
from gmp_booking.conflicts.alternatives import find_alternatives
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Texts, discover, rule

QUARTER = timedelta(minutes=15)
SHIFTS = [count * QUARTER for count in range(-200, 201)]
CREW = (operator(1), operator(2))


def of_session(**more):
    more = {"equipment": ("INC-01",), "people": CREW} | more
    return case(
        session("9", "12", 4, setup=timedelta(minutes=30), teardown=timedelta(minutes=15), **more),
        with_rooms=(
            room("B-01", busy("13", "14", 3), busy("10", "11", 5), withdrawn=(
                outage("8", "9", 4),
                outage("15", "16", 5, subject=("AHU", "AHU-1"), kind="AHU_STOP"),
            )),
        ),
        with_equipment=(equipment("INC-01", (busy("8", "12", 3), busy("6", "7", 4)), (busy("11", "18", 3),)),),
        people={
            1: (PersonBusy(during("14", "16", 4), "B-01"), PersonBusy(during("8", "9", 5), "B-02")),
            2: (PersonBusy(during("9", "12", 4), "B-01", own_booking=True),),
        },
        calendar=replace(CALENDAR, on_call=(during("20", "23", 4),)),
    )  # fmt: skip


def of_reservation():
    return case(
        reservations=(reservation("INC-02", during("9", "15", 4), units=2),),
        with_equipment=(
            equipment(
                "INC-02", (busy("8", "12", 3),), (busy("11", "18", 3), busy("16", "17", 5)), (busy("9", "10", 5),)
            ),
        ),
    )


def shifted(facts, by):
    return replace(
        facts,
        sessions=tuple(replace(one, period=one.period.shifted(by)) for one in facts.sessions),
        reservations=tuple(replace(one, period=one.period.shifted(by)) for one in facts.reservations),
    )


@pytest.mark.parametrize("code", [one.code for one in discover().values() if one.offers_shifts])
@pytest.mark.parametrize("facts", [of_session(), of_reservation()], ids=["session", "reservation"])
def test_a_rule_forbids_the_shifts_after_which_it_complains(code, facts):
    judge = discover()[code]
    forbidden = [
        interval for part in (*facts.claims, *facts.sessions) for interval in judge.forbidden_shifts(facts, part)
    ]
    kept = {shift for shift in SHIFTS if not any(low < shift < high for low, high in forbidden)}
    assert kept == {shift for shift in SHIFTS if not list(judge(shifted(facts, shift)))}


@pytest.mark.parametrize("code", ["RM-01", "EQ-01", "RM-06", "HV-01", "PE-03", "CA-01"])
def test_the_session_of_this_test_gives_each_rule_something_to_forbid(code):
    judge, facts = discover()[code], of_session()
    assert any(list(judge.forbidden_shifts(facts, part)) for part in (*facts.claims, *facts.sessions))


def test_the_search_leaves_out_what_a_new_rule_would_refuse(monkeypatch):
    facts = case(session("9", "12"), with_rooms=(room("B-01", busy("9", "12")),))
    starts = {one.params["start"] for one in find_alternatives(facts) if "start" in one.params}
    assert "2027-03-02T12:00:00+09:00" in starts

    @rule(
        "XX-01",
        "Nothing starts within a day",
        applies=EVERYTHING_HARD,
        source="a test",
        texts=Texts(own="No."),
        forbidden_shifts=lambda _case, _part: [(timedelta(), timedelta(days=1))],
    )
    def judge(_facts):
        yield from ()

    rules = {**discover(), "XX-01": judge}
    monkeypatch.setattr(candidate_shifts, "discover", lambda: rules)
    starts = {one.params["start"] for one in find_alternatives(facts) if "start" in one.params}
    assert "2027-03-03T09:00:00+09:00" in starts
    assert "2027-03-02T12:00:00+09:00" not in starts
