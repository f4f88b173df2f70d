"""Limits of rules that the facility may set."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


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


GRACE: Final = Parameter("RM-01", "grace_min", "minutes", 15, "default is ours")
"""A session that has not ended so long after its planned or announced end is overdue."""

NEXT_USE_AHEAD: Final = Parameter("RM-01", "next_use_ahead_min", "minutes", 60, "default is ours")
"""An overdue session puts the next use of its room at risk at least so long before its start."""

OVERDUE_AFTER: Final = timedelta(minutes=GRACE.default)
DELAYS_AHEAD: Final = timedelta(minutes=NEXT_USE_AHEAD.default)
