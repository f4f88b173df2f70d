"""Limits of a company's requests: how much may be pending, and who may request large or clinical work.

A room-day is a started 24 hours of room time, setup and teardown included, counted per room over all pending requests
of the company; of a waiting change, what it holds beside the version in force. Unattended equipment does not count.
Defaults are ours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import text

from gmp_booking.bookings.content import BookingContent
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.errors import Conflict, Forbidden
from gmp_booking.kernel.period import Period, merge, uncovered
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import OPEN_CHANGE, PENDING
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import RunType

MINUTES_OF_A_ROOM_DAY: Final = 24 * 60
DAYS_WITHOUT_A_SIGNATORY: Final = 5

# Every session counts: one is given up alone only after its booking was confirmed.
_WITH_MARGINS = (
    "tstzrange(s.starts_at - s.setup_min * interval '1 minute', s.ends_at + s.teardown_min * interval '1 minute')"
)
_MINUTES = "sum(extract(epoch FROM upper(piece) - lower(piece)) / 60)"
_LIMITS = text(
    f"""
    SELECT c.pending_room_days_cap, c.single_signatory, (
        SELECT jsonb_object_agg(code, minutes) FROM (
            SELECT r.code, {_MINUTES} AS minutes FROM (
                SELECT s.room_id, {_WITH_MARGINS} AS piece
                FROM booking AS b
                JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version
                WHERE b.company_id = c.id AND b.pending_until IS NOT NULL
                  AND b.state IN ({sql_values(PENDING)})
                  AND b.id IS DISTINCT FROM :booking_id
                UNION ALL
                SELECT room_id, unnest(wanted - COALESCE(agreed, '{{}}')) FROM (
                    SELECT s.room_id, range_agg({_WITH_MARGINS}) FILTER (WHERE s.version = n.version) AS wanted,
                           range_agg({_WITH_MARGINS}) FILTER (WHERE s.version = b.version) AS agreed
                    FROM booking_change AS n JOIN booking AS b ON b.id = n.booking_id
                    JOIN booking_session AS s ON s.booking_id = b.id AND s.version IN (b.version, n.version)
                    WHERE n.company_id = c.id AND n.state IN ({sql_values(OPEN_CHANGE)})
                      AND n.booking_id IS DISTINCT FROM :booking_id
                    GROUP BY n.id, s.room_id) AS change
            ) AS held JOIN resource AS r ON r.id = held.room_id
            GROUP BY r.code) AS waiting)
    FROM company AS c WHERE c.id = :company_id
    """
)


@dataclass(frozen=True)
class RequestLimits:
    """A company's limits and its pending requests.

    Unit: `waiting_min` is minutes of pending room time, by room.
    """

    room_days: int
    single_signatory: bool
    waiting_min: Mapping[str, float]


def find_limits(uow: Uow, company_id: int, *, booking_id: int | None) -> RequestLimits:
    """The limits, and what is pending apart from this booking. The caller holds the company's lock."""
    values = {"company_id": company_id, "booking_id": booking_id}
    room_days, single_signatory, waiting = uow.session.execute(_LIMITS, values).one()
    return RequestLimits(room_days, single_signatory, waiting or {})


def room_minutes(content: BookingContent) -> Counter[str]:
    """Requested room time, by room. Unit: minutes."""
    minutes: Counter[str] = Counter()
    for session in content.sessions:
        lasts = int((session.end - session.start) / timedelta(minutes=1))
        minutes[session.room] += lasts + session.setup_min + session.teardown_min
    return minutes


def added_room_minutes(agreed: BookingContent, wanted: BookingContent) -> Counter[str]:
    """Room time that a change holds beside the version in force, by room. Unit: minutes."""
    held = _room_periods(agreed)
    minutes: Counter[str] = Counter()
    for room, periods in _room_periods(wanted).items():
        for piece in (piece for period in periods for piece in uncovered(period, held.get(room, ()))):
            minutes[room] += int(piece.duration / timedelta(minutes=1))
    return minutes


def _room_periods(content: BookingContent) -> Mapping[str, Sequence[Period]]:
    periods: defaultdict[str, list[Period]] = defaultdict(list)
    for each in content.sessions:
        setup, teardown = timedelta(minutes=each.setup_min), timedelta(minutes=each.teardown_min)
        periods[each.room].append(Period(each.start - setup, each.end + teardown))
    return {room: merge(each) for room, each in periods.items()}


def room_days(minutes: Mapping[str, float]) -> int:
    """The number of started room-days, for room time by room."""
    return sum(ceil(each / MINUTES_OF_A_ROOM_DAY) for each in minutes.values())


def require_within_limit(limits: RequestLimits, requested: Counter[str]) -> None:
    """Shape: `requested` is minutes by room. Errors: Conflict, with the pending room-days and the limit."""
    if not requested:
        return
    codes = {*limits.waiting_min, *requested}
    total = room_days({code: limits.waiting_min.get(code, 0) + requested[code] for code in codes})
    if total <= limits.room_days:
        return
    figures = {"waiting": room_days(limits.waiting_min), "together": total, "limit": limits.room_days}
    raise Conflict(
        N_(
            "Too many room-days are waiting for a decision: %(waiting)s now, %(together)s with this request; the "
            "limit is %(limit)s. Wait for a decision, shorten this request or withdraw another one."
        ),
        params=figures,
        detail={"pending_limit": figures},
    )


def needs_signatory(content: BookingContent, zone: ZoneInfo) -> bool:
    """Whether only an authorised signatory may request this: clinical runs, and room work on more than five days."""
    days = {
        (session.start.astimezone(zone) + timedelta(days=number)).date()
        for session in content.sessions
        for number in range((session.end - session.start) // timedelta(days=1) + 1)
    }
    return content.run_type is RunType.CLIN or len(days) > DAYS_WITHOUT_A_SIGNATORY


def require_signatory(
    limits: RequestLimits, content: BookingContent, roles: frozenset[Role], *, zone: ZoneInfo
) -> None:
    """Errors: Forbidden without the role; a company with `single_signatory` needs no second person."""
    if limits.single_signatory or Role.COMPANY_APPROVER in roles or not needs_signatory(content, zone):
        return
    raise Forbidden(
        N_(
            "A clinical run, or work on more than five days, is requested by an authorised signatory of the company."
            " Save it as a draft: they can open and submit it."
        )
    )
