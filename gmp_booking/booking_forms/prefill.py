"""Prefill a new form from the address, else from the company's last matching booking.

People, batch, title and purpose are not taken over, since they belong to one run; only an explicit copy takes the
people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.form import Form
from gmp_booking.bookings.views import get_view
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, require
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import DRAFTED
from gmp_booking.kernel.vocabulary import Kind, RoomClass

USUAL_LENGTH = timedelta(hours=4)
LONGEST_TAKEN_OVER = timedelta(hours=12)
USUAL_START = datetime(2000, 1, 3, 9)  # noqa: DTZ001 - only its time of day is used
WEEK = timedelta(days=7)
_KIND_OF_CLASS = {RoomClass.DEMO: Kind.TECH_DEMO, RoomClass.SEATED: Kind.REVIEW}
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200


@dataclass(frozen=True)
class FormAddress:
    """The parameters in the form's address. Shape: `until` is the end of the free period that was selected."""

    room: str = ""
    equipment: str = ""
    start: str = ""
    end: str = ""
    until: str = ""
    blank: bool = False


@dataclass(frozen=True)
class PrefilledForm:
    """A prefilled form. Shape: `copied_from` is the reference of the booking it was taken from."""

    form: Form
    copied_from: str | None = None


_RECENT = text(
    """
    SELECT asked.room_class AS asked_class, b.reference, b.kind, b.run_type, p.code AS product, s.*, q.*
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


@dataclass(frozen=True)
class RecentBooking:
    """A booking of the company with its first session and its first equipment reservation, as far as it has them."""

    reference: str
    kind: str
    run_type: str | None
    product: str | None
    room: str | None
    room_class: str | None
    step: str | None
    exposure: str | None
    headcount: int | None
    setup_min: int | None
    teardown_min: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    attended: Sequence[str] | None
    resource: str | None
    units: int | None
    runs_from: datetime | None
    runs_until: datetime | None


def prefill_new(uow: Uow, address: FormAddress) -> PrefilledForm:
    """The form of a new booking. Errors: Forbidden without the permission to draft."""
    company_id = uow.actor.company_id
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=company_id))
    values = {"company_id": company_id, "room": address.room}
    rows = uow.session.execute(_RECENT, values).all()
    asked_class = rows[0].asked_class
    recent = [RecentBooking(*row[1:]) for row in rows if row.reference is not None]
    last = None if address.blank else matching_booking(recent, address, asked_class=asked_class)
    return prefill_from(last, address, kind=_KIND_OF_CLASS.get(asked_class, Kind.CLEANROOM), zone=uow.zone)


def matching_booking(
    recent: Sequence[RecentBooking], address: FormAddress, *, asked_class: str | None
) -> RecentBooking | None:
    """The last booking of the same equipment or room, else of the same kind of equipment or class of room."""
    if address.equipment:
        same = (each for each in recent if each.resource == address.equipment and not each.room)
        return next(same, next((each for each in recent if each.kind == Kind.EQUIPMENT), None))
    with_room = [each for each in recent if each.room]
    if not address.room:
        return with_room[0] if with_room else next(iter(recent), None)
    same = (each for each in with_room if each.room == address.room)
    return next(same, next((each for each in with_room if each.room_class == asked_class), None))


def prefill_from(last: RecentBooking | None, address: FormAddress, *, kind: Kind, zone: ZoneInfo) -> PrefilledForm:
    """The form from the last booking and the address, which takes precedence; pure.

    Shape: `kind` is used when there is no last booking.
    """
    runs_alone = bool(address.equipment) or (last is not None and not last.room and not address.room)
    times = _times(address, *_bounds_of(last, runs_alone=runs_alone), zone=zone)
    if runs_alone:
        form = forms.blank_form(kind=Kind.EQUIPMENT.value)
        from_last = {"resource": last.resource, "units": str(last.units)} if last and last.resource else {}
        wanted = {"resource": address.equipment} if address.equipment else {}
        form["equipment"].append(forms.blank_equipment() | from_last | wanted | times)
    else:
        form = forms.blank_form(kind=last.kind if last else kind.value)
        form["sessions"].append(forms.blank_session() | _session_fields(last, address) | times)
    if last is None:
        return PrefilledForm(form)
    form |= {"product": last.product or "", "run_type": last.run_type or ""}
    return PrefilledForm(form, last.reference)


def _bounds_of(last: RecentBooking | None, *, runs_alone: bool) -> tuple[datetime | None, datetime | None]:
    if last is None:
        return None, None
    return (last.runs_from, last.runs_until) if runs_alone else (last.starts_at, last.ends_at)


def _session_fields(last: RecentBooking | None, address: FormAddress) -> Form:
    if last is None:
        return {"room": address.room}
    room = address.room or last.room
    return {
        "room": room,
        "step": last.step or "",
        "exposure": last.exposure,
        "headcount": str(last.headcount),
        "setup_min": str(last.setup_min),
        "teardown_min": str(last.teardown_min),
        "equipment": list(last.attended or ()) if room == last.room else [],
    }


def _times(address: FormAddress, starts_at: datetime | None, ends_at: datetime | None, *, zone: ZoneInfo) -> Form:
    """Start and end as text fields.

    An end on the same day has no date, so that it follows a changed start date. Without a start in the address the
    times of day are those of the last booking, and the date stays empty.
    """
    length = ends_at - starts_at if starts_at and ends_at else USUAL_LENGTH
    length = length if length <= LONGEST_TAKEN_OVER else USUAL_LENGTH
    given = _instant(address.start, zone)
    start = given or starts_at or USUAL_START.replace(tzinfo=zone)
    end = _instant(address.end, zone)
    if given is None or end is None or end <= start:
        end = start + length
        until = _instant(address.until, zone)
        end = min(end, until) if given and until and until > start else end
    texts = forms.time_fields(start, end, zone=zone)
    same_day = texts["end_date"] == texts["start_date"]
    return texts | ({"end_date": ""} if same_day or not given else {}) | ({} if given else {"start_date": ""})


def _instant(typed: str, zone: ZoneInfo) -> datetime | None:
    """An instant in the address; None when it cannot be read or its year is not plausible."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return None
    if not EARLIEST_YEAR < found.year < LATEST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def copy(uow: Uow, reference: str) -> PrefilledForm:
    """A copy of a booking, moved by whole weeks into the future.

    Errors: NotFound; Forbidden without the permission to draft.
    """
    details = get_view(uow, reference)
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=details.booking.company_id))
    draft = details.booking.draft
    form = forms.blank_form() | dict(draft) if draft is not None else forms.form_of(details.content, uow.zone)
    form |= {"batch": "", "reference": None, "revision": None}
    if uow.actor.is_staff:
        form["company"] = details.company.code
    if draft is None:
        by = weeks_into_the_future(details.content.envelope.start, uow.now)
        for part in (*form["sessions"], *form["equipment"]):
            part.update(_later(part, by))
    return PrefilledForm(form, reference)


def weeks_into_the_future(start: datetime, now: datetime) -> timedelta:
    """The smallest number of whole weeks, at least one, that moves a start into the future."""
    return WEEK * max(1, (now - start) // WEEK + 1)


def _later(part: Form, by: timedelta) -> Form:
    """The dates of a part, moved by whole days; times of day stay."""
    return {
        name: (datetime.fromisoformat(part[name]) + by).date().isoformat()
        for name in ("start_date", "end_date")
        if part[name]
    }


_DRAFTS = text(
    f"""
    SELECT count(*) OVER () AS all_of_them, reference, kind, title, draft ->> 'product' AS product,
           draft -> 'sessions' -> 0 ->> 'room' AS room, draft -> 'sessions' -> 0 ->> 'start_date' AS start_date
    FROM booking WHERE entered_by = :person_id AND state IN ({sql_values(DRAFTED)})
    ORDER BY changed_at DESC LIMIT :most
    """
)


@dataclass(frozen=True)
class DraftLine:
    """A draft in a list. Shape: `start_date` as it was typed."""

    reference: str
    kind: str
    title: str | None
    product: str | None
    room: str | None
    start_date: str | None


@dataclass(frozen=True)
class Drafts:
    """The actor's drafts, the latest first. Shape: `count` is the number of all of them."""

    count: int
    latest: Sequence[DraftLine]


def list_drafts(uow: Uow, *, most: int = 3) -> Drafts:
    """The actor's drafts."""
    values = {"person_id": uow.actor.person_id, "most": most}
    rows = uow.session.execute(_DRAFTS, values).all()
    return Drafts(rows[0].all_of_them if rows else 0, [DraftLine(*row[1:]) for row in rows])
