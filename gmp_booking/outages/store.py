"""Queries of outages, their subjects and the resources they affect."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import CursorResult
from sqlalchemy.types import BigInteger, Text

from gmp_booking.infra.database.uow import LockKey, Uow
from gmp_booking.kernel.errors import Stale
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.vocabulary import LockKind, ResourceKind, SubjectKind
from gmp_booking.outages.models import Outage


@dataclass(frozen=True)
class OutageSubject:
    """The subject of an outage: `name` is its code, or a person's name."""

    kind: SubjectKind
    id: int | None
    name: str


_FIND = {
    SubjectKind.ROOM: "SELECT id, code FROM resource WHERE kind = 'ROOM' AND code = :code",
    SubjectKind.EQUIPMENT: "SELECT id, code FROM resource WHERE kind = 'EQUIPMENT' AND code = :code",
    SubjectKind.AHU: "SELECT id, code FROM ahu WHERE code = :code",
    SubjectKind.ZONE: "SELECT id, code FROM air_zone WHERE code = :code",
    SubjectKind.COMPANY: "SELECT id, code FROM company WHERE code = :code",
    SubjectKind.PRODUCT: "SELECT p.id, p.code FROM product AS p JOIN company AS c ON c.id = p.company_id"
    " WHERE c.code || '/' || p.code = :code",
    SubjectKind.PERSON: "SELECT id, name FROM person WHERE email = :code",
}


def find_subject(uow: Uow, kind: SubjectKind, code: str) -> OutageSubject | None:
    """The subject with this code: "COMPANY/CODE" of a product, the e-mail address of a person."""
    if kind is SubjectKind.FACILITY:
        return OutageSubject(kind, None, "")
    row = uow.session.execute(text(_FIND[kind]), {"code": code}).one_or_none()
    return OutageSubject(kind, row[0], row[1]) if row else None


_CHOICES = text(
    """
    SELECT kind, code, names FROM (
        SELECT kind, code, jsonb_build_object('ko', name_ko, 'en', name_en, 'zh_Hans', name_zh) AS names
        FROM resource WHERE active
        UNION ALL SELECT 'AHU', code, NULL FROM ahu
        UNION ALL SELECT 'ZONE', code, NULL FROM air_zone
        UNION ALL SELECT 'COMPANY', code, jsonb_build_object('ko', name_ko, 'en', name_en, 'zh_Hans', name_zh)
                  FROM company
        UNION ALL SELECT 'PRODUCT', c.code || '/' || p.code, jsonb_build_object('en', p.name)
                  FROM product AS p JOIN company AS c ON c.id = p.company_id WHERE p.active
        UNION ALL SELECT 'PERSON', email, jsonb_build_object('en', name) FROM person WHERE active
    ) AS choices ORDER BY kind, code
    """
)


@dataclass(frozen=True)
class SubjectChoice:
    """A possible subject of an outage."""

    kind: str
    code: str
    names: Mapping[str, str] | None


def list_choices(uow: Uow) -> list[SubjectChoice]:
    return [SubjectChoice(*row) for row in uow.session.execute(_CHOICES)]


_ROOMS_OF = """
    SELECT room.id FROM room LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
    WHERE (:kind = 'ROOM' AND room.id = :id) OR (:kind = 'ZONE' AND zone.id = :id)
       OR (:kind = 'AHU' AND zone.ahu_id = :id) OR :kind = 'FACILITY'
"""
_RESOURCES = text(
    f"""
    WITH rooms AS ({_ROOMS_OF})
    SELECT id, true FROM rooms
    UNION ALL SELECT e.id, false FROM equipment AS e
              WHERE (:kind = 'EQUIPMENT' AND e.id = :id) OR e.home_room_id IN (SELECT id FROM rooms)
    ORDER BY 1
    """
).bindparams(bindparam("id", type_=BigInteger), bindparam("kind", type_=Text))


def list_resources_hit(uow: Uow, kind: SubjectKind, subject_id: int | None) -> list[tuple[int, bool]]:
    """The affected resources with the equipment in affected rooms: (id, whether it is a room)."""
    rows = uow.session.execute(_RESOURCES, {"kind": kind.value, "id": subject_id})
    return [(row[0], row[1]) for row in rows]


_OWN_LOCKS = {SubjectKind.COMPANY: LockKind.COMPANY, SubjectKind.PERSON: LockKind.PERSON}


def locks_of(uow: Uow, subject: OutageSubject) -> set[LockKey]:
    """The locks of an outage on this subject; rooms suffice, since booking equipment locks its room too."""
    if subject.id is not None and subject.kind in _OWN_LOCKS:
        return {(_OWN_LOCKS[subject.kind], subject.id)}
    hit = list_resources_hit(uow, subject.kind, subject.id)
    rooms: set[LockKey] = {(LockKind.RESOURCE, resource_id) for resource_id, is_room in hit if is_room}
    return rooms or {(LockKind.RESOURCE, resource_id) for resource_id, _ in hit}


_LOCK_NUMBERS = text("SELECT pg_advisory_xact_lock(hashtext('outage.hold_no'))")
_NEXT_NUMBER = text("SELECT COALESCE(max(substr(hold_no, 6)::int), 0) + 1 FROM outage WHERE hold_no IS NOT NULL")


def next_hold_no(uow: Uow) -> str:
    """The next hold number, without gaps: concurrent transactions wait."""
    uow.session.execute(_LOCK_NUMBERS)
    return f"HOLD-{uow.session.execute(_NEXT_NUMBER).scalar_one():04d}"


_ADD = text(
    """
    INSERT INTO outage (subject_kind, subject_id, kind, breach, starts_at, until_at, hold_no, reason, raised_by,
                        created_at, series)
    SELECT :subject_kind, :subject_id, :kind, :breach, x.starts_at, x.until_at, :hold_no, :reason, :raised_by, :now,
           :series
    FROM jsonb_to_recordset(CAST(:times AS jsonb)) AS x (starts_at timestamptz, until_at timestamptz)
    ORDER BY x.starts_at
    RETURNING id
    """
).bindparams(bindparam("subject_id", type_=BigInteger))


@dataclass(frozen=True)
class OutageTimes:
    """Start and end; an end of None is open."""

    start: datetime
    until: datetime | None

    @property
    def period(self) -> Period | None:
        return Period(self.start, self.until) if self.until else None


def add_outages(uow: Uow, times: Sequence[OutageTimes], **columns: Any) -> list[int]:
    """Insert the outages of one series and return their ids in order of time."""
    rows = [{"starts_at": each.start.isoformat(), "until_at": each.until and each.until.isoformat()} for each in times]
    values = columns | {"times": json.dumps(rows), "raised_by": uow.actor.person_id, "now": uow.now}
    return sorted(uow.session.execute(_ADD, values).scalars())


def find_outage(uow: Uow, outage_id: int) -> Outage | None:
    return uow.session.get(Outage, outage_id)


def lift_outages(uow: Uow, outages: Sequence[Outage], *, reason: str) -> None:
    """Errors: Stale when another transaction changed one of them."""
    for outage in outages:
        statement = (
            update(Outage)
            .where(Outage.id == outage.id, Outage.revision == outage.revision, Outage.lifted_at.is_(None))
            .values(
                lifted_at=uow.now,
                lifted_by=uow.actor.person_id,
                lift_reason=reason,
                revision=outage.revision + 1,
            )
            .execution_options(synchronize_session=False)
        )
        result = uow.session.execute(statement)
        if not isinstance(result, CursorResult) or result.rowcount != 1:
            raise Stale
    for outage in outages:
        uow.session.refresh(outage)


def list_following(uow: Uow, outage: Outage) -> list[Outage]:
    """The outage and those of its series that come after it and are not lifted."""
    statement = select(Outage).where(
        Outage.series == outage.series, Outage.starts_at >= outage.starts_at, Outage.lifted_at.is_(None)
    )
    return list(uow.session.scalars(statement.order_by(Outage.starts_at))) if outage.series else [outage]


@dataclass(frozen=True)
class OutageView:
    """An outage with the names of its subject and of the people who created and lifted it.

    Shape: `names` are those of the subject by language, None where it has none; `in_series` counts its series.
    """

    id: int
    subject_kind: str
    kind: str
    breach: bool
    starts_at: datetime
    until_at: datetime | None
    ends_at: datetime | None
    hold_no: str | None
    reason: str
    created_at: datetime
    lifted_at: datetime | None
    lift_reason: str | None
    series: str | None
    revision: int
    raised_by_name: str
    lifted_by_name: str | None
    subject: str | None
    names: Mapping[str, str | None]
    in_series: int


_VIEWS = f"""
    SELECT o.id, o.subject_kind, o.kind, o.breach, o.starts_at, o.until_at, o.ends_at, o.hold_no, o.reason,
           o.created_at, o.lifted_at, o.lift_reason, o.series, o.revision,
           who.name AS raised_by_name, lifter.name AS lifted_by_name,
           COALESCE(r.code, ahu.code, zone.code, c.code, pc.code || '/' || pr.code, p.name) AS subject,
           jsonb_build_object('ko', COALESCE(r.name_ko, c.name_ko), 'en', COALESCE(r.name_en, c.name_en, pr.name),
                              'zh_Hans', COALESCE(r.name_zh, c.name_zh)) AS names,
           (SELECT count(*) FROM outage AS other WHERE other.series = o.series) AS in_series
    FROM outage AS o
    JOIN person AS who ON who.id = o.raised_by
    LEFT JOIN person AS lifter ON lifter.id = o.lifted_by
    LEFT JOIN resource AS r ON o.subject_kind IN ({sql_values(ResourceKind)}) AND r.id = o.subject_id
    LEFT JOIN ahu ON o.subject_kind = 'AHU' AND ahu.id = o.subject_id
    LEFT JOIN air_zone AS zone ON o.subject_kind = 'ZONE' AND zone.id = o.subject_id
    LEFT JOIN company AS c ON o.subject_kind = 'COMPANY' AND c.id = o.subject_id
    LEFT JOIN product AS pr ON o.subject_kind = 'PRODUCT' AND pr.id = o.subject_id
    LEFT JOIN company AS pc ON pc.id = pr.company_id
    LEFT JOIN person AS p ON o.subject_kind = 'PERSON' AND p.id = o.subject_id
"""
WHEN = {
    "current": "o.starts_at <= :now AND (o.ends_at IS NULL OR o.ends_at > :now)",
    "coming": "o.starts_at > :now AND (o.ends_at IS NULL OR o.ends_at > o.starts_at)",
    "past": "o.ends_at <= GREATEST(o.starts_at, :now)",
    "all": "true",
}
_ORDER = {"past": "o.ends_at DESC, o.id DESC", "all": "o.starts_at DESC, o.id DESC"}


def list_views(
    uow: Uow, *, when: str, kind: str | None, subject_kind: str | None, offset: int, limit: int
) -> list[OutageView]:
    conditions = [f"({WHEN[when]})"]
    values: dict[str, Any] = {"now": uow.now, "offset": offset, "limit": limit}
    if kind:
        conditions.append("o.kind = :kind")
        values["kind"] = kind
    if subject_kind:
        conditions.append("o.subject_kind = :subject_kind")
        values["subject_kind"] = subject_kind
    order = _ORDER.get(when, "o.starts_at, o.id")
    statement = text(f"{_VIEWS} WHERE {' AND '.join(conditions)} ORDER BY {order} OFFSET :offset LIMIT :limit")
    if when == "all":
        values.pop("now")
    return [OutageView(*row) for row in uow.session.execute(statement, values)]


def find_view(uow: Uow, outage_id: int) -> OutageView | None:
    row = uow.session.execute(text(f"{_VIEWS} WHERE o.id = :id"), {"id": outage_id}).one_or_none()
    return OutageView(*row) if row else None


_ON_RESOURCES = text(
    """
    SELECT r.id, o.starts_at, o.ends_at, o.kind, o.hold_no, o.id, o.reason
    FROM resource AS r
    LEFT JOIN equipment AS e ON e.id = r.id
    LEFT JOIN room ON room.id = COALESCE(CASE WHEN e.room_use = 'ATTENDED' THEN e.home_room_id END, r.id)
    LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
    JOIN outage AS o ON (o.subject_kind = 'EQUIPMENT' AND o.subject_id = r.id)
        OR (o.subject_kind = 'ROOM' AND o.subject_id = room.id)
        OR (o.subject_kind = 'ZONE' AND o.subject_id = zone.id)
        OR (o.subject_kind = 'AHU' AND o.subject_id = zone.ahu_id)
        OR (o.subject_kind = 'FACILITY' AND room.id IS NOT NULL)
    WHERE r.id = ANY (:resources) AND o.starts_at < :until_at
      AND (o.ends_at IS NULL OR o.ends_at > GREATEST(o.starts_at, CAST(:from_at AS timestamptz)))
    ORDER BY 1, 2, 6
    """
).bindparams(bindparam("resources", type_=ARRAY(BigInteger)))


@dataclass(frozen=True)
class ResourceOutage:
    """An outage as it affects one resource, for staff only."""

    resource_id: int
    starts_at: datetime
    ends_at: datetime | None
    kind: str
    hold_no: str | None
    outage_id: int
    reason: str


def list_on_resources(uow: Uow, resource_ids: Sequence[int], window: Period) -> list[ResourceOutage]:
    """Outages that affect these resources within a window."""
    values = {"resources": list(resource_ids), "from_at": window.start, "until_at": window.end}
    return [ResourceOutage(*row) for row in uow.session.execute(_ON_RESOURCES, values)]
