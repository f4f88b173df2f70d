"""Older versions of stored evidence, brought to the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gmp_booking.kernel.vocabulary import ResourceKind

VERSION: Final = 2
"""Version 1 had no number; its rows were lists, and it did not tell the period whose occupation was known."""


def upgraded(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """The evidence in the present version."""
    return stored if stored.get("version") == VERSION else _from_version_1(stored)


def _from_version_1(stored: Mapping[str, Any]) -> dict[str, Any]:
    content = stored["content"]
    sessions = [
        {**session, "people": [{"email": email, "role": role} for email, role in people]}
        for session, people in zip(content["sessions"], content["people"], strict=True)
    ]
    return {
        "content": {**content, "sessions": sessions},
        "rows": _rows(stored["catalogue"]),
        "surroundings": _surroundings(stored["busy"], stored["withdrawn"]),
        "booking": stored["booking"],
        "now": stored["now"],
        "zone": stored["zone"],
    }


def _rows(stored: Mapping[str, Any]) -> dict[str, Any]:
    resources = stored["resources"] or ()
    return {
        **{name: stored[name] for name in ("product", "batch_is_approved")},
        "people": stored["people"] or (),
        "rooms": [each for each in resources if each["kind"] == ResourceKind.ROOM],
        "equipment": [each for each in resources if each["kind"] == ResourceKind.EQUIPMENT],
        "hours": [_named(row, "resource", "weekday", "opens", "closes") for row in stored["hours"] or ()],
        "holidays": [
            {"on_date": day, "names": {"ko": ko, "en": en, "zh": zh}} for day, ko, en, zh in stored["holidays"] or ()
        ],
        "switches": [_named(row, "rule", "mode", "from_on") for row in stored["switches"] or ()],
    }


def _surroundings(busy: Sequence[Sequence[Any]], withdrawn: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Shape: a row of `busy` begins with what it is, one of `withdrawn` with what the outage hits."""
    occupied = ("unit_id", "starts_at", "ends_at", "company_id", "reference")
    return {
        "occupations": [_named(row, *occupied) for what, *row in busy if what == "slot"],
        "assignments": [
            {**_named(row, "person_id", "starts_at", "ends_at"), "room": row[-1]}
            for what, *row in busy
            if what == "person"
        ],
        "on_call": [_named(row, "subject", "starts_at", "ends_at") for what, *row in busy if what == "on call"],
        "outages": [_outage(row) for row in withdrawn],
    }


def _outage(row: Sequence[Any]) -> dict[str, Any]:
    hits, *rest, description = row
    kind, subject_kind, subject = description.split("|", 2)
    return {
        **_named(rest, "subject_id", "starts_at", "ends_at", "outage_id", "hold_no"),
        "hits": hits.removeprefix("withdrawn from "),
        "kind": kind,
        "subject_kind": subject_kind,
        "subject": subject,
    }


def _named(row: Sequence[Any], *names: str) -> dict[str, Any]:
    """The first values of a row, by name."""
    return dict(zip(names, row, strict=False))
