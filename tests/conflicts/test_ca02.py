"""CA-02: a booking is asked for long enough ahead; how long depends on its kind."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from conflict_facts import case, during, reservation, session

from gmp_booking.conflicts.case import Occasion, PolicyFacts
from gmp_booking.conflicts.engine import examine
from tests.zones import SEOUL

SEVERITIES = {"CA-02": "S W – W W W W S"}

STARTS = datetime(2027, 3, 2, 9, tzinfo=SEOUL)


def findings(*sessions, days, **more):
    facts = case(*(sessions or (session("9", "12"),)), now=STARTS - timedelta(days=days), **more)
    facts = replace(facts, booking=replace(facts.booking, asked_at=None))
    return [one for one in examine(facts).findings if one.code == "CA-02"]


@pytest.mark.parametrize(
    "kind, run_type, place, days",
    [
        ("CLEANROOM", "CLIN", "B-01", 21),
        ("CLEANROOM", "ENG", "B-01", 21),
        ("TECH_DEMO", None, "T-01", 30),
        ("REVIEW", None, "T-02", 10),
        ("EDUCATION", None, "T-02", 7),
        ("CLINICAL_DEMO", None, "T-02", 30),
        ("TOUR", None, "T-02", 7),
        ("QC", None, "L-01", 7),
    ],
)
def test_each_kind_has_its_notice(kind, run_type, place, days):
    wanted = session("9", "12", room=place)
    assert findings(wanted, days=days, kind=kind, run_type=run_type) == []
    (finding,) = findings(wanted, days=days - 1, kind=kind, run_type=run_type)
    assert finding.params == {"needed": days, "ahead": days - 1}


def test_equipment_alone_needs_a_week():
    run = reservation("INC-01", during("9", "12"))
    for days, count in ((7, 0), (6, 1)):
        facts = case(reservations=(run,), kind="EQUIPMENT", run_type=None, now=STARTS - timedelta(days=days))
        facts = replace(facts, booking=replace(facts.booking, asked_at=None))
        assert len([one for one in examine(facts).findings if one.code == "CA-02"]) == count


def campaign():
    return session("9", "12"), session("9", "12", 7, number=2)


def test_a_campaign_asked_for_75_days_ahead_passes_and_20_days_ahead_does_not():
    assert findings(*campaign(), days=75) == []
    (finding,) = findings(*campaign(), days=20)
    assert (finding.severity.value, finding.override) == ("SOFT", ("SCHEDULER",))
    assert findings(*campaign(), days=60) == []
    assert len(findings(*campaign(), days=59)) == 1


def changed(days, **facts):
    whole = case(session("9", "12"), now=STARTS - timedelta(days=days))
    whole = replace(whole, booking=replace(whole.booking, **{"asked_at": None} | facts))
    return [one for one in examine(whole).findings if one.code == "CA-02"]


def test_a_patient_waits_no_longer_than_a_week():
    assert changed(7, is_patient_bound=True) == []
    assert len(changed(6, is_patient_bound=True)) == 1


@pytest.mark.parametrize("fact", ["is_change", "is_of_approved_batch"])
def test_changes_and_further_sessions_of_an_approved_batch_are_not_judged(fact):
    assert len(changed(1)) == 1
    assert changed(1, **{fact: True}) == []


def test_a_media_fill_is_not_judged():
    assert findings(days=1, kind="APS", run_type=None) == []


def test_the_day_it_was_asked_for_counts_and_not_the_day_it_is_decided():
    assert changed(3, asked_at=STARTS - timedelta(days=21)) == []


@pytest.mark.parametrize("occasion", [Occasion.REEXAMINE, Occasion.CHECK_IN])
def test_what_was_agreed_is_not_late_afterwards(occasion):
    assert findings(days=1, occasion=occasion) == []


def test_the_facility_sets_its_own_days():
    policy = PolicyFacts(values={"CA-02": {"single_session_days": 3}})
    assert findings(days=3, policy=policy) == []
    assert len(findings(days=2, policy=policy)) == 1


def test_days_are_counted_by_the_calendar():
    late_evening = datetime(2027, 2, 9, 23, 50, tzinfo=SEOUL)
    facts = case(session("9", "12"), now=late_evening)
    facts = replace(facts, booking=replace(facts.booking, asked_at=None))
    assert [one for one in examine(facts).findings if one.code == "CA-02"] == []
