"""The page of states, from the tables of steps that the use cases look up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from docs.markdown import page, table, yes
from gmp_booking.bookings.lifecycle import tracks
from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS, HOLDS_UNTIL, NOT_REACHED
from gmp_booking.bookings.lifecycle.change_steps import CHANGE_STEPS
from gmp_booking.bookings.lifecycle.change_steps import WHEN_THE_BOOKING_ENDS as CHANGES_AT_THE_END
from gmp_booking.bookings.lifecycle.session_steps import SESSION_STEPS
from gmp_booking.bookings.lifecycle.session_steps import WHEN_THE_BOOKING_ENDS as SESSIONS_AT_THE_END
from gmp_booking.bookings.lifecycle.steps import Table, When
from gmp_booking.kernel.states import HOLDING, OPEN_CHANGE, BookingState, ChangeState, SessionState
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES, Kind, RunType

HEADS = ("Action", "From", "When", "To", "Permission", "Reason needed", "Signed as", "Slots", "Event")


def states() -> str:
    return page(
        "States",
        "gmp_booking/bookings/lifecycle",
        "The states of bookings, of change requests and of sessions, and the steps between them. Use cases look their "
        "step up in these tables: they write its state, require its permission, reason and signature, do with slots "
        "what it says, and record its event.\n",
        "## Bookings\n",
        table(["State", "Holds slots", "Until"], _booking_states()),
        table(HEADS, _steps(BOOKING_STEPS, BookingState)),
        "These steps are not reached yet:\n",
        table(["Action", "From", "What will open it"], _not_reached()),
        "## Changes\n",
        "A change of a confirmed booking has the same stages as a request, on its own track; meanwhile the booking "
        "stays CONFIRMED and holds the time of both versions. *Slots* are those that the change holds in addition.\n",
        table(["State", "Holds time in addition"], _change_states()),
        table(HEADS, _steps(CHANGE_STEPS, ChangeState)),
        f"When the booking ends: {_ends(CHANGES_AT_THE_END, ChangeState)}.\n",
        "## Sessions\n",
        table(HEADS, _steps(SESSION_STEPS, SessionState)),
        f"When the booking ends: {_ends(SESSIONS_AT_THE_END, SessionState)}.\n",
        "## Tracks\n",
        "The stages of a request, in order. A stage without a meaning is recorded without a signature. The content "
        "selects a track with `+` in its name: live material, a vector, a donor who may be infectious, GMP equipment, "
        f"more than {tracks.COMMITTEE_ABOVE.days} days.\n",
        table(["Track", "Stages", "Rejection signed"], _tracks()),
        table(["Kind", "Track"], _kinds()),
        f"{' and '.join(sorted(CONFIRMED_BY_THEMSELVES))} need no decision when no rule has a finding "
        "and the facility allows automatic confirmation.\n",
    )


def _booking_states() -> Iterator[tuple[object, ...]]:
    for state, until in HOLDS_UNTIL.items():
        yield state.value, yes(state in HOLDING), until


def _change_states() -> Iterator[tuple[object, ...]]:
    for state in ChangeState:
        yield state.value, yes(state in OPEN_CHANGE)


def _steps(steps: Table[Any], states_of: type[StrEnum]) -> Iterator[tuple[object, ...]]:
    """One row for each step, with all the states that it is taken from."""
    rows: dict[tuple[Any, ...], set[StrEnum | None]] = {}
    for (state, action, when), step in steps.items():
        shown = (
            when.value if when is not When.ALWAYS else "",
            step.target.value,
            step.permission.value if step.permission else "the system",
            yes(step.needs_reason),
            step.meaning or "",
            step.slots.value,
            step.event.__name__,
        )
        rows.setdefault((str(action), *shown), set()).add(state)
    for (action, *shown), sources in rows.items():
        yield action, _states(sources, states_of), *shown


def _states(some: Iterable[StrEnum | None], states_of: type[StrEnum]) -> str:
    found = set(some)
    return ", ".join((["new"] if None in found else []) + [state.value for state in states_of if state in found])


def _not_reached() -> Iterator[tuple[object, ...]]:
    for (state, action, _when), reason in NOT_REACHED.items():
        yield str(action), state or "", reason


def _ends(table_of: dict[Any, Any], states_of: type[StrEnum]) -> str:
    return ", ".join(f"{state.value} → {table_of[state].value}" for state in states_of if state in table_of)


def _tracks() -> Iterator[tuple[object, ...]]:
    for track, stages in tracks.TRACKS.items():
        shown = [f"{stage.role.value}{f' signs “{stage.meaning}”' if stage.meaning else ''}" for stage in stages]
        yield track.value, " → ".join(shown) or "no decision", yes(tracks.signs_refusals(track))


def _kinds() -> Iterator[tuple[object, ...]]:
    for kind in Kind:
        runs = RunType if kind is Kind.CLEANROOM else [None]
        for run in runs:
            yield f"{kind.value} {run.value if run else ''}".strip(), tracks.track_of(kind, run).value
