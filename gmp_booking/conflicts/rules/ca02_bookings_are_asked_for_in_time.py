"""CA-02: a booking is requested with enough lead time, which depends on its kind.

Exempt are media fills, changes of a confirmed booking and further bookings of an approved batch.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from gmp_booking.conflicts.case import Case, Occasion
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.parameter import Parameter
from gmp_booking.conflicts.rule import S, SeverityMatrix, Texts, W, rule
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_

OURS = "default is ours"


def _days(name: str, default: int) -> Parameter:
    return Parameter("CA-02", name, "days ahead", default, OURS)


CAMPAIGN_LENGTH = Parameter("CA-02", "campaign_length_days", "days", 5, OURS)
CAMPAIGN_DAYS = _days("campaign_days", 60)
SINGLE_DAYS = _days("single_session_days", 21)
PATIENT_DAYS = _days("patient_bound_days", 7)
BY_KIND = {
    "EQUIPMENT": _days("equipment_days", 7),
    "QC": _days("quality_control_days", 7),
    "TECH_DEMO": _days("technology_demonstration_days", 30),
    "REVIEW": _days("review_days", 10),
    "EDUCATION": _days("education_days", 7),
    "CLINICAL_DEMO": _days("clinical_demonstration_days", 30),
    "TOUR": _days("tour_days", 7),
}
LATER_OCCASIONS = frozenset({Occasion.REEXAMINE, Occasion.CHECK_IN, Occasion.MOVE})


@rule(
    "CA-02",
    N_("Bookings are requested in time"),
    applies=SeverityMatrix(clin=S, eng=W, media_fill=None, device=W, service=W, demo=W, seated=W, clinical_demo=S),
    override="SCHEDULER",
    source=OURS,
    texts=Texts(own=N_("This should be requested {needed} days ahead; it is {ahead} days ahead.")),
    parameters=(CAMPAIGN_LENGTH, CAMPAIGN_DAYS, SINGLE_DAYS, PATIENT_DAYS, *BY_KIND.values()),
)
def judge(case: Case) -> Iterator[Violation]:
    booking = case.booking
    if case.occasion in LATER_OCCASIONS or booking.kind == "APS" or booking.is_change or booking.is_of_approved_batch:
        return
    parts: list[tuple[Period, str, int | None, int | None]] = []
    parts += [(one.occupied, one.room, one.number, None) for one in case.sessions]
    parts += [(one.period, one.equipment, None, one.number) for one in case.reservations]
    if not parts:
        return
    period, resource, session, reservation = min(parts, key=lambda part: part[0])
    length = max(one.end for one, *_ in parts) - period.start
    needed = int(case.policy.value(_needed(case, length)))
    ahead = _days_between(case, case.booking.asked_at or case.now, period.start)
    if ahead < needed:
        params = {"needed": needed, "ahead": max(ahead, 0)}
        yield Violation(resource=resource, period=period, session=session, reservation=reservation, params=params)


def _needed(case: Case, length: timedelta) -> Parameter:
    if case.booking.is_patient_bound:
        return PATIENT_DAYS
    campaign = timedelta(days=case.policy.value(CAMPAIGN_LENGTH))
    return BY_KIND.get(case.booking.kind) or (CAMPAIGN_DAYS if length >= campaign else SINGLE_DAYS)


def _days_between(case: Case, asked_at: datetime, starts_at: datetime) -> int:
    """Calendar days in the facility's zone, not multiples of 24 hours."""
    return (case.calendar.day_of(starts_at) - case.calendar.day_of(asked_at)).days
