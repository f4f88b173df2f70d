"""Build a case for the rules from its evidence; pure, so that stored evidence gives the same case again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from gmp_booking.bookings.content import BookingContent
from gmp_booking.conflicts.case import Assignment, Case, Occasion, ReservationFacts, SessionFacts
from gmp_booking.conflicts.parameter import GRACE
from gmp_booking.evaluation.evidence import Evidence
from gmp_booking.evaluation.providers.calendar import calendar_facts
from gmp_booking.evaluation.providers.equipment import equipment_facts
from gmp_booking.evaluation.providers.occupations import by_unit, until_they_end
from gmp_booking.evaluation.providers.outages import known_outages
from gmp_booking.evaluation.providers.people import NamedPersonRow, people_facts
from gmp_booking.evaluation.providers.policy import policy_facts
from gmp_booking.evaluation.providers.rooms import room_facts
from gmp_booking.kernel.period import Period


def build_case(evidence: Evidence, *, occasion: Occasion) -> Case:
    """The case that the evidence tells of."""
    content, named, around = evidence.content, evidence.rows, evidence.surroundings
    policy = policy_facts(named.switches, named.parameters)
    occupied = until_they_end(around.occupations, occasion=occasion, now=evidence.now, grace=policy.minutes(GRACE))
    units, outages = by_unit(occupied), known_outages(around.outages)
    rooms = {each.code: each for each in named.rooms}
    on_call = (each.period for each in around.on_call)
    return Case(
        occasion=occasion,
        now=evidence.now,
        booking=evidence.booking,
        sessions=_sessions(content, {each.email: each for each in named.people}),
        reservations=tuple(
            ReservationFacts(number, each.resource, each.units, Period(each.start, each.end))
            for number, each in content.numbered_equipment
        ),
        rooms={code: room_facts(each, units, outages) for code, each in rooms.items()},
        equipment={each.code: equipment_facts(each, rooms, units, outages) for each in named.equipment},
        people=people_facts(named.people, around.assignments, outages),
        withdrawn=outages.booking,
        calendar=calendar_facts(named.hours, named.holidays, on_call, ZoneInfo(evidence.zone)),
        policy=policy,
        known=evidence.known,
    )


def _sessions(content: BookingContent, people: Mapping[str, NamedPersonRow]) -> tuple[SessionFacts, ...]:
    return tuple(
        SessionFacts(
            number=number,
            room=session.room,
            period=Period(session.start, session.end),
            setup=timedelta(minutes=session.setup_min),
            teardown=timedelta(minutes=session.teardown_min),
            headcount=session.headcount,
            exposure=session.exposure,
            people=tuple(
                Assignment(people[named.email].id, people[named.email].name, named.role, named.email)
                for named in session.people
            ),
            equipment=session.equipment,
            step=session.step or "",
        )
        for number, session in content.numbered_sessions
    )
