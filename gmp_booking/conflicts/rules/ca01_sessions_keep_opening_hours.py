"""CA-01: sessions lie within opening hours and working days, or have on-call cover.

Equipment reservations are exempt: cultures grow on holidays too.
"""

from collections.abc import Iterator

from gmp_booking.conflicts.case import CalendarFacts, Case, SessionFacts
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import EVERY_SHIFT, LARGEST_SHIFT, ShiftInterval
from gmp_booking.conflicts.opening import covered_time, days, outside_hours
from gmp_booking.conflicts.rule import Part, S, SeverityMatrix, Texts, W, rule
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_


def forbidden_shifts(case: Case, part: Part) -> Iterator[ShiftInterval]:
    """The shifts after which a session would lie outside opening hours and on-call cover."""
    if not isinstance(part, SessionFacts):
        return
    low = EVERY_SHIFT[0]
    reach = part.occupied.padded(before=LARGEST_SHIFT, after=LARGEST_SHIFT)
    for window in covered_time(case.calendar, part.room, reach):
        if window.duration >= part.occupied.duration:
            yield low, window.start - part.occupied.start
            low = window.end - part.occupied.end
    yield low, EVERY_SHIFT[1]


@rule(
    "CA-01",
    N_("Sessions keep opening hours and working days unless someone is on call"),
    applies=SeverityMatrix(clin=S, eng=W, media_fill=W, device=None, service=W, demo=W, seated=W, clinical_demo=W),
    override="SCHEDULER",
    source="Act on public holidays (KR); the hours are ours",
    forbidden_shifts=forbidden_shifts,
    texts={
        "holiday": Texts(own=N_("{date} is {holiday}; on-call cover is required.")),
        "closed": Texts(own=N_("{resource} is closed on {date}; on-call cover is required.")),
        "hours": Texts(own=N_("{resource} is open {hours} on {date}; outside these hours on-call cover is required.")),
    },
)
def judge(case: Case) -> Iterator[Violation]:
    for session in case.sessions:
        outside = outside_hours(case.calendar, session.room, session.occupied)
        if outside:
            yield _violation(case.calendar, session, outside)


def _violation(calendar: CalendarFacts, session: SessionFacts, outside: list[Period]) -> Violation:
    """One violation a session: of the first holiday, else of the first time outside opening hours."""
    touched = [(day, period) for period in outside for day in days(calendar, period)]
    day, period = next((one for one in touched if one[0] in calendar.holidays), touched[0])
    hours = [window for window in calendar.hours_of(session.room) if window.weekday == day.weekday()]
    params: dict[str, object] = {"date": day.isoformat()}
    if day in calendar.holidays:
        text, params["holiday"] = "holiday", dict(calendar.holidays[day])
    elif hours:
        text = "hours"
        params["hours"] = ", ".join(f"{window.opens:%H:%M}–{window.closes:%H:%M}" for window in hours)
    else:
        text = "closed"
    return Violation(resource=session.room, period=period, session=session.number, text=text, params=params)
