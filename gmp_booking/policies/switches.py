"""Modes of rules from a day on; rules against double booking and disclosure cannot be switched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gmp_booking.conflicts.rule import ALWAYS_ENFORCED, discover
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import RuleMode
from gmp_booking.policies.events import RuleSwitched
from gmp_booking.policies.models import RuleSwitch


@dataclass(frozen=True)
class RuleModeChange:
    """A rule's mode from a day on."""

    id: int
    mode: str
    from_on: date


def switch_rule(uow: Uow, rule: str, mode: str, *, from_on: date) -> None:
    """Set a rule's mode from a day on; the past does not change.

    Errors: Forbidden; Invalid naming the fields.
    """
    require(uow.actor, Permission.RULE_SWITCH)
    errors: dict[str, list[str]] = {}
    if rule not in discover() or rule in ALWAYS_ENFORCED:
        errors["rule"] = [N_("The mode of this rule cannot be changed.")]
    if mode not in set(RuleMode):
        errors["mode"] = [N_("Not one of the choices.")]
    if from_on < uow.today:
        errors["from_on"] = [N_("A rule mode can change today or on a later date.")]
    if errors:
        raise Invalid(field_errors=errors)
    statement = insert(RuleSwitch).values(rule=rule, mode=mode, from_on=from_on)
    key = [RuleSwitch.rule, RuleSwitch.from_on]
    uow.session.execute(statement.on_conflict_do_update(index_elements=key, set_={"mode": mode}))
    uow.record(RuleSwitched(rule=rule, mode=mode, from_on=from_on))


def list_switches(uow: Uow) -> Mapping[str, list[RuleModeChange]]:
    """All mode changes by rule, in order of their day."""
    found: dict[str, list[RuleModeChange]] = {}
    for row in uow.session.scalars(select(RuleSwitch).order_by(RuleSwitch.from_on)):
        found.setdefault(row.rule, []).append(RuleModeChange(row.id, row.mode, row.from_on))
    return found


def mode_on(switches: list[RuleModeChange], day: date) -> str:
    """A rule's mode on a day: the latest change up to it; `enforce` without one."""
    return next((each.mode for each in reversed(switches) if each.from_on <= day), RuleMode.ENFORCE)
