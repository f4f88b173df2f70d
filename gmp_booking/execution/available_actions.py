"""The actions a person may take in a session now, in the order in which pages show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gmp_booking.bookings.lifecycle.session_steps import session_step
from gmp_booking.execution.clearance import MISSED_AFTER, ONE_TAP_AHEAD
from gmp_booking.execution.service import permission_for, subject_of
from gmp_booking.execution.session_actions import conditions_of
from gmp_booking.execution.store import SessionRow
from gmp_booking.kernel.access import Actor, Permission, is_allowed
from gmp_booking.kernel.labels import SESSION_NEWS, SESSION_TEXTS, text_for_kind
from gmp_booking.kernel.states import AT_WORK, COMPLETED, HALTED, IN_FORCE, NOT_BEGUN, RELEASED, RUNNING, UNPREPARED
from gmp_booking.kernel.text import N_


@dataclass(frozen=True)
class AvailableAction:
    """One available action.

    Shape: `fields` are its form fields, of at, until, items, headcount, note, reason, deviation_no; those in `needed`
    are required. `meaning` is what is signed; an action `at_once` needs none of its fields.
    """

    action: str
    label: str
    kind: str = "quiet"
    fields: tuple[str, ...] = ()
    needed: frozenset[str] = frozenset()
    meaning: str | None = None
    at_once: bool = False
    regardless: bool = False


_CLEAR: Final = AvailableAction("clear", N_("Line clearance done"), "primary", ("items",), frozenset({"items"}))
_VERIFY_CLEARANCE: Final = AvailableAction("verify-clearance", N_("Verify the line clearance"), "primary", at_once=True)
_RELEASE: Final = AvailableAction("ready", N_("Release the room"), "primary")
_CHECK_IN: Final = AvailableAction("check-in", N_("Check in"), "primary", ("at", "reason"), at_once=True)
_BEGAN_ANYWAY: Final = AvailableAction(
    "check-in",
    N_("Record work that began without release"),
    "danger",
    ("at", "deviation_no", "reason"),
    frozenset({"deviation_no"}),
    regardless=True,
)
_COMPLETE: Final = AvailableAction(
    "complete", N_("Complete"), "primary", ("at", "headcount", "note", "reason"), at_once=True
)
_TAKES_UNTIL: Final = AvailableAction("takes-until", N_("Extend"), "quiet", ("until",), frozenset({"until"}))
_SUSPEND: Final = AvailableAction("suspend", N_("Suspend"), "quiet", ("reason",))
_RESUME: Final = AvailableAction("resume", N_("Resume"), "primary", ("reason",))
_ABORT: Final = AvailableAction(
    "abort",
    SESSION_TEXTS["abort"],
    "danger",
    ("at", "deviation_no", "reason"),
    frozenset({"deviation_no"}),
)
_MISSED: Final = AvailableAction("missed", SESSION_NEWS["SessionMissed"], "danger", at_once=True)
_VERIFY: Final = AvailableAction("verify", N_("Verify the record"), "primary", at_once=True)


def available_actions(session: SessionRow, actor: Actor, now: datetime) -> list[AvailableAction]:
    """The actions this person may take now; the one that is expected next comes first."""
    if session.booking_state not in IN_FORCE:
        return []
    return [
        _as_the_step_asks(session, _with_deviation(available, actor))
        for available in _possible(session, now)
        if is_allowed(actor, permission_for(session, available.action), subject_of(session, available.action))
        and (not available.regardless or is_allowed(actor, Permission.SESSION_RECORD_REGARDLESS))
    ]


def _with_deviation(available: AvailableAction, actor: Actor) -> AvailableAction:
    """The check-in with a deviation number, for who may record what it refuses."""
    if available.action != "check-in" or not is_allowed(actor, Permission.SESSION_RECORD_REGARDLESS):
        return available
    return replace(available, fields=("at", "deviation_no", "reason"))


def _as_the_step_asks(session: SessionRow, available: AvailableAction) -> AvailableAction:
    """The action with the reason and the signature that its step needs, named for the kind of the booking."""
    step = session_step(session.stands, available.action, conditions_of(session))
    needed = available.needed | {"reason"} if step.needs_reason else available.needed
    label = text_for_kind(available.label, session.kind)
    return replace(available, label=label, needed=needed, meaning=step.meaning)


def _possible(session: SessionRow, now: datetime) -> Iterator[AvailableAction]:
    state = session.stands
    if state in UNPREPARED and session.cleared_first:
        yield _next_of_clearance(session)
        yield _BEGAN_ANYWAY
    if state in RELEASED or (state in UNPREPARED and not session.cleared_first):
        yield replace(_CHECK_IN, at_once=now >= session.starts_at - ONE_TAP_AHEAD)
    if state in NOT_BEGUN and now >= session.starts_at + MISSED_AFTER:
        yield _MISSED
    if state in AT_WORK:
        yield _COMPLETE
    if state in HALTED:
        yield _RESUME
    if state in RUNNING:
        yield _TAKES_UNTIL
    if state in AT_WORK:
        yield _SUSPEND
    if state in RUNNING:
        yield _ABORT
    if state in COMPLETED and session.verified_at is None:
        yield _VERIFY


def _next_of_clearance(session: SessionRow) -> AvailableAction:
    if session.cleared_by_id is None:
        return _CLEAR
    return _VERIFY_CLEARANCE if session.clearance_verified_at is None else _RELEASE
