"""RM-06: nobody works where time was withdrawn: in a room out of service, with equipment under repair, under a hold.

Stopped air is HV-01's. A device that runs alone and has begun goes on under a warning; so does one whose room alone
is out of service.
"""

from collections.abc import Iterator

from gmp_booking.conflicts.case import Case, Withdrawal
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Complaint
from gmp_booking.conflicts.outage_findings import AIR, around, complaint, in_the_way, is_running
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Texts, W, rule
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity

HOLD = "HOLD"
OUT_OF_SERVICE = N_("{resource} is out of service {period}.")
WHY = {
    "MAINTENANCE": N_("{resource} is out of service {period}: maintenance."),
    "REQUALIFICATION": N_("{resource} is out of service {period}: requalification."),
    "CALIBRATION": N_("{resource} is out of service {period}: calibration."),
    "AHU_STOP": N_("{resource} is out of service {period}: its air is not moved."),
    "VHP_NEIGHBOUR": N_("{resource} is out of service {period}: a room next to it is decontaminated."),
    "CLOSURE": N_("{resource} is out of service {period}: closed."),
}


@rule(
    "RM-06",
    N_("Nothing is used while it is out of service or on hold"),
    applies=EVERYTHING_HARD,
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
def judge(case: Case) -> Iterator[Complaint]:
    for claim in case.claims:
        yield from _of_the_place(case, claim)
    for claim in _one_each(case):
        for one in in_the_way(case.withdrawn, claim.period):
            yield _held(case, claim, one, who=one.subject)
    for session in case.sessions:
        claim = Claim(session.room, 1, session.occupied, session.number, None)
        for person in session.people:
            facts = case.people.get(person.person_id)
            for one in in_the_way(facts.withdrawn if facts else (), session.occupied):
                yield _held(case, claim, one, who=person.name)


def _of_the_place(case: Case, claim: Claim) -> Iterator[Complaint]:
    """What lies on the claimed room or equipment itself, and on the room a device runs in."""
    at_most = W if is_running(case, claim) else None
    equipment = case.equipment.get(claim.resource_code)
    withdrawn = equipment.withdrawn if equipment else case.rooms[claim.resource_code].withdrawn
    for one in in_the_way(_but_air(withdrawn), claim.period):
        yield _at(case, claim, one, at_most=at_most)
    if equipment is None:
        return
    if equipment.out_of_service:
        yield Complaint(
            resource=equipment.code,
            period=claim.period,
            session=claim.session_number,
            reservation=claim.reservation_number,
            text="defective",
            at_most=at_most,
        )
    room = around(case, claim)
    for one in in_the_way(_but_air(room.withdrawn if room else ()), claim.period):
        assert room is not None
        yield complaint(case, claim, one, text="around", at_most=W, params={"room": room.code})


def _but_air(withdrawn: tuple[Withdrawal, ...]) -> list[Withdrawal]:
    return [one for one in withdrawn if one.subject_kind != AIR]


def _at(case: Case, claim: Claim, one: Withdrawal, *, at_most: Severity | None) -> Complaint:
    if one.kind == HOLD:
        return complaint(case, claim, one, text="hold", at_most=at_most, params={"date": _day(case, one)})
    return complaint(case, claim, one, text=one.kind, at_most=at_most)


def _held(case: Case, claim: Claim, one: Withdrawal, *, who: str) -> Complaint:
    """A hold on the booking's own company, product or person: they may know its number."""
    params = {one.subject_kind.lower(): who, "hold_no": one.hold_no, "date": _day(case, one)}
    return complaint(case, claim, one, text=one.subject_kind.lower(), params=params)


def _day(case: Case, one: Withdrawal) -> str:
    return case.calendar.day_of(one.start).isoformat()


def _one_each(case: Case) -> Iterator[Claim]:
    """One claim for each session and each reservation, whatever else they take along."""
    for session in case.sessions:
        yield Claim(session.room, 1, session.occupied, session.number, None)
    for reservation in case.reservations:
        yield Claim(reservation.equipment, reservation.units, reservation.period, None, reservation.number)
