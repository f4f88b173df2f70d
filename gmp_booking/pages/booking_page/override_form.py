"""Overrides on the booking's page: given ones, and those the reader may give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import request

from gmp_booking.approvals.overrides import OverrideRequest, OverrideView
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.vocabulary import Severity


def overrides_typed() -> list[OverrideRequest]:
    """The selected rules, each with its typed reason."""
    return [
        OverrideRequest(rule, request.form.get(f"override_reason-{rule}", ""))
        for rule in request.form.getlist("override")
    ]


def with_overrides(
    findings: Iterable[dict[str, Any]], overrides: Sequence[OverrideView], version: int
) -> list[dict[str, Any]]:
    """The findings, each with the people who overrode it and their reasons."""
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
    """One entry for each rule that the reader's roles may still override, with what was typed before."""
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
