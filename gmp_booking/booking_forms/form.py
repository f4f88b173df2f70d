"""The booking form: convert typed fields to the JSON of the API, and a booking's content to fields.

All values of a form are plain text, so that nothing that was typed is lost when a field is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from gmp_booking.bookings.content import BookedFor, BookingContent
from gmp_booking.bookings.kind_fields import asks, kind_of
from gmp_booking.conflicts.alternatives import Alternative
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import Exposure, Kind, RoomMode, RunType, Visibility

COMMON_FIELDS = ("kind", "product", "batch", "run_type", "purpose", "title")
RARE_FIELDS = (
    *("seats", "visibility", "live_material", "basis", "donor_status"),
    *("campaign", "room_mode", "priority", "partners"),
)
"""Fields that few bookings use; the form keeps their values even for kinds that do not show them."""
SHOWN_FIELDS = frozenset(RARE_FIELDS) - {"room_mode"}
SESSION_TEXT = (
    "room",
    "start_date",
    "start_time",
    "end_date",
    "end_time",
    "setup_min",
    "teardown_min",
    "step",
    "exposure",
    "headcount",
)
EQUIPMENT_TEXT = ("resource", "units", "start_date", "start_time", "end_date", "end_time")
TIMES = ("start_date", "start_time", "end_date", "end_time")
MOST_PARTS = 200
_PART = re.compile(r"^(sessions|equipment)-(\d{1,4})-")

Form = dict[str, Any]


def blank_session() -> Form:
    texts = dict.fromkeys(SESSION_TEXT, "") | {"setup_min": "0", "teardown_min": "0", "exposure": Exposure.CLOSED.value}
    return texts | {"people": [], "equipment": []}


def blank_equipment() -> Form:
    return dict.fromkeys(EQUIPMENT_TEXT, "") | {"units": "1"}


def blank_form(*, kind: str = Kind.CLEANROOM.value) -> Form:
    return dict.fromkeys((*COMMON_FIELDS, *RARE_FIELDS), "") | {
        "kind": kind,
        "run_type": RunType.ENG.value if kind == Kind.CLEANROOM else "",
        "company": "",
        "asked_by": "",
        "answer": "",
        "reference": None,
        "revision": None,
        "sessions": [],
        "equipment": [],
    }


def form_from_fields(fields: MultiDict[str, str]) -> Form:
    """The form from the fields of a request."""
    names = (*COMMON_FIELDS, *RARE_FIELDS, "company", "asked_by", "answer")
    form = blank_form() | {name: fields.get(name, "") for name in names}
    form["reference"] = fields.get("reference") or None
    form["revision"] = fields.get("revision") or None
    for kind, index in _parts(fields):
        at = f"{kind}-{index}-"
        part_names = SESSION_TEXT if kind == "sessions" else EQUIPMENT_TEXT
        part: Form = {name: fields.get(at + name, "") for name in part_names}
        if kind == "sessions":
            part |= {"people": fields.getlist(at + "people"), "equipment": fields.getlist(at + "equipment")}
        form[kind].append(part)
    return form


def _parts(fields: Iterable[str]) -> Sequence[tuple[str, int]]:
    found = {(match[1], int(match[2])) for name in fields if (match := _PART.match(name))}
    return sorted(found, key=lambda part: (part[0] != "sessions", part[1]))[:MOST_PARTS]


def change_parts(form: Form, operation: str) -> None:
    """Add or remove a session or a reservation, or adapt them to the kind: the buttons that work without script."""
    if operation == "kind":
        fit_kind(form)
    elif operation == "add_session":
        form["sessions"].append(blank_session())
    elif operation == "add_equipment":
        form["equipment"].append(blank_equipment())
    elif match := re.fullmatch(r"remove_(session|equipment)-(\d{1,4})", operation):
        parts = form["sessions" if match[1] == "session" else "equipment"]
        if int(match[2]) < len(parts):
            del parts[int(match[2])]


def hidden_fields(form: Form) -> list[tuple[str, str]]:
    """Values without a visible field, which the page carries in hidden ones."""
    return [(name, form[name]) for name in RARE_FIELDS if form.get(name) and name not in SHOWN_FIELDS]


def fit_kind(form: Form) -> None:
    """Adapt the parts to a newly chosen kind; a new part takes over the time that was already typed."""
    kind = kind_of(form["kind"])
    typed_parts = [*form["sessions"], *form["equipment"]]
    times = {name: typed_parts[0][name] for name in TIMES} if typed_parts else {}
    if not asks(kind, "sessions"):
        form["sessions"] = []
        form["equipment"] = form["equipment"] or [blank_equipment() | times]
    elif not form["sessions"]:
        form["sessions"] = [blank_session() | times]
    if not asks(kind, "equipment"):
        form["equipment"] = []


def apply_fill(form: Form, fill: Mapping[str, Any]) -> None:
    """Apply an alternative to the form."""
    for name, value in fill.items():
        match = _PART.match(name)
        if match is None:
            continue
        parts, index, field = form[match[1]], int(match[2]), name[match.end() :]
        if index < len(parts) and field in parts[index] and isinstance(value, str):
            parts[index][field] = value


def content_json(form: Form, zone: ZoneInfo) -> dict[str, Any]:
    """The form as JSON of the API; unreadable values stay as they are, for the schema to refuse."""
    kind = kind_of(form["kind"])
    names = [name for name in (*COMMON_FIELDS, *RARE_FIELDS) if form.get(name) and asks(kind, name)]
    payload: dict[str, Any] = {name: form[name] for name in names}
    if "seats" in payload:
        payload["seats"] = _number(payload["seats"])
    if "live_material" in payload:
        payload["live_material"] = True
    if "partners" in payload:
        payload["partners"] = [line.strip() for line in payload["partners"].splitlines() if line.strip()]
    payload["sessions"] = [_session_json(part, zone) for part in form["sessions"]]
    payload["equipment"] = [_equipment_json(part, zone) for part in form["equipment"]]
    return payload


def booked_for(form: Form) -> BookedFor | None:
    """For whom staff fill the form in."""
    return BookedFor(form["company"], form["asked_by"].strip() or None) if form["company"] else None


def _session_json(part: Form, zone: ZoneInfo) -> dict[str, Any]:
    out: dict[str, Any] = {
        "room": part["room"] or None,
        "start": _instant(part["start_date"], part["start_time"], zone=zone),
        "end": _instant(part["end_date"] or part["start_date"], part["end_time"], zone=zone),
        "step": part["step"] or None,
        "people": [{"email": email} for email in part["people"]],
        "equipment": list(part["equipment"]),
        "headcount": _number(part["headcount"]),
        "setup_min": _number(part["setup_min"]) or 0,
        "teardown_min": _number(part["teardown_min"]) or 0,
    }
    if part["exposure"]:
        out["exposure"] = part["exposure"]
    return out


def _equipment_json(part: Form, zone: ZoneInfo) -> dict[str, Any]:
    units = _number(part["units"])
    return {
        "resource": part["resource"] or None,
        "units": 1 if units is None else units,
        "start": _instant(part["start_date"], part["start_time"], zone=zone),
        "end": _instant(part["end_date"] or part["start_date"], part["end_time"], zone=zone),
    }


def _number(text: str) -> int | str | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else text or None


def _instant(day: str, clock: str, *, zone: ZoneInfo) -> str | None:
    """Local date and time with offset; None when one is missing, the typed text when it cannot be read."""
    if not day.strip() or not clock.strip():
        return None
    if match := re.fullmatch(r"(\d{1,2}):?(\d{2})", clock.strip()):
        clock = f"{int(match[1]):02d}:{match[2]}"
    try:
        return datetime.fromisoformat(f"{day.strip()}T{clock}").replace(tzinfo=zone).isoformat()
    except ValueError:
        return f"{day} {clock}".strip()


def form_field(path: str) -> str:
    """The form field of an error path: `sessions.0.end` → `sessions-0-end_time`."""
    parts = path.split(".")
    if parts[0] == "booked_for":
        return "company"
    if len(parts) < 3 or parts[0] not in {"sessions", "equipment"}:
        return parts[0]
    name = {"start": "start_time", "end": "end_time"}.get(parts[2], parts[2])
    return f"{parts[0]}-{parts[1]}-{name}"


def form_of(content: BookingContent, zone: ZoneInfo) -> Form:
    """The form for a booking's content."""
    return blank_form(kind=content.kind.value) | {
        "product": content.product or "",
        "batch": content.batch or "",
        "run_type": content.run_type.value if content.run_type else "",
        "purpose": content.purpose or "",
        "title": content.title or "",
        "seats": str(content.seats or ""),
        "visibility": Visibility.PUBLIC.value if content.visibility == Visibility.PUBLIC else "",
        "live_material": "1" if content.live_material else "",
        "basis": content.basis or "",
        "donor_status": content.donor_status.value if content.donor_status else "",
        "campaign": content.campaign or "",
        "room_mode": RoomMode.DEDICATED.value if content.room_mode is RoomMode.DEDICATED else "",
        "priority": content.priority.value if content.priority else "",
        "partners": "\n".join(content.partners),
        "sessions": [
            blank_session()
            | time_fields(session.start, session.end, zone=zone)
            | {
                "room": session.room,
                "setup_min": str(session.setup_min),
                "teardown_min": str(session.teardown_min),
                "step": session.step or "",
                "exposure": session.exposure,
                "headcount": str(session.headcount),
                "people": [person.email for person in session.people],
                "equipment": list(session.equipment),
            }
            for session in content.sessions
        ],
        "equipment": [
            blank_equipment()
            | time_fields(each.start, each.end, zone=zone)
            | {"resource": each.resource, "units": str(each.units)}
            for each in content.equipment
        ],
    }


def time_fields(start: datetime, end: datetime, *, zone: ZoneInfo) -> dict[str, str]:
    """Start and end as the four text fields of a part."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    return {
        "start_date": f"{first:%Y-%m-%d}",
        "start_time": f"{first:%H:%M}",
        "end_date": f"{last:%Y-%m-%d}",
        "end_time": f"{last:%H:%M}",
    }


def fill_fields(alternative: Alternative, zone: ZoneInfo) -> dict[str, str]:
    """The form fields that an alternative changes."""
    fill: dict[str, str] = {}
    for index, session in enumerate(alternative.case.sessions):
        fill |= _filled(f"sessions-{index}-", {"room": session.room} | _times_of(session.period, zone))
    for index, reservation in enumerate(alternative.case.reservations):
        changed = {"resource": reservation.equipment} | _times_of(reservation.period, zone)
        fill |= _filled(f"equipment-{index}-", changed)
    return fill


def _times_of(period: Period, zone: ZoneInfo) -> dict[str, str]:
    return time_fields(period.start, period.end, zone=zone)


def _filled(prefix: str, fields: Mapping[str, str]) -> dict[str, str]:
    return {prefix + name: text for name, text in fields.items()}
