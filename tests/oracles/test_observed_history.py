"""The oracles of histories find every injected fault and report nothing in clean histories."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.oracles import mail_oracle, risk_oracle, slot_oracle, transition_oracle
from tests.oracles.history_generator import ASKER, EMAILS, a_clean_history
from tests.oracles.observed_history import Booking, ClientAnswer, Journal, ObservedHistory, Pending, Step
from tests.oracles.rule_oracle import amiss

TIMES = 30
Fault = Callable[[ObservedHistory, random.Random], ObservedHistory]


def one(history: ObservedHistory, chance: random.Random, state: str) -> Booking:
    return chance.choice([booking for booking in history.bookings if booking.state == state])


def swapped(history: ObservedHistory, name: str, old: Any, /, **values: Any) -> ObservedHistory:
    rows = tuple(row._replace(**values) if row is old else row for row in getattr(history, name))
    return replace(history, **{name: rows})


def without(history: ObservedHistory, name: str, gone: Any) -> ObservedHistory:
    return replace(history, **{name: tuple(row for row in getattr(history, name) if row is not gone)})


def more(history: ObservedHistory, name: str, *rows: Any) -> ObservedHistory:
    return replace(history, **{name: (*getattr(history, name), *rows)})


def _held(history: ObservedHistory, chance: random.Random, state: str) -> Any:
    bookings = {booking.id for booking in history.bookings if booking.state == state}
    return chance.choice([slot for slot in history.slots if slot.active and slot.booking_id in bookings])


def an_overlap(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    slot = _held(history, chance, "CONFIRMED")
    return more(history, "slots", slot._replace(id=9_999, start=slot.end - timedelta(minutes=1)))


def a_part_of_the_union_lost(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    """While a change waits, what is in force is held no more."""
    (waiting,) = (change for change in history.changes if change.state == "SUBMITTED")
    slots = [slot for slot in history.slots if slot.active and slot.booking_id == waiting.booking_id]
    return without(history, "slots", chance.choice(slots))


def the_old_time_still_held(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    """A change came into force, and the time before it was never given back."""
    (approved,) = (change for change in history.changes if change.state == "APPROVED")
    kept = [slot for slot in history.slots if not slot.active and slot.booking_id == approved.booking_id]
    return swapped(history, "slots", chance.choice(kept), active=True)


def a_stretch_too_far(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    slot = _held(history, chance, "CONFIRMED")
    return swapped(history, "slots", slot, end=slot.end + timedelta(hours=12))


def held_though_it_ended(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    ended = {booking.id for booking in history.bookings if booking.state in {"CANCELLED", "REJECTED", "EXPIRED"}}
    slot = chance.choice([slot for slot in history.slots if slot.booking_id in ended])
    return swapped(history, "slots", slot, active=True)


def an_act_forgotten(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    row = chance.choice([row for row in history.journal if row.request_id and row.event != "BookingApproved"])
    return without(history, "journal", row)


def an_act_that_happened_twice(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    rows = [row for row in history.journal if row.event in {"BookingReviewed", "BookingConfirmed", "BookingCancelled"}]
    return more(history, "journal", chance.choice(rows)._replace(id=9_999))


def a_trace_of_a_refusal(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    (refused,) = (answer for answer in history.answers if answer.status == 409)
    step = Step(9_999, "signature", 1, None, {"id": 1}, refused.request_id)
    return more(history, "steps", step)


def an_answer_of_a_broken_service(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    return more(history, "answers", ClientAnswer("create", "", 500, "request 9999"))


def an_act_of_nobody(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    return more(
        history, "journal", Journal(9_999, chance.choice(history.bookings).id, "BookingAdjusted", 1, "who?", {})
    )


def a_replay_with_an_effect(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    answer: ClientAnswer = chance.choice([answer for answer in history.answers if answer.act == "review"])
    return swapped(history, "answers", answer, is_replay=True)


def back_from_the_dead(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    """An ended booking is confirmed once more."""
    ended = one(history, chance, chance.choice(["CANCELLED", "REJECTED", "EXPIRED"]))
    alive = ended._replace(state="CONFIRMED", sequence=ended.sequence + 1)
    history = more(history, "steps", Step(9_999, "booking", ended.id, ended._asdict(), alive._asdict(), None))
    return swapped(history, "bookings", ended, state="CONFIRMED", sequence=ended.sequence + 1)


def a_stage_skipped(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    changes = {change.booking_id for change in history.changes}
    confirmed = {booking.id for booking in history.bookings if booking.state == "CONFIRMED"} - changes
    rows = [row for row in history.journal if row.event == "BookingReviewed" and row.booking_id in confirmed]
    return without(history, "journal", chance.choice(rows))


def changed_behind_the_history(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    return swapped(history, "bookings", one(history, chance, "SUBMITTED"), state="UNDER_REVIEW")


def work_in_what_was_cancelled(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    ended = one(history, chance, "CANCELLED")
    (session,) = (session for session in history.sessions if session.booking_id == ended.id)
    return swapped(history, "sessions", session, state="IN_USE")


def a_change_of_what_ended(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    (waiting,) = (change for change in history.changes if change.state == "SUBMITTED")
    return swapped(history, "changes", waiting, booking_id=one(history, chance, "CANCELLED").id)


def a_sequence_that_fell(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    step = chance.choice([step for step in history.steps if step.table == "booking" and step.old and step.new])
    assert step.old is not None
    assert step.new is not None
    return swapped(history, "steps", step, old={**step.old, "sequence": step.new["sequence"] + 1})


def an_older_mail_afterwards(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    """The calendar of before the change comes once more, after it."""
    changed = next(mail for mail in history.mails if mail.says == "Changed")
    before = next(
        mail
        for mail in history.mails
        if mail.says == "Confirmed" and mail.reference == changed.reference and mail.recipient == changed.recipient
    )
    return more(history, "mails", before)


def a_signature_over_something_else(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    return swapped(history, "signatures", chance.choice(history.signatures), hash="another")


def an_old_signature_for_the_new_version(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    gone = next(row for row in history.signatures if row.version == 2)
    return without(history, "signatures", gone)


def a_mail_that_never_came(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    """Whoever asked never hears how it ended, or that it was confirmed or changed."""
    says = {"Confirmed", "Changed", "Cancelled", "Rejected", "Expired", "At risk"}
    own = [mail for mail in history.mails if mail.recipient == EMAILS[ASKER] and mail.says in says]
    moved = {mail.reference for mail in history.mails if mail.says in {"Changed", "Cancelled"}}
    missed = [each for each in own if each.says != "Confirmed" or each.reference not in moved]
    return without(history, "mails", chance.choice(missed))


def a_mail_of_what_never_was(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    booking = one(history, chance, "CONFIRMED")
    mail = next(mail for mail in history.mails if mail.reference == booking.reference)
    return more(history, "mails", mail._replace(says=chance.choice(["Rejected", "Expired", "Cancelled"]), entries=()))


def confirmed_after_the_end(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    """A confirmation that was overtaken by the cancellation."""
    booking = one(history, chance, "CANCELLED")
    mails = [mail for mail in history.mails if mail.reference == booking.reference]
    confirmed = next(mail for mail in mails if mail.says == "Confirmed")
    return more(history, "mails", confirmed)


def another_time_in_the_mail(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    confirmed = {booking.reference for booking in history.bookings if booking.state == "CONFIRMED"}
    mail = chance.choice([each for each in history.mails if each.says == "Changed" and each.reference in confirmed])
    (entry,) = mail.entries
    return swapped(history, "mails", mail, entries=(entry._replace(end=entry.end + timedelta(minutes=30)),))


def a_decider_without_a_mail(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    waiting = one(history, chance, chance.choice(["SUBMITTED", "UNDER_REVIEW"]))
    mail = [each for each in history.mails if each.reference == waiting.reference][-1]
    return without(history, "mails", mail)


def a_reminder_of_what_ended(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    ended = one(history, chance, chance.choice(["CANCELLED", "EXPIRED"]))
    return more(history, "pending", Pending("upcoming", ended.id, ended.version, None, ASKER))


def a_risk_not_seen(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    return swapped(history, "bookings", chance.choice([row for row in history.bookings if row.at_risk]), at_risk=False)


def a_risk_that_is_none(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    hit = {row.id for row in history.bookings if row.at_risk}
    ahead = {row.booking_id for row in history.sessions if row.state == "PLANNED"} - hit
    booking = chance.choice([row for row in history.bookings if row.state == "CONFIRMED" and row.id in ahead])
    return swapped(history, "bookings", booking, at_risk=True)


def a_risk_of_what_ended(history: ObservedHistory, chance: random.Random) -> ObservedHistory:
    return swapped(history, "bookings", one(history, chance, chance.choice(["CANCELLED", "EXPIRED"])), at_risk=True)


FAULTS: list[tuple[Fault, Callable[[ObservedHistory], list[str]]]] = [
    (an_overlap, slot_oracle.overlaps),
    *(
        (fault, slot_oracle.holds_amiss)
        for fault in (a_part_of_the_union_lost, the_old_time_still_held, a_stretch_too_far)
    ),
    (held_though_it_ended, slot_oracle.holds_amiss),
    *(
        (fault, transition_oracle.answers_amiss)
        for fault in (an_act_forgotten, an_act_that_happened_twice, a_trace_of_a_refusal)
    ),
    *(
        (fault, transition_oracle.answers_amiss)
        for fault in (an_act_of_nobody, a_replay_with_an_effect, an_answer_of_a_broken_service)
    ),
    *(
        (fault, transition_oracle.ways_amiss)
        for fault in (back_from_the_dead, a_stage_skipped, changed_behind_the_history)
    ),
    *((fault, transition_oracle.ways_amiss) for fault in (work_in_what_was_cancelled, a_change_of_what_ended)),
    (a_sequence_that_fell, transition_oracle.sequences_amiss),
    (a_signature_over_something_else, transition_oracle.signatures_amiss),
    (an_old_signature_for_the_new_version, transition_oracle.signatures_amiss),
    *((fault, mail_oracle.mails_amiss) for fault in (an_older_mail_afterwards, a_mail_that_never_came)),
    *((fault, mail_oracle.mails_amiss) for fault in (a_mail_of_what_never_was, confirmed_after_the_end)),
    *((fault, mail_oracle.mails_amiss) for fault in (another_time_in_the_mail, a_decider_without_a_mail)),
    (a_reminder_of_what_ended, mail_oracle.mails_amiss),
    *((fault, risk_oracle.risks_amiss) for fault in (a_risk_not_seen, a_risk_that_is_none, a_risk_of_what_ended)),
]


def test_clean_histories_raise_no_alarm() -> None:
    for seed in range(TIMES):
        assert amiss(a_clean_history(random.Random(seed))) == [], f"seed {seed}"


@pytest.mark.heavy
@pytest.mark.parametrize(("fault", "find"), FAULTS, ids=lambda each: each.__name__)
def test_every_planted_fault_is_found(fault: Fault, find: Callable[[ObservedHistory], list[str]]) -> None:
    missed = []
    for seed in range(TIMES):
        chance = random.Random(seed)
        if not find(fault(a_clean_history(chance), chance)):
            missed.append(seed)
    assert missed == [], f"not found with the seeds {missed}"
