"""CA-01: sessions keep to the hours of their room and to working days, or someone is on call.

Equipment reservations are exempt: living cultures know no holidays.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from gmp_booking.conflicts.case import CalendarFacts, Case, OpeningHours, SessionFacts
from gmp_booking.conflicts.finding import Complaint
from gmp_booking.conflicts.rule import Row, S, Texts, W, rule
from gmp_booking.kernel.period import Period, merge, uncovered
from gmp_booking.kernel.text import N_

DAY = timedelta(days=1)


@rule(
    "CA-01",
    N_("Sessions keep opening hours and working days unless someone is on call"),
    applies=Row(clin=S, eng=W, media_fill=W, device=None, service=W, demo=W, seated=W, clinical_demo=W),
    override="SCHEDULER",
    source="Act on public holidays (KR); the hours are ours",
    texts={
        "holiday": Texts(own=N_("{date} is {holiday}; on-call cover is required.")),
        "closed": Texts(own=N_("{resource} is closed on {date}; on-call cover is required.")),
        "hours": Texts(own=N_("{resource} is open {hours} on {date}; outside these hours on-call cover is required.")),
    },
)
def judge(case: Case) -> Iterator[Complaint]:
    for session in case.sessions:
        outside = outside_hours(case.calendar, session.room, session.occupied)
        if outside:
            yield _complaint(case.calendar, session, outside)


def outside_hours(calendar: CalendarFacts, room: str, occupied: Period) -> list[Period]:
    """What of a period lies outside the room's hours, holidays counting as closed, and is not covered on call."""
    hours = calendar.hours_of(room)
    opened = [
        _opened(calendar, day, window)
        for day in _days(calendar, occupied)
        if day not in calendar.holidays
        for window in hours
        if window.weekday == day.weekday()
    ]
    return uncovered(occupied, merge((*opened, *calendar.on_call)))


def _opened(calendar: CalendarFacts, day: date, window: OpeningHours) -> Period:
    until = day if window.opens < window.closes else day + DAY
    return Period(calendar.instant(day, window.opens), calendar.instant(until, window.closes))


def _days(calendar: CalendarFacts, period: Period) -> Iterator[date]:
    day, last = calendar.day_of(period.start), calendar.day_of(period.end)
    while day <= last:
        yield day
        day += DAY


def _complaint(calendar: CalendarFacts, session: SessionFacts, outside: list[Period]) -> Complaint:
    """One complaint a session: of the first holiday it runs into, else of the first hours it does not keep."""
    days = [(day, period) for period in outside for day in _days_touched(calendar, period)]
    day, period = next((one for one in days if one[0] in calendar.holidays), days[0])
    hours = [window for window in calendar.hours_of(session.room) if window.weekday == day.weekday()]
    params: dict[str, object] = {"date": day.isoformat()}
    if day in calendar.holidays:
        text, params["holiday"] = "holiday", dict(calendar.holidays[day])
    elif hours:
        text = "hours"
        params["hours"] = ", ".join(f"{window.opens:%H:%M}–{window.closes:%H:%M}" for window in hours)
    else:
        text = "closed"
    return Complaint(resource=session.room, period=period, session=session.number, text=text, params=params)


def _days_touched(calendar: CalendarFacts, period: Period) -> Iterator[date]:
    """The days a stretch lies on; midnight at its end belongs to the day before."""
    last = calendar.day_of(period.end - timedelta(microseconds=1))
    return (day for day in _days(calendar, period) if day <= last)
