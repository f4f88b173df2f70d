"""What a mail kind may look at: an event with its booking when messages are planned, a message when it is written.

Each fact is looked up once, when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from config import Config
from gmp_booking.bookings.change_store import find_change, proposed
from gmp_booking.bookings.events import BookingAdjusted, BookingChangeApproved, SessionCancelled, SessionMoved
from gmp_booking.bookings.models import Booking, ChangeRequest
from gmp_booking.bookings.views import BookingView, view_of
from gmp_booking.infra.database.outbox import ClaimedMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import closest_language
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.events import Event
from gmp_booking.people import store
from gmp_booking.people.models import Person

PLAN_CHANGES: Final = (BookingChangeApproved, BookingAdjusted, SessionMoved, SessionCancelled)
_SHOWN_IN_CALENDARS: Final = frozenset({"time", "people", "whole"})


@dataclass(eq=False)
class BookingEvent:
    """A delivered event (`fact`) and its booking as it is now."""

    uow: Uow
    at: datetime
    fact: Event
    booking: Booking
    _people: dict[Hashable, Sequence[Person]] = field(default_factory=dict)

    @cached_property
    def details(self) -> BookingView:
        return view_of(self.uow, self.booking)

    @cached_property
    def proposal(self) -> Booking | None:
        """The booking as the change request of this version would have it."""
        change = find_change(self.uow, self.booking.id, version=self.fact.version or 0)
        return None if change is None else proposed(self.booking, change)

    @cached_property
    def before(self) -> BookingView:
        """The booking in the version that an approved change replaced."""
        assert isinstance(self.fact, BookingChangeApproved)
        values = {column.key: getattr(self.booking, column.key) for column in Booking.__table__.columns}
        return view_of(self.uow, Booking(**values | {"version": self.fact.base_version}))

    def list_people(self, ids: Collection[int]) -> Sequence[Person]:
        """Those who are active, ordered by id; so for the other two."""
        return self._once(("id", frozenset(ids)), lambda: store.list_active_people(self.uow, ids))

    def list_people_by_email(self, emails: Collection[str]) -> Sequence[Person]:
        return self._once(("email", frozenset(emails)), lambda: store.list_active_people_by_email(self.uow, emails))

    def list_holders(self, role: Role) -> Sequence[Person]:
        return self._once(role, lambda: store.list_holders(self.uow, role))

    def _once(self, key: Hashable, look_up: Callable[[], Sequence[Person]]) -> Sequence[Person]:
        if key not in self._people:
            self._people[key] = look_up()
        return self._people[key]


def changes_plan(event: BookingEvent) -> bool:
    """Whether it changes what calendars show or who takes part."""
    if isinstance(event.fact, BookingChangeApproved):
        return not event.fact.in_place
    if isinstance(event.fact, BookingAdjusted):
        return any(each.field in _SHOWN_IN_CALENDARS for each in event.fact.changed)
    return True


@dataclass(eq=False)
class MailFacts:
    """A claimed message and its reader as they are now."""

    uow: Uow
    message: ClaimedMessage
    reader: Person
    config: Config

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.message.payload

    @property
    def language(self) -> str:
        return closest_language(self.reader.language)


@dataclass(eq=False)
class BookingMailFacts(MailFacts):
    """A claimed message about a booking, and that booking as it is now."""

    booking: Booking

    @cached_property
    def details(self) -> BookingView:
        return view_of(self.uow, self.booking)

    @cached_property
    def change(self) -> ChangeRequest | None:
        """The change request that the message is about."""
        return find_change(self.uow, self.booking.id, version=self.message.subject_version or 0)

    @cached_property
    def proposal(self) -> Booking:
        """The booking as that change request would have it.

        Errors: LookupError when there is none; a mail about a change is written only while there is.
        """
        if self.change is None:
            raise LookupError(f"message {self.message.id} is about no change request")
        return proposed(self.booking, self.change)
