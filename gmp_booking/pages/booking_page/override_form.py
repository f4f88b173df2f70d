"""Overrides on the booking's page: given ones, and those the reader may give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from gmp_booking.approvals.overrides import OverrideRequest, OverrideView
from gmp_booking.conflicts.privacy import FindingView
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.vocabulary import Severity


def overrides_typed() -> list[OverrideRequest]:
    """The selected rules, each with its typed reason."""
    return [
        OverrideRequest(rule, request.form.get(f"override_reason-{rule}", ""))
        for rule in request.form.getlist("override")
    ]


@dataclass(frozen=True)
class GivenOverride:
    """The people who overrode a rule, and their reasons, as the page shows them."""

    names: str
    reasons: str


def given_overrides(overrides: Sequence[OverrideView], version: int) -> dict[str, GivenOverride]:
    """The overrides of a version by rule."""
    given: defaultdict[str, list[OverrideView]] = defaultdict(list)
    for each in overrides:
        if each.version == version:
            given[each.rule].append(each)
    return {
        rule: GivenOverride(", ".join(each.printed_name for each in found), " / ".join(each.reason for each in found))
        for rule, found in given.items()
    }


def offered_overrides(
    findings: Iterable[FindingView], overrides: Sequence[OverrideView], version: int, actor: Actor
) -> list[dict[str, Any]]:
    """One entry for each rule that the reader's roles may still override, with what was typed before."""
    given = {(each.rule, each.role) for each in overrides if each.version == version}
    held = {role.value for role in actor.roles}
    offered: dict[str, dict[str, Any]] = {}
    for finding in findings:
        rule = finding.rule
        roles = held.intersection(finding.override)
        if finding.severity is not Severity.SOFT or all((rule, role) in given for role in roles):
            continue
        if rule in offered:
            offered[rule]["message"] += " " + finding.message
            continue
        offered[rule] = {
            "rule": rule,
            "message": finding.message,
            "ticked": rule in request.form.getlist("override"),
            "reason": request.form.get(f"override_reason-{rule}", ""),
        }
    return list(offered.values())
