"""Schemas of outages, shared by the form and the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from gmp_booking.infra.web.datetime_fields import InstantField
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import OutageKind, SubjectKind
from gmp_booking.outages.recurrence import Repeat
from gmp_booking.outages.service import MAX_REASON_LENGTH, NewOutage, OutageView

_CHOICE = N_("Not one of the choices.")
_SUBJECT_KINDS = validate.OneOf([one.value for one in SubjectKind], error=_CHOICE)
_KINDS = validate.OneOf([one.value for one in OutageKind], error=_CHOICE)
_SUBJECTS: Final = frozenset(one.value for one in SubjectKind)
_SHORT: Final[Mapping[str, str]] = {"from": "start", "until": "end"}


class OutageSubjectIn(Schema):
    """The subject: "COMPANY/CODE" of a product, the e-mail address of a person, nothing for the facility."""

    class Meta:
        unknown = RAISE

    kind = fields.String(required=True, validate=_SUBJECT_KINDS)
    code = fields.String(load_default="", validate=validate.Length(max=200))


class OutageRepeatIn(Schema):
    """Every n days, a number of times in total or until a day."""

    class Meta:
        unknown = RAISE

    every_days = fields.Integer(required=True, strict=True, validate=validate.Range(1, 366))
    times = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 120))
    until = fields.Date(load_default=None, allow_none=True)

    @validates_schema
    def says_how_long(self, data: Mapping[str, Any], **_more: Any) -> None:
        if (data.get("times") is None) == (data.get("until") is None):
            raise ValidationError(N_("Enter the number of repetitions or an end date."), "times")


class OutageSchema(Schema):
    """A new outage; without a start it begins now, without an end it is open-ended."""

    class Meta:
        unknown = RAISE

    subject = fields.Nested(OutageSubjectIn, required=True)
    kind = fields.String(required=True, validate=_KINDS)
    start = InstantField(load_default=None, allow_none=True)
    end = InstantField(load_default=None, allow_none=True)
    breach = fields.Boolean(load_default=False)
    reason = fields.String(required=True, validate=validate.Length(max=MAX_REASON_LENGTH))
    repeat = fields.Nested(OutageRepeatIn, load_default=None, allow_none=True)

    @pre_load
    def in_short(self, data: Any, **_more: Any) -> Any:
        """Also {"subject": {"room": "B-01"}, "from": …, "until": …}, as the contract of the API writes it."""
        if not isinstance(data, Mapping):
            return data
        plain = {_SHORT.get(name, name): value for name, value in data.items()}
        subject = plain.get("subject")
        if isinstance(subject, Mapping) and len(subject) == 1:
            ((kind, code),) = subject.items()
            if str(kind).upper() in _SUBJECTS:
                plain["subject"] = {"kind": str(kind).upper(), "code": code}
        return plain

    @post_load
    def as_outage(self, data: Mapping[str, Any], **_more: Any) -> NewOutage:
        repeat = data["repeat"]
        return NewOutage(
            subject_kind=SubjectKind(data["subject"]["kind"]),
            subject=data["subject"]["code"],
            kind=OutageKind(data["kind"]),
            reason=data["reason"],
            starts_at=data["start"],
            until_at=data["end"],
            breach=data["breach"],
            repeat=Repeat(repeat["every_days"], repeat["times"], repeat["until"]) if repeat else None,
        )


class ImpactQuery(Schema):
    """The same outage as a query string."""

    class Meta:
        unknown = EXCLUDE

    subject_kind = fields.String(required=True, validate=_SUBJECT_KINDS)
    subject = fields.String(load_default="", validate=validate.Length(max=200))
    kind = fields.String(required=True, validate=_KINDS)
    start = InstantField(load_default=None)
    end = InstantField(load_default=None)
    every_days = fields.Integer(load_default=None, validate=validate.Range(1, 366))
    times = fields.Integer(load_default=None, validate=validate.Range(1, 120))
    until = fields.Date(load_default=None)

    @post_load
    def as_outage(self, data: Mapping[str, Any], **_more: Any) -> NewOutage:
        every = data["every_days"]
        return NewOutage(
            subject_kind=SubjectKind(data["subject_kind"]),
            subject=data["subject"],
            kind=OutageKind(data["kind"]),
            reason="",
            starts_at=data["start"],
            until_at=data["end"],
            repeat=Repeat(every, data["times"], data["until"]) if every else None,
        )


class HoldSignatureIn(Schema):
    class Meta:
        unknown = RAISE

    password = fields.String(required=True, load_only=True, validate=validate.Length(max=1024))


class LiftSchema(Schema):
    """Lifting an outage; a quality hold needs a signature."""

    class Meta:
        unknown = RAISE

    reason = fields.String(load_default="", allow_none=True, validate=validate.Length(max=MAX_REASON_LENGTH))
    following = fields.Boolean(load_default=False)
    signature = fields.Nested(HoldSignatureIn, load_default=None, allow_none=True)


class OutageQuery(Schema):
    class Meta:
        unknown = EXCLUDE

    when = fields.String(
        load_default="current", validate=validate.OneOf(["current", "coming", "past", "all"], error=_CHOICE)
    )
    kind = fields.String(load_default=None, validate=_KINDS)
    subject_kind = fields.String(load_default=None, validate=_SUBJECT_KINDS)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class OutageOut(Schema):
    id = fields.Integer()
    subject = fields.Dict()
    kind = fields.String()
    hold_no = fields.String(allow_none=True)
    breach = fields.Boolean()
    start = fields.String()
    end = fields.String(allow_none=True)
    until = fields.String(allow_none=True)
    reason = fields.String()
    raised_by = fields.String()
    created_at = fields.String()
    lifted_at = fields.String(allow_none=True)
    lifted_by = fields.String(allow_none=True)
    lift_reason = fields.String(allow_none=True)
    series = fields.String(allow_none=True)
    revision = fields.Integer()


class OutagesOut(Schema):
    outages = fields.List(fields.Nested(OutageOut))


class OutagePageOut(OutagesOut):
    page = fields.Integer()
    page_size = fields.Integer()
    has_more = fields.Boolean()


def outage_out(outage: OutageView) -> dict[str, Any]:
    """An outage as JSON: `until` is the planned end, `end` the actual one."""
    plain = ("id", "kind", "hold_no", "breach", "reason", "lift_reason", "series", "revision")
    return {name: getattr(outage, name) for name in plain} | {
        "subject": {"kind": outage.subject_kind, "code": outage.subject},
        "start": _iso(outage.starts_at),
        "end": _iso(outage.ends_at),
        "until": _iso(outage.until_at),
        "created_at": _iso(outage.created_at),
        "lifted_at": _iso(outage.lifted_at),
        "raised_by": outage.raised_by_name,
        "lifted_by": outage.lifted_by_name,
    }


def etag_of(outage: OutageView) -> str:
    return f"{record_of(outage.id)}-{outage.revision}"


def record_of(outage_id: int) -> str:
    """The outage's name in an ETag."""
    return f"outage-{outage_id}"


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None
