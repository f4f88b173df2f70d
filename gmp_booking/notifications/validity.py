"""Whether a message that waits to be sent is still true."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gmp_booking.kernel.states import BookingState
from gmp_booking.notifications.facts import BookingMailFacts
from gmp_booking.notifications.mail_kind import BookingMail
from gmp_booking.notifications.recipients import deciding_role, participant_ids, role_of_stage


def find_current_facts(kind: BookingMail, facts: BookingMailFacts) -> BookingMailFacts | None:
    """The facts that the mail shows; None when it is not true any more."""
    if BookingState(facts.booking.state) not in kind.valid_while or not _is_current(kind, facts):
        return None
    if kind.shows_proposal:
        facts = replace(facts, booking=facts.proposal)
    return facts if kind.still_true(facts) else None


def _is_current(kind: BookingMail, facts: BookingMailFacts) -> bool:
    """Whether the version or the change request that the message is about is still the current one."""
    if kind.valid_while_change:
        return facts.change is not None and facts.change.state in kind.valid_while_change
    return kind.any_version or facts.booking.version == facts.message.subject_version


# -- conditions that several kinds share; the documentation shows these docstrings


def waits_at_that_stage(facts: BookingMailFacts) -> bool:
    """It still waits at the same stage."""
    role = deciding_role(facts.booking)
    return role is not None and role.value == facts.payload["stage"]


def expires_then(facts: BookingMailFacts) -> bool:
    """It still expires at that time and, for deciders, waits at the same stage."""
    role = role_of_stage(facts.booking)
    at_stage = facts.payload.get("stage") in {None, role.value if role else ""}
    return at_stage and facts.booking.pending_until == datetime.fromisoformat(facts.payload["until"])


def takes_part(facts: BookingMailFacts) -> bool:
    """The reader still takes part."""
    return facts.reader.id in participant_ids(facts.details)
