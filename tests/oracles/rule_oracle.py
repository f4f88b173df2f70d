"""All violations in an observed history, as sentences; empty when there is none."""

from __future__ import annotations

from tests.oracles.mail_oracle import mails_amiss
from tests.oracles.observed_history import ObservedHistory
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


def amiss(history: ObservedHistory) -> list[str]:
    return [
        *overlaps(history),
        *holds_amiss(history),
        *unconfirmed_that_hold_nothing(history),
        *answers_amiss(history),
        *ways_amiss(history),
        *sequences_amiss(history),
        *signatures_amiss(history),
        *mails_amiss(history),
        *risks_amiss(history),
    ]
