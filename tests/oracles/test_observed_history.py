"""The judges of courses themselves: every planted fault is found, and clean courses raise no alarm."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.oracles import mail_oracle, risk_oracle, slot_oracle, transition_oracle
from tests.oracles.history_generator import ASKER, EMAILS, a_clean_course
from tests.oracles.observed_history import Booking, Course, Journal, Pending, Said, Step
from tests.oracles.rule_oracle import amiss

TIMES = 30
Fault = Callable[[Course, random.Random], Course]


def one(course: Course, chance: random.Random, state: str) -> Booking:
    return chance.choice([booking for booking in course.bookings if booking.state == state])


def swapped(course: Course, name: str, old: Any, /, **values: Any) -> Course:
    rows = tuple(row._replace(**values) if row is old else row for row in getattr(course, name))
    return replace(course, **{name: rows})


def without(course: Course, name: str, gone: Any) -> Course:
    return replace(course, **{name: tuple(row for row in getattr(course, name) if row is not gone)})


def more(course: Course, name: str, *rows: Any) -> Course:
    return replace(course, **{name: (*getattr(course, name), *rows)})


def _held(course: Course, chance: random.Random, state: str) -> Any:
    bookings = {booking.id for booking in course.bookings if booking.state == state}
    return chance.choice([slot for slot in course.slots if slot.active and slot.booking_id in bookings])


def an_overlap(course: Course, chance: random.Random) -> Course:
    slot = _held(course, chance, "CONFIRMED")
    return more(course, "slots", slot._replace(id=9_999, start=slot.end - timedelta(minutes=1)))


def a_part_of_the_union_lost(course: Course, chance: random.Random) -> Course:
    """While a change waits, what is in force is held no more."""
    (waiting,) = (change for change in course.changes if change.state == "SUBMITTED")
    slots = [slot for slot in course.slots if slot.active and slot.booking_id == waiting.booking_id]
    return without(course, "slots", chance.choice(slots))


def the_old_time_still_held(course: Course, chance: random.Random) -> Course:
    """A change came into force, and the time before it was never given back."""
    (approved,) = (change for change in course.changes if change.state == "APPROVED")
    kept = [slot for slot in course.slots if not slot.active and slot.booking_id == approved.booking_id]
    return swapped(course, "slots", chance.choice(kept), active=True)


def a_stretch_too_far(course: Course, chance: random.Random) -> Course:
    slot = _held(course, chance, "CONFIRMED")
    return swapped(course, "slots", slot, end=slot.end + timedelta(hours=12))


def held_though_it_ended(course: Course, chance: random.Random) -> Course:
    ended = {booking.id for booking in course.bookings if booking.state in {"CANCELLED", "REJECTED", "EXPIRED"}}
    slot = chance.choice([slot for slot in course.slots if slot.booking_id in ended])
    return swapped(course, "slots", slot, active=True)


def an_act_forgotten(course: Course, chance: random.Random) -> Course:
    row = chance.choice([row for row in course.journal if row.request_id and row.event != "BookingApproved"])
    return without(course, "journal", row)


def an_act_that_happened_twice(course: Course, chance: random.Random) -> Course:
    rows = [row for row in course.journal if row.event in {"BookingReviewed", "BookingConfirmed", "BookingCancelled"}]
    return more(course, "journal", chance.choice(rows)._replace(id=9_999))


def a_trace_of_a_refusal(course: Course, chance: random.Random) -> Course:
    (refused,) = (said for said in course.said if said.status == 409)
    step = Step(9_999, "signature", 1, None, {"id": 1}, refused.request_id)
    return more(course, "steps", step)


def an_answer_of_a_broken_house(course: Course, chance: random.Random) -> Course:
    return more(course, "said", Said("create", "", 500, "request 9999"))


def an_act_of_nobody(course: Course, chance: random.Random) -> Course:
    return more(course, "journal", Journal(9_999, chance.choice(course.bookings).id, "BookingAdjusted", 1, "who?", {}))


def a_replay_with_an_effect(course: Course, chance: random.Random) -> Course:
    said: Said = chance.choice([said for said in course.said if said.act == "review"])
    return swapped(course, "said", said, is_replay=True)


def back_from_the_dead(course: Course, chance: random.Random) -> Course:
    """An ended booking is confirmed once more."""
    ended = one(course, chance, chance.choice(["CANCELLED", "REJECTED", "EXPIRED"]))
    alive = ended._replace(state="CONFIRMED", sequence=ended.sequence + 1)
    course = more(course, "steps", Step(9_999, "booking", ended.id, ended._asdict(), alive._asdict(), None))
    return swapped(course, "bookings", ended, state="CONFIRMED", sequence=ended.sequence + 1)


def a_stage_skipped(course: Course, chance: random.Random) -> Course:
    changes = {change.booking_id for change in course.changes}
    confirmed = {booking.id for booking in course.bookings if booking.state == "CONFIRMED"} - changes
    rows = [row for row in course.journal if row.event == "BookingReviewed" and row.booking_id in confirmed]
    return without(course, "journal", chance.choice(rows))


def changed_behind_the_history(course: Course, chance: random.Random) -> Course:
    return swapped(course, "bookings", one(course, chance, "SUBMITTED"), state="UNDER_REVIEW")


def work_in_what_was_cancelled(course: Course, chance: random.Random) -> Course:
    ended = one(course, chance, "CANCELLED")
    (session,) = (session for session in course.sessions if session.booking_id == ended.id)
    return swapped(course, "sessions", session, state="IN_USE")


def a_change_of_what_ended(course: Course, chance: random.Random) -> Course:
    (waiting,) = (change for change in course.changes if change.state == "SUBMITTED")
    return swapped(course, "changes", waiting, booking_id=one(course, chance, "CANCELLED").id)


def a_sequence_that_fell(course: Course, chance: random.Random) -> Course:
    step = chance.choice([step for step in course.steps if step.table == "booking" and step.old and step.new])
    assert step.old is not None
    assert step.new is not None
    return swapped(course, "steps", step, old={**step.old, "sequence": step.new["sequence"] + 1})


def an_older_mail_afterwards(course: Course, chance: random.Random) -> Course:
    """The calendar of before the change comes once more, after it."""
    changed = next(letter for letter in course.letters if letter.says == "Changed")
    before = next(
        letter
        for letter in course.letters
        if letter.says == "Confirmed"
        and letter.reference == changed.reference
        and letter.recipient == changed.recipient
    )
    return more(course, "letters", before)


def a_signature_over_something_else(course: Course, chance: random.Random) -> Course:
    return swapped(course, "signatures", chance.choice(course.signatures), hash="another")


def an_old_signature_for_the_new_version(course: Course, chance: random.Random) -> Course:
    gone = next(row for row in course.signatures if row.version == 2)
    return without(course, "signatures", gone)


def a_mail_that_never_came(course: Course, chance: random.Random) -> Course:
    """Whoever asked never hears how it ended, or that it was confirmed or changed."""
    says = {"Confirmed", "Changed", "Cancelled", "Rejected", "Expired", "At risk"}
    own = [letter for letter in course.letters if letter.recipient == EMAILS[ASKER] and letter.says in says]
    moved = {letter.reference for letter in course.letters if letter.says in {"Changed", "Cancelled"}}
    missed = [each for each in own if each.says != "Confirmed" or each.reference not in moved]
    return without(course, "letters", chance.choice(missed))


def a_mail_of_what_never_was(course: Course, chance: random.Random) -> Course:
    booking = one(course, chance, "CONFIRMED")
    letter = next(letter for letter in course.letters if letter.reference == booking.reference)
    return more(
        course, "letters", letter._replace(says=chance.choice(["Rejected", "Expired", "Cancelled"]), entries=())
    )


def confirmed_after_the_end(course: Course, chance: random.Random) -> Course:
    """A confirmation that was overtaken by the cancellation."""
    booking = one(course, chance, "CANCELLED")
    mails = [letter for letter in course.letters if letter.reference == booking.reference]
    confirmed = next(letter for letter in mails if letter.says == "Confirmed")
    return more(course, "letters", confirmed)


def another_time_in_the_mail(course: Course, chance: random.Random) -> Course:
    confirmed = {booking.reference for booking in course.bookings if booking.state == "CONFIRMED"}
    letter = chance.choice([each for each in course.letters if each.says == "Changed" and each.reference in confirmed])
    (entry,) = letter.entries
    return swapped(course, "letters", letter, entries=(entry._replace(end=entry.end + timedelta(minutes=30)),))


def a_decider_nobody_told(course: Course, chance: random.Random) -> Course:
    waiting = one(course, chance, chance.choice(["SUBMITTED", "UNDER_REVIEW"]))
    letter = [each for each in course.letters if each.reference == waiting.reference][-1]
    return without(course, "letters", letter)


def a_reminder_of_what_ended(course: Course, chance: random.Random) -> Course:
    ended = one(course, chance, chance.choice(["CANCELLED", "EXPIRED"]))
    return more(course, "pending", Pending("upcoming", ended.id, ended.version, None, ASKER))


def a_risk_not_seen(course: Course, chance: random.Random) -> Course:
    return swapped(course, "bookings", chance.choice([row for row in course.bookings if row.at_risk]), at_risk=False)


def a_risk_that_is_none(course: Course, chance: random.Random) -> Course:
    hit = {row.id for row in course.bookings if row.at_risk}
    ahead = {row.booking_id for row in course.sessions if row.state == "PLANNED"} - hit
    booking = chance.choice([row for row in course.bookings if row.state == "CONFIRMED" and row.id in ahead])
    return swapped(course, "bookings", booking, at_risk=True)


def a_risk_of_what_ended(course: Course, chance: random.Random) -> Course:
    return swapped(course, "bookings", one(course, chance, chance.choice(["CANCELLED", "EXPIRED"])), at_risk=True)


FAULTS: list[tuple[Fault, Callable[[Course], list[str]]]] = [
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
        for fault in (an_act_of_nobody, a_replay_with_an_effect, an_answer_of_a_broken_house)
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
    *((fault, mail_oracle.mails_amiss) for fault in (another_time_in_the_mail, a_decider_nobody_told)),
    (a_reminder_of_what_ended, mail_oracle.mails_amiss),
    *((fault, risk_oracle.risks_amiss) for fault in (a_risk_not_seen, a_risk_that_is_none, a_risk_of_what_ended)),
]


def test_clean_courses_raise_no_alarm() -> None:
    for seed in range(TIMES):
        assert amiss(a_clean_course(random.Random(seed))) == [], f"seed {seed}"


@pytest.mark.parametrize(("fault", "find"), FAULTS, ids=lambda each: each.__name__)
def test_every_planted_fault_is_found(fault: Fault, find: Callable[[Course], list[str]]) -> None:
    missed = []
    for seed in range(TIMES):
        chance = random.Random(seed)
        if not find(fault(a_clean_course(chance), chance)):
            missed.append(seed)
    assert missed == [], f"not found with the seeds {missed}"
