"""Findings somebody answers for, on the booking's page: what was overridden, and what the reader may override."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import request

from gmp_booking.approvals.overrides import OverrideAsked, OverrideView
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.vocabulary import Severity


def overrides_typed() -> list[OverrideAsked]:
    """The rules that were ticked, each with the reason typed beside it."""
    return [
        OverrideAsked(rule, request.form.get(f"override_reason-{rule}", ""))
        for rule in request.form.getlist("override")
    ]


def answered_for(
    findings: Iterable[dict[str, Any]], overrides: Sequence[OverrideView], version: int
) -> list[dict[str, Any]]:
    """The findings, those that need an override with who gave it and why."""
    given: dict[str, list[OverrideView]] = {}
    for each in overrides:
        if each.version == version:
            given.setdefault(each.rule, []).append(each)
    return [
        finding
        | {
            "overridden_by": ", ".join(each.printed_name for each in given[finding["rule"]]),
            "override_reason": " / ".join(each.reason for each in given[finding["rule"]]),
        }
        if finding["severity"] == Severity.SOFT and finding["rule"] in given
        else finding
        for finding in findings
    ]


def offered_overrides(
    findings: Iterable[Mapping[str, Any]], overrides: Sequence[OverrideView], version: int, actor: Actor
) -> list[dict[str, Any]]:
    """One line a rule the reader's roles may answer for and nobody of them has yet, as typed when sent before."""
    given = {(each.rule, each.role) for each in overrides if each.version == version}
    held = {role.value for role in actor.roles}
    offered: dict[str, dict[str, Any]] = {}
    for finding in findings:
        rule = finding["rule"]
        roles = set((finding["override"] or "").split("+")) & held
        if finding["severity"] != Severity.SOFT or all((rule, role) in given for role in roles):
            continue
        if rule in offered:
            offered[rule]["message"] += " " + finding["message"]
            continue
        offered[rule] = {
            "rule": rule,
            "message": finding["message"],
            "ticked": rule in request.form.getlist("override"),
            "reason": request.form.get(f"override_reason-{rule}", ""),
        }
    return list(offered.values())
