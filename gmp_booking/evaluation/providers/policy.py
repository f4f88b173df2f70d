"""Facts of the facility's policy: modes of rules, and the values of their parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from gmp_booking.conflicts.case import PolicyFacts, Switch
from gmp_booking.conflicts.rule import discover
from gmp_booking.kernel.vocabulary import RuleMode

SWITCHES: Final = """
    SELECT COALESCE(jsonb_agg(jsonb_build_object('rule', rule, 'mode', mode, 'from_on', from_on)
        ORDER BY rule, from_on), '[]')
    FROM rule_switch
"""


@dataclass(frozen=True)
class SwitchRow:
    """The mode of a rule from a day on."""

    rule: str
    mode: RuleMode
    from_on: date


@dataclass(frozen=True)
class ParameterRow:
    """The value of a rule's parameter, in the parameter's unit."""

    rule: str
    name: str
    value: float


@cache
def default_values() -> tuple[ParameterRow, ...]:
    """The values of all declared parameters: they cannot be set, so each has its default."""
    declared = (each for rule in discover().values() for each in rule.parameters)
    return tuple(ParameterRow(each.rule, each.name, each.default) for each in declared)


def policy_facts(switches: Iterable[SwitchRow], parameters: Iterable[ParameterRow]) -> PolicyFacts:
    modes: defaultdict[str, list[Switch]] = defaultdict(list)
    for row in switches:
        modes[row.rule].append(Switch(row.mode, row.from_on))
    values: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for each in parameters:
        values[each.rule][each.name] = each.value
    return PolicyFacts({rule: tuple(rows) for rule, rows in modes.items()}, dict(values))
