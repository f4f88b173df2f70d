"""Do the mails agree with how things are? Every person's calendar is kept as a mail reader keeps it, and compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from tests.oracles.observed_history import Booking, Entry, ObservedHistory
from tests.oracles.world import grouped

Plan = dict[str, tuple[datetime, datetime]]
STANDS = frozenset({"Confirmed", "Changed"})
ENDS: Mapping[str, str] = {"CANCELLED": "Cancelled", "REJECTED": "Rejected", "EXPIRED": "Expired"}
HAPPENED: Mapping[str, frozenset[str]] = {
    "Waiting for your decision": frozenset(
        {
            *("BookingSubmitted", "BookingReviewed", "BookingAnswered"),
            *("BookingChangeRequested", "BookingChangeReviewed"),
        }
    ),
    "Answered": frozenset({"BookingAnswered"}),
    "A question about your request": frozenset({"BookingReturned"}),
    "Rejected": frozenset({"BookingRejected"}),
    "Confirmed": frozenset({"BookingConfirmed"}),
    "Cancelled": frozenset({"BookingCancelled"}),
    "Expired": frozenset({"BookingExpired"}),
    "Changed": frozenset({"BookingChangeApproved", "BookingAdjusted", "SessionMoved", "SessionCancelled"}),
    "No longer in your schedule": frozenset({"BookingChangeApproved", "BookingAdjusted"}),
    "A question about your change request": frozenset({"BookingChangeReturned"}),
    "Your change request was rejected": frozenset({"BookingChangeRejected"}),
    "Change request expired": frozenset({"BookingChangeExpired"}),
    "At risk": frozenset({"BookingAtRisk"}),
    "No longer at risk": frozenset({"BookingClear"}),
    "Reminder": frozenset({"BookingConfirmed"}),
    "Expires on": frozenset({"BookingSubmitted"}),
    "Change request expires on": frozenset({"BookingChangeRequested"}),
    "Suspended": frozenset({"SessionSuspended"}),
    "Resumed": frozenset({"SessionResumed"}),
    "Aborted": frozenset({"SessionAborted"}),
    "No-show": frozenset({"SessionMissed"}),
    "Room still in use": frozenset({"CheckInRefused"}),
    "The next crew is waiting": frozenset({"NextUseRefused"}),
    "Two uses of a room at once": frozenset({"SecondUseRecorded"}),
    "Session not ended": frozenset({"SessionOverdue"}),
}
"""What must have happened before a mail may say so."""


def mails_amiss(history: ObservedHistory) -> list[str]:
    """Whatever in the mails is not, or was not, as they say."""
    return [
        *_said_what_never_was(history),
        *_calendars_amiss(history),
        *_unannounced_ends(history),
        *_unannounced_requests(history),
        *_unannounced_risks(history),
        *_sequences_that_fell(history),
        *_reminders_of_what_does_not_stand(history),
    ]


def _said_what_never_was(history: ObservedHistory) -> Iterator[str]:
    events: defaultdict[str, set[str]] = defaultdict(set)
    names = {booking.id: booking.reference for booking in history.bookings}
    for row in history.journal:
        if row.booking_id is not None:
            events[names[row.booking_id]].add(row.event)
    for mail in history.mails:
        if mail.reference and not HAPPENED.get(mail.says, frozenset()) & events[mail.reference]:
            yield f"{mail.recipient} got a mail that {mail.reference} is “{mail.says}”, which never happened"


def _calendars_amiss(history: ObservedHistory) -> Iterator[str]:
    """Everybody's calendar as their mails made it, against what they take part in."""
    emails = {person.id: person.email for person in history.people}
    plans = _plans(history)
    kept = _kept_calendars(history)
    # One that was closed before a mail was sent needs none any more.
    closed = {booking.reference for booking in history.bookings if booking.state == "CLOSED"}
    for email in sorted(set(emails.values())):
        due, there = plans[email], kept[email]
        for key in sorted(due.keys() | there.keys()):
            if due.get(key) != there.get(key) and (key in there or key[:11] not in closed):
                yield f"{email}: {key} is {_span(there.get(key))} in the calendar, {_span(due.get(key))} in the plan"


def _span(period: tuple[datetime, datetime] | None) -> str:
    return f"{period[0]:%d %H:%M%z}–{period[1]:%H:%M}" if period else "not"


def _plans(history: ObservedHistory) -> defaultdict[str, Plan]:
    """What everybody takes part in: who asked in all of it, who is named in their sessions."""
    emails = {person.id: person.email for person in history.people}
    confirmed = {booking.id: booking for booking in history.bookings if booking.state in {"CONFIRMED", "CLOSED"}}
    crew = grouped(history.crew, "session_id")
    plans: defaultdict[str, Plan] = defaultdict(dict)
    for session in history.sessions:
        booking = confirmed.get(session.booking_id)
        if booking is None or booking.version != session.version or session.state == "CANCELLED":
            continue
        for person_id in {booking.requested_by, *(row.person_id for row in crew[session.id])}:
            plans[emails[person_id]][f"{booking.reference}-s{session.number}"] = (session.start, session.end)
    for row in history.reservations:
        booking = confirmed.get(row.booking_id)
        if booking is not None and booking.version == row.version:
            plans[emails[booking.requested_by]][f"{booking.reference}-e{row.number}"] = (row.start, row.end)
    return plans


def _kept_calendars(history: ObservedHistory) -> defaultdict[str, Plan]:
    """A mail reader takes an entry over unless it knows a later one of the same name (RFC 5546)."""
    latest: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
    for mail in history.mails:
        for entry in mail.entries:
            key = entry.uid.partition("@")[0]
            known = latest[mail.recipient].get(key)
            if known is None or known.sequence <= entry.sequence:
                latest[mail.recipient][key] = entry
    kept: defaultdict[str, Plan] = defaultdict(dict)
    for email, entries in latest.items():
        kept[email] = {key: (each.start, each.end) for key, each in entries.items() if each.method != "CANCEL"}
    return kept


def _last_words(history: ObservedHistory) -> Mapping[tuple[str, str], list[str]]:
    heard: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for mail in history.mails:
        if mail.reference:
            heard[mail.reference, mail.recipient].append(mail.says)
    return heard


def _unannounced_ends(history: ObservedHistory) -> Iterator[str]:
    """The requester gets the end as the last mail; so does everybody who got a mail that it stands."""
    emails = {person.id: person.email for person in history.people}
    words = _last_words(history)
    for booking in history.bookings:
        end = ENDS.get(booking.state)
        if end is None:
            continue
        asker = emails[booking.requested_by]
        informed = {
            who for (reference, who), heard in words.items() if reference == booking.reference and set(heard) & STANDS
        }
        for who in sorted(informed | {asker}):
            heard = words.get((booking.reference, who), ["nothing"])
            if heard[-1] not in {end, "No longer in your schedule"} or (who == asker and end not in heard):
                yield f"{booking.reference} is {booking.state}; {who} heard last: {heard[-1]}"
        yield from _contradicting_mails(booking, words, end)


def _contradicting_mails(booking: Booking, words: Mapping[tuple[str, str], list[str]], end: str) -> Iterator[str]:
    for (reference, who), heard in words.items():
        if reference == booking.reference and end in heard and heard[-1] not in {end, "No longer in your schedule"}:
            yield f"{reference} is {booking.state}; {who} was told so, and then: {heard[-1]}"


_STAGE_ROLE = {
    ("engineering", 0): "scheduler@brc.example",
    ("engineering", 1): "qa@brc.example",
    ("light", 0): "demo@brc.example",
}


def _unannounced_requests(history: ObservedHistory) -> Iterator[str]:
    """Who has to decide was asked to, and who has to answer was asked."""
    emails = {person.id: person.email for person in history.people}
    words = _last_words(history)
    asks = {"Waiting for your decision", "Answered"}
    for booking in history.bookings:
        asker = words.get((booking.reference, emails[booking.requested_by]), [])
        if booking.state == "RETURNED" and (not asker or asker[-1] not in {"A question about your request", *_ASIDE}):
            yield f"{booking.reference} is with its company, which heard last: {asker[-1:]}"
        stage = {"SUBMITTED": 0, "UNDER_REVIEW": 1}.get(booking.state)
        decider = _STAGE_ROLE.get((booking.track, -1 if stage is None else stage))
        if decider is not None and not asks & set(words.get((booking.reference, decider), [])):
            yield f"{booking.reference} waits for {decider}, whom nobody told"


_ASIDE = frozenset({"At risk", "No longer at risk", "Expires on"})


def _unannounced_risks(history: ObservedHistory) -> Iterator[str]:
    """The requester of a booking at risk got a mail about it, and no later mail that says otherwise."""
    emails = {person.id: person.email for person in history.people}
    words = _last_words(history)
    for booking in history.bookings:
        if booking.state in ENDS or booking.state == "CLOSED":
            continue
        heard = [each for each in words.get((booking.reference, emails[booking.requested_by]), []) if each in _RISKS]
        if booking.at_risk and heard[-1:] != ["At risk"]:
            yield f"{booking.reference} is at risk, its owner heard last: {heard[-1:]}"
        if not booking.at_risk and heard[-1:] == ["At risk"]:
            yield f"{booking.reference} is clear, its owner was told last that it is at risk"


_RISKS = frozenset({"At risk", "No longer at risk"})


def _sequences_that_fell(history: ObservedHistory) -> Iterator[str]:
    seen: dict[tuple[str, str], Entry] = {}
    for mail in history.mails:
        for entry in mail.entries:
            before = seen.get((mail.recipient, entry.uid))
            if before is not None and entry.sequence < before.sequence:
                yield f"{mail.recipient}: {entry.uid} came with SEQUENCE {before.sequence}, then {entry.sequence}"
            seen[mail.recipient, entry.uid] = entry


def _reminders_of_what_does_not_stand(history: ObservedHistory) -> Iterator[str]:
    """Reminders that are still to go out are of confirmed bookings, as they are, and of sessions that take place."""
    by_id = history.by_id
    states = {session.id: session for session in history.sessions}
    for row in history.pending:
        if row.kind != "upcoming" or row.booking_id is None:
            continue
        booking = by_id[row.booking_id]
        session = states.get(row.session_id or 0)
        if booking.state != "CONFIRMED" or booking.version != row.version:
            yield f"a reminder waits of {booking.reference} version {row.version}: {booking.state} {booking.version}"
        elif session is not None and session.state == "CANCELLED":
            yield f"a reminder waits of session {session.number} of {booking.reference}, which was given up"
