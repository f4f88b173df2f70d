"""The form of an outage, converted to the schema of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from marshmallow import ValidationError

from gmp_booking.infra.web.errors import field_errors
from gmp_booking.infra.web.i18n import current_zone
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.outages.schemas import OutageSchema
from gmp_booking.outages.service import NewOutage

FIELDS = (
    "subject", "kind", "start_date", "start_time", "end_date", "end_time", "every_days", "times", "until", "breach",
    "reason",
)  # fmt: skip
# The form field for each error path of the schema or the service.
_FIELD_OF_PATH = {
    "subject.kind": "subject",
    "subject.code": "subject",
    "start": "start_date",
    "end": "end_date",
    "repeat": "every_days",
    "repeat.every_days": "every_days",
    "repeat.times": "times",
    "repeat.until": "until",
}


def outage_of(form: Mapping[str, str]) -> NewOutage:
    """The outage of a form.

    Errors: Invalid by field of the form.
    """
    errors = {name: [N_("Choose one.")] for name in ("subject", "kind") if not form.get(name)}
    subject_kind, _colon, code = form.get("subject", "").partition(":")
    body: dict[str, Any] = {
        "subject": {"kind": subject_kind, "code": code},
        "kind": form.get("kind", ""),
        "start": _instant(form, "start", errors=errors, otherwise=time()),
        "end": _instant(form, "end", errors=errors, otherwise=time()),
        "breach": form.get("breach") == "1",
        "reason": form.get("reason", "").strip(),
        "repeat": _repeat(form, errors),
    }
    if errors:
        raise Invalid(field_errors=errors)
    try:
        loaded: NewOutage = OutageSchema().load(body)
    except ValidationError as error:
        raise Invalid(field_errors=errors_by_field(field_errors(error.messages))) from error
    return loaded


def errors_by_field(errors: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The errors by field of the form."""
    return {_FIELD_OF_PATH.get(name, name): list(sentences) for name, sentences in errors.items()}


def _instant(form: Mapping[str, str], prefix: str, *, errors: dict[str, list[str]], otherwise: time) -> str | None:
    day, clock = (form.get(f"{prefix}_{part}", "").strip() for part in ("date", "time"))
    if not day and not clock:
        return None
    try:
        on = date.fromisoformat(day)
    except ValueError:
        errors[f"{prefix}_date"] = [N_("Enter a valid date, for example 2027-05-03.")]
        return None
    try:
        at = time.fromisoformat(clock) if clock else otherwise
    except ValueError:
        errors[f"{prefix}_time"] = [N_("Enter a valid time, for example 09:30.")]
        return None
    return datetime.combine(on, at.replace(tzinfo=None), current_zone()).isoformat()


def _repeat(form: Mapping[str, str], errors: dict[str, list[str]]) -> dict[str, Any] | None:
    every, times, until = (form.get(name, "").strip() for name in ("every_days", "times", "until"))
    if not every and not times and not until:
        return None
    found: dict[str, Any] = {}
    for name, typed in (("every_days", every), ("times", times)):
        if typed.isdecimal() and len(typed) < 5:
            found[name] = int(typed)
        elif typed or name == "every_days":
            errors[name] = [N_("This must be a whole number.")]
    if until:
        found["until"] = until
    return found
