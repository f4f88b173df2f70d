"""A scenario for each step of a booking."""

from __future__ import annotations

import itertools
from collections.abc import Callable
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
from tests.clients import weekday_at
from tests.factories.bookings import (
    CancelledBookingFactory,
    ClosedBookingFactory,
    ConfirmedBookingFactory,
    DraftBookingFactory,
    ExpiredBookingFactory,
    RejectedBookingFactory,
    ReturnedBookingFactory,
    ReviewedBookingFactory,
    SubmittedBookingFactory,
    let_its_time_pass,
)
from tests.factories.request_bodies import (
    ClinicalRequestFactory,
    DemonstrationRequestFactory,
    QualityControlRequestFactory,
    SessionFactory,
)
from tests.lifecycle.scenario import (
    DEMO,
    ENGINEER,
    OPERATOR,
    PRODUCTION,
    QA,
    REQUESTER,
    SCHEDULER,
    SIGNATORY,
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


def in_state(made_by: type[SubmittedBookingFactory], **traits: bool) -> Callable[[World], Prepared]:
    """An incubator booking, with another hour that it may be wanted at."""

    def prepare(world: World) -> Prepared:
        start = world.shared_app.free_hour()
        booking = made_by(app=world.shared_app, body=incubator(start), **traits)
        world.shared_app.free_hour()  # Time that touches would be held as one period.
        return Prepared(booking.reference, start, world.shared_app.free_hour())

    return prepare


submitted = in_state(SubmittedBookingFactory)
reviewed = in_state(ReviewedBookingFactory)
returned = in_state(ReturnedBookingFactory)
returned_later = in_state(ReturnedBookingFactory, reviewed=True)
confirmed = in_state(ConfirmedBookingFactory)
over = in_state(ConfirmedBookingFactory, is_over=True)


def demonstration(world: World) -> Prepared:
    start = world.shared_app.free_hour()
    body = DemonstrationRequestFactory(sessions=[SessionFactory(room="T-01", start=start, hours=1)], seats=4)
    return Prepared(SubmittedBookingFactory(app=world.shared_app, body=body).reference, start)


def drafted(world: World) -> Prepared:
    return Prepared(DraftBookingFactory(app=world.shared_app).reference, wanted=world.shared_app.free_hour())


def overdue(world: World, *, state: Any) -> Prepared:
    prepared: Prepared = state(world)
    let_its_time_pass(world.shared_app, prepared.reference)
    return prepared


def clinical(world: World) -> Prepared:
    """A clinical run that has passed scheduling, in a fortnight of its own."""
    start = weekday_at(9, weeks=next(_fortnights))
    body = ClinicalRequestFactory(sessions=[SessionFactory(room="B-01", start=start, hours=1)], basis="IND-2027-014")
    return Prepared(ReviewedBookingFactory(app=world.shared_app, body=body, by=SIGNATORY).reference, start)


def nothing(world: World) -> Prepared:
    return Prepared("", wanted=world.shared_app.free_hour())


IN_STATE = {
    S.DRAFT: drafted,
    S.SUBMITTED: submitted,
    S.UNDER_REVIEW: reviewed,
    S.RETURNED: returned,
    S.CONFIRMED: confirmed,
    S.REJECTED: in_state(RejectedBookingFactory),
    S.EXPIRED: in_state(ExpiredBookingFactory),
    S.CANCELLED: in_state(CancelledBookingFactory),
    S.CLOSED: in_state(ClosedBookingFactory),
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
    answer = world.send(REQUESTER, "", QualityControlRequestFactory(sessions=[part]))
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
