"""Choices, errors and findings of the booking form, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gmp_booking.booking_forms import form as forms
from gmp_booking.booking_forms.choices import FormChoices
from gmp_booking.bookings.finding_view import locale_formatter_for
from gmp_booking.bookings.kind_fields import fields_of, kind_of, rooms_for
from gmp_booking.conflicts.alternatives import Alternative
from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.privacy import FindingView
from gmp_booking.infra.web.i18n import _, current_language, current_zone, format_instant, named
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


def panel_of(outcome: str, findings: Sequence[FindingView], alternatives: Sequence[Alternative]) -> dict[str, Any]:
    """The panel beside the form, in the reader's language."""
    return {
        "verdict": _VERDICTS[outcome],
        "findings": findings,
        "changeovers": [],
        "alternatives": [_alternative_view(each) for each in alternatives],
    }


def _alternative_view(alternative: Alternative) -> dict[str, Any]:
    """An alternative with its period, or only its end where the label already contains the start."""
    label = alternative.label_in(locale_formatter_for(current_language()))
    first = _first_period(alternative.case)
    is_named = format_instant(first.start) in label
    return {
        "title": label,
        "fill": forms.fill_fields(alternative, current_zone()),
        "period": None if is_named else first,
        "note": _("until %(end)s", end=format_instant(first.end)) if is_named else None,
    }


def _first_period(case: Case) -> Period:
    return case.sessions[0].period if case.sessions else case.reservations[0].period


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
