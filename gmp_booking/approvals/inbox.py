"""The inbox: requests and change requests that wait for a decision, with deciders and deadlines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS
from gmp_booking.bookings.lifecycle.change_steps import CHANGE_STEPS
from gmp_booking.bookings.lifecycle.steps import permission_of
from gmp_booking.bookings.lifecycle.tracks import TRACKS, Stage, Track
from gmp_booking.bookings.stages import stages_of
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Permission, Role, Subject, is_allowed, require
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import WAITING, WAITING_CHANGE
from gmp_booking.kernel.vocabulary import Action

SORTS: Final[Mapping[str, str]] = {
    "waiting": "w.submitted_at, w.reference",
    "due": "w.decide_by NULLS LAST, w.submitted_at, w.reference",
    "start": "w.starts_at NULLS LAST, w.submitted_at, w.reference",
    "company": "c.code, w.submitted_at, w.reference",
}
_LIKE_ESCAPES = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})

_WAITING = f"""
    SELECT b.id AS booking_id, b.company_id, b.reference, b.version, b.revision, b.track, b.stage, b.submitted_at,
           b.decide_by, b.pending_until, b.requested_by, b.entered_by, b.starts_at, false AS is_change
    FROM booking AS b WHERE b.state IN ({sql_values(WAITING)})
    UNION ALL
    SELECT b.id, b.company_id, b.reference, n.version, b.revision, n.track, n.stage, n.submitted_at,
           n.decide_by, n.pending_until, n.requested_by, n.entered_by, b.starts_at, true
    FROM booking_change AS n JOIN booking AS b ON b.id = n.booking_id WHERE n.state IN ({sql_values(WAITING_CHANGE)})
"""
_OF_STAGES = "(w.track, w.stage) IN (SELECT * FROM unnest(CAST(:tracks AS text[]), CAST(:stages AS int[])))"
_COUNT = f"SELECT count(*) FROM ({_WAITING}) AS w WHERE {_OF_STAGES}"
_FROM = f"""
    FROM ({_WAITING}) AS w
    JOIN booking AS b ON b.id = w.booking_id
    JOIN company AS c ON c.id = w.company_id
    LEFT JOIN product AS p ON p.id = b.product_id
"""
_COLUMNS = """
    SELECT w.*, b.title, b.kind, b.ends_at, p.code AS product, c.code AS company_code,
           jsonb_build_object('ko', c.name_ko, 'en', c.name_en, 'zh_Hans', c.name_zh) AS company,
           (SELECT string_agg(DISTINCT r.code, ', ') FROM booking_session AS s JOIN resource AS r ON r.id = s.room_id
            WHERE s.booking_id = w.booking_id AND s.version = w.version) AS rooms,
           (SELECT string_agg(DISTINCT r.code, ', ') FROM equipment_reservation AS q
            JOIN resource AS r ON r.id = q.equipment_id
            WHERE q.booking_id = w.booking_id AND q.version = w.version) AS equipment,
           (SELECT jsonb_path_query_array(e.findings, '$[*].severity') FROM evaluation AS e
            WHERE e.booking_id = w.booking_id AND e.version = w.version ORDER BY e.id DESC LIMIT 1) AS severities,
           EXISTS (SELECT FROM acknowledgement AS a WHERE a.booking_id = w.booking_id)
               AND NOT EXISTS (SELECT FROM acknowledgement AS a
                               WHERE a.booking_id = w.booking_id AND a.confirmed_at IS NOT NULL) AS is_unconfirmed
"""
_USES_ROOM = """
    EXISTS (SELECT FROM booking_session AS s JOIN resource AS r ON r.id = s.room_id
            WHERE s.booking_id = w.booking_id AND s.version = w.version AND r.code = :room)
"""
_MATCHES_TEXT = "(w.reference ILIKE :text OR b.title ILIKE :text OR p.code ILIKE :text OR b.batch ILIKE :text)"


@dataclass(frozen=True)
class InboxFilter:
    """A filter of the inbox: the roles whose turn it is, and further conditions."""

    roles: frozenset[Role]
    company: str = ""
    kind: str = ""
    room: str = ""
    text: str = ""
    late_only: bool = False
    changes_only: bool = False
    sort: str = "waiting"
    references: tuple[str, ...] = ()
    offset: int = 0
    limit: int = 30


@dataclass(frozen=True)
class WaitingRequest:
    """A request or change request that waits for a decision.

    Shape: `starts_at` and `ends_at` are those of the booking; `company` is the name by language; `rooms` and
    `equipment` are codes; `severities` those of its findings; `is_unconfirmed` until the company confirms what staff
    entered for it.
    """

    booking_id: int
    company_id: int
    reference: str
    version: int
    revision: int
    track: str
    stage: int
    submitted_at: datetime
    decide_by: datetime | None
    pending_until: datetime | None
    requested_by: int | None
    entered_by: int | None
    starts_at: datetime | None
    is_change: bool
    title: str | None
    kind: str
    ends_at: datetime | None
    product: str | None
    company_code: str
    company: Mapping[str, str]
    rooms: str | None
    equipment: str | None
    severities: Sequence[str] | None
    is_unconfirmed: bool

    @property
    def role(self) -> Role:
        """The role that decides."""
        return _role_at(self.track, self.stage)


def _role_at(track: str, stage: int) -> Role:
    decided: Stage = TRACKS[Track(track)][stage]
    return decided.role


@dataclass(frozen=True)
class Inbox:
    """One page of the inbox, the total, and the people who hold the deciding roles."""

    rows: Sequence[WaitingRequest]
    total: int
    by_stage: Counter[str]
    holders: Mapping[str, Sequence[str]]
    companies: Sequence[str]
    now: datetime


def list_inbox(uow: Uow, wanted: InboxFilter) -> Inbox:
    """One page of the inbox. Errors: Forbidden for people who are not staff."""
    require(uow.actor, Permission.INBOX_READ)
    condition, values = _condition(wanted, uow.now)
    order = SORTS.get(wanted.sort, SORTS["waiting"])
    statement = f"{_COLUMNS} {_FROM} WHERE {condition} ORDER BY {order} OFFSET :offset LIMIT :limit"
    page = values | {"offset": wanted.offset, "limit": wanted.limit}
    rows = [WaitingRequest(*row) for row in uow.session.execute(text(statement), page)]
    total = uow.session.execute(text(f"SELECT count(*) {_FROM} WHERE {condition}"), values).scalar_one()
    companies = uow.session.scalars(text(f"SELECT DISTINCT c.code {_FROM} ORDER BY 1"))
    return Inbox(
        rows,
        int(total),
        count_by_stage(uow),
        _holders(uow),
        list(companies),
        uow.now,
    )


def _condition(wanted: InboxFilter, now: datetime) -> tuple[str, dict[str, Any]]:
    pairs = stages_of(wanted.roles)
    conditions = [_OF_STAGES]
    values: dict[str, Any] = {"tracks": [track for track, _ in pairs], "stages": [stage for _, stage in pairs]}
    optional: list[tuple[bool, str, dict[str, Any]]] = [
        (bool(wanted.company), "c.code = :company", {"company": wanted.company}),
        (bool(wanted.kind), "b.kind = :kind", {"kind": wanted.kind}),
        (bool(wanted.room), _USES_ROOM, {"room": wanted.room}),
        (bool(wanted.text), _MATCHES_TEXT, {"text": f"%{wanted.text.translate(_LIKE_ESCAPES)}%"}),
        (wanted.late_only, "w.decide_by < :now", {"now": now}),
        (wanted.changes_only, "w.is_change", {}),
        (bool(wanted.references), "w.reference = ANY (:references)", {"references": list(wanted.references)}),
    ]
    for is_wanted, condition, more in optional:
        if is_wanted:
            conditions.append(condition)
            values |= more
    return " AND ".join(conditions), values


def may_decide(actor: Actor, waiting: WaitingRequest) -> bool:
    """Whether the actor may decide, apart from earlier signatures: reading them for a list would cost too much.

    A person who signed an earlier stage is refused at the decision.
    """
    subject = Subject(
        company_id=waiting.company_id,
        requested_by=waiting.requested_by,
        entered_by=waiting.entered_by,
        stage_role=waiting.role,
    )
    if waiting.is_change:
        return is_allowed(actor, permission_of(CHANGE_STEPS, None, Action.RETURN), subject)
    return is_allowed(actor, permission_of(BOOKING_STEPS, None, Action.RETURN), subject)


def _holders(uow: Uow) -> Mapping[str, Sequence[str]]:
    """The names of staff by role."""
    statement = text(
        """
        SELECT held.role, p.name FROM person_role AS held JOIN person AS p ON p.id = held.person_id
        WHERE held.revoked_at IS NULL AND p.active AND p.company_id IS NULL ORDER BY p.id
        """
    )
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for role, name in uow.session.execute(statement):
        holders[role].append(name)
    return holders


def count_by_stage(uow: Uow) -> Counter[str]:
    """The number of waiting rows by role."""
    counts: Counter[str] = Counter()
    rows = uow.session.execute(text(f"SELECT w.track, w.stage, count(*) AS many FROM ({_WAITING}) AS w GROUP BY 1, 2"))
    for track, stage, many in rows:
        counts[_role_at(track, stage).value] += many
    return counts


def count_waiting(uow: Uow) -> int:
    """The number of rows that wait for one of the actor's roles."""
    if not stages_of(uow.actor.roles):
        return 0
    return int(uow.session.execute(text(_COUNT), _stages_of_actor(uow)).scalar_one())


def count_waiting_beside(uow: Uow, others: str, **values: object) -> tuple[int, int]:
    """The number of rows that wait for one of the actor's roles, and of `others`.

    Every page shows both, so they are counted in one statement.
    Shape: `others` is SQL of rows, `values` are its parameters.
    """
    statement = text(f"SELECT ({_COUNT}), (SELECT count(*) FROM ({others}) AS others)")
    waiting, other = uow.session.execute(statement, _stages_of_actor(uow) | values).one()
    return int(waiting), int(other)


def _stages_of_actor(uow: Uow) -> dict[str, Any]:
    pairs = stages_of(uow.actor.roles)
    return {"tracks": [track for track, _ in pairs], "stages": [stage for _, stage in pairs]}


def list_late(uow: Uow, roles: Iterable[Role] | None, *, before: datetime) -> Sequence[WaitingRequest]:
    """Requests that these roles should have decided before `before`.

    Shape: with `roles` None, those of all roles that have used half the time between deadline and expiry, so that
    somebody can still act before the request expires. Default is ours.
    """
    values: dict[str, Any] = {"before": before}
    condition = "w.decide_by < :before AND w.pending_until > :before"
    if roles is None:
        condition += " AND w.decide_by + (w.pending_until - w.decide_by) / 2 < :before"
    else:
        pairs = stages_of(roles)
        condition += f" AND {_OF_STAGES}"
        values |= {"tracks": [track for track, _ in pairs], "stages": [stage for _, stage in pairs]}
    statement = text(f"{_COLUMNS} {_FROM} WHERE {condition} ORDER BY {SORTS['due']}")
    return [WaitingRequest(*row) for row in uow.session.execute(statement, values)]
