"""The engine reports everything, always, in one order, with the weight the facility gives it."""

import random
from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest
from conflict_facts import (
    COMPETITOR,
    PersonBusy,
    at,
    busy,
    case,
    during,
    equipment,
    operator,
    reservation,
    room,
    session,
)

from gmp_booking.conflicts.case import Occasion, PolicyFacts, Switch
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding, Violation
from gmp_booking.conflicts.rule import H, S, W
from gmp_booking.conflicts.verdict import Outcome, Verdict
from gmp_booking.kernel.vocabulary import RuleMode, Severity


def troubled(shuffle=tuple):
    taken = [busy("19", "20"), busy("21", "22"), busy("20", "21", by=COMPETITOR, reference="BK-OTHER222")]
    sessions = [
        session("19", "22", number=1, people=tuple(operator(number) for number in range(6)), equipment=("BSC-01",)),
        session("19", "22", 6, number=2, room="B-02", people=(operator(0),)),
        session("9", "12", 3, number=3, room="C-01", headcount=9),
    ]
    return case(
        *shuffle(sessions),
        reservations=shuffle(
            [
                reservation("INC-01", during("9", "9", 2, until=9)),
                reservation("ACP-01", during("9", "9", 2, until=9), number=2),
            ]
        ),
        with_rooms=(room("B-01", *shuffle(taken)),),
        with_equipment=(
            equipment("BSC-01", shuffle(taken), use="ATTENDED", kind="BSC"),
            equipment("ACP-01", shuffle([busy("9", "10", 4), busy("9", "10", 5)]), kind="ACP", home="B-03"),
        ),
        people={0: shuffle([PersonBusy(during("19", "20"), "B-03"), PersonBusy(during("21", "22"), "B-03")])},
    )


def test_an_empty_house_clears_the_booking():
    verdict = examine(case(session("9", "12", people=(operator(1),), equipment=("BSC-01",))))
    assert verdict == Verdict(())
    assert (verdict.outcome, verdict.is_clear, verdict.has_hard) == (Outcome.CLEAR, True, False)


def test_all_findings_are_reported_heaviest_first():
    verdict = examine(troubled())
    assert [
        (finding.severity.value, finding.code, finding.resource, finding.session) for finding in verdict.findings
    ] == [
        ("HARD", "EQ-01", "ACP-01", None),
        ("HARD", "EQ-01", "ACP-01", None),
        ("HARD", "EQ-01", "BSC-01", 1),
        ("HARD", "PE-03", "B-01", 1),
        ("HARD", "PE-03", "B-01", 1),
        ("HARD", "RM-01", "B-01", 1),
        ("HARD", "RM-04", "B-01", 1),
        ("HARD", "RM-04", "C-01", 3),
        ("SOFT", "CA-01", "B-01", 1),
        ("SOFT", "CA-01", "B-02", 2),
    ]
    assert (verdict.outcome, verdict.has_hard) == (Outcome.BLOCKED, True)


def test_the_order_does_not_depend_on_the_order_of_the_facts():
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    expected = [finding.as_evidence() for finding in examine(troubled()).findings]
    for _ in range(30):
        found = examine(troubled(lambda items: tuple(chance.sample(items, len(items))))).findings
        assert [finding.as_evidence() for finding in found] == expected


@pytest.mark.parametrize("occasion", list(Occasion))
def test_the_same_rules_judge_on_every_occasion(occasion):
    assert examine(replace(troubled(), occasion=occasion)) == examine(troubled())


def test_examining_changes_nothing_and_cannot():
    facts = troubled()
    before = repr(facts)
    assert examine(facts) == examine(facts)
    assert repr(facts) == before
    with pytest.raises(FrozenInstanceError):
        facts.now = at("9")


def test_findings_survive_being_kept():
    for finding in examine(troubled()).findings:
        assert Finding.from_dict(finding.as_evidence()) == finding
        assert Finding.from_dict(finding.as_dict()) == replace(finding, staff_params={})


def test_only_soft_findings_wait_for_the_named_roles():
    verdict = examine(case(session("9", "12", 6), session("9", "12", 7, number=2)))
    assert (verdict.outcome, verdict.has_hard, len(verdict.open_soft)) == (Outcome.NEEDS_OVERRIDE, False, 2)
    assert {finding.override for finding in verdict.open_soft} == {("SCHEDULER",)}


def test_a_warning_alone_is_clear():
    verdict = examine(case(session("9", "12", 6), run_type="ENG"))
    assert [finding.severity for finding in verdict.findings] == [W]
    assert verdict.is_clear


def severities(rule, *switches):
    policy = PolicyFacts(switches={rule: tuple(Switch(RuleMode(mode), on) for mode, on in switches)})
    return [
        finding.severity for finding in examine(replace(troubled(), policy=policy)).findings if finding.code == rule
    ]


TODAY, TOMORROW, LONG_AGO = date(2027, 2, 20), date(2027, 2, 21), date(2026, 1, 1)


@pytest.mark.parametrize(
    "rule, mode, expected",
    [
        ("PE-03", "off", []),
        ("PE-03", "warn", [W, W]),
        ("PE-03", "enforce", [H, H]),
        ("CA-01", "off", []),
        ("CA-01", "warn", [W, W]),
        ("CA-01", "enforce", [S, S]),
        ("RM-01", "off", [H]),
        ("RM-01", "warn", [H]),
        ("EQ-01", "off", [H, H, H]),
        ("EQ-01", "warn", [H, H, H]),
    ],
)
def test_a_rule_is_off_warns_or_is_enforced_and_two_always_are(rule, mode, expected):
    assert severities(rule, (mode, LONG_AGO)) == expected


def test_a_switch_counts_from_its_day_on():
    assert severities("RM-04", ("warn", LONG_AGO), ("enforce", TODAY)) == [H, H]
    assert severities("RM-04", ("warn", LONG_AGO), ("enforce", TOMORROW)) == [W, W]
    assert severities("RM-04", ("enforce", TOMORROW), ("off", LONG_AGO)) == []


def test_what_is_to_be_enforced_later_warns_until_then_and_the_rest_is_enforced():
    assert severities("RM-04", ("enforce", TOMORROW)) == [W, W]
    assert severities("RM-04", ("off", TOMORROW)) == [H, H]
    assert severities("RM-04") == [H, H]


def test_the_day_is_the_facilitys_not_utcs():
    late_evening_utc = {"now": at("0:30", 21, 2)}
    policy = PolicyFacts(switches={"RM-04": (Switch(RuleMode.OFF, TOMORROW),)})
    crowded = case(session("9", "12", headcount=9), policy=policy, **late_evening_utc)
    assert examine(crowded).findings == ()


def test_a_warning_needs_nobodys_override():
    policy = PolicyFacts(switches={"CA-01": (Switch(RuleMode.WARN, LONG_AGO),)})
    (finding,) = examine(case(session("9", "12", 6), policy=policy)).findings
    assert finding.override == ()


def test_a_cap_only_ever_lightens():
    assert [H.at_most(cap) for cap in (H, S, W)] == [H, S, W]
    assert [W.at_most(cap) for cap in (H, S, W)] == [W, W, W]
    assert Violation(resource="B-01", period=None).at_most is None
    assert [one.rank for one in Severity] == [0, 1, 2]
