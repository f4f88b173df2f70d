"""Form marks: while a booking form is open, others see its times as marked; a mark refuses nobody.

A person has the marks of their latest form only, and each mark expires. Others do not see whose it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.form import Form
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import SYSTEM, Permission, Subject, require
from gmp_booking.kernel.period import Period

MARK_LIFETIME = timedelta(minutes=10)
MOST_MARKS = 12
LONGEST = timedelta(days=7)

# Without it, two requests of one person could leave some marks of each.
_LOCK_PERSON = text("SELECT pg_advisory_xact_lock(hashtext('form_mark'), CAST(:person_id AS int))")
_MARK = text(
    """
    WITH wanted AS (
        SELECT x.number, r.id AS resource_id, x.starts_at, x.ends_at
        FROM jsonb_to_recordset(CAST(:wanted AS jsonb))
             AS x (number int, code text, starts_at timestamptz, ends_at timestamptz)
        JOIN resource AS r ON r.code = x.code AND r.active
    ), ended AS (
        UPDATE form_mark SET expires_at = :now
        WHERE person_id = :person_id AND expires_at > :now AND number NOT IN (SELECT number FROM wanted)
    )
    INSERT INTO form_mark (person_id, company_id, number, resource_id, starts_at, ends_at, expires_at)
    SELECT :person_id, :company_id, number, resource_id, starts_at, ends_at, :expires_at FROM wanted
    ON CONFLICT (person_id, number) DO UPDATE
    SET resource_id = EXCLUDED.resource_id, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at,
        expires_at = EXCLUDED.expires_at
    """
)


@dataclass(frozen=True)
class Mark:
    """Time in somebody's open form. Shape: `whose` is "mine", "ours" (a colleague's) or "others"."""

    resource_id: int
    period: Period
    whose: str


def times_of(form: Form, zone: ZoneInfo) -> Iterator[tuple[str, Period]]:
    """The resource codes and periods of a form, as far as they can be read."""
    asked = forms.content_json(form, zone)
    named = [(part["room"], part) for part in asked["sessions"]]
    named += [(part["resource"], part) for part in asked["equipment"]]
    for code, part in named:
        try:
            period = Period(datetime.fromisoformat(part["start"]), datetime.fromisoformat(part["end"]))
        except (TypeError, ValueError, OverflowError):
            continue
        if code:
            yield code, period


def mark(uow: Uow, wanted: Iterable[tuple[str, Period]]) -> None:
    """Replace this person's marks by those of the form.

    Shape: `wanted` are resource codes with periods; unknown codes, past periods and periods of more than a week are
    left out.
    Errors: Forbidden without the permission to draft.
    """
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=uow.actor.company_id))
    _replace(uow, wanted)


def _replace(uow: Uow, wanted: Iterable[tuple[str, Period]]) -> None:
    markable = [(code, period) for code, period in wanted if period.end > uow.now and period.duration <= LONGEST]
    rows = [
        {"number": number, "code": code, "starts_at": period.start.isoformat(), "ends_at": period.end.isoformat()}
        for number, (code, period) in enumerate(markable[:MOST_MARKS], start=1)
    ]
    values = {
        "wanted": json.dumps(rows),
        "person_id": uow.actor.person_id,
        "company_id": uow.actor.company_id,
        "now": uow.now,
        "expires_at": uow.now + MARK_LIFETIME,
    }
    uow.session.execute(_LOCK_PERSON, {"person_id": uow.actor.person_id})
    uow.session.execute(_MARK, values)


def drop(uow: Uow) -> None:
    """Remove this person's marks: the form was sent or left."""
    _replace(uow, ())


_MARKS = text(
    """
    SELECT resource_id, starts_at, ends_at, CASE WHEN person_id = :person_id THEN 'mine' ELSE 'ours' END
    FROM form_mark
    WHERE resource_id = ANY (:wanted) AND expires_at > :now AND starts_at < :until_at AND ends_at > :from_at
      AND company_id IS NOT DISTINCT FROM :company_id
    UNION ALL
    SELECT resource_id, lower(marked), upper(marked), 'others' FROM gmp_others_marks(:wanted, :from_at, :until_at)
    """
).bindparams(bindparam("wanted", type_=ARRAY(BigInteger)), bindparam("company_id", type_=BigInteger))


def list_marks(uow: Uow, resource_ids: Sequence[int], window: Period) -> list[Mark]:
    """The marks in a window: the actor's own, the company's, and the merged ones of all others."""
    values = {
        "wanted": list(resource_ids),
        "from_at": window.start,
        "until_at": window.end,
        "person_id": uow.actor.person_id,
        "company_id": uow.actor.company_id,
        "now": uow.now,
    }
    return [Mark(row[0], Period(row[1], row[2]), row[3]) for row in uow.session.execute(_MARKS, values)]


_DELETE_EXPIRED = text("DELETE FROM form_mark WHERE expires_at < :before")


def delete_expired(uow: Uow) -> None:
    """Delete marks that expired an hour ago or more."""
    uow.session.execute(_DELETE_EXPIRED, {"before": uow.now - timedelta(hours=1)})


def delete_expired_marks(database: Database) -> None:
    """The hourly job; several workers may run it at the same time."""
    database.transact(SYSTEM, delete_expired)
