"""RM-06: nothing is used during an outage or a quality hold.

Stopped air handling belongs to HV-01. For equipment that runs alone this is a warning once it has started, and always
when only its room is out of service.
"""

from collections.abc import Iterable, Iterator

from gmp_booking.conflicts.case import Case, OutageFacts
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import ShiftInterval, forbidden_by
from gmp_booking.conflicts.outage_findings import (
    AIR_HANDLING,
    enclosing_room,
    is_running,
    outage_violation,
    overlapping,
    withdrawn_from,
)
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Part, Texts, W, rule
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity

HOLD = "HOLD"
OUT_OF_SERVICE = N_("{resource} is out of service {period}.")
WHY = {
    "MAINTENANCE": N_("{resource} is out of service {period}: maintenance."),
    "REQUALIFICATION": N_("{resource} is out of service {period}: requalification."),
    "CALIBRATION": N_("{resource} is out of service {period}: calibration."),
    "AHU_STOP": N_("{resource} is out of service {period}: air handling stopped."),
    "VHP_NEIGHBOUR": N_("{resource} is out of service {period}: a room next to it is decontaminated."),
    "CLOSURE": N_("{resource} is out of service {period}: closed."),
}


def forbidden_shifts(case: Case, part: Part) -> Iterable[ShiftInterval]:
    """The shifts after which the claimed room or equipment would be out of service."""
    if not isinstance(part, Claim):
        return ()
    return forbidden_by((one.period for one in _but_air(withdrawn_from(case, part))), part.period)


@rule(
    "RM-06",
    N_("Nothing is used while it is out of service or on hold"),
    applies=EVERYTHING_HARD,
    forbidden_shifts=forbidden_shifts,
    source="PIC/S PE 009-17 Annex 1 §4.32; Part I §3.44",
    texts={
        **{kind: Texts(own=OUT_OF_SERVICE, staff=staff) for kind, staff in WHY.items()},
        "hold": Texts(
            own=N_("{resource} is on hold since {date}."),
            staff=N_("{resource} is on hold ({hold_no}) since {date}."),
        ),
        "around": Texts(own=N_("The room {room} of {resource} is out of service {period}.")),
        "company": Texts(own=N_("Your company is on hold ({hold_no}) since {date}.")),
        "product": Texts(own=N_("The product {product} is on hold ({hold_no}) since {date}.")),
        "person": Texts(own=N_("{person} is on hold ({hold_no}) since {date}.")),
        "defective": Texts(own=N_("{resource} is out of service.")),
    },
)
def judge(case: Case) -> Iterator[Violation]:
    for claim in case.claims:
        yield from _of_the_place(case, claim)
    for claim in _one_each(case):
        for one in overlapping(case.withdrawn, claim.period):
            yield _held(case, claim, one, who=one.subject)
    for session in case.sessions:
        claim = Claim(session.room, 1, session.occupied, session.number, None)
        for person in session.people:
            facts = case.people.get(person.person_id)
            for one in overlapping(facts.withdrawn if facts else (), session.occupied):
                yield _held(case, claim, one, who=person.name)


def _of_the_place(case: Case, claim: Claim) -> Iterator[Violation]:
    """Outages of the claimed room or equipment, and of the room that the equipment runs in."""
    at_most = W if is_running(case, claim) else None
    equipment = case.equipment.get(claim.resource_code)
    for one in overlapping(_but_air(withdrawn_from(case, claim)), claim.period):
        yield _at(case, claim, one, at_most=at_most)
    if equipment is None:
        return
    if equipment.out_of_service:
        yield Violation(
            resource=equipment.code,
            period=claim.period,
            session=claim.session_number,
            reservation=claim.reservation_number,
            text="defective",
            at_most=at_most,
        )
    room = enclosing_room(case, claim)
    for one in overlapping(_but_air(room.withdrawn if room else ()), claim.period):
        assert room is not None
        yield outage_violation(claim, one, text="around", at_most=W, params={"room": room.code})


def _but_air(withdrawn: tuple[OutageFacts, ...]) -> list[OutageFacts]:
    return [one for one in withdrawn if one.subject_kind != AIR_HANDLING]


def _at(case: Case, claim: Claim, one: OutageFacts, *, at_most: Severity | None) -> Violation:
    if one.kind == HOLD:
        return outage_violation(claim, one, text="hold", at_most=at_most, params={"date": _day(case, one)})
    return outage_violation(claim, one, text=one.kind, at_most=at_most)


def _held(case: Case, claim: Claim, one: OutageFacts, *, who: str) -> Violation:
    """A hold on the booking's own company, product or person: the company may read its number."""
    params = {one.subject_kind.lower(): who, "hold_no": one.hold_no, "date": _day(case, one)}
    return outage_violation(claim, one, text=one.subject_kind.lower(), params=params)


def _day(case: Case, one: OutageFacts) -> str:
    return case.calendar.day_of(one.start).isoformat()


def _one_each(case: Case) -> Iterator[Claim]:
    """One claim for each session and each reservation, without further resources."""
    for session in case.sessions:
        yield Claim(session.room, 1, session.occupied, session.number, None)
    for reservation in case.reservations:
        yield Claim(reservation.equipment, reservation.units, reservation.period, None, reservation.number)
