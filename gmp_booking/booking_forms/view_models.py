"""Choices, errors and findings of the booking form, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.choices import FormChoices
from gmp_booking.bookings.finding_view import finding_card
from gmp_booking.bookings.kind_fields import fields_of, kind_of, rooms_for
from gmp_booking.infra.web.i18n import _, current_zone, format_instant, named
from gmp_booking.infra.web.validation_messages import required_messages
from gmp_booking.kernel.facility_labels import ROOM_GROUPS
from gmp_booking.kernel.labels import DONOR_STATUSES, EXPOSURES, KINDS, PRIORITIES, RUN_TYPES
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import (
    DEMONSTRATIONS,
    DonorStatus,
    Exposure,
    Kind,
    Priority,
    ResourceKind,
    RoomClass,
    RoomUse,
    RunType,
)
from gmp_booking.resources.service import ResourceRow


def field_messages(errors: Any) -> dict[str, str]:
    """The first message of each form field, in the reader's language."""
    return {forms.form_field(path): _(str(next(iter(sentences)))) for path, sentences in reversed(list(errors.items()))}


def incomplete(errors: dict[str, str]) -> dict[str, Any]:
    missing = required_messages() | {_("Add at least one session.")}
    problem = next((text for text in errors.values() if text not in missing), None)
    return {"verdict": "INCOMPLETE", "missing": problem, "findings": [], "alternatives": [], "changeovers": []}


_VERDICTS = {"clear": "CLEAR", "needs_override": "OVERRIDE", "blocked": "BLOCKED"}


def panel_of(outcome: str, findings: list[dict[str, Any]], alternatives: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "verdict": _VERDICTS[outcome],
        "findings": [finding_card(finding) for finding in findings],
        "changeovers": [],
        "alternatives": [
            {"title": each["label"], "fill": forms.fill_fields(each, current_zone())} | _when(each)
            for each in alternatives
        ],
    }


def _when(alternative: dict[str, Any]) -> dict[str, Any]:
    """The period, or only its end where the label already contains the start."""
    period = _first_period(alternative)
    if format_instant(period.start) not in alternative["label"]:
        return {"period": period, "note": None}
    return {"period": None, "note": _("until %(end)s", end=format_instant(period.end))}


def _first_period(alternative: dict[str, Any]) -> Period:
    first = (*alternative["sessions"], *alternative["equipment"])[0]
    return Period(datetime.fromisoformat(first["start"]), datetime.fromisoformat(first["end"]))


def choices_of(options: FormChoices, *, kind: str = "") -> dict[str, Any]:
    """The choices of the form, and which fields it shows for a kind."""
    rooms = rooms_for(kind_of(kind), options.resources)
    equipment = [each for each in options.resources if each.kind == ResourceKind.EQUIPMENT and each.available]

    def label(each: ResourceRow) -> str:
        return f"{each.code} {named(each)}" if named(each) != each.code else each.code

    def group(each: ResourceRow) -> str:
        room_class = each.room_class or RoomClass.GMP
        return _(ROOM_GROUPS[room_class])

    return {
        "kinds": [(kind.value, _(KINDS[kind])) for kind in Kind],
        "products": [(product.code, f"{product.code} {product.name}".strip()) for product in options.products],
        "run_types": [("", "–"), *((run.value, _(RUN_TYPES[run])) for run in RunType)],
        "exposures": [(value, _(EXPOSURES[value])) for value in Exposure],
        "companies": [(each.code, named(each)) for each in options.companies],
        "rooms": [(each.code, label(each), group(each)) for each in rooms],
        "people": [(each.email, each.name, each.email) for each in options.people],
        "askers": [(each.email, f"{each.name} ({each.email})") for each in options.people],
        "attended": [
            (each.code, label(each), each.home_room or "") for each in equipment if each.room_use == RoomUse.ATTENDED
        ],
        "running_alone": [(each.code, label(each), each.home_room or "–") for each in equipment],
        "asks": fields_of(kind_of(kind)),
        "is_demonstration": kind in DEMONSTRATIONS,
        "donor_statuses": [(value.value, _(DONOR_STATUSES[value])) for value in DonorStatus],
        "priorities": [(value.value, _(PRIORITIES[value])) for value in Priority],
    }
