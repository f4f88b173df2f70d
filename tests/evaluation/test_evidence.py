"""Evidence of a decision gives its case again, also when an older version wrote it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.rule import discover
from gmp_booking.evaluation.evidence import evidence_as_json, evidence_from_json
from gmp_booking.evaluation.facts import build_case
from gmp_booking.evaluation.providers.policy import default_values

STORED = Path(__file__).with_name("evidence_version_1.json")


@pytest.fixture
def version_1() -> dict[str, Any]:
    """A decision as version 1 stored it: a refusal with findings of most rules."""
    stored: dict[str, Any] = json.loads(STORED.read_text("utf-8"))
    return stored


def test_evidence_of_version_1_gives_the_findings_of_its_decision(version_1: dict[str, Any]) -> None:
    case = build_case(evidence_from_json(version_1["facts"]), occasion=Occasion(version_1["occasion"]))
    verdict = examine(case)
    assert verdict.outcome.value == version_1["outcome"]
    assert [finding.as_evidence() for finding in verdict.findings] == version_1["findings"]
    assert {finding.code for finding in verdict.findings} >= {"RM-01", "EQ-01", "HV-01", "RM-06", "PE-03", "CA-01"}
    (occupied,) = case.rooms["B-02"].busy
    assert (occupied.product, occupied.work_class, occupied.exposure) == (None, None, None)


def test_what_is_stored_now_gives_the_same_case(version_1: dict[str, Any]) -> None:
    evidence = evidence_from_json(version_1["facts"])
    evidence = replace(
        evidence,
        known=evidence.content.envelope.padded(before=timedelta(days=3)),
        rows=replace(evidence.rows, parameters=default_values()),
    )
    stored = json.loads(json.dumps(evidence_as_json(evidence)))
    assert stored["version"] == 2
    assert build_case(evidence_from_json(stored), occasion=Occasion.APPROVE) == build_case(
        evidence, occasion=Occasion.APPROVE
    )


def test_a_session_keeps_its_number(version_1: dict[str, Any]) -> None:
    evidence = evidence_from_json(version_1["facts"])
    (session,) = evidence.content.sessions
    third = replace(evidence, content=replace(evidence.content, sessions=(replace(session, number=3),)))
    case = build_case(evidence_from_json(evidence_as_json(third)), occasion=Occasion.REEXAMINE)
    assert [each.number for each in case.sessions] == [3]


def test_no_text_of_the_request_is_stored_that_no_rule_reads(version_1: dict[str, Any]) -> None:
    evidence = evidence_from_json(version_1["facts"])
    told = replace(evidence.content, title="Canary title", purpose="Canary purpose", partners=("CANARY",))
    assert "canary" not in json.dumps(evidence_as_json(replace(evidence, content=told))).lower()


def test_a_decision_keeps_the_limits_it_was_made_with(version_1: dict[str, Any]) -> None:
    evidence = evidence_from_json(version_1["facts"])
    quick = tuple(
        replace(each, value=5) if (each.rule, each.name) == ("PE-03", "gowning_min") else each
        for each in default_values()
    )
    stored = evidence_as_json(replace(evidence, rows=replace(evidence.rows, parameters=quick)))
    case = build_case(evidence_from_json(stored), occasion=Occasion.APPROVE)
    assert "PE-03" not in {finding.code for finding in examine(case).findings}


def test_every_declared_parameter_has_a_value() -> None:
    declared = {(each.rule, each.name): each.default for rule in discover().values() for each in rule.parameters}
    assert declared
    assert {(each.rule, each.name): each.value for each in default_values()} == declared
