"""A scenario for each step of a booking."""

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial
from typing import Any

from gmp_booking.approvals.expiry import expire
from gmp_booking.bookings.lifecycle.booking_steps import DRAFT
from gmp_booking.bookings.lifecycle.steps import When
from gmp_booking.kernel.errors import Refusal
from gmp_booking.kernel.states import BookingState as S
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.draft import save_draft
from tests.clients import SIGNED, weekday_at
from tests.factories.request_bodies import ClinicalRequestFactory, DemonstrationRequestFactory, SessionFactory
from tests.lifecycle.scenario import (
    DEMO,
    ENGINEER,
    OPERATOR,
    PRODUCTION,
    QA,
    REQUESTER,
    SCHEDULER,
    SIGNATORY,
    WHY,
    Attempt,
    Prepared,
    Scenario,
    World,
    incubator,
    kept,
    none_held,
    post,
    released,
    say,
    taken,
)

_fortnights = itertools.count(8, 2)

# -- bookings in their states; engineering work passes scheduling and quality assurance, a demonstration one stage


def submitted(world: World) -> Prepared:
    start = world.shared_app.free_hour()
    reference = world.do(REQUESTER, "", incubator(start))["reference"]
    world.shared_app.free_hour()  # Time that touches would be held as one period.
    return Prepared(reference, start, world.shared_app.free_hour())


def demonstration(world: World) -> Prepared:
    start = world.shared_app.free_hour()
    body = DemonstrationRequestFactory(sessions=[SessionFactory(room="T-01", start=start, hours=1)], seats=4)
    return Prepared(world.do(REQUESTER, "", body)["reference"], start)


def reviewed(world: World) -> Prepared:
    prepared = submitted(world)
    world.do(SCHEDULER, f"/{prepared.reference}/review")
    return prepared


def returned(world: World) -> Prepared:
    prepared = submitted(world)
    world.do(SCHEDULER, f"/{prepared.reference}/return", {"reason": WHY})
    return prepared


def returned_later(world: World) -> Prepared:
    prepared = reviewed(world)
    world.do(QA, f"/{prepared.reference}/return", {"reason": WHY})
    return prepared


def confirmed(world: World) -> Prepared:
    prepared = reviewed(world)
    world.do(QA, f"/{prepared.reference}/approve", SIGNED)
    return prepared


def drafted(world: World) -> Prepared:
    actor = world.shared_app.actor(REQUESTER)
    booking = world.shared_app.database.transact(actor, save_draft, {"kind": "EQUIPMENT"})
    return Prepared(booking.reference, wanted=world.shared_app.free_hour())


def over(world: World) -> Prepared:
    """A confirmed booking whose time has passed."""
    prepared = confirmed(world)
    times = "starts_at = starts_at - interval '1 year', ends_at = ends_at - interval '1 year'"
    id_ = world.booking(prepared.reference)["id"]
    world.ask(f"UPDATE equipment_reservation SET {times} WHERE booking_id = %s RETURNING id", id_)
    return prepared


def overdue(world: World, *, state: Any) -> Prepared:
    prepared: Prepared = state(world)
    statement = "UPDATE booking SET pending_until = gmp_now() - interval '1 minute' WHERE reference = %s RETURNING id"
    world.ask(statement, prepared.reference)
    return prepared


def clinical(world: World) -> Prepared:
    """A clinical run that has passed scheduling, in a fortnight of its own."""
    start = weekday_at(9, weeks=next(_fortnights))
    body = ClinicalRequestFactory(sessions=[SessionFactory(room="B-01", start=start, hours=1)], basis="IND-2027-014")
    reference = world.do(SIGNATORY, "", body)["reference"]
    world.do(SCHEDULER, f"/{reference}/review")
    return Prepared(reference, start)


def nothing(world: World) -> Prepared:
    return Prepared("", wanted=world.shared_app.free_hour())


def ended(world: World, *, action: str, by: str) -> Prepared:
    prepared = submitted(world)
    world.do(by, f"/{prepared.reference}/{action}", {"reason": WHY} | SIGNED)
    return prepared


def expired(world: World) -> Prepared:
    prepared = overdue(world, state=submitted)
    assert world.by_system(expire, prepared.reference) == 200
    return prepared


def closed(world: World) -> Prepared:
    prepared = over(world)
    world.do(QA, f"/{prepared.reference}/close", SIGNED)
    return prepared


IN_STATE = {
    S.DRAFT: drafted,
    S.SUBMITTED: submitted,
    S.UNDER_REVIEW: reviewed,
    S.RETURNED: returned,
    S.CONFIRMED: confirmed,
    S.REJECTED: partial(ended, action="reject", by=SCHEDULER),
    S.EXPIRED: expired,
    S.CANCELLED: partial(ended, action="cancel", by=REQUESTER),
    S.CLOSED: closed,
}

# -- actions


def save(world: World, prepared: Prepared, attempt: Attempt) -> int:
    try:
        actor = world.shared_app.actor(attempt.email)
        booking = world.shared_app.database.transact(actor, save_draft, {"kind": "EQUIPMENT"})
    except Refusal as refusal:
        return refusal.status
    prepared.notes["reference"] = booking.reference
    return 201


def create(world: World, prepared: Prepared, attempt: Attempt) -> int:
    assert prepared.wanted is not None
    answer = world.send(attempt.email, "", incubator(prepared.wanted))
    if answer.status_code == 201:
        prepared.notes["reference"] = answer.json["reference"]
    return int(answer.status_code)


def create_quality_control(world: World, prepared: Prepared, attempt: Attempt) -> int:
    assert prepared.wanted is not None
    part = SessionFactory(room="L-01", start=prepared.wanted, hours=1)
    answer = world.send(REQUESTER, "", {"kind": "QC", "sessions": [part]})
    if answer.status_code == 201:
        prepared.notes["reference"] = answer.json["reference"]
    return int(answer.status_code)


def submit(world: World, prepared: Prepared, attempt: Attempt) -> int:
    assert prepared.wanted is not None
    answer = world.send(attempt.email, f"/{prepared.reference}/submit", incubator(prepared.wanted))
    return int(answer.status_code)


def change(world: World, prepared: Prepared, attempt: Attempt) -> int:
    wanted = prepared.wanted or (prepared.start or world.shared_app.free_hour()) + timedelta(days=7)
    answer = world.send(attempt.email, f"/{prepared.reference}", incubator(wanted), method="patch")
    return int(answer.status_code)


def let_expire(world: World, prepared: Prepared, attempt: Attempt) -> int:
    return world.by_system(expire, prepared.reference)


def a_room_is_held(_world: World, _prepared: Prepared, before: Any, after: Any) -> None:
    assert before == {}
    assert list(after) == ["L-01"]


# -- the steps

BY_REQUESTER: dict[str, Any] = {"by": REQUESTER, "outsider": OPERATOR}
BY_SCHEDULER: dict[str, Any] = {"by": SCHEDULER, "outsider": ENGINEER}
BY_QA: dict[str, Any] = {"by": QA, "outsider": SCHEDULER}
BY_DEMO: dict[str, Any] = {"by": DEMO, "outsider": SCHEDULER}
SUBMITTED: dict[str, Any] = {"target": "SUBMITTED", "events": ("BookingSubmitted",), "slots": taken}
RETURNED: dict[str, Any] = {"target": "RETURNED", "events": ("BookingReturned",), "slots": kept, "needs_reason": True}
REJECTED: dict[str, Any] = {
    "target": "REJECTED",
    "events": ("BookingRejected",),
    "slots": released,
    "needs_reason": True,
}
EXPIRED: dict[str, Any] = {"target": "EXPIRED", "events": ("BookingExpired",), "slots": released}
CANCELLED: dict[str, Any] = {
    "target": "CANCELLED", "events": ("BookingCancelled",), "slots": released, "needs_reason": True
}  # fmt: skip
CONFIRMED: dict[str, Any] = {"target": "CONFIRMED", "events": ("BookingApproved", "BookingConfirmed"), "slots": kept}
ANY = When.ALWAYS

SCENARIOS: dict[Any, Scenario] = {
    (None, DRAFT, ANY): Scenario(nothing, save, "DRAFT", ("BookingDrafted",), none_held, **BY_REQUESTER),
    (None, Action.SUBMIT, ANY): Scenario(nothing, create, **SUBMITTED, **BY_REQUESTER),
    (S.DRAFT, Action.SUBMIT, ANY): Scenario(drafted, submit, **SUBMITTED, **BY_REQUESTER),
    (S.RETURNED, Action.SUBMIT, ANY): Scenario(returned, submit, **SUBMITTED, **BY_REQUESTER),
    (S.SUBMITTED, Action.REVIEW, When.STAGE_BEFORE_OTHERS): Scenario(
        submitted, post("review"), "UNDER_REVIEW", ("BookingReviewed",), kept, **BY_SCHEDULER
    ),
    (S.UNDER_REVIEW, Action.APPROVE, When.STAGE_BEFORE_OTHERS): Scenario(
        clinical,
        post("approve"),
        "UNDER_REVIEW",
        ("BookingReviewed",),
        kept,
        by=PRODUCTION,
        outsider=QA,
        meaning="APPROVED – PRODUCTION",
    ),
    (S.SUBMITTED, Action.APPROVE, When.LAST_STAGE): Scenario(demonstration, post("approve"), **CONFIRMED, **BY_DEMO),
    (S.UNDER_REVIEW, Action.APPROVE, When.LAST_STAGE): Scenario(
        reviewed, post("approve"), **CONFIRMED, **BY_QA, meaning="APPROVED – QA"
    ),
    (S.SUBMITTED, Action.CONFIRM, When.NO_STAGE): Scenario(
        nothing, create_quality_control, "CONFIRMED", ("BookingSubmitted", "BookingConfirmed"), a_room_is_held
    ),
    (S.APPROVED, Action.CONFIRM, ANY): Scenario(
        reviewed, post("approve"), **CONFIRMED, **BY_QA, meaning="APPROVED – QA"
    ),
    (S.SUBMITTED, Action.RETURN, ANY): Scenario(submitted, post("return"), **RETURNED, **BY_SCHEDULER),
    (S.UNDER_REVIEW, Action.RETURN, ANY): Scenario(reviewed, post("return"), **RETURNED, **BY_QA),
    (S.SUBMITTED, Action.REJECT, ANY): Scenario(
        submitted, post("reject"), **REJECTED, **BY_SCHEDULER, meaning="REJECTED"
    ),
    (S.UNDER_REVIEW, Action.REJECT, ANY): Scenario(reviewed, post("reject"), **REJECTED, **BY_QA, meaning="REJECTED"),
    (S.RETURNED, Action.ASK, ANY): Scenario(
        returned, say("ask"), "RETURNED", ("BookingQuestionAsked",), kept, needs_reason=True, **BY_SCHEDULER
    ),
    (S.RETURNED, Action.ANSWER, When.FIRST_STAGE): Scenario(
        returned, say("answer"), "SUBMITTED", ("BookingAnswered",), kept, **BY_REQUESTER
    ),
    (S.RETURNED, Action.ANSWER, When.LATER_STAGE): Scenario(
        returned_later, say("answer"), "UNDER_REVIEW", ("BookingAnswered",), kept, **BY_REQUESTER
    ),
    (S.SUBMITTED, Action.CHANGE, ANY): Scenario(submitted, change, **SUBMITTED, **BY_REQUESTER),
    (S.UNDER_REVIEW, Action.CHANGE, ANY): Scenario(reviewed, change, **SUBMITTED, **BY_REQUESTER),
    (S.RETURNED, Action.CHANGE, ANY): Scenario(returned, change, **SUBMITTED, **BY_REQUESTER),
    (S.SUBMITTED, Action.EXPIRE, ANY): Scenario(partial(overdue, state=submitted), let_expire, **EXPIRED),
    (S.UNDER_REVIEW, Action.EXPIRE, ANY): Scenario(partial(overdue, state=reviewed), let_expire, **EXPIRED),
    (S.RETURNED, Action.EXPIRE, ANY): Scenario(partial(overdue, state=returned), let_expire, **EXPIRED),
    (S.DRAFT, Action.CANCEL, ANY): Scenario(
        drafted, post("cancel"), "CANCELLED", ("BookingCancelled",), none_held, needs_reason=True, **BY_REQUESTER
    ),
    (S.SUBMITTED, Action.CANCEL, ANY): Scenario(submitted, post("cancel"), **CANCELLED, **BY_REQUESTER),
    (S.UNDER_REVIEW, Action.CANCEL, ANY): Scenario(reviewed, post("cancel"), **CANCELLED, **BY_REQUESTER),
    (S.RETURNED, Action.CANCEL, ANY): Scenario(returned, post("cancel"), **CANCELLED, **BY_REQUESTER),
    (S.CONFIRMED, Action.CANCEL, ANY): Scenario(confirmed, post("cancel"), **CANCELLED, **BY_REQUESTER),
    (S.CONFIRMED, Action.CLOSE, ANY): Scenario(
        over, post("close"), "CLOSED", ("BookingClosed",), kept, **BY_QA, meaning="RECORD REVIEWED"
    ),
}
