"""A scenario for each step of a change of a confirmed booking."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from gmp_booking.approvals.expiry import expire_change
from gmp_booking.bookings.lifecycle.change_steps import WITHDRAW
from gmp_booking.bookings.lifecycle.steps import When
from gmp_booking.kernel.states import ChangeState as C
from gmp_booking.kernel.vocabulary import Action
from tests.bookings.changing import Held
from tests.clients import SIGNED
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import (
    ClinicalRequestFactory,
    DemonstrationRequestFactory,
    QualityControlRequestFactory,
    SessionFactory,
)
from tests.lifecycle.booking_scenarios import (
    BY_DEMO,
    BY_QA,
    BY_REQUESTER,
    BY_SCHEDULER,
    clinical,
    confirmed,
    demonstration,
)
from tests.lifecycle.scenario import (
    DEMO,
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
    incubator_at,
    kept,
    post,
    released,
    say,
)

WEEK = timedelta(weeks=1)

# -- changes in their states


def ask_for(world: World, prepared: Prepared, body: dict[str, Any], *, by: str = REQUESTER) -> None:
    """Ask for a change; what the version in force holds is noted before."""
    prepared.notes["agreed"] = world.held(prepared.reference)
    world.do(by, f"/{prepared.reference}", body, method="patch")


def unchanged(world: World) -> Prepared:
    prepared = confirmed(world)
    prepared.notes["agreed"] = world.held(prepared.reference)
    return prepared


def asked(world: World) -> Prepared:
    """An incubator is wanted at another hour: scheduling decides, then quality assurance."""
    prepared = confirmed(world)
    assert prepared.wanted is not None
    ask_for(world, prepared, incubator(prepared.wanted))
    return prepared


def reviewed(world: World) -> Prepared:
    prepared = asked(world)
    world.do(SCHEDULER, f"/{prepared.reference}/review")
    return prepared


def returned(world: World) -> Prepared:
    prepared = asked(world)
    world.do(SCHEDULER, f"/{prepared.reference}/return", {"reason": WHY})
    return prepared


def returned_later(world: World) -> Prepared:
    prepared = reviewed(world)
    world.do(QA, f"/{prepared.reference}/return", {"reason": WHY})
    return prepared


def clinical_reviewed(world: World) -> Prepared:
    """A clinical run is wanted a week later: production decides next, then quality assurance."""
    prepared = clinical(world)
    assert prepared.start is not None
    world.do(PRODUCTION, f"/{prepared.reference}/approve", SIGNED)
    world.do(QA, f"/{prepared.reference}/approve", SIGNED)
    later = SessionFactory(room="B-01", start=prepared.start + WEEK, hours=1)
    body = ClinicalRequestFactory(sessions=[later], basis="IND-2027-014")
    ask_for(world, prepared, body, by=SIGNATORY)
    world.do(SCHEDULER, f"/{prepared.reference}/review")
    return prepared


def demonstration_asked(world: World) -> Prepared:
    """A demonstration is wanted a week later: one stage decides."""
    prepared = demonstration(world)
    assert prepared.start is not None
    world.do(DEMO, f"/{prepared.reference}/approve")
    start = prepared.start + WEEK
    part = SessionFactory(room="T-01", start=start, hours=1)
    ask_for(world, prepared, DemonstrationRequestFactory(sessions=[part], seats=4))
    return prepared


def quality_control(world: World) -> Prepared:
    """Quality control that the system confirmed."""
    start = world.shared_app.free_hour()
    booking = ConfirmedBookingFactory(app=world.shared_app, body=quality_control_at(start))
    prepared = Prepared(booking.reference, start)
    prepared.notes["agreed"] = world.held(prepared.reference)
    return prepared


def quality_control_at(start: datetime) -> dict[str, Any]:
    return QualityControlRequestFactory(sessions=[SessionFactory(room="L-01", start=start, hours=1)])


def overdue(world: World, *, state: Any) -> Prepared:
    prepared: Prepared = state(world)
    statement = "UPDATE booking_change SET pending_until = gmp_now() WHERE booking_id = %s AND ended_at IS NULL"
    world.ask(f"{statement} RETURNING id", world.booking(prepared.reference)["id"])
    return prepared


def over(world: World, *, state: Any) -> Prepared:
    """The time of the version in force has passed while the change waits."""
    prepared: Prepared = state(world)
    id_ = world.booking(prepared.reference)["id"]
    times = "starts_at = starts_at - interval '1 year', ends_at = ends_at - interval '1 year'"
    world.ask(f"UPDATE equipment_reservation SET {times} WHERE booking_id = %s AND version = 1 RETURNING id", id_)
    world.ask(
        "UPDATE slot SET during = tstzrange(lower(during) - interval '1 year', upper(during) - interval '1 year')"
        " WHERE active AND booking_id = %s AND starts_at = %s RETURNING id",
        id_,
        prepared.start,
    )
    return prepared


def ended(world: World, *, action: str, by: str) -> Prepared:
    prepared = asked(world)
    world.do(by, f"/{prepared.reference}/{action}", {"reason": WHY} | SIGNED)
    return prepared


def approved(world: World) -> Prepared:
    prepared = reviewed(world)
    world.do(QA, f"/{prepared.reference}/approve", SIGNED)
    return prepared


def expired(world: World) -> Prepared:
    prepared = overdue(world, state=asked)
    assert world.by_system(expire_change, prepared.reference) == 200
    return prepared


OPEN = {C.SUBMITTED: asked, C.UNDER_REVIEW: reviewed, C.RETURNED: returned}
IN_STATE = OPEN | {
    C.APPROVED: approved,
    C.REJECTED: partial(ended, action="reject", by=SCHEDULER),
    C.WITHDRAWN: partial(ended, action="withdraw", by=REQUESTER),
    C.EXPIRED: expired,
}

# -- what the change is, and what it holds


def latest(world: World, prepared: Prepared) -> str:
    return state_of(world, prepared, number=-1)


def first(world: World, prepared: Prepared) -> str:
    return state_of(world, prepared, number=0)


def state_of(world: World, prepared: Prepared, *, number: int) -> str:
    booking = world.booking(prepared.reference)
    rows = world.ask("SELECT state FROM booking_change WHERE booking_id = %s ORDER BY id", booking["id"])
    return str(rows[number]["state"])


def taken_beside(_world: World, prepared: Prepared, before: Held, after: Held) -> None:
    assert prepared.start is not None
    assert prepared.wanted is not None
    assert before == incubator_at(prepared.start)
    assert after == incubator_at(prepared.start, prepared.wanted)


def another_beside(_world: World, prepared: Prepared, before: Held, after: Held) -> None:
    assert prepared.start is not None
    assert prepared.wanted is not None
    assert before == incubator_at(prepared.start, prepared.wanted)
    assert after == incubator_at(prepared.start, prepared.wanted + WEEK)


def agreed_alone(_world: World, prepared: Prepared, before: Held, after: Held) -> None:
    assert before != after == prepared.notes["agreed"]


def used_alone(_world: World, prepared: Prepared, before: Held, after: Held) -> None:
    assert prepared.start is not None
    assert prepared.wanted is not None
    used = incubator_at(prepared.start - timedelta(days=365))
    assert before == {code: sorted(used[code] + each) for code, each in incubator_at(prepared.wanted).items()}
    assert after == used


def wanted_alone(_world: World, prepared: Prepared, before: Held, after: Held) -> None:
    assert prepared.wanted is not None
    assert before != after == incubator_at(prepared.wanted)


def a_week_later(_world: World, prepared: Prepared, _before: Held, after: Held) -> None:
    agreed: Held = prepared.notes["agreed"]
    assert agreed
    assert after == {
        code: [tuple((datetime.fromisoformat(instant) + WEEK).isoformat() for instant in each) for each in periods]
        for code, periods in agreed.items()
    }


# -- actions


def change(world: World, prepared: Prepared, attempt: Attempt) -> int:
    assert prepared.wanted is not None
    return patch(world, prepared, attempt, incubator(prepared.wanted))


def change_again(world: World, prepared: Prepared, attempt: Attempt) -> int:
    assert prepared.wanted is not None
    return patch(world, prepared, attempt, incubator(prepared.wanted + WEEK))


def change_quality_control(world: World, prepared: Prepared, attempt: Attempt) -> int:
    assert prepared.start is not None
    return patch(world, prepared, Attempt(REQUESTER), quality_control_at(prepared.start + WEEK))


def patch(world: World, prepared: Prepared, attempt: Attempt, body: dict[str, Any]) -> int:
    return int(world.send(attempt.email, f"/{prepared.reference}", body, method="patch").status_code)


def let_expire(world: World, prepared: Prepared, _attempt: Attempt) -> int:
    return world.by_system(expire_change, prepared.reference)


# -- the steps

ANY = When.ALWAYS
LATEST: dict[str, Any] = {"state": latest}
REQUESTED: dict[str, Any] = LATEST | {"target": "SUBMITTED", "events": ("BookingChangeRequested",)}
REPLACED: dict[str, Any] = {
    "act": change_again, "target": "WITHDRAWN", "events": ("BookingChangeRequested",), "slots": another_beside,
    "state": first,
} | BY_REQUESTER  # fmt: skip
WITHDRAWN: dict[str, Any] = {
    "act": post(WITHDRAW), "target": "WITHDRAWN", "events": ("BookingChangeWithdrawn",), "slots": agreed_alone,
    "state": latest,
} | BY_REQUESTER  # fmt: skip
APPROVED: dict[str, Any] = LATEST | {"target": "APPROVED", "events": ("BookingChangeApproved",)}
RETURNED: dict[str, Any] = LATEST | {
    "act": post("return"), "target": "RETURNED", "events": ("BookingChangeReturned",), "slots": kept,
    "needs_reason": True,
}  # fmt: skip
REJECTED: dict[str, Any] = LATEST | {
    "act": post("reject"), "target": "REJECTED", "events": ("BookingChangeRejected",), "slots": agreed_alone,
    "needs_reason": True, "meaning": "REJECTED",
}  # fmt: skip
EXPIRED: dict[str, Any] = LATEST | {
    "act": let_expire, "target": "EXPIRED", "events": ("BookingChangeExpired",), "slots": agreed_alone
}  # fmt: skip
ENDED_WITH_BOOKING: dict[str, Any] = LATEST | {
    "act": post("close"), "target": "WITHDRAWN", "events": ("BookingClosed", "BookingChangeWithdrawn"),
    "slots": used_alone, "meaning": "RECORD REVIEWED",
} | BY_QA  # fmt: skip
REVIEWED: dict[str, Any] = LATEST | {"target": "UNDER_REVIEW", "events": ("BookingChangeReviewed",), "slots": kept}
ANSWERED: dict[str, Any] = LATEST | {"act": say("answer"), "events": ("BookingAnswered",), "slots": kept} | BY_REQUESTER

SCENARIOS: dict[Any, Scenario] = {
    (None, Action.CHANGE, ANY): Scenario(unchanged, change, slots=taken_beside, **REQUESTED, **BY_REQUESTER),
    (C.SUBMITTED, Action.CHANGE, ANY): Scenario(asked, **REPLACED),
    (C.UNDER_REVIEW, Action.CHANGE, ANY): Scenario(reviewed, **REPLACED),
    (C.RETURNED, Action.CHANGE, ANY): Scenario(returned, **REPLACED),
    (C.SUBMITTED, WITHDRAW, ANY): Scenario(asked, **WITHDRAWN),
    (C.UNDER_REVIEW, WITHDRAW, ANY): Scenario(reviewed, **WITHDRAWN),
    (C.RETURNED, WITHDRAW, ANY): Scenario(returned, **WITHDRAWN),
    (C.SUBMITTED, Action.REVIEW, When.STAGE_BEFORE_OTHERS): Scenario(asked, post("review"), **REVIEWED, **BY_SCHEDULER),
    (C.UNDER_REVIEW, Action.APPROVE, When.STAGE_BEFORE_OTHERS): Scenario(
        clinical_reviewed, post("approve"), **REVIEWED, by=PRODUCTION, outsider=QA, meaning="APPROVED – PRODUCTION"
    ),
    (C.SUBMITTED, Action.APPROVE, When.LAST_STAGE): Scenario(
        demonstration_asked, post("approve"), slots=a_week_later, **APPROVED, **BY_DEMO
    ),
    (C.UNDER_REVIEW, Action.APPROVE, When.LAST_STAGE): Scenario(
        reviewed, post("approve"), slots=wanted_alone, **APPROVED, **BY_QA, meaning="APPROVED – QA"
    ),
    (C.SUBMITTED, Action.CONFIRM, ANY): Scenario(
        quality_control,
        change_quality_control,
        "APPROVED",
        ("BookingChangeRequested", "BookingChangeApproved"),
        a_week_later,
        state=latest,
    ),
    (C.SUBMITTED, Action.RETURN, ANY): Scenario(asked, **RETURNED, **BY_SCHEDULER),
    (C.UNDER_REVIEW, Action.RETURN, ANY): Scenario(reviewed, **RETURNED, **BY_QA),
    (C.SUBMITTED, Action.REJECT, ANY): Scenario(asked, **REJECTED, **BY_SCHEDULER),
    (C.UNDER_REVIEW, Action.REJECT, ANY): Scenario(reviewed, **REJECTED, **BY_QA),
    (C.RETURNED, Action.ASK, ANY): Scenario(
        returned,
        say("ask"),
        "RETURNED",
        ("BookingQuestionAsked",),
        kept,
        needs_reason=True,
        state=latest,
        **BY_SCHEDULER,
    ),
    (C.RETURNED, Action.ANSWER, When.FIRST_STAGE): Scenario(returned, target="SUBMITTED", **ANSWERED),
    (C.RETURNED, Action.ANSWER, When.LATER_STAGE): Scenario(returned_later, target="UNDER_REVIEW", **ANSWERED),
    (C.SUBMITTED, Action.EXPIRE, ANY): Scenario(partial(overdue, state=asked), **EXPIRED),
    (C.UNDER_REVIEW, Action.EXPIRE, ANY): Scenario(partial(overdue, state=reviewed), **EXPIRED),
    (C.RETURNED, Action.EXPIRE, ANY): Scenario(partial(overdue, state=returned), **EXPIRED),
    (C.SUBMITTED, Action.CLOSE, ANY): Scenario(partial(over, state=asked), **ENDED_WITH_BOOKING),
    (C.UNDER_REVIEW, Action.CLOSE, ANY): Scenario(partial(over, state=reviewed), **ENDED_WITH_BOOKING),
    (C.RETURNED, Action.CLOSE, ANY): Scenario(partial(over, state=returned), **ENDED_WITH_BOOKING),
}

CANCELLED_BOOKING: dict[str, Any] = {
    "act": post("cancel"), "target": "WITHDRAWN", "events": ("BookingCancelled",), "needs_reason": True,
    "state": latest, "slots": released,
} | BY_REQUESTER  # fmt: skip
AT_THE_END: dict[C, Scenario] = {
    C.SUBMITTED: Scenario(asked, **CANCELLED_BOOKING),
    C.UNDER_REVIEW: Scenario(reviewed, **CANCELLED_BOOKING),
    C.RETURNED: Scenario(returned, **CANCELLED_BOOKING),
}
"""The booking is cancelled while a change waits."""
