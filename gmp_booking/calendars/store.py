"""The only reader of calendar links, and what one feed shows: a statement for each question.

A link is looked up by its hash before any company is known; what it shows is read afterwards with the eyes of the
person it belongs to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, TextClause, text

from gmp_booking.bookings.content import LONGEST
from gmp_booking.calendars.models import CalendarFeed
from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.period import Period


class Scope(StrEnum):
    MINE = "mine"
    COMPANY = "company"
    FACILITY = "facility"
    RESOURCE = "resource"


def hash_of(token: str) -> bytes:
    """Plain SHA-256: a link holds 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


# -- the links

# Whoever left the company a link was made in has no role there from before the link was made, or none that stands.
_FIND = text(
    """
    SELECT feed.id, feed.scope, feed.resource_id, feed.language AS feed_language, feed.created_at,
           feed.last_used_at IS NULL OR feed.last_used_at < gmp_now() - interval '1 minute' AS unseen,
           resource.code, resource.name_ko, resource.name_en, resource.name_zh,
           (SELECT count(*) FROM unit WHERE unit.resource_id = feed.resource_id) AS places,
           account.id AS account_id, person.id AS person_id, person.name, person.email, person.language,
           person.company_id, company.code AS company_code, company.name_ko AS company_ko,
           company.name_en AS company_en, company.name_zh AS company_zh, held.roles
    FROM calendar_feed AS feed
    JOIN person ON person.id = feed.person_id AND person.active
    JOIN account ON account.person_id = person.id AND account.active
    LEFT JOIN company ON company.id = person.company_id
    LEFT JOIN resource ON resource.id = feed.resource_id
    CROSS JOIN LATERAL (
        SELECT array_agg(role) FILTER (WHERE revoked_at IS NULL) AS roles, min(granted_at) AS first_at
        FROM person_role
        WHERE person_role.person_id = person.id AND person_role.company_id IS NOT DISTINCT FROM person.company_id
    ) AS held
    WHERE feed.token_hash = :token_hash AND feed.revoked_at IS NULL
      AND (person.company_id IS NULL OR company.status = 'ACTIVE')
      AND held.roles IS NOT NULL AND held.first_at <= feed.created_at
    """
)
_USED = text(
    """
    UPDATE calendar_feed SET last_used_at = gmp_now()
    WHERE id = :id AND (last_used_at IS NULL OR last_used_at < gmp_now() - interval '1 minute')
    """
)
_REVOKE = text(
    """
    UPDATE calendar_feed SET revoked_at = gmp_now()
    WHERE id = :id AND person_id = :person_id AND revoked_at IS NULL
    RETURNING prefix, scope, resource_id, language
    """
)
_LIST = text(
    """
    SELECT feed.id, feed.scope, resource.code AS resource, feed.prefix, feed.created_at, feed.last_used_at
    FROM calendar_feed AS feed LEFT JOIN resource ON resource.id = feed.resource_id
    WHERE feed.person_id = :person_id AND feed.revoked_at IS NULL
    ORDER BY feed.created_at DESC, feed.id DESC
    """
)
_COUNT = text("SELECT count(*) FROM calendar_feed WHERE person_id = :person_id AND revoked_at IS NULL")


@dataclass(frozen=True)
class FeedRow:
    """A standing link as its owner sees it; `resource` is a code."""

    id: int
    scope: str
    resource: str | None
    prefix: str
    created_at: datetime
    last_used_at: datetime | None


def find_feed(uow: Uow, token_hash: bytes) -> Row[Any] | None:
    """The link with its person, roles, company and resource, unless any of them no longer stands."""
    return uow.session.execute(_FIND, {"token_hash": token_hash}).one_or_none()


def mark_used(uow: Uow, feed_id: int) -> None:
    uow.session.execute(_USED, {"id": feed_id})


def add_feed(uow: Uow, feed: CalendarFeed) -> CalendarFeed:
    uow.session.add(feed)
    uow.session.flush()
    return feed


def revoke_feed(uow: Uow, feed_id: int, person_id: int) -> Row[Any] | None:
    """What was revoked; None for a link that does not stand or is somebody else's."""
    return uow.session.execute(_REVOKE, {"id": feed_id, "person_id": person_id}).one_or_none()


def list_feeds(uow: Uow, person_id: int) -> list[FeedRow]:
    """The links that stand, the newest first."""
    return [FeedRow(*row) for row in uow.session.execute(_LIST, {"person_id": person_id})]


def count_feeds(uow: Uow, person_id: int) -> int:
    return int(uow.session.execute(_COUNT, {"person_id": person_id}).scalar_one())


# -- what they show


@dataclass(frozen=True)
class Shown:
    """What is asked for: a scope, whose eyes, and which time.

    Shape: `ended_since` is how long ago a booking may have ended to be shown as cancelled.
    """

    scope: Scope
    person_id: int
    company_id: int | None
    resource_id: int | None
    window: Period
    ended_since: datetime

    def values(self) -> dict[str, Any]:
        return {
            "person_id": self.person_id,
            "company_id": self.company_id,
            "resource_id": self.resource_id,
            "from_at": self.window.start,
            "until_at": self.window.end,
            "longest_ago": self.window.start - LONGEST - timedelta(days=1),
            "ended_since": self.ended_since,
        }


_KEPT = """
    b.state <> 'DRAFT' AND (b.state NOT IN ('CANCELLED', 'REJECTED', 'EXPIRED') OR b.ended_at > :ended_since)
"""
# Nothing lasts longer than LONGEST and its margins: with that the index on the start bounds the scan at both ends.
_WITHIN = "{0}.starts_at > :longest_ago AND {0}.starts_at < :until_at AND {0}.ends_at > :from_at"
_OF_COMPANY = "AND {0}.company_id = :company_id"

_SESSIONS = f"""
    SELECT b.reference, b.state, b.sequence, b.changed_at, 's' AS part, s.number, s.state AS session_state,
           s.room_id AS resource_id, s.starts_at, s.ends_at
    FROM {{0}} AS b JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version
    WHERE {_WITHIN.format("s")}
"""
_RESERVATIONS = f"""
    SELECT b.reference, b.state, b.sequence, b.changed_at, 'e', q.number, NULL, q.equipment_id, q.starts_at, q.ends_at
    FROM {{0}} AS b JOIN equipment_reservation AS q ON q.booking_id = b.id AND q.version = b.version
    WHERE {_WITHIN.format("q")}
"""

_SHOWN_COLUMNS = "b.id, b.reference, b.state, b.version, b.revision, b.sequence, b.changed_at"


def _asked_for(condition: str) -> str:
    return f"SELECT {_SHOWN_COLUMNS} FROM booking AS b WHERE {_WITHIN.format('b')} AND {_KEPT} {condition}"


@dataclass(frozen=True)
class _Statements:
    """How one scope is read: the tables it stands on, its parts, and its mark."""

    tables: str
    parts: str
    mark: str

    @property
    def reading(self) -> TextClause:
        return text(
            f"""
            WITH {self.tables}, part AS ({self.parts})
            SELECT part.reference, part.state, part.sequence, part.changed_at, part.part, part.number,
                   part.session_state, r.code, r.name_ko, r.name_en, r.name_zh, part.starts_at, part.ends_at
            FROM part JOIN resource AS r ON r.id = part.resource_id
            ORDER BY part.starts_at, part.reference, part.part DESC, part.number
            LIMIT :most
            """
        )

    @property
    def marking(self) -> TextClause:
        return text(
            f"""
            WITH {self.tables}
            SELECT (SELECT bit_xor(hashtextextended(concat_ws('|', r.id, r.code, r.name_ko, r.name_en, r.name_zh), 0))
                    FROM resource AS r), {self.mark}
            """
        )


_BOOKING_MARK = """
    (SELECT concat_ws('.', count(*), bit_xor(hashint8extended(b.id, b.revision)), sum(b.sequence), max(b.changed_at))
     FROM {0} AS b)
"""


def _whole(company: str) -> _Statements:
    return _Statements(
        tables=f"scope AS ({_asked_for(company)})",
        parts=f"{_SESSIONS.format('scope')} UNION ALL {_RESERVATIONS.format('scope')}",
        mark=_BOOKING_MARK.format("scope"),
    )


def _mine(company: str) -> _Statements:
    """What the person asked for, whole, and the sessions the person is named on."""
    named = f"""
        SELECT p.booking_session_id, {_SHOWN_COLUMNS}
        FROM session_person AS p JOIN booking AS b ON b.id = p.booking_id
        WHERE p.person_id = :person_id AND p.ends_at > :from_at AND p.starts_at < :until_at AND {_KEPT}
          AND b.requested_by <> :person_id
    """
    return _Statements(
        tables=f"asked AS ({_asked_for(f'AND b.requested_by = :person_id {company}')}), named AS ({named})",
        parts=f"{_SESSIONS.format('asked')} UNION ALL {_RESERVATIONS.format('asked')}"
        f" UNION ALL {_SESSIONS.format('named')} AND s.id = b.booking_session_id",
        mark=f"""{_BOOKING_MARK.format("asked")},
            (SELECT concat_ws('.', count(*), bit_xor(hashint8extended(b.booking_session_id, b.revision)),
                              sum(b.sequence), max(b.changed_at)) FROM named AS b)""",
    )


def _resource(company: str) -> _Statements:
    """Whatever held the resource: its own sessions, those it attended, and reservations that took it along."""
    held = f"""
        SELECT DISTINCT slot.booking_id, slot.booking_session_id, slot.equipment_reservation_id FROM slot
        WHERE slot.resource_id = :resource_id AND {_WITHIN.format("slot")} {company}
    """
    scope = f"""
        SELECT {_SHOWN_COLUMNS}, held.booking_session_id, held.equipment_reservation_id
        FROM held JOIN booking AS b ON b.id = held.booking_id WHERE {_KEPT}
    """
    return _Statements(
        tables=f"held AS MATERIALIZED ({held}), scope AS ({scope})",
        parts=f"{_SESSIONS.format('scope')} AND s.id = b.booking_session_id UNION ALL"
        f" {_RESERVATIONS.format('scope')} AND q.id = b.equipment_reservation_id",
        mark=_BOOKING_MARK.format("scope"),
    )


_OWN = _OF_COMPANY.format("b")
_OF: Final = {
    (Scope.MINE, True): _mine(_OWN),
    (Scope.MINE, False): _mine(""),
    (Scope.COMPANY, True): _whole(_OWN),
    (Scope.FACILITY, False): _whole(""),
    (Scope.RESOURCE, True): _resource(_OF_COMPANY.format("slot")),
    (Scope.RESOURCE, False): _resource(""),
}
_READING: Final = {key: statements.reading for key, statements in _OF.items()}
_MARKING: Final = {key: statements.marking for key, statements in _OF.items()}


def mark_of(uow: Uow, shown: Shown) -> str:
    """A word that changes whenever the entries do, made without reading them.

    Shape: it may change a little too often, never too seldom: it counts revisions of bookings, not what is shown.
    """
    statement = _MARKING[shown.scope, shown.company_id is not None]
    return "/".join(str(each) for each in uow.session.execute(statement, shown.values()).one())


def list_entries(uow: Uow, shown: Shown, *, most: int) -> Sequence[Row[Any]]:
    """The parts of bookings to show, by their start.

    Shape: reference, state, sequence, changed_at, part ('s' session, 'e' equipment), number, session_state, code,
    name_ko, name_en, name_zh, starts_at, ends_at.
    """
    statement = _READING[shown.scope, shown.company_id is not None]
    return uow.session.execute(statement, shown.values() | {"most": most}).all()
