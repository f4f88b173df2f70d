"""What a mail kind is: what creates it, who receives it, when it is due, while what it is true, and its text.

A kind is the one `MailKind` of a module in `kinds/`. The modules are found by walking that package; nothing is
registered by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, Final

from gmp_booking.bookings.events import BookingCancelled, BookingExpired
from gmp_booking.bookings.ical import CalendarPart
from gmp_booking.infra.database.outbox import NewMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.events import Event
from gmp_booking.kernel.states import BookingState, ChangeState
from gmp_booking.kernel.text import N_
from gmp_booking.notifications import kinds as kinds_package
from gmp_booking.notifications.due_times import DueTime, at_once
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts, MailFacts
from gmp_booking.notifications.reader_parts import MailLine, no_entries, own_lines
from gmp_booking.people.models import Person

ENDINGS: Final = (BookingCancelled, BookingExpired)
OPEN_BOOKING: Final = N_("Open the booking")


class Accent(StrEnum):
    """The colour of the line above the text of the HTML part."""

    TEAL = "#0a5f6b"
    GREEN = "#58a67a"
    AMBER = "#c08a2b"
    RED = "#cf5a62"
    GREY = "#93a2a8"


Words = Mapping[str, Any]
"""What a subject and a template are filled with, by name."""


def no_payload(_event: BookingEvent, _recipient: Person) -> Words:
    return {}


def no_words(_facts: BookingMailFacts) -> Words:
    return {}


def always(_facts: object) -> bool:
    """Nothing else."""
    return True


@dataclass(frozen=True, kw_only=True)
class OnEvents:
    """Created when one of these events happened to a booking.

    Shape: `to` and `due` are described in the documentation by their docstrings. `payload` is kept with the message
    and fills its text. On an event of `replaced_by`, new messages replace the pending ones of the kind.
    """

    events: Collection[type[Event]]
    to: Callable[[BookingEvent], Iterable[Person]]
    condition: Callable[[BookingEvent], bool] = always
    due: Callable[[BookingEvent], Iterable[DueTime]] = at_once
    payload: Callable[[BookingEvent, Person], Words] = no_payload
    replaced_by: Collection[type[Event]] = ()


@dataclass(frozen=True, kw_only=True)
class OnSchedule:
    """Created by the worker.

    Shape: `plan` gives all messages of now, also those that are kept already; it runs while `is_due`. `when`, `to` and
    `due` describe them in the documentation.
    """

    when: str
    to: str
    due: str
    is_due: Callable[[Uow], bool]
    plan: Callable[[Uow], Sequence[NewMessage]]


@dataclass(frozen=True, kw_only=True)
class OnRequest:
    """Created by another package, which writes the message into the outbox itself.

    Shape: `when`, `to` and `due` describe it in the documentation.
    """

    when: str
    to: str
    due: str = "At once."


@dataclass(frozen=True, kw_only=True)
class MailKind:
    """Shape: `name` is the value of `outbox_message.kind`. A subject that counts is a function of the words."""

    name: str
    created: OnEvents | OnSchedule | OnRequest
    subject: str | Callable[[Words], str]
    template: str
    link_label: str = OPEN_BOOKING
    accent: Accent = Accent.TEAL


@dataclass(frozen=True, kw_only=True)
class BookingMail(MailKind):
    """A mail about one booking, or about one change request of it.

    It is sent only if its booking is in one of the states `valid_while`, its change request – if it is about one – in
    one of `valid_while_change`, its version is still the current one (unless `any_version`), and `still_true` holds.
    Events of `withdrawn_by` withdraw the pending messages at once.
    Shape: with `shows_proposal`, `still_true` and the text see the booking as the change request would have it.
    `words` are added to those of every mail about a booking. `entries` are attached as calendar files; a mail with
    an attachment ends with `entries_note`.
    """

    valid_while: Collection[BookingState]
    valid_while_change: Collection[ChangeState] = ()
    any_version: bool = False
    shows_proposal: bool = False
    still_true: Callable[[BookingMailFacts], bool] = always
    withdrawn_by: Collection[type[Event]] = ENDINGS
    words: Callable[[BookingMailFacts], Words] = no_words
    lines: Callable[[BookingMailFacts], Sequence[MailLine]] = own_lines
    entries: Callable[[BookingMailFacts], Sequence[CalendarPart]] = no_entries
    entries_note: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonMail(MailKind):
    """A mail about its reader, whatever bookings it lists.

    Shape: `words` are all that the template needs; None when the mail is not true any more, which `true_while`
    describes in the documentation.
    """

    true_while: str
    words: Callable[[MailFacts], Words | None]


@cache
def discover() -> Mapping[str, MailKind]:
    """All mail kinds by name, in the order of their names.

    Errors: RuntimeError when a file of `kinds/` does not hold exactly the kind that its name says.
    """
    found: dict[str, MailKind] = {}
    for module in iter_modules(kinds_package.__path__):
        held = vars(import_module(f"{kinds_package.__name__}.{module.name}")).values()
        declared = [one for one in held if isinstance(one, MailKind)]
        if [one.name for one in declared] != [module.name]:
            raise RuntimeError(f"kinds/{module.name}.py does not hold the one mail kind it is named after")
        found[module.name] = declared[0]
    return MappingProxyType(dict(sorted(found.items())))
