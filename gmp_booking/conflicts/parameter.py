"""Limits of rules that the facility may set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """A limit that the facility may set.

    Shape: `rule` and `name` are its key in the policy; `unit` is the unit of `default`.
    """

    rule: str
    name: str
    unit: str
    default: float
    source: str
