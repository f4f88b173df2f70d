"""One mail a morning to everybody who keeps something waiting longer than its target, and to who can still help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gmp_booking.approvals.inbox import list_late, role_of
from gmp_booking.infra.database.outbox import ClaimedMessage, NewMessage, add_messages
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.notifications import store
from gmp_booking.notifications.reminder_offsets import QUIET_FROM, QUIET_UNTIL, SEOUL
from gmp_booking.people.models import Person
from gmp_booking.people.service import list_roles

KIND: Final = "digest"
LISTED: Final = 20


@dataclass(frozen=True)
class Digest:
    """What a person is reminded of, as it stands when the mail is written."""

    reader: Person
    items: Sequence[Mapping[str, Any]]
    more: int
    escalated: bool


def this_morning(now: datetime) -> datetime:
    """Eight o'clock of the facility's day."""
    return datetime.combine(now.astimezone(SEOUL).date(), QUIET_UNTIL, SEOUL)


def is_time_to_remind(uow: Uow) -> bool:
    """After eight, before the quiet hours, while something is late."""
    morning = this_morning(uow.now)
    evening = datetime.combine(morning.date(), QUIET_FROM, SEOUL)
    return morning <= uow.now < evening and bool(list_late(uow, frozenset(Role), before=morning))


def plan_digests(uow: Uow) -> int:
    """Keep today's reminders, one a person and purpose however often this is asked; how many were new."""
    morning = this_morning(uow.now)
    late = list_late(uow, frozenset(Role), before=morning)
    reminded: dict[int, NewMessage] = {}
    for role in {role_of(row) for row in late}:
        for person in store.list_holders(uow, role):
            if any(role_of(row) is role and row["requested_by"] != person.id for row in late):
                reminded[person.id] = _message(person, morning, escalated=False)
    messages = list(reminded.values())
    if list_late(uow, None, before=morning):
        messages += [
            _message(person, morning, escalated=True) for person in store.list_holders(uow, Role.FACILITY_MANAGER)
        ]
    return add_messages(uow, messages)


def _message(person: Person, morning: datetime, *, escalated: bool) -> NewMessage:
    # A second later, so that somebody who decides and heads the facility gets both.
    due_at = morning.replace(second=1) if escalated else morning
    return NewMessage(
        kind=KIND,
        recipient=person.email,
        language=person.language,
        due_at=due_at,
        person_id=person.id,
        payload={"escalated": escalated},
    )


def find_digest(uow: Uow, message: ClaimedMessage) -> Digest | None:
    """What is late now; None when nothing is any more, or the reader has left."""
    reader = uow.session.get(Person, message.person_id) if message.person_id else None
    if reader is None or not reader.active or reader.company_id is not None:
        return None
    escalated = bool(message.payload["escalated"])
    roles = set(list_roles(uow, reader))
    if escalated and Role.FACILITY_MANAGER not in roles:
        return None
    late = list_late(uow, None if escalated else roles, before=message.due_at)
    items = [row for row in late if escalated or row["requested_by"] != reader.id]
    return Digest(reader, items[:LISTED], max(len(items) - LISTED, 0), escalated) if items else None
