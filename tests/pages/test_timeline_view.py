"""The timeline says the truth about time, whatever the window cuts off."""

from __future__ import annotations

import random
import re
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from gmp_booking.kernel.period import Period
from gmp_booking.pages.timeline.layout import FreeCell, Lane, PlacedBlock, TimelineBlock, TimelineView, Window, lay_out
from tests.zones import BERLIN, SEOUL

MONDAY = date(2027, 3, 1)
DAY = Window(MONDAY, 1)
WEEK = Window(MONDAY, 7)
LONG_AGO = datetime(2027, 1, 1, tzinfo=UTC)


def at(day: int, clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return datetime(2027, 3, 1, tzinfo=SEOUL) + timedelta(days=day, hours=int(hours), minutes=int(minutes))


def between(start: datetime, end: datetime) -> Period:
    return Period(start, end)


def block(start: datetime, end: datetime, *, lane: str = "B-01", label: str = "P2") -> TimelineBlock:
    return TimelineBlock(lane, between(start, end), label, "CONFIRMED", own=True, href="/bookings/BK-1")


def drawn(
    *blocks: TimelineBlock, window: Window = DAY, now: datetime = LONG_AGO, units: int = 1, **more: object
) -> TimelineView:
    lane = Lane("B-01", "Cell processing 1", "Grade B", units=units)
    return lay_out([lane], blocks, window=window, zone=SEOUL, now=now, **more)  # type: ignore[arg-type]


def blocks_of(view: TimelineView) -> tuple[PlacedBlock, ...]:
    return view.groups[0].rows[0].blocks


def cells_of(view: TimelineView) -> tuple[FreeCell, ...]:
    return view.groups[0].rows[0].cells


def test_a_block_of_the_day_stands_at_its_quarters() -> None:
    (placed,) = blocks_of(drawn(block(at(0, "09:00"), at(0, "16:30"))))
    assert placed.place == "d0 q36 n0 r30 k0"
    assert placed.clock == "09:00–16:30"


def test_odd_minutes_are_rounded_outwards() -> None:
    (placed,) = blocks_of(drawn(block(at(0, "09:07"), at(0, "09:16"))))
    assert placed.place == "d0 q36 n0 r2 k0 is-tiny is-bare"


def test_a_moment_keeps_a_width_one_can_hit() -> None:
    start = at(0, "09:00")
    (placed,) = blocks_of(drawn(block(start, start + timedelta(seconds=20))))
    assert placed.place == "d0 q36 n0 r1 k0 is-tiny is-bare"


def test_what_runs_over_both_ends_fills_the_window_and_says_so() -> None:
    (placed,) = blocks_of(drawn(block(at(-3, "09:00"), at(20, "09:00"))))
    assert placed.place == "d0 q0 n1 r0 k0 is-cut-left is-cut-right"
    assert placed.clock == "2/26 09:00–3/21 09:00"


@pytest.mark.parametrize(("start", "end"), [((-1, "09:00"), (0, "00:00")), ((1, "00:00"), (1, "08:00"))])
def test_what_only_touches_the_window_is_not_drawn(start: tuple[int, str], end: tuple[int, str]) -> None:
    assert blocks_of(drawn(block(at(*start), at(*end)))) == ()


def test_in_the_week_the_night_is_narrow_and_the_day_is_not() -> None:
    placed = blocks_of(
        drawn(
            block(at(1, "00:00"), at(1, "06:00"), label="night"),
            block(at(1, "06:00"), at(1, "22:00"), label="day"),
            block(at(1, "22:00"), at(2, "00:00"), label="evening"),
            block(at(3, "00:00"), at(5, "00:00"), label="two days"),
            window=WEEK,
        )
    )
    assert [one.place for one in placed] == [
        "d1 q0 n0 r6 k0 is-tiny is-bare",
        "d1 q6 n0 r64 k0",
        "d1 q70 n0 r2 k0 is-tiny is-bare",
        "d3 q0 n2 r0 k0",
    ]


def test_where_room_is_short_each_part_of_the_label_has_a_line_of_its_own() -> None:
    short, long = blocks_of(
        drawn(
            block(at(0, "09:00"), at(0, "13:00"), label="GAO · GS-M1"),
            block(at(2, "00:00"), at(4, "00:00"), label="GAO · GS-M1"),
            window=WEEK,
        )
    )
    assert short.words == "GAO\nGS-M1"
    assert long.words == "GAO · GS-M1"
    assert short.hint == "09:00–13:00 GAO · GS-M1"


def test_blocks_at_the_same_time_stand_under_each_other() -> None:
    view = drawn(
        block(at(0, "09:00"), at(0, "12:00")),
        block(at(0, "10:00"), at(0, "11:00")),
        block(at(0, "12:00"), at(0, "13:00")),
    )
    assert [re.findall(r"k\d", one.place)[0] for one in blocks_of(view)] == ["k0", "k1", "k0"]
    assert view.groups[0].rows[0].levels == 2


def test_a_taken_hour_offers_nothing_and_a_half_taken_one_its_rest() -> None:
    cells = cells_of(drawn(block(at(0, "09:00"), at(0, "10:30"))))
    assert [cell.clock for cell in cells][8:11] == ["08:00", "10:30", "11:00"]
    assert cells[9].query == "room=B-01&start=2027-03-01T10%3A30%2B09%3A00"


def test_with_two_units_the_time_is_free_until_both_are_taken() -> None:
    one, other = block(at(0, "09:00"), at(0, "12:00")), block(at(0, "10:00"), at(0, "11:00"))
    assert "10:00" in [cell.clock for cell in cells_of(drawn(one, other, units=3))]
    hours = [cell.clock for cell in cells_of(drawn(one, other, units=2))]
    assert "09:00" in hours
    assert "10:00" not in hours


def test_a_second_claim_on_a_full_lane_does_not_empty_it() -> None:
    hours = [
        cell.clock
        for cell in cells_of(drawn(block(at(0, "09:00"), at(0, "12:00")), block(at(0, "10:00"), at(0, "11:00"))))
    ]
    assert "09:00" not in hours
    assert "10:00" not in hours


def test_the_past_cannot_be_booked() -> None:
    cells = cells_of(drawn(now=at(0, "11:20")))
    assert cells[0].clock == "11:30"
    assert len(cells) == 13


def test_a_day_of_the_week_begins_at_its_first_open_free_time() -> None:
    nights = [between(at(day, "20:00"), at(day + 1, "08:00")) for day in range(-1, 7)]
    cells = cells_of(drawn(block(at(0, "08:00"), at(0, "12:15")), window=WEEK, closed=nights))
    assert [cell.clock for cell in cells] == ["12:15", *["08:00"] * 6]


def test_a_closed_day_can_still_be_asked_for_and_says_that_it_is_closed() -> None:
    cells = cells_of(drawn(window=WEEK, closed=[between(at(0, "00:00"), at(1, "00:00"))]))
    assert [cell.is_closed for cell in cells] == [True, *[False] * 6]


def test_closed_time_of_the_facility_is_drawn_once_and_that_of_a_lane_on_its_row() -> None:
    facility = [between(at(0, "00:00"), at(0, "08:00"))]
    lane = Lane("B-01", "Cell processing 1", "Grade B", closed=(between(at(0, "07:00"), at(0, "09:00")),))
    view = lay_out([lane], [], window=DAY, zone=SEOUL, now=LONG_AGO, closed=facility)
    assert view.closed == ("d0 q0 n0 r32",)
    assert view.groups[0].rows[0].closed == ("d0 q32 n0 r4",)


def test_now_is_marked_only_inside_the_window() -> None:
    assert drawn(now=at(0, "11:20")).now_place == "d0 q45 n0 r1"
    assert drawn(now=at(1, "00:00")).now_place is None
    assert drawn(now=at(-1, "23:59")).now_place is None


def test_today_is_the_facilitys_today() -> None:
    late_in_utc = datetime(2027, 2, 28, 15, 30, tzinfo=UTC)
    assert drawn(now=late_in_utc).days[0].is_today


def test_lanes_keep_their_order_within_their_groups() -> None:
    lanes = [Lane("B-02", "", "B"), Lane("C-01", "", "C"), Lane("B-01", "", "B")]
    view = lay_out(lanes, [], window=DAY, zone=SEOUL, now=LONG_AGO)
    assert [(group.name, [row.lane.code for row in group.rows]) for group in view.groups] == [
        ("B", ["B-02", "B-01"]),
        ("C", ["C-01"]),
    ]


def test_equipment_leads_to_the_form_as_equipment() -> None:
    lane = Lane("INC-01", "Incubator", "Equipment", kind="EQUIPMENT")
    view = lay_out([lane], [], window=DAY, zone=SEOUL, now=LONG_AGO)
    assert cells_of(view)[0].query.startswith("equipment=INC-01&")


def test_the_agenda_of_a_day_tells_taken_and_free_time_in_order() -> None:
    closed = [between(at(0, "00:00"), at(0, "08:00")), between(at(0, "20:00"), at(1, "00:00"))]
    view = drawn(block(at(0, "10:00"), at(0, "12:00")), closed=closed)
    (lane,) = view.agenda[0].lanes
    assert [(line.clock, line.free is not None) for line in lane.lines] == [
        ("08:00–10:00", True),
        ("10:00–12:00", False),
        ("12:00–20:00", True),
    ]


def test_the_agenda_of_a_week_names_a_long_block_on_each_of_its_days() -> None:
    view = drawn(block(at(1, "09:00"), at(3, "09:00")), window=WEEK)
    assert [len(day.lanes) for day in view.agenda] == [0, 1, 1, 1, 0, 0, 0]


def test_a_window_longer_than_a_week_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 7 days"):
        Window(MONDAY, 8)


def test_on_a_day_with_a_clock_change_blocks_stand_at_their_wall_time() -> None:
    start = datetime(2027, 3, 28, 9, tzinfo=BERLIN)
    view = lay_out(
        [Lane("B-01", "", "B")],
        [TimelineBlock("B-01", Period(start, start + timedelta(hours=2)), "", "CONFIRMED", own=False)],
        window=Window(date(2027, 3, 28), 1),
        zone=BERLIN,
        now=LONG_AGO,
    )
    assert blocks_of(view)[0].place == "d0 q36 n0 r8 k0"


def test_no_two_blocks_of_a_lane_are_drawn_over_each_other_and_none_is_lost() -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(60):
        starts = [at(dice.randrange(0, 6), "00:00") + timedelta(minutes=dice.randrange(1440)) for _ in range(7)]
        blocks = [block(start, start + timedelta(minutes=dice.randrange(10, 1400))) for start in starts]
        placed = blocks_of(drawn(*blocks, window=WEEK))
        assert len(placed) == len(blocks)
        seen: set[tuple[str, int]] = set()
        for one in placed:
            day, column, days, columns = (int(part) for part in re.findall(r"[dqnr](\d+)", one.place))
            level = re.findall(r"k\d", one.place)[0]
            inside = {(level, day * 72 + column + step) for step in range(days * 72 + columns)}
            assert not inside & seen
            seen |= inside


def test_fifty_lanes_of_a_full_week_are_placed_in_a_blink() -> None:
    lanes = [Lane(f"R-{number}", "Room", "Group") for number in range(50)]
    blocks = [
        TimelineBlock(
            f"R-{index % 50}",
            between(
                at(index // 50 % 7, f"{index // 350 * 4 + 1}:00"), at(index // 50 % 7, f"{index // 350 * 4 + 4}:00")
            ),
            "x",
            "CONFIRMED",
            own=True,
        )
        for index in range(1500)
    ]
    began = time.perf_counter()
    view = lay_out(lanes, blocks, window=WEEK, zone=SEOUL, now=LONG_AGO)
    assert sum(len(row.blocks) for group in view.groups for row in group.rows) == 1500
    assert time.perf_counter() - began < 1.0
