"""Others' busy time on the timeline, merged and untitled except public demonstrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gmp_booking.kernel.period import Period, merge, uncovered

Busy = Mapping[int, Sequence[tuple[int, Period]]]
Titles = Mapping[int, Sequence[tuple[Period, str]]]


def others_time(busy: Busy, titles: Titles) -> Iterator[tuple[int, Period, str]]:
    """Periods that others hold: (resource id, period, public title or empty)."""
    for resource_id, taken in busy.items():
        public = titles.get(resource_id, ())
        titled = merge(period for period, _title in public)
        for _unit, period in taken:
            yield from ((resource_id, left, "") for left in uncovered(period, titled))
        yield from ((resource_id, period, title) for period, title in public)
