"""The schemas of bookings, shared by the form and the JSON API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load, validate

from gmp_booking.bookings.content import BookedFor, BookingContent, NamedPerson, ReservationContent, SessionContent
from gmp_booking.bookings.finding_view import finding_views, locale_formatter_for
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.views import BookingView
from gmp_booking.conflicts.alternatives import Alternative, alternative_as_json
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.privacy import finding_as_json
from gmp_booking.infra.web.datetime_fields import InstantField
from gmp_booking.infra.web.shapes import REQUIRED, CleanText, Shape, choice, enum_choice, whole_number
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import (
    DEMONSTRATIONS,
    CrewRole,
    DonorStatus,
    Exposure,
    Kind,
    Priority,
    RoomMode,
    RunType,
    Visibility,
)
from gmp_booking.signatures.schemas import SignatureIn


class NamedPersonSchema(Shape):
    email = fields.Email(required=True, error_messages=REQUIRED | {"invalid": N_("Not a valid e-mail address.")})
    role = fields.String(load_default=CrewRole.OPERATOR.value, validate=choice(CrewRole))

    @post_load
    def make(self, data: dict[str, Any], **_more: Any) -> NamedPerson:
        return NamedPerson(data["email"].lower(), data["role"])


class SessionSchema(Shape):
    room = CleanText(longest=40, required=True, error_messages=REQUIRED)
    start = InstantField(required=True, error_messages=REQUIRED)
    end = InstantField(required=True, error_messages=REQUIRED)
    step = CleanText(longest=200, load_default=None, allow_none=True)
    exposure = fields.String(load_default=Exposure.CLOSED.value, validate=choice(Exposure))
    headcount = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=whole_number(1, 200), error_messages=REQUIRED
    )
    setup_min = fields.Integer(load_default=0, strict=True, validate=whole_number(0, 1440))
    teardown_min = fields.Integer(load_default=0, strict=True, validate=whole_number(0, 1440))
    people = fields.List(fields.Nested(NamedPersonSchema), load_default=list, validate=validate.Length(max=50))
    equipment = fields.List(fields.String(validate=validate.Length(max=40)), load_default=list)

    @post_load
    def make(self, data: dict[str, Any], **_more: Any) -> SessionContent:
        headcount = data.pop("headcount")
        people = tuple(data.pop("people"))
        return SessionContent(
            **data | {"equipment": tuple(data["equipment"])},
            people=people,
            headcount=headcount if headcount is not None else max(len(people), 1),
        )


class ReservationSchema(Shape):
    resource = CleanText(longest=40, required=True, error_messages=REQUIRED)
    units = fields.Integer(load_default=1, strict=True, validate=whole_number(1, 500))
    start = InstantField(required=True, error_messages=REQUIRED)
    end = InstantField(required=True, error_messages=REQUIRED)

    @post_load
    def make(self, data: dict[str, Any], **_more: Any) -> ReservationContent:
        return ReservationContent(**data)


class BookedForField(CleanText):
    """A company's code, the e-mail address of one of its people, or both, with a space between."""

    default_error_messages = {"many": N_("Name one company and at most one of its people.")}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        names = (super()._deserialize(value, attr, data, **more) or "").split()
        codes, emails = [each for each in names if "@" not in each], [each for each in names if "@" in each]
        if len(codes) > 1 or len(emails) > 1:
            raise self.make_error("many")
        return BookedFor(next(iter(codes), None), next(iter(emails), None)) if names else None


class BookingSchema(Shape):
    """A booking as requested (`booking in` of the public contract)."""

    kind = fields.Enum(
        Kind, required=True, by_value=True, error_messages=REQUIRED | {"unknown": N_("Not one of the choices.")}
    )
    product = CleanText(longest=40, load_default=None, allow_none=True)
    batch = CleanText(longest=60, load_default=None, allow_none=True)
    run_type = fields.Enum(
        RunType,
        by_value=True,
        load_default=None,
        allow_none=True,
        error_messages={"unknown": N_("Not one of the choices.")},
    )
    title = CleanText(longest=200, load_default=None, allow_none=True)
    purpose = CleanText(longest=2000, load_default=None, allow_none=True)
    visibility = fields.String(load_default=Visibility.BUSY.value, validate=choice(Visibility))
    seats = fields.Integer(load_default=None, allow_none=True, strict=True, validate=whole_number(1, 200))
    basis = CleanText(longest=200, load_default=None, allow_none=True)
    donor_status = enum_choice(DonorStatus, None)
    campaign = CleanText(longest=60, load_default=None, allow_none=True)
    room_mode = enum_choice(RoomMode, RoomMode.SESSIONS)
    priority = enum_choice(Priority, None)
    live_material = fields.Boolean(load_default=False)
    partners = fields.List(
        CleanText(longest=80),
        load_default=list,
        validate=validate.Length(max=10, error=N_("At most 10 partners a booking.")),
    )
    sessions = fields.List(
        fields.Nested(SessionSchema),
        load_default=list,
        validate=validate.Length(max=120, error=N_("At most 120 sessions a booking.")),
    )
    equipment = fields.List(
        fields.Nested(ReservationSchema),
        load_default=list,
        validate=validate.Length(max=60, error=N_("At most 60 reservations a booking.")),
    )
    booked_for = BookedForField(longest=300, load_default=None, allow_none=True)

    @pre_load
    def without_blanks(self, data: Any, **_more: Any) -> Any:
        """Drop empty values: the form sends an empty string for a choice that was not made."""
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if value not in ("", None)}
        return data

    @post_load(pass_original=True)
    def make(self, data: dict[str, Any], original: Mapping[str, Any], **_more: Any) -> BookingContent:
        """Sessions of a demonstration without a headcount get its seats plus the people named."""
        lists = {name: tuple(data[name]) for name in ("sessions", "equipment", "partners")}
        if data["kind"] in DEMONSTRATIONS and data["seats"]:
            lists["sessions"] = tuple(
                session if given.get("headcount") else replace(session, headcount=data["seats"] + len(session.people))
                for session, given in zip(lists["sessions"], original["sessions"], strict=True)
            )
        return BookingContent(**data | lists)


class OverrideIn(Shape):
    """An override of the findings of one rule, with its reason."""

    rule = CleanText(longest=10, required=True, error_messages=REQUIRED)
    reason = CleanText(longest=2000, required=True, error_messages=REQUIRED)


class ActionSchema(Shape):
    """The input of an action on a booking."""

    reason = CleanText(longest=2000, load_default=None, allow_none=True)
    signature = fields.Nested(SignatureIn, load_default=None, allow_none=True)
    overrides = fields.List(
        fields.Nested(OverrideIn), load_default=list, validate=validate.Length(max=60, error=N_("Too many overrides."))
    )


class BookingQuery(Schema):
    class Meta:
        unknown = EXCLUDE

    state = fields.String(load_default=None)
    resource = fields.String(load_default=None, validate=validate.Length(max=40))
    from_ = InstantField(data_key="from", load_default=None)
    to = InstantField(load_default=None)
    page = fields.Integer(load_default=1, validate=whole_number(1, 100_000))
    page_size = fields.Integer(load_default=50, validate=whole_number(1, 200))


class FindingOut(Schema):
    rule = fields.String()
    severity = fields.String()
    message = fields.String()
    resource = fields.String()
    start = fields.String(allow_none=True)
    end = fields.String(allow_none=True)
    override = fields.String(allow_none=True)
    remedy = fields.Dict()
    session = fields.Integer(allow_none=True)
    reservation = fields.Integer(allow_none=True)


class AlternativeOut(Schema):
    label = fields.String()
    sessions = fields.List(fields.Dict())
    equipment = fields.List(fields.Dict())


class PreviewOut(Schema):
    verdict = fields.String()
    findings = fields.List(fields.Nested(FindingOut))
    changeovers = fields.List(fields.Dict())
    alternatives = fields.List(fields.Nested(AlternativeOut))


class BookingOut(Schema):
    reference = fields.String()
    kind = fields.String()
    state = fields.String()
    version = fields.Integer()
    revision = fields.Integer()
    track = fields.String()
    company = fields.String(allow_none=True)
    product = fields.String(allow_none=True)
    batch = fields.String(allow_none=True)
    run_type = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    purpose = fields.String(allow_none=True)
    visibility = fields.String()
    seats = fields.Integer(allow_none=True)
    basis = fields.String(allow_none=True)
    donor_status = fields.String(allow_none=True)
    campaign = fields.String(allow_none=True)
    room_mode = fields.String()
    priority = fields.String(allow_none=True)
    live_material = fields.Boolean()
    partners = fields.List(fields.String())
    submitted_at = fields.String(allow_none=True)
    decide_by = fields.String(allow_none=True)
    pending_until = fields.String(allow_none=True)
    confirmed_at = fields.String(allow_none=True)
    starts_at = fields.String(allow_none=True)
    ends_at = fields.String(allow_none=True)
    sessions = fields.List(fields.Dict())
    equipment = fields.List(fields.Dict())
    open_findings = fields.List(fields.Nested(FindingOut))


class BookingPageOut(Schema):
    bookings = fields.List(fields.Nested(BookingOut))
    page = fields.Integer()
    page_size = fields.Integer()
    has_more = fields.Boolean()


class HistoryEntryOut(Schema):
    at = fields.String()
    event = fields.String()
    actor = fields.String()
    reason = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    data = fields.Dict()


class HistoryOut(Schema):
    entries = fields.List(fields.Nested(HistoryEntryOut))


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None


PLAIN_OUT = (
    *("reference", "kind", "state", "version", "revision", "track", "batch", "run_type", "title", "purpose"),
    *("visibility", "seats", "basis", "donor_status", "campaign", "room_mode", "priority", "live_material", "partners"),
)


def head_out(booking: Booking) -> dict[str, Any]:
    """The fields of the booking's own row, as JSON."""
    instants = ("submitted_at", "decide_by", "pending_until", "confirmed_at", "starts_at", "ends_at")
    return {name: getattr(booking, name) for name in PLAIN_OUT} | {
        name: _iso(getattr(booking, name)) for name in instants
    }


def content_out(content: BookingContent) -> dict[str, Any]:
    """The content as requested, as JSON."""
    return {
        "product": content.product,
        "sessions": [
            {
                "number": number,
                "room": each.room,
                "start": _iso(each.start),
                "end": _iso(each.end),
                "setup_min": each.setup_min,
                "teardown_min": each.teardown_min,
                "step": each.step,
                "exposure": each.exposure,
                "headcount": each.headcount,
                "people": [{"email": person.email, "role": person.role} for person in each.people],
                "equipment": list(each.equipment),
            }
            for number, each in content.numbered_sessions
        ],
        "equipment": [
            {
                "number": number,
                "resource": each.resource,
                "units": each.units,
                "start": _iso(each.start),
                "end": _iso(each.end),
            }
            for number, each in content.numbered_equipment
        ],
    }


def findings_out(findings: Sequence[Finding], actor: Actor, language: str) -> list[dict[str, Any]]:
    """The findings as this reader may read them, as JSON."""
    return [finding_as_json(each) for each in finding_views(findings, actor, language)]


def alternatives_out(alternatives: Sequence[Alternative], language: str) -> list[dict[str, Any]]:
    """Alternatives in the reader's language, each as a booking that can be sent."""
    formatter = locale_formatter_for(language)
    return [alternative_as_json(each, formatter) for each in alternatives]


def booking_out(details: BookingView, actor: Actor, language: str) -> dict[str, Any]:
    """`booking out` of the public contract."""
    sessions = {each.number: each.state.value for each in details.sessions}
    out = head_out(details.booking) | content_out(details.full_content)
    for session in out["sessions"]:
        session["state"] = sessions[session["number"]]
    return out | {
        "company": details.company.code,
        "open_findings": findings_out(details.findings, actor, language),
    }


def etag_of(booking: Booking) -> str:
    return f"{booking.reference}-{booking.revision}"
