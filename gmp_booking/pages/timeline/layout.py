"""The layout of the timeline: rooms and equipment as rows, with bookings and free time; pure.

`ruler` defines what a place is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import ACCEPTED, DRAFTED, FINAL, IN_FORCE, REQUESTED
from gmp_booking.kernel.vocabulary import ResourceKind
from gmp_booking.pages.timeline.ruler import QUARTERS_PER_DAY, Ruler, Window, bits, lowest, runs

__all__ = ["FormMarkBlock", "FreeCell", "Lane", "PlacedBlock", "TimelineBlock", "TimelineView", "Window", "lay_out"]

MOST_LEVELS = 8
PART = " · "
SHORTEST_FREE_QUARTERS = 2
OUTAGE = "OUTAGE"
"""The kind of a block that occupies the whole lane."""


CSS_CLASSES: Mapping[str, str] = {
    **dict.fromkeys(DRAFTED, "tl-draft"),
    **dict.fromkeys(REQUESTED, "tl-pending"),
    **dict.fromkeys(ACCEPTED, "tl-approved"),
    **dict.fromkeys(IN_FORCE, "tl-confirmed"),
    **dict.fromkeys(FINAL, "tl-closed"),
}
"""The CSS class of a booking's block."""


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
    kind: str = ResourceKind.ROOM.value
    units: int = 1
    closed: tuple[Period, ...] = ()


@dataclass(frozen=True)
class TimelineBlock:
    """Occupied time on a lane; for other companies' time only lane and period are set."""

    lane: str
    period: Period
    label: str
    state: str
    own: bool
    href: str | None = None
    detail: str = ""
    running: bool = False
    kind: str = "BOOKING"

    @property
    def css_class(self) -> str:
        """The CSS class. Errors: KeyError for a block that is no booking."""
        return CSS_CLASSES[self.state]


@dataclass(frozen=True)
class FormMarkBlock:
    """Time marked by an open form; it uses no unit of the lane and refuses nobody.

    `whose` is "mine", "ours" or "others".
    """

    lane: str
    period: Period
    whose: str


class PlacedMark(NamedTuple):
    """A form mark with its place."""

    whose: str
    place: str
    clock: str


class PlacedBlock(NamedTuple):
    """A block with its place.

    `place` are class names: those of the place, `is-short` where there is hardly room for words, `is-tiny` where there
    is some on wide screens only, `is-bare` where there is none, `is-cut-left` and `is-cut-right` where it leaves the
    window, `tl-running` while it runs. `clock` is its time of day as text, `words` its label, with a line for each of
    its parts where it is short, `hint` both on one line.
    """

    block: TimelineBlock
    place: str
    day: int
    clock: str
    words: str
    hint: str


class FreeCell(NamedTuple):
    """A cell that starts a booking. Shape: `query` is the query string of the booking form's address."""

    place: str
    day: int
    clock: str
    query: str
    is_closed: bool


class FreeTime(NamedTuple):
    """A continuous free and open period, shown on phones."""

    clock: str
    query: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    lane: Lane
    levels: int
    blocks: tuple[PlacedBlock, ...]
    cells: tuple[FreeCell, ...]
    closed: tuple[str, ...]
    marks: tuple[PlacedMark, ...] = ()


@dataclass(frozen=True, slots=True)
class RowGroup:
    name: str
    rows: tuple[TimelineRow, ...]


@dataclass(frozen=True, slots=True)
class DayColumn:
    on: date
    is_today: bool
    place: str

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return self.on.weekday()


class AgendaLine(NamedTuple):
    """A block or a free period, in order of time."""

    block: PlacedBlock | None
    free: FreeTime | None
    clock: str


@dataclass(frozen=True, slots=True)
class AgendaLane:
    lane: Lane
    lines: tuple[AgendaLine, ...]
    marks: tuple[PlacedMark, ...] = ()


@dataclass(frozen=True, slots=True)
class AgendaDay:
    day: DayColumn
    lanes: tuple[AgendaLane, ...]


@dataclass(frozen=True, slots=True)
class TimelineView:
    """The data of the template. Shape: `now_place` is None outside the window."""

    days: tuple[DayColumn, ...]
    groups: tuple[RowGroup, ...]
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
    blocks: Iterable[TimelineBlock],
    *,
    window: Window,
    zone: ZoneInfo,
    now: datetime,
    closed: Iterable[Period] = (),
    marks: Iterable[FormMarkBlock] = (),
) -> TimelineView:
    """Place every block, every free cell and all closed time of the window.

    Shape: groups and rows come in the order in which `lanes` first names them; blocks of unknown lanes are left out.
    """
    ruler = Ruler(window=window, zone=zone)
    closed_bits = ruler.bits_of_all(closed)
    past = ruler.bits_before(now)
    of_lane: dict[str, list[TimelineBlock]] = defaultdict(list)
    for block in blocks:
        of_lane[block.lane].append(block)
    drawn = [_draw_row(lane, of_lane[lane.code], ruler=ruler, closed_bits=closed_bits, past=past) for lane in lanes]
    marked = _place_marks(marks, ruler=ruler)
    days = _days(window, now.astimezone(zone).date())
    return TimelineView(
        days=days,
        groups=_grouped(replace(one.row, marks=marked.get(one.row.lane.code, ())) for one in drawn),
        closed=tuple(ruler.place(start, end) for start, end in runs(closed_bits)),
        now_place=ruler.now_place(now),
        now_clock=now.astimezone(zone).strftime("%H:%M"),
        agenda=tuple(
            _agenda_day(day, index, drawn=drawn, window=window, marked=marked) for index, day in enumerate(days)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    row: TimelineRow
    free_times: tuple[tuple[int, FreeTime], ...]
    spans: tuple[tuple[int, int], ...]


def _draw_row(lane: Lane, blocks: list[TimelineBlock], *, ruler: Ruler, closed_bits: int, past: int) -> _Drawn:
    placed: list[PlacedBlock] = []
    spans: list[tuple[int, int]] = []
    drawn_levels: list[int] = []
    taken_levels: list[int] = []
    withdrawn = 0
    for block in sorted(blocks, key=_by_time):
        local = block.period.start.astimezone(ruler.zone), block.period.end.astimezone(ruler.zone)
        span = ruler.span_of(*local)
        start, end = ruler.cut(*span)
        if start >= end:
            continue
        if block.kind == OUTAGE:
            withdrawn |= bits(start, end)
        else:
            _take_level(taken_levels, bits(start, end))
        columns = ruler.columns(start, end)
        level = _take_level(drawn_levels, bits(columns[0], sum(columns)))
        fit = ruler.fit(columns[1])
        place = f"{ruler.place_of_columns(*columns)} k{min(level, MOST_LEVELS - 1)}{fit}"
        edges = _edge_classes(block, cut_left=span[0] < start, cut_right=span[1] > end)
        clock = _clocks(*local)
        words = block.label.replace(PART, "\n") if fit else block.label
        placed.append(
            PlacedBlock(block, place + edges, start // QUARTERS_PER_DAY, clock, words, f"{clock} {block.label}")
        )
        spans.append((start, end))
    own_closed = ruler.bits_of_all(lane.closed)
    free = bits(0, ruler.window.quarters) & ~_full(taken_levels, lane.units) & ~past & ~withdrawn
    closed = closed_bits | own_closed
    row = TimelineRow(
        lane=lane,
        levels=max(1, min(len(drawn_levels), MOST_LEVELS)),
        blocks=tuple(placed),
        cells=tuple(_free_cells(lane, free, closed=closed, ruler=ruler)),
        closed=tuple(ruler.place(start, end) for start, end in runs(own_closed & ~closed_bits)),
    )
    free_times = tuple(_free_times(lane, free & ~closed, ruler=ruler)) if ruler.window.days == 1 else ()
    return _Drawn(row=row, free_times=free_times, spans=tuple(spans))


def _place_marks(marks: Iterable[FormMarkBlock], *, ruler: Ruler) -> dict[str, tuple[PlacedMark, ...]]:
    placed: dict[str, tuple[PlacedMark, ...]] = {}
    for one in sorted(marks, key=lambda mark: mark.period):
        local = one.period.start.astimezone(ruler.zone), one.period.end.astimezone(ruler.zone)
        start, end = ruler.cut(*ruler.span_of(*local))
        if start < end:
            mark = PlacedMark(one.whose, ruler.place(start, end), _clocks(*local))
            placed[one.lane] = (*placed.get(one.lane, ()), mark)
    return placed


def _by_time(block: TimelineBlock) -> tuple[datetime, datetime, str]:
    return block.period.start, block.period.end, block.label


def _edge_classes(block: TimelineBlock, *, cut_left: bool, cut_right: bool) -> str:
    running = " tl-running" if block.running else ""
    return f"{running}{' is-cut-left' if cut_left else ''}{' is-cut-right' if cut_right else ''}"


def _clocks(start: datetime, end: datetime) -> str:
    clocks = f"{start.hour:02d}:{start.minute:02d}", f"{end.hour:02d}:{end.minute:02d}"
    if start.toordinal() == end.toordinal():
        return f"{clocks[0]}–{clocks[1]}"
    return f"{start.month}/{start.day} {clocks[0]}–{end.month}/{end.day} {clocks[1]}"


def _free_cells(lane: Lane, free: int, *, closed: int, ruler: Ruler) -> Iterator[FreeCell]:
    """One cell an hour or, in the week view, a day; it starts at its first free quarter, preferably an open one."""
    width = 4 if ruler.window.days == 1 else QUARTERS_PER_DAY
    for start in range(0, ruler.window.quarters, width):
        in_cell = free & bits(start, start + width)
        if not in_cell:
            continue
        first = lowest(in_cell & ~closed or in_cell)
        yield FreeCell(
            place=ruler.place(start, start + width),
            day=start // QUARTERS_PER_DAY,
            clock=ruler.clock(first),
            query=_query(lane, first, ruler=ruler),
            is_closed=not in_cell & ~closed,
        )


def _free_times(lane: Lane, free: int, *, ruler: Ruler) -> Iterator[tuple[int, FreeTime]]:
    for start, end in runs(free):
        if end - start >= SHORTEST_FREE_QUARTERS:
            until = "24:00" if end % QUARTERS_PER_DAY == 0 else ruler.clock(end)
            query = f"{_query(lane, start, ruler=ruler)}&until={ruler.query(end)}"
            yield start, FreeTime(clock=f"{ruler.clock(start)}–{until}", query=query)


def _query(lane: Lane, quarter: int, *, ruler: Ruler) -> str:
    name = "room" if lane.kind == ResourceKind.ROOM else "equipment"
    return f"{name}={quote(lane.code)}&start={ruler.query(quarter)}"


def _days(window: Window, today: date) -> tuple[DayColumn, ...]:
    requested = (window.first + timedelta(days=index) for index in range(window.days))
    return tuple(
        DayColumn(on=on, is_today=on == today, place=f"d{index} q0 n1 r0") for index, on in enumerate(requested)
    )


def _grouped(rows: Iterable[TimelineRow]) -> tuple[RowGroup, ...]:
    by_name: dict[str, list[TimelineRow]] = defaultdict(list)
    for row in rows:
        by_name[row.lane.group].append(row)
    return tuple(RowGroup(name=name, rows=tuple(members)) for name, members in by_name.items())


def _agenda_day(
    day: DayColumn,
    index: int,
    *,
    drawn: Sequence[_Drawn],
    window: Window,
    marked: Mapping[str, tuple[PlacedMark, ...]],
) -> AgendaDay:
    """The blocks of one day by lane; in the week view only blocks with a link, and only lanes that have any."""
    first, after = index * QUARTERS_PER_DAY, (index + 1) * QUARTERS_PER_DAY
    lanes = []
    for one in drawn:
        timed = [
            (start, AgendaLine(block=placed, free=None, clock=placed.clock))
            for placed, (start, end) in zip(one.row.blocks, one.spans, strict=True)
            if start < after and end > first and (window.days == 1 or placed.block.href)
        ]
        timed += [(start, AgendaLine(block=None, free=free, clock=free.clock)) for start, free in one.free_times]
        if timed or window.days == 1:
            timed.sort(key=lambda pair: pair[0])
            lane, lines = one.row.lane, tuple(line for _, line in timed)
            marks = marked.get(lane.code, ()) if window.days == 1 else ()
            lanes.append(AgendaLane(lane=lane, lines=lines, marks=marks))
    return AgendaDay(day=day, lanes=tuple(lanes))


def _take_level(levels: list[int], mask: int) -> int:
    """The first level on which these quarters are free; marks them as used."""
    for level, taken in enumerate(levels):
        if not taken & mask:
            levels[level] = taken | mask
            return level
    levels.append(mask)
    return len(levels) - 1


def _full(levels: Sequence[int], units: int) -> int:
    """The quarters in which every unit is occupied."""
    if len(levels) < units:
        return 0
    full = levels[0]
    for taken in levels[1:units]:
        full &= taken
    return full
