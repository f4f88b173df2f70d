"""Taking back what was just changed without a signature: the inverse edit, through the same checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gmp_booking.bookings.content import BookingContent, NamedPerson
from gmp_booking.bookings.lists import list_history
from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.views import get_details
from gmp_booking.changes.service import ChangeResult, change
from gmp_booking.infra.database.journal import JournalEntry
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Permission, require
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import CrewRole

UNDONE_BY_AN_EDIT = frozenset({"BookingAdjusted", "SessionMoved"})
TEXTS = frozenset({"title", "purpose", "visibility"})


def last_edit(journal: Sequence[JournalEntry], actor: Actor) -> list[JournalEntry]:
    """What one's own last act changed, when it is the last thing that happened and can be taken back.

    Shape: the journal is oldest first.
    """
    if not journal or journal[-1].actor_id != actor.person_id:
        return []
    at = journal[-1].at
    last = [entry for entry in journal if entry.at == at]
    return last if all(entry.event in UNDONE_BY_AN_EDIT for entry in last) else []


def undo(uow: Uow, reference: str, *, revision: int | None = None) -> ChangeResult:
    """Errors: Conflict when there is nothing of one's own to take back, or a rule is in the way now; Stale."""
    details = get_details(uow, reference)
    require(uow.actor, Permission.BOOKING_CHANGE, subject_of(details.booking))
    content = details.content
    edits = last_edit(list_history(uow, reference), uow.actor)
    if not edits:
        raise Conflict(N_("You have no change to undo."))
    for entry in edits:
        content = _before(content, entry)
    return change(uow, reference, content, revision=revision)


def _before(content: BookingContent, entry: JournalEntry) -> BookingContent:
    if entry.event == "SessionMoved":
        moved = {"part": "session", "number": entry.data["session"], "field": "time", "before": entry.data["before"]}
        return _set_back(content, moved)
    for each in entry.data["changed"]:
        content = _set_back(content, each)
    return content


def _set_back(content: BookingContent, each: Mapping[str, Any]) -> BookingContent:
    if each["part"] == "booking" and each["field"] in TEXTS:
        before: dict[str, Any] = {each["field"]: each["before"]}
        return replace(content, **before)
    if each["part"] == "booking":
        return content
    if each["part"] == "session":
        return replace(content, sessions=_parts(content.sessions, each))
    return replace(content, equipment=_parts(content.equipment, each))


def _parts(parts: Iterable[Any], each: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(_part(part, each) if part.number == each["number"] else part for part in parts)


def _part(part: Any, each: Mapping[str, Any]) -> Any:
    if each["field"] == "time":
        start, end = (datetime.fromisoformat(instant) for instant in each["before"])
        return replace(part, start=start, end=end)
    if each["field"] == "people":
        known = {person.email: person for person in part.people}
        people = tuple(known.get(email, NamedPerson(email, CrewRole.OPERATOR.value)) for email in each["before"])
        return replace(part, people=people)
    return part
