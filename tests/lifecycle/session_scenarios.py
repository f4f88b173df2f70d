"""A scenario for each step of a session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from gmp_booking.bookings.lifecycle.session_steps import CANCEL, EMERGENCY, UNREADY
from gmp_booking.bookings.lifecycle.steps import When
from gmp_booking.execution.line_clearance.expiry import expire_release
from gmp_booking.kernel.states import SessionState as T
from tests.bookings.changing import Held
from tests.clients import SIGNED
from tests.execution.conftest import POINTS
from tests.factories.request_bodies import CourseRequestFactory
from tests.lifecycle.booking_scenarios import BY_REQUESTER
from tests.lifecycle.scenario import (
    AUDITOR,
    BSO,
    ENGINEER,
    OPERATOR,
    OPERATOR2,
    PRODUCTION,
    QA,
    REQUESTER,
    SCHEDULER,
    WHY,
    Attempt,
    Prepared,
    Scenario,
    World,
    kept,
    post,
    released,
)

COURSE = CourseRequestFactory(title="Cell culture", seats=6)
DEVIATION = {"deviation_no": "DEV-27-001"}
TOLD = {"told": "Kim Jiwoo, 03:10"}

# -- sessions in their states; each begins now in a room that nobody else uses


def begin(world: World) -> None:
    world.execution.empty()
    world.execution.restart()


def planned(world: World, *, starts_in: float = 0) -> Prepared:
    begin(world)
    return Prepared(world.execution.confirmed(3, starts_in=starts_in))


def cleared(world: World) -> Prepared:
    prepared = planned(world)
    world.execution.do(OPERATOR, prepared.reference, "clear", POINTS)
    return prepared


def clearance_verified(world: World) -> Prepared:
    prepared = cleared(world)
    world.execution.do(QA, prepared.reference, "verify-clearance")
    return prepared


def ready(world: World) -> Prepared:
    begin(world)
    return Prepared(world.execution.released(3))


def running(world: World) -> Prepared:
    """Work that began an hour ago."""
    begin(world)
    return Prepared(world.execution.running(3, starts_in=-1))


def suspended(world: World) -> Prepared:
    prepared = running(world)
    world.execution.do(QA, prepared.reference, "suspend", SIGNED | {"reason": WHY})
    return prepared


def longer(world: World, prepared: Prepared) -> Prepared:
    until = world.execution.session(prepared.reference)["ends_at"] + timedelta(hours=2)
    world.execution.do(OPERATOR, prepared.reference, "takes-until", {"until": until.isoformat()})
    return prepared


def done(world: World) -> Prepared:
    prepared = running(world)
    world.execution.do(OPERATOR, prepared.reference, "complete")
    return prepared


def aborted(world: World) -> Prepared:
    prepared = running(world)
    world.execution.do(QA, prepared.reference, "abort", SIGNED | DEVIATION | {"reason": WHY})
    return prepared


def not_begun(world: World) -> Prepared:
    return planned(world, starts_in=-2)


def ready_not_begun(world: World) -> Prepared:
    prepared = ready(world)
    world.execution.bring(prepared.reference, -2)
    return prepared


def missed(world: World) -> Prepared:
    prepared = not_begun(world)
    world.execution.do(SCHEDULER, prepared.reference, "missed")
    return prepared


def course(world: World) -> Prepared:
    begin(world)
    return Prepared(world.execution.confirmed(2, room="T-02", request=COURSE))


def entered_in_an_emergency(state: T) -> Callable[[World], Prepared]:
    """Work that began in an emergency an hour ago, and is in this state now."""

    def prepare(world: World) -> Prepared:
        prepared = planned(world, starts_in=-1)
        world.execution.do(OPERATOR, prepared.reference, EMERGENCY, {"reason": WHY} | TOLD)
        if state is T.DONE:
            world.execution.do(OPERATOR, prepared.reference, "complete")
        if state is T.SUSPENDED:
            world.execution.do(QA, prepared.reference, "suspend", SIGNED | {"reason": WHY})
        if state is T.ABORTED:
            world.execution.do(QA, prepared.reference, "abort", SIGNED | DEVIATION | {"reason": WHY})
        return prepared

    return prepare


def released_long_ago(world: World) -> Prepared:
    prepared = ready(world)
    id_ = world.booking(prepared.reference)["id"]
    aged = "performed_at = performed_at - interval '80 hours'"
    world.ask(f"UPDATE line_clearance SET {aged} WHERE booking_id = %s RETURNING id", id_)
    return prepared


def two_planned(world: World) -> Prepared:
    """Two sessions, the first begins in two hours."""
    begin(world)
    return Prepared(world.execution.confirmed(3, 3, starts_in=2))


def one_ready(world: World) -> Prepared:
    prepared = two_planned(world)
    world.execution.release(prepared.reference)
    return prepared


def cancelled(world: World) -> Prepared:
    prepared = two_planned(world)
    world.do(REQUESTER, f"/{prepared.reference}/sessions/1/cancel", {"reason": WHY})
    return prepared


IN_STATE: dict[T, Callable[[World], Prepared]] = {
    T.PLANNED: two_planned,
    T.READY: one_ready,
    T.IN_USE: running,
    T.SUSPENDED: suspended,
    T.DONE: done,
    T.ABORTED: aborted,
    T.MISSED: missed,
    T.CANCELLED: cancelled,
}

# -- what becomes of the slots


def shorter(_world: World, _prepared: Prepared, before: Held, after: Held) -> None:
    assert _end(after) < _end(before)
    assert _start(after) == _start(before)


def used_alone(_world: World, _prepared: Prepared, before: Held, after: Held) -> None:
    """From the actual start to the actual end."""
    assert _end(after) < _end(before)
    assert _start(before) <= _start(after) < _end(after)


def held_longer(_world: World, _prepared: Prepared, before: Held, after: Held) -> None:
    assert _end(after) > _end(before)
    assert _start(after) == _start(before)


def _start(held: Held) -> datetime:
    ((start, _),) = held["B-01"]
    return datetime.fromisoformat(start)


def _end(held: Held) -> datetime:
    ((_, end),) = held["B-01"]
    return datetime.fromisoformat(end)


def one_left(_world: World, _prepared: Prepared, before: Held, after: Held) -> None:
    assert len(before["B-01"]) == 2
    assert after["B-01"] == before["B-01"][1:]


# -- actions


def state_of(world: World, prepared: Prepared) -> str:
    return str(world.execution.session(prepared.reference)["state"])


def act(action: str, **more: Any) -> Any:
    return post(f"sessions/1/{action}", **more)


def extend(*, by: timedelta) -> Any:
    """Announce an end so much later than the planned one."""

    def attempted(world: World, prepared: Prepared, attempt: Attempt) -> int:
        until = world.execution.session(prepared.reference)["ends_at"] + by
        return int(act("takes-until", until=until.isoformat())(world, prepared, attempt))

    return attempted


def let_expire(world: World, prepared: Prepared, _attempt: Attempt) -> int:
    return world.by_system(expire_release, prepared.reference, 1)


def name_operator(world: World, prepared: Prepared, attempt: Attempt) -> int:
    return int(act("crew", people=[{"email": OPERATOR2}])(world, prepared, attempt))


# -- the steps


def step(
    prepare: Any, action: Any, target: str, event: str, slots: Any = kept, *, then: tuple[str, ...] = (), **more: Any
) -> Scenario:
    """Shape: `then` are events beside that of the step."""
    attempted = act(action) if isinstance(action, str) else action
    return Scenario(prepare, attempted, target, (event, *then), slots, state=state_of, **more)


ANY = When.ALWAYS
BY_OPERATOR: dict[str, Any] = {"by": OPERATOR, "outsider": AUDITOR}
BY_QA: dict[str, Any] = {"by": QA, "outsider": SCHEDULER}
WITH_REASON: dict[str, Any] = {"needs_reason": True}
ABORT: dict[str, Any] = {"by": QA, "outsider": BSO, "meaning": "ABORTED", "needs_reason": True}
CANCELLED: dict[str, Any] = WITH_REASON | BY_REQUESTER
BY_CREW: dict[str, Any] = {"by": OPERATOR, "outsider": QA, "needs_reason": True, "then": ("EmergencyEntryMade",)}
BEGUN = (T.IN_USE, T.SUSPENDED, T.DONE, T.ABORTED)
LATER, BACK = extend(by=timedelta(hours=1)), extend(by=timedelta())
MUCH_LATER = extend(by=timedelta(hours=5))

SCENARIOS: dict[Any, Scenario] = {
    (T.PLANNED, "clear", ANY): step(
        planned, act("clear", **POINTS), "PLANNED", "LineCleared", by=OPERATOR, outsider=SCHEDULER
    ),
    (T.PLANNED, "verify-clearance", ANY): step(
        cleared, "verify-clearance", "PLANNED", "LineClearanceVerified", **BY_QA
    ),
    (T.PLANNED, "ready", When.CLEARED_FIRST): step(
        clearance_verified, "ready", "READY", "SessionReady", **BY_QA, meaning="ROOM RELEASED"
    ),
    (T.READY, UNREADY, ANY): step(released_long_ago, let_expire, "PLANNED", "LineClearanceVoided"),
    (T.READY, "check-in", ANY): step(ready, "check-in", "IN_USE", "SessionStarted", **BY_OPERATOR),
    (T.PLANNED, "check-in", When.NOT_CLEARED_FIRST): step(
        course, "check-in", "IN_USE", "SessionStarted", **BY_OPERATOR
    ),
    (T.PLANNED, "check-in", When.CLEARED_FIRST): step(
        planned,
        act("check-in", **DEVIATION),
        "IN_USE",
        "SessionStarted",
        by=PRODUCTION,
        outsider=AUDITOR,
        **WITH_REASON,
    ),
    (T.PLANNED, EMERGENCY, ANY): step(planned, act(EMERGENCY, **TOLD), "IN_USE", "SessionStarted", **BY_CREW),
    (T.READY, EMERGENCY, ANY): step(ready, act(EMERGENCY, **TOLD), "IN_USE", "SessionStarted", **BY_CREW),
    **{
        (state, "confirm-emergency", ANY): step(
            entered_in_an_emergency(state), "confirm-emergency", state, "EmergencyEntryConfirmed", **BY_QA
        )
        for state in BEGUN
    },
    **{
        (state, "crew", ANY): step(IN_STATE[state], name_operator, state, "CrewNamed", **BY_OPERATOR) for state in BEGUN
    },
    (T.IN_USE, "suspend", ANY): step(
        running, "suspend", "SUSPENDED", "SessionSuspended", **BY_QA, **WITH_REASON, meaning="HOLD PLACED"
    ),
    (T.SUSPENDED, "resume", ANY): step(
        suspended, "resume", "IN_USE", "SessionResumed", by=QA, outsider=ENGINEER, **WITH_REASON, meaning="HOLD LIFTED"
    ),
    (T.IN_USE, "takes-until", When.BEYOND_THE_PLAN): step(
        running, LATER, "IN_USE", "SessionOverran", held_longer, **BY_OPERATOR
    ),
    (T.IN_USE, "takes-until", When.FAR_BEYOND_THE_PLAN): step(
        running, MUCH_LATER, "IN_USE", "SessionOverran", held_longer, by=SCHEDULER, outsider=OPERATOR
    ),
    (T.IN_USE, "takes-until", When.WITHIN_THE_PLAN): step(
        lambda world: longer(world, running(world)), BACK, "IN_USE", "OverrunWithdrawn", shorter, **BY_OPERATOR
    ),
    (T.SUSPENDED, "takes-until", When.BEYOND_THE_PLAN): step(
        suspended, LATER, "SUSPENDED", "SessionOverran", held_longer, **BY_OPERATOR
    ),
    (T.SUSPENDED, "takes-until", When.FAR_BEYOND_THE_PLAN): step(
        suspended, MUCH_LATER, "SUSPENDED", "SessionOverran", held_longer, by=SCHEDULER, outsider=OPERATOR
    ),
    (T.SUSPENDED, "takes-until", When.WITHIN_THE_PLAN): step(
        lambda world: longer(world, suspended(world)), BACK, "SUSPENDED", "OverrunWithdrawn", shorter, **BY_OPERATOR
    ),
    (T.IN_USE, "complete", ANY): step(running, "complete", "DONE", "SessionCompleted", used_alone, **BY_OPERATOR),
    (T.DONE, "verify", ANY): step(done, "verify", "DONE", "SessionVerified", by=OPERATOR2, outsider=OPERATOR),
    (T.IN_USE, "abort", ANY): step(
        running, act("abort", **DEVIATION), "ABORTED", "SessionAborted", used_alone, **ABORT
    ),
    (T.SUSPENDED, "abort", ANY): step(
        suspended, act("abort", **DEVIATION), "ABORTED", "SessionAborted", used_alone, **ABORT
    ),
    (T.PLANNED, "missed", ANY): step(
        not_begun, "missed", "MISSED", "SessionMissed", shorter, by=SCHEDULER, outsider=OPERATOR
    ),
    (T.READY, "missed", ANY): step(
        ready_not_begun, "missed", "MISSED", "SessionMissed", shorter, by=SCHEDULER, outsider=OPERATOR
    ),
    (T.PLANNED, CANCEL, ANY): step(two_planned, "cancel", "CANCELLED", "SessionCancelled", one_left, **CANCELLED),
    (T.READY, CANCEL, ANY): step(one_ready, "cancel", "CANCELLED", "SessionCancelled", one_left, **CANCELLED),
}

AT_THE_END: dict[T, Scenario] = {
    T.PLANNED: step(two_planned, post("cancel"), "CANCELLED", "BookingCancelled", released, **CANCELLED),
    T.READY: step(one_ready, post("cancel"), "CANCELLED", "BookingCancelled", released, **CANCELLED),
}
"""The booking is cancelled before the session begins."""
