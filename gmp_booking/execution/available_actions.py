"""The actions a person may take in a session now, in the order in which pages show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gmp_booking.bookings.lifecycle.session_steps import EMERGENCY, session_step
from gmp_booking.execution.clearance import MISSED_AFTER, ONE_TAP_AHEAD
from gmp_booking.execution.service import permission_for, subject_of
from gmp_booking.execution.session_actions import conditions_of
from gmp_booking.execution.store import SessionRow
from gmp_booking.kernel.access import Actor, Permission, is_allowed
from gmp_booking.kernel.labels import SESSION_NEWS, SESSION_TEXTS, text_for_kind
from gmp_booking.kernel.states import (
    AT_WORK,
    COMPLETED,
    HALTED,
    IN_FORCE,
    NOT_BEGUN,
    RUNNING,
    UNPREPARED,
    WORKED,
)
from gmp_booking.kernel.text import N_


@dataclass(frozen=True)
class AvailableAction:
    """One available action.

    Shape: `fields` are its form fields, of at, until, items, headcount, note, reason, deviation_no, people, told; those
    in `needed` are required. `meaning` is what is signed; an action `at_once` needs none of its fields.
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
_CHECK_IN: Final = AvailableAction(
    "check-in", N_("Check in"), "primary", ("people", "headcount", "at", "reason"), at_once=True
)
_BEGAN_ANYWAY: Final = AvailableAction(
    "check-in",
    N_("Record work that began without release"),
    "danger",
    ("people", "headcount", "at", "deviation_no", "reason"),
    frozenset({"deviation_no"}),
    regardless=True,
)
_EMERGENCY: Final = AvailableAction(
    EMERGENCY, N_("Emergency entry"), "danger", ("people", "told", "reason"), frozenset({"told"})
)
_CONFIRM_EMERGENCY: Final = AvailableAction(
    "confirm-emergency", N_("Confirm the emergency entry"), "primary", ("deviation_no",), at_once=True
)
_NAME_CREW: Final = AvailableAction("crew", N_("Name the crew"), "quiet", ("people",), frozenset({"people"}))
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


def available_actions(
    session: SessionRow, actor: Actor, now: datetime, *, in_an_emergency: bool = False, is_lapsed: bool = False
) -> list[AvailableAction]:
    """The actions this person may take now; the one that is expected next comes first.

    Shape: `in_an_emergency` when an emergency entry is possible; `is_lapsed` when the line clearance is not valid.
    """
    if session.booking_state not in IN_FORCE:
        return []
    return [
        _as_the_step_asks(session, _with_deviation(available, actor))
        for available in _possible(session, now, is_lapsed=is_lapsed)
        if is_allowed(actor, permission_for(session, available.action), subject_of(session, available.action))
        and (not available.regardless or is_allowed(actor, Permission.SESSION_RECORD_REGARDLESS))
        and (available.action != EMERGENCY or in_an_emergency)
    ]


def _with_deviation(available: AvailableAction, actor: Actor) -> AvailableAction:
    """The check-in with a deviation number, for who may record what it refuses."""
    if available.action != "check-in" or not is_allowed(actor, Permission.SESSION_RECORD_REGARDLESS):
        return available
    return replace(available, fields=("people", "headcount", "at", "deviation_no", "reason"))


def _as_the_step_asks(session: SessionRow, available: AvailableAction) -> AvailableAction:
    """The action with the reason and the signature that its step needs, named for the kind of the booking."""
    step = session_step(session.stands, available.action, conditions_of(session))
    needed = available.needed | {"reason"} if step.needs_reason else available.needed
    label = text_for_kind(available.label, session.kind)
    return replace(available, label=label, needed=needed, meaning=step.meaning)


def _possible(session: SessionRow, now: datetime, *, is_lapsed: bool) -> Iterator[AvailableAction]:
    state = session.stands
    if state in NOT_BEGUN:
        yield from _before_start(session, now, is_lapsed=is_lapsed)
    if state in RUNNING | WORKED and session.is_to_be_confirmed:
        yield _CONFIRM_EMERGENCY
    if state in RUNNING:
        yield from _while_running(session)
    if state in COMPLETED and session.verified_at is None:
        yield _VERIFY
    if state in RUNNING | WORKED:
        yield _NAME_CREW


def _before_start(session: SessionRow, now: datetime, *, is_lapsed: bool) -> Iterator[AvailableAction]:
    if session.stands in UNPREPARED and session.cleared_first:
        yield _CLEAR if is_lapsed else _next_of_clearance(session)
        yield _BEGAN_ANYWAY
    else:
        has_names = session.named >= session.names_needed
        yield replace(_CHECK_IN, at_once=has_names and now >= session.starts_at - ONE_TAP_AHEAD)
    if session.cleared_first:
        yield _EMERGENCY
    if now >= session.starts_at + MISSED_AFTER:
        yield _MISSED


def _while_running(session: SessionRow) -> Iterator[AvailableAction]:
    if session.stands in AT_WORK:
        yield _COMPLETE
    if session.stands in HALTED:
        yield _RESUME
    yield _TAKES_UNTIL
    if session.stands in AT_WORK:
        yield _SUSPEND
    yield _ABORT


def _next_of_clearance(session: SessionRow) -> AvailableAction:
    if session.cleared_by_id is None:
        return _CLEAR
    return _VERIFY_CLEARANCE if session.clearance_verified_at is None else _RELEASE
