"""Queries of calendar links and of the entries of a feed.

A link is looked up by its hash before the company is known. A tag of its content then answers conditional requests
without reading entries. The entries are read afterwards under the row policies of the link's owner.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, TextClause, text

from gmp_booking.bookings.content import LONGEST
from gmp_booking.bookings.part_resources import reservation_uses, session_uses
from gmp_booking.calendars.models import CalendarFeed
from gmp_booking.infra.database.uow import Lookup, Uow
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import DRAFTED, FREED
from gmp_booking.kernel.vocabulary import FeedScope


def hash_of(token: str) -> bytes:
    """Plain SHA-256: a link holds 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


# -- the links

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
    SELECT feed.id, feed.scope, resource.code AS resource, feed.language, feed.prefix, feed.created_at,
           feed.last_used_at
    FROM calendar_feed AS feed LEFT JOIN resource ON resource.id = feed.resource_id
    WHERE feed.person_id = :person_id AND feed.revoked_at IS NULL
    ORDER BY feed.created_at DESC, feed.id DESC
    """
)
_COUNT = text("SELECT count(*) FROM calendar_feed WHERE person_id = :person_id AND revoked_at IS NULL")


@dataclass(frozen=True)
class FeedRow:
    """A valid link for its owner; `resource` is a code."""

    id: int
    scope: str
    resource: str | None
    language: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None


def mark_used(uow: Uow, feed_id: int) -> None:
    uow.session.execute(_USED, {"id": feed_id})


def add_feed(uow: Uow, feed: CalendarFeed) -> CalendarFeed:
    uow.session.add(feed)
    uow.session.flush()
    return feed


def revoke_feed(uow: Uow, feed_id: int, person_id: int) -> Row[Any] | None:
    """The revoked link; None when it is not valid or another person's."""
    return uow.session.execute(_REVOKE, {"id": feed_id, "person_id": person_id}).one_or_none()


def list_feeds(uow: Uow, person_id: int) -> list[FeedRow]:
    """A person's valid links, newest first."""
    return [FeedRow(*row) for row in uow.session.execute(_LIST, {"person_id": person_id})]


def count_feeds(uow: Uow, person_id: int) -> int:
    return int(uow.session.execute(_COUNT, {"person_id": person_id}).scalar_one())


# -- what they show


@dataclass(frozen=True)
class FeedPeriod:
    """The time window, and since when cancelled bookings are included."""

    window: Period
    ended_since: datetime


@dataclass(frozen=True)
class FeedQuery:
    """Scope, person, company and resource of a feed."""

    scope: FeedScope
    person_id: int
    company_id: int | None
    resource_id: int | None


def _values(query: FeedQuery, period: FeedPeriod) -> dict[str, Any]:
    return {
        "person_id": query.person_id,
        "company_id": query.company_id,
        "resource_id": query.resource_id,
        "from_at": period.window.start,
        "until_at": period.window.end,
        "latest_end": period.window.end + LONGEST + timedelta(days=1),
        "ended_since": period.ended_since,
    }


_INCLUDED = f"""
    b.state NOT IN ({sql_values(DRAFTED)}) AND (b.state NOT IN ({sql_values(FREED)}) OR b.ended_at > :ended_since)
"""
_SHOWN = "{0}.starts_at < :until_at AND {0}.ends_at > :from_at"
# No booking lasts longer than LONGEST, so the index scan is bounded at both ends.
_WITHIN = f"{_SHOWN} AND {{0}}.ends_at < :latest_end"


_COMPANY: Final = ":company_id"
_PERSON: Final = ":person_id"


def _of_company(table: str, company: str | None) -> str:
    return f"AND {table}.company_id = {company}" if company else ""


def _requested(columns: str) -> str:
    return f"SELECT {columns} FROM booking AS b WHERE {_WITHIN.format('b')} AND {_INCLUDED}"


def _requested_by(owner: str, value: str, columns: str) -> str:
    """OFFSET 0 and the row comparison make the planner use the index of the owner."""
    return f"""
        SELECT {columns} FROM (
            SELECT * FROM booking
            WHERE {owner} = {value} AND ends_at > :from_at AND ends_at < :latest_end
              AND ({owner}, ends_at) > ({value}, :from_at) AND ({owner}, ends_at) < ({value}, :latest_end) OFFSET 0
        ) AS b WHERE b.starts_at < :until_at AND {_INCLUDED}
    """


def _requested_in(columns: str, company: str | None) -> str:
    return _requested_by("company_id", company, columns) if company else _requested(columns)


def _requested_by_person(columns: str, company: str | None) -> str:
    return f"{_requested_by('requested_by', _PERSON, columns)} {_of_company('b', company)}"


# `OFFSET 0` forces a lookup by key: a generic plan does not know that these are few and would scan all bookings.
_BOOKING_OF: Final = f"CROSS JOIN LATERAL (SELECT * FROM booking AS b WHERE b.id = {{0}} AND {_INCLUDED} OFFSET 0) AS b"


def _named(columns: str) -> str:
    return f"""
        SELECT {columns} FROM session_person AS p {_BOOKING_OF.format("p.booking_id")}
        WHERE p.person_id = :person_id AND p.ends_at > :from_at AND p.starts_at < :until_at
          AND p.left_at IS NULL AND b.requested_by <> :person_id
    """


def _held(columns: str, parts: str, *, company: str | None) -> str:
    """Bookings that held the resource, by sessions or reservations."""
    return f"""
        SELECT {columns} FROM (
            SELECT DISTINCT {parts} FROM slot
            WHERE slot.resource_id = :resource_id AND {_WITHIN.format("slot")} {_of_company("slot", company)}
        ) AS held {_BOOKING_OF.format("held.booking_id")}
    """


# -- finding a link, and the tag of its content

_REVISIONS = """
    concat_ws('.', count(*), bit_xor(hashint8extended({0}, b.revision)), sum(b.sequence), max(b.changed_at))
"""
_BOOKINGS = _REVISIONS.format("b.id")
_OTHERS = """
    SELECT string_agg(concat(u.id, taken.busy), ',' ORDER BY u.id)
    FROM unit AS u CROSS JOIN LATERAL (
        SELECT range_agg(slot.during) * tstzmultirange(tstzrange(:from_at, :until_at)) AS busy FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.id, u.id, '[]')
          AND slot.during && tstzrange(:from_at, :until_at) AND slot.company_id IS DISTINCT FROM :company_id
    ) AS taken
    WHERE u.resource_id = :resource_id
"""


# The busy time and public titles of all rooms. The lookup role sees all rows, so own public titles are included.
_ALL_ROOMS_BUSY = """
    SELECT md5(string_agg(concat(u.id, taken.busy), ',' ORDER BY u.id)) FROM unit AS u
    JOIN resource AS r ON r.id = u.resource_id AND r.kind = 'ROOM'
    CROSS JOIN LATERAL (
        SELECT range_agg(slot.during) * tstzmultirange(tstzrange(:from_at, :until_at)) AS busy FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.id, u.id, '[]')
          AND slot.during && tstzrange(:from_at, :until_at) AND slot.company_id IS DISTINCT FROM :company_id
    ) AS taken
"""
_ANNOUNCED = """
    SELECT md5(string_agg(concat(p.resource_id, p.busy, p.title), ',' ORDER BY p.resource_id, p.busy, p.title))
    FROM gmp_public_titles({0}, :from_at, :until_at) AS p
"""
_ONE = "ARRAY[CAST(:resource_id AS bigint)]"
_ROOMS = "ARRAY(SELECT id FROM resource WHERE kind = 'ROOM')"


def _tag_statements(company: str | None) -> dict[FeedScope, str]:
    """SQL for each scope of a tag that changes with its entries; it aggregates revisions and reads no entry."""
    asked = _requested_by_person(_BOOKINGS, company)
    named = _named(_REVISIONS.format("p.booking_session_id"))
    held = _held(_BOOKINGS, "slot.booking_id", company=company)
    whole = _requested_in(_BOOKINGS, company)
    mine = f"concat_ws('/', ({asked}), ({named}))"
    if company is None:
        return {FeedScope.MINE: mine, FeedScope.RESOURCE: f"({held})", FeedScope.FACILITY: f"({whole})"}
    return {
        FeedScope.MINE: mine,
        FeedScope.COMPANY: f"({whole})",
        FeedScope.RESOURCE: f"concat_ws('/', ({held}), ({_OTHERS}), ({_ANNOUNCED.format(_ONE)}))",
        FeedScope.FACILITY: f"concat_ws('/', ({whole}), ({_ALL_ROOMS_BUSY}), ({_ANNOUNCED.format(_ROOMS)}))",
    }


def _in_one_line(statement: str) -> TextClause:
    """Without line breaks: the driver caches statements of up to 4,096 characters only."""
    return text(" ".join(statement.split()))


# One statement a scope: planning one for all scopes took longer than reading the tags.
_TAGS: Final = {
    (scope, company is not None): _in_one_line(f"SELECT {mark}")
    for company in (_COMPANY, None)
    for scope, mark in _tag_statements(company).items()
}


# Excludes people who left the company in which the link was created: they have no current role from before it.
_FIND = _in_one_line(
    """
    SELECT feed.id, feed.scope, feed.resource_id, feed.language AS feed_language, feed.created_at,
           gmp_now() AS now, feed.last_used_at IS NULL OR feed.last_used_at < gmp_now() - interval '1 minute' AS unseen,
           resource.code, (SELECT count(*) FROM unit WHERE unit.resource_id = feed.resource_id) AS places,
           account.id AS account_id, person.id AS person_id, person.name, person.email, person.language,
           person.company_id, company.code AS company_code, company.name_ko AS company_ko,
           company.name_en AS company_en, company.name_zh AS company_zh, held.roles,
           (SELECT bit_xor(hashtextextended(concat_ws('|', r.id, r.code, r.name_ko, r.name_en, r.name_zh), 0))
            FROM resource AS r) AS names_mark
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


def find_feed(lookup: Lookup, token_hash: bytes) -> Row[Any] | None:
    """The link with person, roles, company and resource, if all are still valid."""
    return lookup.session.execute(_FIND, {"token_hash": token_hash}).one_or_none()


def content_tag(lookup: Lookup, query: FeedQuery, period: FeedPeriod) -> str:
    """A tag that changes whenever the content does; it may also change without need."""
    statement = _TAGS[query.scope, query.company_id is not None]
    return str(lookup.session.execute(statement, _values(query, period)).scalar_one())


# -- reading entries

_COLUMNS = "b.id, b.reference, b.state, b.version, b.sequence, b.changed_at"
_SESSIONS = f"""
    SELECT b.reference, b.state, b.sequence, b.changed_at, 's' AS part, s.number, record.state AS session_state,
           s.room_id AS resource_id, s.starts_at, s.ends_at
    FROM {{0}} AS b CROSS JOIN LATERAL (
        SELECT * FROM booking_session AS s
        WHERE s.booking_id = b.id AND s.version = b.version AND {_SHOWN.format("s")} OFFSET 0
    ) AS s
    LEFT JOIN session_record AS record ON record.booking_id = s.booking_id AND record.number = s.number
"""
_RESERVATIONS = f"""
    SELECT b.reference, b.state, b.sequence, b.changed_at, 'e', q.number, NULL, q.equipment_id, q.starts_at, q.ends_at
    FROM {{0}} AS b CROSS JOIN LATERAL (
        SELECT * FROM equipment_reservation AS q
        WHERE q.booking_id = b.id AND q.version = b.version AND {_SHOWN.format("q")} OFFSET 0
    ) AS q
"""


def _reading(tables: str, *parts: str) -> TextClause:
    return _in_one_line(
        f"""
        WITH {tables}, part AS ({" UNION ALL ".join(parts)})
        SELECT part.reference, part.state, part.sequence, part.changed_at, part.part, part.number,
               part.session_state, r.code, r.name_ko, r.name_en, r.name_zh, part.starts_at, part.ends_at
        FROM part JOIN resource AS r ON r.id = part.resource_id
        ORDER BY part.starts_at, part.reference, part.part DESC, part.number
        LIMIT :most
        """
    )


def _whole(company: str | None) -> TextClause:
    return _reading(
        f"scope AS ({_requested_in(_COLUMNS, company)})", _SESSIONS.format("scope"), _RESERVATIONS.format("scope")
    )


def _mine(company: str | None) -> TextClause:
    """Bookings requested by the person, and sessions that name the person."""
    asked = _requested_by_person(_COLUMNS, company)
    named = _named(f"p.booking_session_id, {_COLUMNS}")
    return _reading(
        f"asked AS ({asked}), named AS ({named})",
        _SESSIONS.format("asked"),
        _RESERVATIONS.format("asked"),
        f"{_SESSIONS.format('named')} WHERE s.id = b.booking_session_id",
    )


def _about(company: str | None) -> TextClause:
    """Sessions and reservations that use the resource."""
    held = _held(_COLUMNS, "slot.booking_id", company=company)
    return _reading(
        f"scope AS MATERIALIZED ({held})",
        f"{_SESSIONS.format('scope')} WHERE {session_uses('s', ':resource_id')}",
        f"{_RESERVATIONS.format('scope')} WHERE {reservation_uses('q', ':resource_id')}",
    )


_READING: Final = {
    (FeedScope.MINE, True): _mine(_COMPANY),
    (FeedScope.MINE, False): _mine(None),
    (FeedScope.COMPANY, True): _whole(_COMPANY),
    (FeedScope.FACILITY, False): _whole(None),
    (FeedScope.FACILITY, True): _whole(_COMPANY),
    (FeedScope.RESOURCE, True): _about(_COMPANY),
    (FeedScope.RESOURCE, False): _about(None),
}


def list_rooms(uow: Uow) -> list[tuple[int, str]]:
    """All active rooms, by code."""
    rows = uow.session.execute(text("SELECT id, code FROM resource WHERE kind = 'ROOM' AND active ORDER BY code"))
    return [(row.id, row.code) for row in rows]


def list_entries(uow: Uow, query: FeedQuery, period: FeedPeriod, *, most: int) -> Sequence[Row[Any]]:
    """The entries of a feed, by start.

    Shape: reference, state, sequence, changed_at, part ('s' session, 'e' equipment), number, session_state, code,
    name_ko, name_en, name_zh, starts_at, ends_at.
    """
    statement = _READING[query.scope, query.company_id is not None]
    return uow.session.execute(statement, _values(query, period) | {"most": most}).all()
