"""Did everything go the ways the states allow, and did every answer come true once? From the tables of the rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tests.oracles.observed_history import Booking, ObservedHistory, Step
from tests.oracles.world import HOLDING, grouped

FINAL = frozenset({"REJECTED", "EXPIRED", "CANCELLED", "CLOSED"})
STAGES = {"none": 0, "scheduling": 1, "light": 1, "light+": 2, "engineering": 2, "clinical": 3, "session move": 1}
_WAITING_ENDS = {"RETURNED", "REJECTED", "EXPIRED", "CANCELLED"}
BOOKING_WAYS: Mapping[str | None, frozenset[str]] = {
    None: frozenset({"DRAFT", "SUBMITTED", "CONFIRMED"}),
    "DRAFT": frozenset({"SUBMITTED", "CONFIRMED", "CANCELLED"}),
    "SUBMITTED": frozenset({"UNDER_REVIEW", "APPROVED", "CONFIRMED", *_WAITING_ENDS}),
    "UNDER_REVIEW": frozenset({"SUBMITTED", "APPROVED", "CONFIRMED", *_WAITING_ENDS}),
    "RETURNED": frozenset({"SUBMITTED", "UNDER_REVIEW", "CONFIRMED", "EXPIRED", "CANCELLED"}),
    "APPROVED": frozenset({"CONFIRMED", "EXPIRED", "CANCELLED"}),
    "CONFIRMED": frozenset({"CLOSED", "CANCELLED"}),
}
_CHANGE_ENDS = {"REJECTED", "WITHDRAWN", "EXPIRED"}
CHANGE_WAYS: Mapping[str | None, frozenset[str]] = {
    None: frozenset({"SUBMITTED"}),
    "SUBMITTED": frozenset({"UNDER_REVIEW", "RETURNED", "APPROVED", *_CHANGE_ENDS}),
    "UNDER_REVIEW": frozenset({"RETURNED", "APPROVED", *_CHANGE_ENDS}),
    "RETURNED": frozenset({"SUBMITTED", "UNDER_REVIEW", "WITHDRAWN", "EXPIRED"}),
}
SESSION_WAYS: Mapping[str | None, frozenset[str]] = {
    # A session has no record until something happens in it.
    None: frozenset({"READY", "IN_USE", "MISSED", "CANCELLED"}),
    "PLANNED": frozenset({"READY", "IN_USE", "MISSED", "CANCELLED"}),
    "READY": frozenset({"PLANNED", "IN_USE", "MISSED", "CANCELLED"}),
    "IN_USE": frozenset({"SUSPENDED", "DONE", "ABORTED"}),
    "SUSPENDED": frozenset({"IN_USE", "ABORTED"}),
}
_WAYS = {"booking": BOOKING_WAYS, "booking_change": CHANGE_WAYS, "session_record": SESSION_WAYS}
_ANY_CHANGE = frozenset(
    {
        *("BookingSubmitted", "BookingChangeRequested", "BookingChangeApproved", "BookingAdjusted"),
        *("SessionMoved", "SessionCancelled"),
    }
)
EVENTS: Mapping[str, frozenset[str]] = {
    "create": frozenset({"BookingSubmitted"}),
    **dict.fromkeys(("amend", "swap", "move"), _ANY_CHANGE),
    "give up": frozenset({"SessionCancelled"}),
    "cancel": frozenset({"BookingCancelled"}),
    "withdraw": frozenset({"BookingChangeWithdrawn"}),
    "review": frozenset({"BookingReviewed", "BookingChangeReviewed"}),
    "approve": frozenset({"BookingConfirmed", "BookingChangeApproved"}),
    "reject": frozenset({"BookingRejected", "BookingChangeRejected"}),
    "return": frozenset({"BookingReturned", "BookingChangeReturned"}),
    "answer": frozenset({"BookingAnswered"}),
    "place": frozenset({"OutagePlaced"}),
    "lift": frozenset({"OutageLifted"}),
    "clear": frozenset({"LineCleared"}),
    "verify-clearance": frozenset({"LineClearanceVerified"}),
    "ready": frozenset({"SessionReady"}),
    "check-in": frozenset({"SessionStarted"}),
    "takes-until": frozenset({"SessionOverran", "OverrunWithdrawn"}),
    "complete": frozenset({"SessionCompleted"}),
    "suspend": frozenset({"SessionSuspended"}),
    "resume": frozenset({"SessionResumed"}),
    "abort": frozenset({"SessionAborted"}),
    "missed": frozenset({"SessionMissed"}),
    "verify": frozenset({"SessionVerified"}),
    "close": frozenset({"BookingClosed"}),
}
"""What the journal says of an act that was answered with success: one of these, once."""


TOLD_OF_A_REFUSAL = frozenset({"CheckInRefused", "NextUseRefused"})
"""Both crews are told that somebody was refused at the door."""


ABOUT_BOTH = frozenset({"SecondUseRecorded"})
"""Both bookings are told of a second use of their room."""


def answers_amiss(history: ObservedHistory) -> list[str]:
    """Acts that were answered for and did not happen once, and acts that were refused and left a trace."""
    journal = grouped((row for row in history.journal if row.request_id), "request_id")
    traces = Counter(step.request_id for step in history.steps if step.request_id)
    names = {booking.id: booking.reference for booking in history.bookings}
    found = []
    for answer in history.answers:
        if answer.status >= 500:
            found.append(f"{answer.act} of {answer.reference} was answered {answer.status}")
        if answer.act == "expire" or not answer.request_id:
            continue
        rows = [row for row in journal[answer.request_id] if row.event not in TOLD_OF_A_REFUSAL]
        if not answer.is_success or answer.is_replay:
            if rows or traces[answer.request_id]:
                found.append(f"{answer.act} of {answer.reference} was answered {answer.status} and left a trace")
            continue
        events = [row for row in rows if row.event in EVENTS[answer.act]]
        if answer.outcome == "unchanged":
            found += [f"{answer.act} of {answer.reference} changed nothing and was written down" for _ in rows]
        elif not events:
            found.append(f"{answer.act} of {answer.reference} was answered for, the journal does not know of it")
        elif len(events) > 1 and EVENTS[answer.act] != _ANY_CHANGE:
            found.append(f"{answer.act} of {answer.reference} was asked for once and happened {len(events)} times")
        found += [
            f"{answer.act} of {answer.reference} was written down for {names.get(row.booking_id)}"
            for row in rows
            if answer.reference
            and row.booking_id is not None
            and names.get(row.booking_id) != answer.reference
            and row.event not in ABOUT_BOTH
        ]
    return found + _unheard_of(history)


def _unheard_of(history: ObservedHistory) -> list[str]:
    """What the journal says somebody asked for and nobody did."""
    asked = {answer.request_id for answer in history.answers}
    return [
        f"{row.event} of booking {row.booking_id} was asked for by nobody"
        for row in history.journal
        if row.request_id and row.request_id not in asked
    ]


def ways_amiss(history: ObservedHistory) -> list[str]:
    """Steps from one state to another that no rule knows, and rows that are not what their history ends with."""
    found = []
    histories: defaultdict[tuple[str, int], list[Step]] = defaultdict(list)
    for step in history.steps:
        if step.table in _WAYS:
            histories[step.table, step.row_id].append(step)
    now = _states_now(history)
    for (table, row_id), steps in histories.items():
        state: str | None = None
        for step in steps:
            before = step.old["state"] if step.old else None
            after = step.new["state"] if step.new else None
            if before != state:
                found.append(f"{table} {row_id}: was {state}, its next history begins with {before}")
            if after != before and not _is_way(table, step, before, after):
                found.append(f"{table} {row_id}: {before} → {after}")
            state = after
        if (table, row_id) in now and now[table, row_id] != state:
            found.append(f"{table} {row_id}: is {now[table, row_id]}, its history ends with {state}")
    return found + list(_stages_skipped(history)) + list(_states_that_clash(history))


def _states_now(history: ObservedHistory) -> Mapping[tuple[str, int], str]:
    now = {("booking", booking.id): booking.state for booking in history.bookings}
    records = {session.record_id: session.state for session in history.sessions if session.record_id is not None}
    return now | {("session_record", record_id): state for record_id, state in records.items()}


def _is_way(table: str, step: Step, before: str | None, after: str | None) -> bool:
    if after not in _WAYS[table].get(before, frozenset()):
        return False
    # A request somebody has looked at goes back to its beginning only as another version.
    again = table == "booking" and (before, after) == ("UNDER_REVIEW", "SUBMITTED")
    return not again or (step.old or {})["version"] < (step.new or {})["version"]


def _stages_skipped(history: ObservedHistory) -> Iterator[str]:
    """What was confirmed or put in force without every stage of its track, version by version."""
    passed: defaultdict[tuple[int, int | None], Counter[str]] = defaultdict(Counter)
    for row in history.journal:
        if row.booking_id is not None:
            passed[row.booking_id, row.version][row.event] += 1
    changes = {(change.booking_id, change.version): change for change in history.changes}
    for booking in history.bookings:
        for (booking_id, version), events in passed.items():
            if booking_id != booking.id:
                continue
            change = changes.get((booking_id, version or 0))
            if change is not None and events["BookingChangeApproved"]:
                due = STAGES[change.track] - 1
                if events["BookingChangeReviewed"] < due:
                    yield f"{booking.reference} version {version} came into force past {due} stage(s)"
            if events["BookingConfirmed"] and booking.version == version and change is None:
                due = STAGES[booking.track] - 1
                if events["BookingReviewed"] < due:
                    yield f"{booking.reference} version {version} was confirmed past {due} stage(s)"


def _states_that_clash(history: ObservedHistory) -> Iterator[str]:
    """A change waits for a confirmed booking alone and alone; nobody works in a booking that has ended."""
    by_id = history.by_id
    open_changes: Counter[int] = Counter()
    for change in history.changes:
        booking = by_id[change.booking_id]
        if change.state in {"SUBMITTED", "UNDER_REVIEW", "RETURNED"}:
            open_changes[booking.id] += 1
            if booking.state != "CONFIRMED":
                yield f"a change waits of {booking.reference}, which is {booking.state}"
        if change.state == "APPROVED" and change.track != "session move" and booking.version < change.version:
            yield f"{booking.reference} is at version {booking.version}, version {change.version} was approved"
    yield from (f"{count} changes of {by_id[each].reference} wait" for each, count in open_changes.items() if count > 1)
    for session in history.sessions:
        booking = by_id[session.booking_id]
        if booking.state in FINAL - {"CLOSED"} and session.state in {"IN_USE", "SUSPENDED", "DONE", "ABORTED"}:
            yield f"{booking.reference} is {booking.state}, its session {session.number} {session.state}"
        is_last = booking.state in FINAL - {"CLOSED"} and session.version == booking.version
        if is_last and session.state in {"PLANNED", "READY"}:
            yield f"{booking.reference} is {booking.state}, its session {session.number} still {session.state}"


def sequences_amiss(history: ObservedHistory) -> list[str]:
    """SEQUENCE that fell, or did not rise with what a calendar shows."""
    found = []
    for step in history.steps:
        if step.table != "booking" or step.old is None or step.new is None:
            continue
        name, before, after = step.new["reference"], step.old["sequence"], step.new["sequence"]
        if after < before:
            found.append(f"{name}: SEQUENCE fell from {before} to {after}")
        other_version = step.new["version"] > step.old["version"] and step.old["state"] != "DRAFT"
        other_state = step.old["state"] != step.new["state"] and step.new["state"] in {"CONFIRMED", "CANCELLED"}
        if (other_version or other_state) and after == before and step.old["state"] != "DRAFT":
            found.append(f"{name}: SEQUENCE stayed {before} when it became {step.new['state']} {step.new['version']}")
    return found


def signatures_amiss(history: ObservedHistory) -> list[str]:
    """Signatures over other content than their version's, and versions in force that nobody signed for."""
    hashes = {(row.booking_id, row.version): row.hash for row in history.versions}
    found = [
        f"booking {row.booking_id} version {row.version}: {row.meaning} was signed over other content"
        for row in history.signatures
        if hashes.get((row.booking_id, row.version)) != row.hash
    ]
    signed = {(row.booking_id, row.version, row.meaning) for row in history.signatures}
    final = Counter((row.booking_id, row.version, row.meaning) for row in history.signatures)
    found += [f"booking {key[0]} version {key[1]}: {key[2]} {count} times" for key, count in final.items() if count > 1]
    due = {"CONFIRMED": "APPROVED – QA", "CLOSED": "APPROVED – QA", "APPROVED": "APPROVED – QA", "REJECTED": "REJECTED"}
    decided = [(row.id, row.version, row.state) for row in history.bookings if row.track == "engineering"]
    decided += [(row.booking_id, row.version, row.state) for row in history.changes if row.track == "engineering"]
    found += [
        f"booking {booking_id}: version {version} is {state} and nobody signed that"
        for booking_id, version, state in decided
        if state in due and (booking_id, version, due[state]) not in signed
    ]
    return found


def unconfirmed_that_hold_nothing(history: ObservedHistory) -> list[str]:
    """Bookings that should hold their time and hold none, though nothing of them has begun."""
    held = {slot.booking_id for slot in history.slots if slot.active}
    begun = {
        session.booking_id for session in history.sessions if session.state not in {"PLANNED", "READY", "CANCELLED"}
    }
    return [
        f"{booking.reference} is {booking.state} and holds nothing"
        for booking in _those(history.bookings, HOLDING)
        if booking.id not in held | begun
    ]


def _those(bookings: Iterable[Booking], states: frozenset[str]) -> Iterator[Booking]:
    return (booking for booking in bookings if booking.state in states)
