"""Where every block of the timeline stands.

Pure arithmetic on quarters of an hour: no clock, no text, no markup. A place is a set of class names that
`static/css/timeline.css` turns into percentages (`d` day and `q` column of its start, `n` days and `r` columns of its
length), because the content security policy allows no style attributes.

A column is a quarter of an hour in the day view. In the week view the hours of the night, 22 to 6, have one column each
instead of four: work happens by day, and its blocks should be wide enough to read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from gmp_booking.kernel.period import Period

QUARTERS_PER_DAY = 96
MORNING, NIGHTFALL = 6 * 4, 22 * 4
COLUMNS_PER_WEEKDAY = 72
SHORT_DAY_COLUMNS, SHORT_WEEK_COLUMNS = 5, 34
TINY_DAY_COLUMNS, TINY_WEEK_COLUMNS = 2, 14
LONGEST_WINDOW_DAYS = 7
MOST_LEVELS = 8
SHORTEST_OFFER_QUARTERS = 2


@dataclass(frozen=True)
class Lane:
    """One line of the timeline: a room or a piece of equipment.

    `group` is the heading it stands under; `units` how many blocks fit beside each other before it is full;
    `closed` its own closed time on top of the facility's.
    """

    code: str
    name: str
    group: str
    detail: str = ""
    kind: str = "ROOM"
    units: int = 1
    closed: tuple[Period, ...] = ()


@dataclass(frozen=True)
class Block:
    """Time that is taken on a lane; of others only the lane and the period may be filled in."""

    lane: str
    period: Period
    label: str
    state: str
    own: bool
    href: str | None = None
    detail: str = ""
    running: bool = False
    kind: str = "BOOKING"


@dataclass(frozen=True)
class Window:
    """The days that are shown, whole, in the facility's own time."""

    first: date
    days: int

    def __post_init__(self) -> None:
        if not 1 <= self.days <= LONGEST_WINDOW_DAYS:
            raise ValueError(f"a timeline shows 1 to {LONGEST_WINDOW_DAYS} days, not {self.days}")

    @property
    def quarters(self) -> int:
        return self.days * QUARTERS_PER_DAY

    def period(self, zone: ZoneInfo) -> Period:
        """The window as a period, for the query that fetches its blocks."""
        after = self.first + timedelta(days=self.days)
        return Period(
            datetime.combine(self.first, time(), zone).astimezone(UTC),
            datetime.combine(after, time(), zone).astimezone(UTC),
        )


class PlacedBlock(NamedTuple):
    """A block with its place.

    `place` are class names: those of the place, `is-short` where there is hardly room for words, `is-tiny` where there
    is none, `is-cut-left` and `is-cut-right` where it leaves the window, `tl-running` while it runs. `clock` is its
    time of day as text, `hint` the same with its label.
    """

    block: Block
    place: str
    day: int
    clock: str
    hint: str


class FreeCell(NamedTuple):
    """A cell one may begin a booking in. `query` is ready to stand behind the `?` of the booking form's address."""

    place: str
    day: int
    clock: str
    query: str
    is_closed: bool


class FreeTime(NamedTuple):
    """An unbroken free and open stretch, offered on phones."""

    clock: str
    query: str


@dataclass(frozen=True, slots=True)
class Row:
    lane: Lane
    levels: int
    blocks: tuple[PlacedBlock, ...]
    cells: tuple[FreeCell, ...]
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    is_today: bool
    place: str

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return self.on.weekday()


class AgendaLine(NamedTuple):
    """A block or a free stretch, in the order of its time."""

    block: PlacedBlock | None
    free: FreeTime | None
    clock: str


@dataclass(frozen=True, slots=True)
class AgendaLane:
    lane: Lane
    lines: tuple[AgendaLine, ...]


@dataclass(frozen=True, slots=True)
class AgendaDay:
    day: Day
    lanes: tuple[AgendaLane, ...]


@dataclass(frozen=True, slots=True)
class TimelineView:
    """What the template draws. `now_place` is None outside the window."""

    days: tuple[Day, ...]
    groups: tuple[Group, ...]
    closed: tuple[str, ...]
    now_place: str | None
    now_clock: str
    agenda: tuple[AgendaDay, ...]

    @property
    def is_week(self) -> bool:
        return len(self.days) > 1

    @property
    def is_empty(self) -> bool:
        return not self.groups


def lay_out(
    lanes: Sequence[Lane],
    blocks: Iterable[Block],
    *,
    window: Window,
    zone: ZoneInfo,
    now: datetime,
    closed: Iterable[Period] = (),
) -> TimelineView:
    """Place every block, every free cell and all closed time of the window.

    Shape: groups and rows come in the order in which `lanes` first names them; blocks of unknown lanes are left out.
    """
    ruler = _Ruler(window=window, zone=zone)
    shut = ruler.mask_all(closed)
    past = ruler.mask_before(now)
    of_lane: dict[str, list[Block]] = defaultdict(list)
    for block in blocks:
        of_lane[block.lane].append(block)
    drawn = [_draw_row(lane, of_lane[lane.code], ruler=ruler, shut=shut, past=past) for lane in lanes]
    days = ruler.days(now)
    return TimelineView(
        days=days,
        groups=_grouped(row.row for row in drawn),
        closed=tuple(ruler.place(start, end) for start, end in _runs(shut)),
        now_place=ruler.now_place(now),
        now_clock=now.astimezone(zone).strftime("%H:%M"),
        agenda=tuple(_agenda_day(day, index, drawn=drawn, window=window) for index, day in enumerate(days)),
    )


def _week_column(quarter: int, *, rounding: int) -> int:
    day, of_day = divmod(quarter, QUARTERS_PER_DAY)
    before = (min(of_day, MORNING) + rounding) // 4
    after = (max(of_day - NIGHTFALL, 0) + rounding) // 4
    return day * COLUMNS_PER_WEEKDAY + before + min(max(of_day - MORNING, 0), NIGHTFALL - MORNING) + after


_FIRST_COLUMN = tuple(
    _week_column(quarter, rounding=0) for quarter in range(LONGEST_WINDOW_DAYS * QUARTERS_PER_DAY + 1)
)
_COLUMN_AFTER = tuple(
    _week_column(quarter, rounding=3) for quarter in range(LONGEST_WINDOW_DAYS * QUARTERS_PER_DAY + 1)
)


@dataclass(frozen=True)
class _Ruler:
    """Turns instants into quarters of the window and back; `moments` remembers those already written out."""

    window: Window
    zone: ZoneInfo
    moments: dict[int, str] = field(default_factory=dict)

    def quarter(self, instant: datetime, *, rounding: int) -> int:
        return self.quarter_of(instant.astimezone(self.zone), rounding=rounding)

    def quarter_of(self, local: datetime, *, rounding: int) -> int:
        minutes = local.hour * 60 + local.minute
        days = local.toordinal() - self.window.first.toordinal()
        return days * QUARTERS_PER_DAY + (minutes + rounding) // 15

    def span(self, period: Period) -> tuple[int, int]:
        """First quarter touched and first one after; not cut to the window, at least one quarter long."""
        return self.span_of(period.start.astimezone(self.zone), period.end.astimezone(self.zone))

    def span_of(self, local_start: datetime, local_end: datetime) -> tuple[int, int]:
        start = self.quarter_of(local_start, rounding=0)
        return start, max(start + 1, self.quarter_of(local_end, rounding=14))

    def cut(self, start: int, end: int) -> tuple[int, int]:
        return max(0, start), min(self.window.quarters, end)

    def mask(self, period: Period) -> int:
        return _mask(*self.cut(*self.span(period)))

    def mask_all(self, periods: Iterable[Period]) -> int:
        whole = 0
        for period in periods:
            whole |= self.mask(period)
        return whole

    def mask_before(self, now: datetime) -> int:
        return _mask(0, max(0, min(self.window.quarters, self.quarter(now, rounding=14))))

    def now_place(self, now: datetime) -> str | None:
        quarter = self.quarter(now, rounding=0)
        return self.place(quarter, quarter + 1) if 0 <= quarter < self.window.quarters else None

    def place(self, start: int, end: int) -> str:
        return self.place_of_columns(*self.columns(start, end))

    def place_of_columns(self, first: int, length: int) -> str:
        per_day = QUARTERS_PER_DAY if self.window.days == 1 else COLUMNS_PER_WEEKDAY
        return f"d{first // per_day} q{first % per_day} n{length // per_day} r{length % per_day}"

    def columns(self, start: int, end: int) -> tuple[int, int]:
        """First column and number of columns; never less than one."""
        if self.window.days == 1:
            return start, end - start
        first = _FIRST_COLUMN[start]
        return first, max(1, _COLUMN_AFTER[end] - first)

    def fit(self, columns: int) -> str:
        is_day = self.window.days == 1
        if columns <= (TINY_DAY_COLUMNS if is_day else TINY_WEEK_COLUMNS):
            return " is-tiny"
        return " is-short" if columns <= (SHORT_DAY_COLUMNS if is_day else SHORT_WEEK_COLUMNS) else ""

    def clock(self, quarter: int) -> str:
        hours, quarters = divmod(quarter % QUARTERS_PER_DAY, 4)
        return f"{hours:02d}:{quarters * 15:02d}"

    def moment(self, quarter: int) -> datetime:
        day, rest = divmod(quarter, QUARTERS_PER_DAY)
        on = self.window.first + timedelta(days=day)
        return datetime(on.year, on.month, on.day, rest // 4, rest % 4 * 15, tzinfo=self.zone)

    def query(self, lane: Lane, quarter: int) -> str:
        if quarter not in self.moments:
            self.moments[quarter] = quote(self.moment(quarter).isoformat(timespec="minutes"))
        name = "room" if lane.kind == "ROOM" else "equipment"
        return f"{name}={quote(lane.code)}&start={self.moments[quarter]}"

    def days(self, now: datetime) -> tuple[Day, ...]:
        today = now.astimezone(self.zone).date()
        shown = (self.window.first + timedelta(days=index) for index in range(self.window.days))
        return tuple(Day(on=on, is_today=on == today, place=f"d{index} q0 n1 r0") for index, on in enumerate(shown))


@dataclass(frozen=True, slots=True)
class _Drawn:
    row: Row
    offers: tuple[tuple[int, FreeTime], ...]
    spans: tuple[tuple[int, int], ...]


def _draw_row(lane: Lane, blocks: list[Block], *, ruler: _Ruler, shut: int, past: int) -> _Drawn:
    placed: list[PlacedBlock] = []
    spans: list[tuple[int, int]] = []
    drawn_levels: list[int] = []
    taken_levels: list[int] = []
    for block in sorted(blocks, key=_by_time):
        local = block.period.start.astimezone(ruler.zone), block.period.end.astimezone(ruler.zone)
        span = ruler.span_of(*local)
        start, end = ruler.cut(*span)
        if start >= end:
            continue
        _take_level(taken_levels, _mask(start, end))
        columns = ruler.columns(start, end)
        level = _take_level(drawn_levels, _mask(columns[0], sum(columns)))
        place = f"{ruler.place_of_columns(*columns)} k{min(level, MOST_LEVELS - 1)}{ruler.fit(columns[1])}"
        edges = _edges(block, from_before=span[0] < start, goes_on=span[1] > end)
        clock = _clocks(*local)
        placed.append(PlacedBlock(block, place + edges, start // QUARTERS_PER_DAY, clock, f"{clock} {block.label}"))
        spans.append((start, end))
    own_shut = ruler.mask_all(lane.closed)
    free = _mask(0, ruler.window.quarters) & ~_full(taken_levels, lane.units) & ~past
    closed = shut | own_shut
    row = Row(
        lane=lane,
        levels=max(1, min(len(drawn_levels), MOST_LEVELS)),
        blocks=tuple(placed),
        cells=tuple(_free_cells(lane, free, closed=closed, ruler=ruler)),
        closed=tuple(ruler.place(start, end) for start, end in _runs(own_shut & ~shut)),
    )
    offers = tuple(_offers(lane, free & ~closed, ruler=ruler)) if ruler.window.days == 1 else ()
    return _Drawn(row=row, offers=offers, spans=tuple(spans))


def _by_time(block: Block) -> tuple[datetime, datetime, str]:
    return block.period.start, block.period.end, block.label


def _edges(block: Block, *, from_before: bool, goes_on: bool) -> str:
    running = " tl-running" if block.running else ""
    return f"{running}{' is-cut-left' if from_before else ''}{' is-cut-right' if goes_on else ''}"


def _clocks(start: datetime, end: datetime) -> str:
    clocks = f"{start.hour:02d}:{start.minute:02d}", f"{end.hour:02d}:{end.minute:02d}"
    if start.toordinal() == end.toordinal():
        return f"{clocks[0]}–{clocks[1]}"
    return f"{start.month}/{start.day} {clocks[0]}–{end.month}/{end.day} {clocks[1]}"


def _free_cells(lane: Lane, free: int, *, closed: int, ruler: _Ruler) -> Iterator[FreeCell]:
    """One cell an hour or, in the week view, a day; it begins at its first quarter that is free and, if any, open."""
    width = 4 if ruler.window.days == 1 else QUARTERS_PER_DAY
    for start in range(0, ruler.window.quarters, width):
        in_cell = free & _mask(start, start + width)
        if not in_cell:
            continue
        first = _lowest(in_cell & ~closed or in_cell)
        yield FreeCell(
            place=ruler.place(start, start + width),
            day=start // QUARTERS_PER_DAY,
            clock=ruler.clock(first),
            query=ruler.query(lane, first),
            is_closed=not in_cell & ~closed,
        )


def _offers(lane: Lane, free: int, *, ruler: _Ruler) -> Iterator[tuple[int, FreeTime]]:
    for start, end in _runs(free):
        if end - start >= SHORTEST_OFFER_QUARTERS:
            until = "24:00" if end % QUARTERS_PER_DAY == 0 else ruler.clock(end)
            yield start, FreeTime(clock=f"{ruler.clock(start)}–{until}", query=ruler.query(lane, start))


def _grouped(rows: Iterable[Row]) -> tuple[Group, ...]:
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_name[row.lane.group].append(row)
    return tuple(Group(name=name, rows=tuple(members)) for name, members in by_name.items())


def _agenda_day(day: Day, index: int, *, drawn: Sequence[_Drawn], window: Window) -> AgendaDay:
    """What touches one day, lane by lane; in the week view only what leads somewhere, and only lanes that have any."""
    first, after = index * QUARTERS_PER_DAY, (index + 1) * QUARTERS_PER_DAY
    lanes = []
    for one in drawn:
        timed = [
            (start, AgendaLine(block=placed, free=None, clock=placed.clock))
            for placed, (start, end) in zip(one.row.blocks, one.spans, strict=True)
            if start < after and end > first and (window.days == 1 or placed.block.href)
        ]
        timed += [(start, AgendaLine(block=None, free=free, clock=free.clock)) for start, free in one.offers]
        if timed or window.days == 1:
            timed.sort(key=lambda pair: pair[0])
            lanes.append(AgendaLane(lane=one.row.lane, lines=tuple(line for _, line in timed)))
    return AgendaDay(day=day, lanes=tuple(lanes))


def _take_level(levels: list[int], mask: int) -> int:
    """The first level on which these quarters are unused; they are used afterwards."""
    for level, taken in enumerate(levels):
        if not taken & mask:
            levels[level] = taken | mask
            return level
    levels.append(mask)
    return len(levels) - 1


def _full(levels: Sequence[int], units: int) -> int:
    """The quarters in which every unit is taken."""
    if len(levels) < units:
        return 0
    full = levels[0]
    for taken in levels[1:units]:
        full &= taken
    return full


def _mask(start: int, end: int) -> int:
    return ((1 << (end - start)) - 1) << start if end > start else 0


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    """The unbroken stretches of a mask, earliest first."""
    while mask:
        start = _lowest(mask)
        length = _lowest(~(mask >> start))
        yield start, start + length
        mask &= ~_mask(start, start + length)
