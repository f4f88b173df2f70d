"""What a new form begins with: what its address says, then the company's last booking that fits, then nothing.

Who does it, batch, title and purpose are never taken over by themselves: they are of one run. A copy takes the people
along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.form import SEOUL, Form
from gmp_booking.bookings.views import get_details
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, require
from gmp_booking.kernel.sql import sql_value
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.vocabulary import Kind, RoomClass

USUAL_LENGTH = timedelta(hours=4)
LONGEST_TAKEN_OVER = timedelta(hours=12)
USUAL_START = datetime(2000, 1, 3, 9, tzinfo=SEOUL)
"""Only its clock is used."""
WEEK = timedelta(days=7)
_KIND_OF_CLASS = {RoomClass.DEMO: Kind.TECH_DEMO, RoomClass.SEATED: Kind.REVIEW}
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200


@dataclass(frozen=True)
class FormAddress:
    """What the address of the form says, as it was typed; `until` is where the free time ends that was chosen."""

    room: str = ""
    equipment: str = ""
    start: str = ""
    end: str = ""
    until: str = ""
    blank: bool = False


@dataclass(frozen=True)
class Begun:
    """A form to begin with; `like` is the booking it was taken from."""

    form: Form
    like: str | None = None


_RECENT = text(
    """
    SELECT b.reference, b.kind, b.run_type, p.code AS product, s.*, q.*, asked.room_class AS asked_class
    FROM (SELECT (SELECT room_class FROM room JOIN resource AS r USING (id) WHERE r.code = :room)) AS asked (room_class)
    LEFT JOIN (
        SELECT * FROM booking WHERE company_id = :company_id AND submitted_at IS NOT NULL
        ORDER BY created_at DESC LIMIT 20
    ) AS b ON true
    LEFT JOIN product AS p ON p.id = b.product_id AND p.active
    LEFT JOIN LATERAL (
        SELECT r.code AS room, room.room_class, x.step, x.exposure, x.headcount, x.setup_min, x.teardown_min,
               x.starts_at, x.ends_at,
               ARRAY(SELECT e.code FROM session_equipment AS se JOIN resource AS e ON e.id = se.equipment_id
                     WHERE se.booking_session_id = x.id AND e.active ORDER BY e.code) AS attended
        FROM booking_session AS x JOIN resource AS r ON r.id = x.room_id JOIN room ON room.id = x.room_id
        WHERE x.booking_id = b.id AND x.version = b.version AND r.active ORDER BY x.number LIMIT 1
    ) AS s ON true
    LEFT JOIN LATERAL (
        SELECT r.code AS resource, x.units, x.starts_at AS runs_from, x.ends_at AS runs_until
        FROM equipment_reservation AS x JOIN resource AS r ON r.id = x.equipment_id
        WHERE x.booking_id = b.id AND x.version = b.version AND r.active ORDER BY x.number LIMIT 1
    ) AS q ON true
    ORDER BY b.created_at DESC
    """
)


def begin(uow: Uow, asked: FormAddress) -> Begun:
    """The form a person begins with. Errors: Forbidden for whoever may not draft."""
    company_id = uow.actor.company_id
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=company_id))
    values = {"company_id": company_id, "room": asked.room}
    found = [dict(row._mapping) for row in uow.session.execute(_RECENT, values)]  # noqa: SLF001
    recent = [each for each in found if each["reference"] is not None]
    kind = _KIND_OF_CLASS.get(found[0]["asked_class"], Kind.CLEANROOM)
    return begin_like(None if asked.blank else fitting(recent, asked), asked, kind=kind)


def fitting(recent: Sequence[Mapping[str, Any]], asked: FormAddress) -> Mapping[str, Any] | None:
    """The last booking like the one asked for: of that equipment or room, else of that sort of either."""
    if asked.equipment:
        same = (each for each in recent if each["resource"] == asked.equipment and not each["room"])
        return next(same, next((each for each in recent if each["kind"] == Kind.EQUIPMENT), None))
    with_room = [each for each in recent if each["room"]]
    if not asked.room:
        return with_room[0] if with_room else next(iter(recent), None)
    same = (each for each in with_room if each["room"] == asked.room)
    return next(same, next((each for each in with_room if each["room_class"] == each["asked_class"]), None))


def begin_like(last: Mapping[str, Any] | None, asked: FormAddress, *, kind: Kind) -> Begun:
    """Pure: the form out of the last booking and the address, which wins; `kind` is that of a form without either."""
    runs_alone = bool(asked.equipment) or (last is not None and not last["room"] and not asked.room)
    bounds = ("runs_from", "runs_until") if runs_alone else ("starts_at", "ends_at")
    times = _times(asked, *(last[name] if last else None for name in bounds))
    if runs_alone:
        form = forms.blank_form(kind=Kind.EQUIPMENT.value)
        taken = {"resource": last["resource"], "units": str(last["units"])} if last and last["resource"] else {}
        wanted = {"resource": asked.equipment} if asked.equipment else {}
        form["equipment"].append(forms.blank_equipment() | taken | wanted | times)
    else:
        form = forms.blank_form(kind=last["kind"] if last else kind.value)
        form["sessions"].append(forms.blank_session() | _session_of(last, asked) | times)
    if last is None:
        return Begun(form)
    form |= {"product": last["product"] or "", "run_type": last["run_type"] or ""}
    return Begun(form, last["reference"])


def _session_of(last: Mapping[str, Any] | None, asked: FormAddress) -> Form:
    if last is None:
        return {"room": asked.room}
    room = asked.room or last["room"]
    return {
        "room": room,
        "step": last["step"] or "",
        "exposure": last["exposure"],
        "headcount": str(last["headcount"]),
        "setup_min": str(last["setup_min"]),
        "teardown_min": str(last["teardown_min"]),
        "equipment": list(last["attended"]) if room == last["room"] else [],
    }


def _times(asked: FormAddress, starts_at: datetime | None, ends_at: datetime | None) -> Form:
    """Start and end as texts; an end on the same day has no date of its own, so that it moves with the start.

    Without a start in the address the clock is the last booking's and the day is left to be said.
    """
    length = ends_at - starts_at if starts_at and ends_at else USUAL_LENGTH
    length = length if length <= LONGEST_TAKEN_OVER else USUAL_LENGTH
    said = _instant(asked.start)
    start = said or starts_at or USUAL_START
    end = _instant(asked.end)
    if said is None or end is None or end <= start:
        end = start + length
        until = _instant(asked.until)
        end = min(end, until) if said and until and until > start else end
    texts = forms.moments(start, end)
    same_day = texts["end_date"] == texts["start_date"]
    return texts | ({"end_date": ""} if same_day or not said else {}) | ({} if said else {"start_date": ""})


def _instant(typed: str) -> datetime | None:
    """An instant of an address; None for what is none or lies far from our time."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return None
    if not EARLIEST_YEAR < found.year < LATEST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=SEOUL)


def copy(uow: Uow, reference: str) -> Begun:
    """A booking again, by as many weeks later as puts it into the future.

    Errors: NotFound; Forbidden for whoever may not draft.
    """
    details = get_details(uow, reference)
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=details.booking.company_id))
    draft = details.booking.draft
    form = forms.blank_form() | dict(draft) if draft is not None else forms.form_of(details.content)
    form |= {"batch": "", "reference": None, "revision": None}
    if uow.actor.is_staff and details.parts["company"]:
        form["company"] = details.parts["company"]["code"]
    if draft is None:
        by = weeks_into_the_future(details.content.envelope.start, uow.now)
        for part in (*form["sessions"], *form["equipment"]):
            part.update(_later(part, by))
    return Begun(form, reference)


def weeks_into_the_future(start: datetime, now: datetime) -> timedelta:
    """Whole weeks, at least one, by which a start comes to lie in the future."""
    return WEEK * max(1, (now - start) // WEEK + 1)


def _later(part: Form, by: timedelta) -> Form:
    """The dates of a part, so much later; the clock stays."""
    return {
        name: (datetime.fromisoformat(part[name]) + by).date().isoformat()
        for name in ("start_date", "end_date")
        if part[name]
    }


_DRAFTS = text(
    f"""
    SELECT reference, kind, title, draft ->> 'product' AS product, draft -> 'sessions' -> 0 ->> 'room' AS room,
           draft -> 'sessions' -> 0 ->> 'start_date' AS start_date, changed_at, count(*) OVER () AS all_of_them
    FROM booking WHERE entered_by = :person_id AND state = {sql_value(BookingState.DRAFT)}
    ORDER BY changed_at DESC LIMIT :most
    """
)


@dataclass(frozen=True)
class Drafts:
    """One's own drafts, the latest first; `count` is of all of them."""

    count: int
    latest: Sequence[Mapping[str, Any]]


def list_drafts(uow: Uow, *, most: int = 3) -> Drafts:
    """What one has begun and not yet submitted."""
    values = {"person_id": uow.actor.person_id, "most": most}
    rows = [dict(row._mapping) for row in uow.session.execute(_DRAFTS, values)]  # noqa: SLF001
    return Drafts(rows[0]["all_of_them"] if rows else 0, rows)
