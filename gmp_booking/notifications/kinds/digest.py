"""Every morning, what waits longer than it should: to who decides on it, and to who can still help."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from gmp_booking.approvals.inbox import WaitingRequest, list_late
from gmp_booking.infra.database.outbox import NewMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _, current_language, ngettext_for
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import MailFacts
from gmp_booking.notifications.mail_kind import Accent, OnSchedule, PersonMail, Words
from gmp_booking.notifications.reminder_offsets import QUIET_FROM, QUIET_UNTIL
from gmp_booking.people.models import Person
from gmp_booking.people.service import list_roles
from gmp_booking.people.store import list_holders

MOST_LISTED: Final = 20


def this_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Eight o'clock of the facility's day."""
    return datetime.combine(now.astimezone(zone).date(), QUIET_UNTIL, zone)


def is_due(uow: Uow) -> bool:
    """After eight, before the quiet hours, while something is late."""
    morning = this_morning(uow.now, uow.zone)
    evening = datetime.combine(morning.date(), QUIET_FROM, uow.zone)
    return morning <= uow.now < evening and bool(list_late(uow, frozenset(Role), before=morning))


def plan(uow: Uow) -> Sequence[NewMessage]:
    """Today's messages, one a person and purpose; the same ones however often this is asked."""
    morning = this_morning(uow.now, uow.zone)
    late = list_late(uow, frozenset(Role), before=morning)
    deciding: dict[int, NewMessage] = {}
    for role in {row.role for row in late}:
        for person in list_holders(uow, role):
            if any(row.role is role and row.requested_by != person.id for row in late):
                deciding[person.id] = _message(person, morning, escalated=False)
    messages = list(deciding.values())
    if list_late(uow, None, before=morning):
        messages += [_message(person, morning, escalated=True) for person in list_holders(uow, Role.FACILITY_MANAGER)]
    return messages


def _message(person: Person, morning: datetime, *, escalated: bool) -> NewMessage:
    return NewMessage(
        kind=KIND.name,
        recipient=person.email,
        language=person.language,
        # A second later, so that a facility manager who decides as well gets both.
        due_at=morning.replace(second=1) if escalated else morning,
        person_id=person.id,
        payload={"escalated": escalated},
    )


def _words(facts: MailFacts) -> Words | None:
    """What is late now; None when nothing is any more, or it is not the reader's to know."""
    escalated = bool(facts.payload["escalated"])
    late = _late(facts, escalated=escalated)
    if not late:
        return None
    return {
        "what": _(N_("Waiting for your decision")),
        "items": late[:MOST_LISTED],
        "more": max(len(late) - MOST_LISTED, 0),
        "escalated": escalated,
        "url": f"{facts.config.base_url}/inbox?late=1" + ("&stage=all" if escalated else ""),
    }


def _late(facts: MailFacts, *, escalated: bool) -> Sequence[WaitingRequest]:
    if facts.reader.company_id is not None:
        return ()
    roles = set(list_roles(facts.uow, facts.reader))
    if escalated:
        is_manager = Role.FACILITY_MANAGER in roles
        return list_late(facts.uow, None, before=facts.message.due_at) if is_manager else ()
    late = list_late(facts.uow, roles, before=facts.message.due_at)
    return [row for row in late if row.requested_by != facts.reader.id]


def _subject(words: Words) -> str:
    late = len(words["items"]) + words["more"]
    ngettext = ngettext_for(current_language())
    return ngettext("%(num)s request overdue", "%(num)s requests overdue", late)


KIND = PersonMail(
    name="digest",
    created=OnSchedule(
        when=f"each day from {QUIET_UNTIL:%H:%M} on, while something is late",
        to="Who decides on what is late, and the facility managers for what expires soon.",
        due=f"At {QUIET_UNTIL:%H:%M}.",
        is_due=is_due,
        plan=plan,
    ),
    true_while="something is still late that the reader may decide on or oversee",
    subject=_subject,
    template="digest.txt",
    words=_words,
    link_label=N_("Open the inbox"),
    accent=Accent.AMBER,
)
