"""Undo the last unsigned change by applying its inverse, with the same checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gmp_booking.bookings.content import BookingContent, NamedPerson
from gmp_booking.bookings.events import BookingAdjusted, Difference, SessionMoved
from gmp_booking.bookings.lists import list_history
from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.stages import permission_to_change
from gmp_booking.bookings.views import get_view
from gmp_booking.changes.service import ChangeResult, change
from gmp_booking.infra.database.journal import JournalEntry
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, require
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import CrewRole

UNDOABLE_EVENTS = frozenset({BookingAdjusted.__name__, SessionMoved.__name__})
UNDOABLE_FIELDS = frozenset({"title", "purpose", "visibility"})


def last_undoable_entries(journal: Sequence[JournalEntry], actor: Actor) -> list[JournalEntry]:
    """The journal entries of the actor's last action, if nothing followed it and it can be undone.

    Shape: the journal is oldest first.
    """
    if not journal or journal[-1].actor_id != actor.person_id:
        return []
    at = journal[-1].at
    entries = [entry for entry in journal if entry.at == at]
    return entries if all(entry.event in UNDOABLE_EVENTS for entry in entries) else []


def undo(uow: Uow, reference: str, *, revision: int | None = None) -> ChangeResult:
    """Undo the actor's own last change. Errors: Conflict when there is none, or when a rule now refuses it; Stale."""
    details = get_view(uow, reference)
    require(uow.actor, permission_to_change(details.booking), subject_of(details.booking))
    content = details.content
    edits = last_undoable_entries(list_history(uow, reference), uow.actor)
    if not edits:
        raise Conflict(N_("You have no change to undo."))
    for entry in edits:
        content = _content_before(content, entry)
    return change(uow, reference, content, revision=revision)


def _content_before(content: BookingContent, entry: JournalEntry) -> BookingContent:
    event = entry.as_event()
    if isinstance(event, SessionMoved):
        sessions = (
            replace(each, start=event.before[0], end=event.before[1]) if each.number == event.session else each
            for each in content.sessions
        )
        return replace(content, sessions=tuple(sessions))
    assert isinstance(event, BookingAdjusted)
    for each in event.changed:
        content = _set_to_agreed(content, each)
    return content


def _set_to_agreed(content: BookingContent, each: Difference) -> BookingContent:
    if each.part == "booking" and each.field in UNDOABLE_FIELDS:
        before: dict[str, Any] = {each.field: each.before}
        return replace(content, **before)
    if each.part == "booking":
        return content
    if each.part == "session":
        return replace(content, sessions=_parts(content.sessions, each))
    return replace(content, equipment=_parts(content.equipment, each))


def _parts(parts: Iterable[Any], each: Difference) -> tuple[Any, ...]:
    return tuple(_part(part, each) if part.number == each.number else part for part in parts)


def _part(part: Any, each: Difference) -> Any:
    if each.field == "time":
        start, end = (datetime.fromisoformat(instant) for instant in each.before)
        return replace(part, start=start, end=end)
    if each.field == "people":
        known = {person.email: person for person in part.people}
        people = tuple(known.get(email, NamedPerson(email, CrewRole.OPERATOR.value)) for email in each.before)
        return replace(part, people=people)
    return part
