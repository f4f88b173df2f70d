"""Facts of people: their row, and their other sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmp_booking.conflicts.case import PersonBusy, PersonFacts
from gmp_booking.evaluation.providers.outages import KnownOutages
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.vocabulary import IN_ROOM_ROLES

PEOPLE: Final = """
    SELECT COALESCE(jsonb_agg(jsonb_build_object('id', p.id, 'email', p.email, 'name', p.name) ORDER BY p.id), '[]')
    FROM person AS p WHERE p.email = ANY (:emails) AND (p.active OR :existing)
      AND (p.company_id = :company_id OR p.company_id IS NULL)
"""
GOWNING: Final = "interval '2 hours'"
"""More than it ever takes to change rooms; sessions up to this far away are read."""
ASSIGNMENTS: Final = f"""
    SELECT n.request, sp.person_id, sp.starts_at, sp.ends_at, json_build_object('room', r.code)
    FROM named_person AS n
    JOIN session_person AS sp ON sp.person_id = n.person_id AND sp.active
         AND sp.ends_at > n.from_at - {GOWNING} AND sp.starts_at < n.until_at + {GOWNING}
         AND sp.booking_id IS DISTINCT FROM n.booking_id AND sp.role IN ({sql_values(IN_ROOM_ROLES)})
    JOIN resource AS r ON r.id = sp.room_id
"""
"""Sessions in other bookings of the people in `named_person`."""


@dataclass(frozen=True)
class NamedPersonRow:
    id: int
    email: str
    name: str


@dataclass(frozen=True)
class AssignmentRow:
    """A session that a person is assigned to. Shape: `room` is a code."""

    person_id: int
    starts_at: datetime
    ends_at: datetime
    room: str


def people_facts(
    people: Iterable[NamedPersonRow], assignments: Iterable[AssignmentRow], outages: KnownOutages
) -> dict[int, PersonFacts]:
    busy: defaultdict[int, list[PersonBusy]] = defaultdict(list)
    for each in assignments:
        busy[each.person_id].append(PersonBusy(Period(each.starts_at, each.ends_at), each.room))
    return {each.id: PersonFacts(each.name, tuple(busy[each.id]), outages.people.get(each.id, ())) for each in people}
