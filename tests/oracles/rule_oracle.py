"""All there is to say against a course of things, in sentences; empty when all is well."""

from __future__ import annotations

from tests.oracles.mail_oracle import mails_amiss
from tests.oracles.observed_history import Course
from tests.oracles.risk_oracle import risks_amiss
from tests.oracles.slot_oracle import holds_amiss, overlaps
from tests.oracles.transition_oracle import (
    answers_amiss,
    sequences_amiss,
    signatures_amiss,
    unconfirmed_that_hold_nothing,
    ways_amiss,
)

__all__ = ["amiss"]


def amiss(course: Course) -> list[str]:
    return [
        *overlaps(course),
        *holds_amiss(course),
        *unconfirmed_that_hold_nothing(course),
        *answers_amiss(course),
        *ways_amiss(course),
        *sequences_amiss(course),
        *signatures_amiss(course),
        *mails_amiss(course),
        *risks_amiss(course),
    ]
