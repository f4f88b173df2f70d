"""How long a session that has not ended occupies what it uses."""

from datetime import datetime, timedelta
from typing import Final

from gmp_booking.conflicts.case import ENDLESS, Occasion, PolicyFacts
from gmp_booking.conflicts.parameter import Parameter

GRACE: Final = Parameter("RM-01", "grace_min", "minutes", 15, "default is ours")
"""A session that has not ended so long after its planned or announced end is overdue."""

NEXT_USE_AHEAD: Final = Parameter("RM-01", "next_use_ahead_min", "minutes", 60, "default is ours")
"""An overdue session puts the next use of its room at risk at least so long before its start."""


def default_of(parameter: Parameter) -> timedelta:
    return timedelta(minutes=parameter.default)


def value_of(policy: PolicyFacts, parameter: Parameter) -> timedelta:
    return timedelta(minutes=policy.value(parameter))


def occupied_until(
    due: datetime, teardown: timedelta, *, occasion: Occasion, now: datetime, grace: timedelta
) -> datetime:
    """The end of the time that an unended session occupies.

    Shape: `due` is its planned or announced end. Nobody enters while it runs, so at check-in it has no end.
    """
    return ENDLESS if occasion is Occasion.CHECK_IN else max(due, now + grace) + teardown
