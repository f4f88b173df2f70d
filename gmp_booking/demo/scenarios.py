"""The scenarios of the demo's bookings: the content of each request, and who acted on it when.

Pure: the same day, now and days off give the same scenarios. No booking is requested after its start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from gmp_booking.bookings.content import BookedFor, BookingContent, NamedPerson, ReservationContent, SessionContent
from gmp_booking.demo.people import COMPANIES, STAFF_DOMAIN
from gmp_booking.demo.programme import FACILITY, HOLIDAY_VISIT, PROGRAMME, Run, Series, Visit
from gmp_booking.evaluation.request_limits import needs_signatory
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES, DEMONSTRATIONS, Kind, RunType

SCHEDULER, PRODUCTION, QA, DEMO_MANAGER = (
    f"{mailbox}@{STAFF_DOMAIN}" for mailbox in ("scheduler", "production", "qa", "demo")
)
LATEST_BEFORE_NOW = timedelta(minutes=20)
RECENT_DAYS = 16
QA_SITS = frozenset({1, 3})
KEPT_IN_WEEK: Mapping[int, float] = {2: 0.85, 3: 0.65, 4: 0.5, 5: 0.4, 6: 0.3, 7: 0.25}
_DOMAINS = {guest.code: guest.domain for guest in COMPANIES} | {FACILITY: STAFF_DOMAIN}


class ScenarioStep(StrEnum):
    DRAFT = "draft"
    ASK = "ask"
    REVIEW = "review"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    CANCEL = "cancel"


class Ending(StrEnum):
    """How a scenario ends; most bookings are approved in time."""

    APPROVED = "approved"
    DRAFTED = "drafted"
    JUST_ASKED = "waits for scheduling"
    REVIEWED = "waits for quality assurance"
    RETURNED = "returned with a question"
    ASKED_AGAIN = "returned, answered, approved"
    REJECTED_BY_QA = "rejected by quality assurance"
    REJECTED_AT_ONCE = "rejected by scheduling"
    CANCELLED = "cancelled by its company"


@dataclass(frozen=True)
class ScenarioAct:
    """One action of one person at one time."""

    at: datetime
    by: str
    step: ScenarioStep
    reason: str | None = None


@dataclass(frozen=True)
class Scenario:
    name: str
    content: BookingContent
    acts: tuple[ScenarioAct, ...]


_ENDINGS: Mapping[tuple[str, int], tuple[Ending, str]] = {
    ("hanbit-sheet", -3): (
        Ending.REJECTED_BY_QA,
        "지지세포 공급처의 바이러스 시험성적서가 아직 없습니다. 확보 후 다시 신청해 주세요.",
    ),
    ("saebyeok-freeze", 1): (
        Ending.REJECTED_AT_ONCE,
        "같은 주에 동결기 점검이 예정되어 있습니다. 다음 주로 신청해 주세요.",
    ),
    ("demo-tff", 1): (Ending.REJECTED_AT_ONCE, "참석 인원 명단이 확정되지 않아 이번 회차는 진행하지 않습니다."),
    ("gaon-method", -1): (Ending.CANCELLED, "분석자 교육 일정이 다음 분기로 옮겨졌습니다."),
    ("nuriesel-flow", -2): (Ending.CANCELLED, "시료 채취가 하루 늦어져 자체 장비로 측정합니다."),
    ("orphen-ev", 2): (Ending.CANCELLED, "Feed material is held at customs; we will ask again next month."),
    ("maru-membrane", 3): (Ending.CANCELLED, "막 공급 지연으로 실험을 미룹니다."),
    ("hanbit-wash", 2): (Ending.CANCELLED, "기구를 일회용으로 바꾸어 멸균이 필요 없게 되었습니다."),
    ("darium-scaffold", 2): (Ending.RETURNED, "지지체 로트의 멸균 증빙을 첨부하거나 번호를 적어 주시겠어요?"),
    ("jingwei-activation", 3): (Ending.RETURNED, "请说明细胞因子的供应商和批号,以便评估残留。"),
    ("maru-membrane", 1): (Ending.ASKED_AGAIN, "작업자가 두 명 모두 필요한지, 노출 정도를 확인해 주세요."),
    ("gaon-adipose", 2): (
        Ending.ASKED_AGAIN,
        "기증 조직의 수령 시각을 적어 주세요. 오후 시작이 가능한지 확인하겠습니다.",
    ),
    ("gaon-media", 4): (Ending.JUST_ASKED, ""),
    ("saebyeok-dsp", 5): (Ending.JUST_ASKED, ""),
    ("nuriesel-device", 3): (Ending.JUST_ASKED, ""),
    ("orphen-ev", 4): (Ending.JUST_ASKED, ""),
    ("demo-closed", 2): (Ending.JUST_ASKED, ""),
    ("demo-evening", 3): (Ending.JUST_ASKED, ""),
    ("hanbit-sheet", 4): (Ending.REVIEWED, ""),
    ("jingwei-nk", 3): (Ending.REVIEWED, ""),
    ("darium-cells", 3): (Ending.REVIEWED, ""),
    ("nuriesel-vector", 4): (Ending.REVIEWED, ""),
    ("orphen-evening", 2): (Ending.REVIEWED, ""),
    ("gaon-adipose", 7): (Ending.DRAFTED, ""),
    ("saebyeok-freeze", 5): (Ending.DRAFTED, ""),
    ("orphen-ev", 7): (Ending.DRAFTED, ""),
    ("jingwei-freeze", 5): (Ending.DRAFTED, ""),
    ("hanbit-sheet", 7): (Ending.DRAFTED, ""),
}


def build_scenarios(now: datetime, zone: ZoneInfo, *, days_off: AbstractSet[date]) -> list[Scenario]:
    """The scenario of every booking, with its actions until now."""
    scenarios = (_scenario(series, week, now, zone, days_off) for series in PROGRAMME for week in series.weeks)
    return [scenario for scenario in scenarios if scenario]


def _scenario(series: Series, week: int, now: datetime, zone: ZoneInfo, days_off: AbstractSet[date]) -> Scenario | None:
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=week)
    chance = Random(f"{series.name} {monday}")
    ending, reason = _ENDINGS.get((series.name, week), (Ending.APPROVED, ""))
    is_kept = series.is_steady or ending is not Ending.APPROVED or chance.random() < KEPT_IN_WEEK.get(week, 1.0)
    content = _content(series, monday, days_off, chance, zone=zone)
    if not is_kept or content is None:
        return None
    scheduler = _ActScheduler(series, content, now, days_off, chance, zone=zone)
    acts = tuple(act for act in scheduler.acts(ending, reason) if act.at <= now - LATEST_BEFORE_NOW)
    return Scenario(f"{series.name} {week}", content, acts) if acts else None


# -- the content of the request


def _content(
    series: Series, monday: date, days_off: AbstractSet[date], chance: Random, *, zone: ZoneInfo
) -> BookingContent | None:
    visits = [visit for visit in series.visits if visit.day % 7 >= 5 or _day(monday, visit.day) not in days_off]
    if series.visits and not visits:
        return None
    if series.name == "maru-graft":
        visits += _holiday_visits(series, monday, days_off)
    year, number, _ = monday.isocalendar()
    sessions = [_session(series, visit, monday, chance, zone=zone) for visit in visits]
    return BookingContent(
        kind=series.kind,
        product=series.product,
        batch=f"{series.batch}-{year % 100}{number:02d}" if series.batch else None,
        run_type=series.run_type if series.kind is Kind.CLEANROOM else None,
        visibility="PUBLIC" if series.is_public else "BUSY",
        seats=series.seats,
        title=series.title,
        purpose=series.purpose,
        sessions=tuple(sorted(sessions, key=lambda session: session.start)),
        equipment=tuple(_reservation(run, monday, zone=zone) for run in series.runs),
        booked_for=BookedFor(series.company) if series.entered_by_staff else None,
    )


def _day(monday: date, number: int) -> date:
    return monday + timedelta(days=number)


def _holiday_visits(series: Series, monday: date, days_off: AbstractSet[date]) -> Iterator[Visit]:
    """The first holiday within the run on which the culture cannot wait."""
    longest = max(visit.day for visit in series.visits)
    for number in range(1, longest):
        if _day(monday, number) in days_off and number % 7 < 5:
            yield replace(HOLIDAY_VISIT, day=number)
            return


def _session(series: Series, visit: Visit, monday: date, chance: Random, *, zone: ZoneInfo) -> SessionContent:
    domain = _DOMAINS[series.company]
    end = _instant(monday, visit.day, visit.end, zone=zone)
    ends_early = chance.random() < 0.25 and visit.start[:2] != visit.end[:2]
    crew = tuple(NamedPerson(f"{mailbox}@{domain}", _part(number)) for number, mailbox in enumerate(visit.crew))
    return SessionContent(
        room=visit.room,
        start=_instant(monday, visit.day, visit.start, zone=zone),
        end=end - timedelta(minutes=30) if ends_early else end,
        step=visit.step,
        exposure=visit.exposure,
        headcount=len(crew) + visit.guests,
        setup_min=visit.margin_min,
        teardown_min=visit.margin_min,
        people=crew,
        equipment=visit.equipment,
    )


def _part(number: int) -> str:
    return "VERIFIER" if number == 1 else "OPERATOR"


def _reservation(run: Run, monday: date, *, zone: ZoneInfo) -> ReservationContent:
    return ReservationContent(
        run.resource,
        _instant(monday, run.from_day, run.start, zone=zone),
        _instant(monday, run.until_day, run.end, zone=zone),
        run.units,
    )


def _instant(monday: date, number: int, clock: str, *, zone: ZoneInfo) -> datetime:
    return datetime.combine(_day(monday, number), time.fromisoformat(clock), zone)


# -- the actions


class _ActScheduler:
    """Schedules the actions of one scenario on working days before its first session."""

    def __init__(
        self,
        series: Series,
        content: BookingContent,
        now: datetime,
        days_off: AbstractSet[date],
        chance: Random,
        *,
        zone: ZoneInfo,
    ) -> None:
        self.series = series
        self.now = now
        self.days_off = days_off
        self.chance = chance
        self.zone = zone
        self.starts = content.envelope.start
        self.company = f"{'approver' if needs_signatory(content, zone) else 'requester'}@{_DOMAINS[series.company]}"
        self.requester = SCHEDULER if series.entered_by_staff else self.company
        if series.company == FACILITY:
            self.company = self.requester = DEMO_MANAGER

    def acts(self, ending: Ending, reason: str) -> list[ScenarioAct]:
        if ending is Ending.DRAFTED:
            return [ScenarioAct(self._lately(5), self.requester, ScenarioStep.DRAFT)]
        if ending in {Ending.JUST_ASKED, Ending.REVIEWED, Ending.RETURNED}:
            return self._recent(ending, reason)
        asked = ScenarioAct(self._asked_at(), self.requester, ScenarioStep.ASK)
        if ending is Ending.REJECTED_AT_ONCE:
            decider = DEMO_MANAGER if self.series.kind is Kind.TECH_DEMO else SCHEDULER
            return [asked, ScenarioAct(self._working(asked.at, 1, "10:30"), decider, ScenarioStep.REJECT, reason)]
        if ending is Ending.ASKED_AGAIN:
            back = ScenarioAct(self._working(asked.at, 1, "10:20"), SCHEDULER, ScenarioStep.RETURN, reason)
            again = ScenarioAct(self._working(back.at, 1, "09:40"), self.requester, ScenarioStep.ASK)
            return [asked, back, again, *self._decisions(again.at)]
        decisions = self._decisions(asked.at)
        if ending is Ending.REJECTED_BY_QA:
            return [asked, *decisions[:-1], replace(decisions[-1], step=ScenarioStep.REJECT, reason=reason)]
        if ending is Ending.CANCELLED:
            return self._cancelled([asked, *decisions], reason)
        return [asked, *decisions]

    def _cancelled(self, acts: list[ScenarioAct], reason: str) -> list[ScenarioAct]:
        """Cancelled two days after its approval, or in the last day if that is earlier."""
        cancelled_at = min(self._working(acts[-1].at, 2, "16:10"), self._lately(1))
        earlier = [act for act in acts if act.at < cancelled_at] or acts[:1]
        after = max(cancelled_at, earlier[-1].at + timedelta(minutes=5))
        return [*earlier, ScenarioAct(after, self.company, ScenarioStep.CANCEL, reason)]

    def _recent(self, ending: Ending, reason: str) -> list[ScenarioAct]:
        """The actions of a scenario that is still open: all within the last days."""
        last = self._lately(1)
        if ending is Ending.JUST_ASKED:
            return [ScenarioAct(last, self.requester, ScenarioStep.ASK)]
        asked = ScenarioAct(self._on_a_working_day(last - timedelta(days=2)), self.requester, ScenarioStep.ASK)
        if ending is Ending.REVIEWED:
            return [asked, ScenarioAct(last, SCHEDULER, ScenarioStep.REVIEW)]
        return [asked, ScenarioAct(last, SCHEDULER, ScenarioStep.RETURN, reason)]

    def _decisions(self, asked_at: datetime) -> list[ScenarioAct]:
        if self.series.kind in CONFIRMED_BY_THEMSELVES:
            return []
        if self.series.kind in DEMONSTRATIONS:
            return [ScenarioAct(self._working(asked_at, 1, "11:00"), DEMO_MANAGER, ScenarioStep.APPROVE)]
        acts = [ScenarioAct(self._working(asked_at, 1, "10:00"), SCHEDULER, ScenarioStep.REVIEW)]
        if self.series.run_type is RunType.CLIN:
            acts.append(ScenarioAct(self._working(acts[-1].at, 1, "11:30"), PRODUCTION, ScenarioStep.APPROVE))
        return [*acts, ScenarioAct(self._sitting(acts[-1].at), QA, ScenarioStep.APPROVE)]

    def _sitting(self, at: datetime) -> datetime:
        """Quality assurance decides on two days of the week."""
        sits_at = self._working(at, 1, "14:00")
        while sits_at.weekday() not in QA_SITS:
            sits_at = self._working(sits_at, 1, "14:00")
        return sits_at

    def _asked_at(self) -> datetime:
        lead = self.chance.randrange(26, 38) if self.series.is_steady else self.chance.randrange(15, 22)
        asked = self._on_a_working_day(self.starts - timedelta(days=lead))
        return asked if asked <= self.now - LATEST_BEFORE_NOW else self._lately(RECENT_DAYS)

    def _lately(self, days: int) -> datetime:
        """A time in the working hours of the last `days` days, never within the last minutes."""
        back = timedelta(days=self.chance.randrange(days), minutes=self.chance.randrange(90))
        at = self._on_a_working_day(self.now - LATEST_BEFORE_NOW - back)
        while at > self.now - LATEST_BEFORE_NOW:
            at = self._on_a_working_day(at - timedelta(days=1))
        return at

    def _on_a_working_day(self, at: datetime) -> datetime:
        """A random time between 09:00 and 17:30 on that day, or on the last working day before it."""
        day = at.astimezone(self.zone).date()
        while not self._is_working(day):
            day -= timedelta(days=1)
        return datetime.combine(day, time(9), self.zone) + timedelta(minutes=self.chance.randrange(510))

    def _working(self, at: datetime, days: int, clock: str) -> datetime:
        """A time `days` working days later, up to 45 minutes after `clock`."""
        day = at.astimezone(self.zone).date()
        while days:
            day += timedelta(days=1)
            days -= self._is_working(day)
        about = datetime.combine(day, time.fromisoformat(clock), self.zone)
        return about + timedelta(minutes=self.chance.randrange(45))

    def _is_working(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.days_off
