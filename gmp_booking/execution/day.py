"""The sessions of a day: running, to come, ended, and those that need an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from gmp_booking.bookings.session_state import state_of
from gmp_booking.execution import store
from gmp_booking.execution.clearance import MISSED_AFTER
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import COMPLETED, ENDED, GIVEN_UP, IN_FORCE, NOT_BEGUN, RUNNING, UNPREPARED
from gmp_booking.kernel.vocabulary import IN_ROOM_ROLES, WITH_A_CREW

LOOK_BACK: Final = timedelta(days=14)
"""How long a session without record or verification is shown. Source: default is ours."""

NAMES_AHEAD: Final = timedelta(days=7)
MOST_SESSIONS: Final = 400
MOST_MISSING: Final = 30

# ARRAY(…) keeps the planner from overestimating the union: it would read all sessions to join them.
_SESSIONS_OF_DAY = f"""
    WHERE b.state IN ({sql_values(IN_FORCE)})
      AND (record.state IS NULL OR record.state NOT IN ({sql_values(GIVEN_UP)}))
      AND bs.id = ANY (ARRAY(
        SELECT s.id FROM session_record AS x JOIN booking_session AS s USING (booking_id, number)
        WHERE x.state IN ({sql_values(RUNNING)})
        UNION
        SELECT id FROM booking_session WHERE starts_at >= :from_at AND starts_at < :until_at
        UNION
        SELECT s.id FROM booking_session AS s
        WHERE s.starts_at > :since AND s.starts_at < :from_at AND {state_of("s")} IN ({sql_values(NOT_BEGUN)})
        UNION
        SELECT s.id FROM session_record AS x JOIN booking_session AS s USING (booking_id, number)
        WHERE x.state IN ({sql_values(COMPLETED)}) AND x.verified_at IS NULL AND s.ends_at > :since
        UNION
        SELECT s.id FROM session_record AS x JOIN booking_session AS s USING (booking_id, number)
        WHERE x.emergency_told IS NOT NULL AND x.emergency_confirmed_at IS NULL
    ))
    ORDER BY bs.starts_at, r.code, bs.id LIMIT :most
"""
_MISSING = text(
    f"""
    SELECT b.reference, bs.number, r.code AS room, bs.starts_at, bs.ends_at, bs.headcount, crew.named,
           jsonb_build_object('ko', c.name_ko, 'en', c.name_en, 'zh_Hans', c.name_zh) AS company
    FROM booking_session AS bs
    JOIN booking AS b
        ON b.id = bs.booking_id AND b.version = bs.version AND b.state IN ({sql_values(IN_FORCE)})
    JOIN resource AS r ON r.id = bs.room_id
    LEFT JOIN company AS c ON c.id = b.company_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS named FROM session_person AS p WHERE p.booking_session_id = bs.id AND p.left_at IS NULL
        AND p.role IN ({sql_values(IN_ROOM_ROLES)})
    ) AS crew
    WHERE bs.starts_at > :now AND bs.starts_at < :until_at AND {state_of("bs")} IN ({sql_values(NOT_BEGUN)})
      AND b.kind IN ({sql_values(WITH_A_CREW)}) AND crew.named < bs.headcount
    ORDER BY bs.starts_at, bs.id LIMIT :most
    """
)


@dataclass(frozen=True)
class MissingNames:
    """A session in the next days with fewer named people than its headcount."""

    reference: str
    number: int
    room: str
    starts_at: datetime
    ends_at: datetime
    headcount: int
    named: int
    company: Mapping[str, str | None]


@dataclass(frozen=True)
class SessionsOfDay:
    """The sessions of a local day that the reader may see, and older ones that need an action."""

    now: datetime
    period: Period
    sessions: tuple[SessionRow, ...]
    missing: tuple[MissingNames, ...]

    def includes(self, session: SessionRow) -> bool:
        """Whether the agreed time of the session overlaps this day."""
        return self.period.overlaps(Period(session.starts_at, session.ends_at))

    @property
    def running(self) -> list[SessionRow]:
        """Sessions in use or suspended, by their end."""
        return sorted((each for each in self.sessions if each.stands in RUNNING), key=lambda each: each.until)

    @property
    def to_come(self) -> list[SessionRow]:
        """Sessions that overlap today, also those that started before midnight, and have not begun."""
        return [each for each in self.sessions if each.stands in NOT_BEGUN and self.includes(each)]

    @property
    def ended(self) -> list[SessionRow]:
        """Sessions of today that have ended."""
        return [each for each in self.sessions if each.stands in ENDED and self.period.holds(each.starts_at)]

    @property
    def waiting(self) -> list[SessionRow]:
        """Sessions that need an action: verify a clearance, release, verify a record, record as missed, confirm."""
        return [each for each in self.sessions if self._needs_action(each)]

    def _needs_action(self, session: SessionRow) -> bool:
        if session.is_to_be_confirmed:
            return True
        if session.stands in COMPLETED:
            return session.verified_at is None
        if session.stands in UNPREPARED and session.cleared_first and session.cleared_at is not None:
            return True
        begun = session.stands in NOT_BEGUN
        return begun and self.now >= session.starts_at + MISSED_AFTER


def read_day(uow: Uow) -> SessionsOfDay:
    """Today, in two statements."""
    midnight = uow.now.astimezone(uow.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    period = Period(midnight, midnight + timedelta(days=1))
    sessions = store.list_sessions(
        uow,
        _SESSIONS_OF_DAY,
        from_at=period.start,
        until_at=period.end,
        since=uow.now - LOOK_BACK,
        most=MOST_SESSIONS,
    )
    soon = {"now": uow.now, "until_at": uow.now + NAMES_AHEAD, "most": MOST_MISSING}
    missing = [MissingNames(**row._mapping) for row in uow.session.execute(_MISSING, soon)]  # noqa: SLF001
    return SessionsOfDay(uow.now, period, tuple(sessions), tuple(missing))
