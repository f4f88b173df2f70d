"""Use cases: create and lift outages. Existing bookings never prevent an outage; they become at risk."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound, require_revision
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import HELD_ALONE, Meaning, OutageKind, SubjectKind
from gmp_booking.outages import store
from gmp_booking.outages.events import OutageLifted, OutagePlaced
from gmp_booking.outages.models import Outage
from gmp_booking.outages.recurrence import MAX_OCCURRENCES, Repeat, occurrences
from gmp_booking.outages.store import OutageSubject, OutageTimes, OutageView, ResourceOutage, SubjectChoice
from gmp_booking.signatures.service import Verified, list_signatures, sign
from gmp_booking.signatures.views import SignatureView

__all__ = [
    "NewOutage",
    "OutageSubject",
    "OutageTimes",
    "OutageView",
    "Repeat",
    "ResourceOutage",
    "SubjectChoice",
    "get_outage",
    "lift",
    "list_choices",
    "list_on_resources",
    "list_outages",
    "list_signed",
    "permission_to_lift",
    "permission_to_place",
    "place",
    "place_locked",
    "plan",
]

RECORD_TYPE = "outage"
MIN_REASON_LENGTH = 5
MAX_REASON_LENGTH = 1000
MAX_DISTANCE = timedelta(days=5 * 366)


@dataclass(frozen=True)
class NewOutage:
    """A new outage.

    Shape: `subject` as in `store.find_subject`; without a start it begins now, without an end it is open-ended.
    """

    subject_kind: SubjectKind
    subject: str
    kind: OutageKind
    reason: str
    starts_at: datetime | None = None
    until_at: datetime | None = None
    breach: bool = False
    repeat: Repeat | None = None


@dataclass(frozen=True)
class OutagePlan:
    """The subject and the times of a new outage."""

    subject: OutageSubject
    times: Sequence[OutageTimes]


def permission_to_place(kind: OutageKind) -> Permission:
    return Permission.HOLD_PLACE if kind is OutageKind.HOLD else Permission.OUTAGE_PLACE


def permission_to_lift(kind: OutageKind) -> Permission:
    return Permission.HOLD_LIFT if kind is OutageKind.HOLD else Permission.OUTAGE_PLACE


def plan(uow: Uow, new: NewOutage) -> OutagePlan:
    """Validate a new outage and compute its times, before it is created.

    Errors: Forbidden; Invalid by field.
    """
    require(uow.actor, permission_to_place(new.kind))
    errors = {field: [sentence] for field, sentence in _problems(new, uow.now, uow.zone)}
    subject = store.find_subject(uow, new.subject_kind, new.subject.strip())
    if subject is None:
        errors["subject"] = [N_("Nothing has this name.")]
    if errors or subject is None:
        raise Invalid(field_errors=errors)
    return OutagePlan(subject, _times(new, new.starts_at or uow.now, uow.zone))


def _problems(new: NewOutage, now: datetime, zone: ZoneInfo) -> list[tuple[str, str]]:
    start = new.starts_at or now
    found: list[tuple[str, str]] = []
    if new.subject_kind in HELD_ALONE and new.kind is not OutageKind.HOLD:
        found.append(("kind", N_("Only a quality hold is possible for this.")))
    if abs(start - now) > MAX_DISTANCE:
        found.append(("start", N_("This is too far in the future.")))
    if new.until_at is not None and new.until_at <= start:
        found.append(("end", N_("The end must be after the start.")))
    elif new.until_at is not None and (new.until_at <= now or new.until_at - now > MAX_DISTANCE):
        found.append(("end", N_("The end must be in the future.")))
    if new.repeat is not None:
        found.extend(_problems_of_repeat(new, new.repeat, start, zone=zone))
    return found


def _problems_of_repeat(new: NewOutage, repeat: Repeat, start: datetime, *, zone: ZoneInfo) -> list[tuple[str, str]]:
    if new.until_at is None or new.kind is OutageKind.HOLD:
        return [("repeat", N_("Only an outage that has an end and is not a quality hold can repeat."))]
    if repeat.every_days < 1 or (repeat.times is None) == (repeat.until_on is None):
        return [("repeat", N_("Enter the interval in days, and the number of repetitions or an end date."))]
    if new.until_at <= start:
        return []
    if new.until_at - start > timedelta(days=repeat.every_days):
        return [("repeat", N_("It lasts longer than the interval between repetitions."))]
    if not 1 <= len(occurrences(Period(start, new.until_at), repeat, zone=zone)) <= MAX_OCCURRENCES:
        return [("repeat", N_("Too many repetitions; at most 120."))]
    return []


def _times(new: NewOutage, start: datetime, zone: ZoneInfo) -> list[OutageTimes]:
    if new.repeat is None or new.until_at is None:
        return [OutageTimes(start, new.until_at)]
    periods = occurrences(Period(start, new.until_at), new.repeat, zone=zone)
    return [OutageTimes(period.start, period.end) for period in periods]


def place(uow: Uow, new: NewOutage) -> list[Outage]:
    """Create an outage, also over work in progress.

    Errors: Forbidden; Invalid by field.
    """
    reason = _reason(new.reason)
    planned = plan(uow, new)
    uow.lock(store.locks_of(uow, planned.subject))
    return _place(uow, new, planned, reason=reason)


def place_locked(uow: Uow, new: NewOutage) -> list[Outage]:
    """Create an outage in a use case that holds the locks of its subject already.

    Errors: Forbidden; Invalid by field.
    """
    reason = _reason(new.reason)
    planned = plan(uow, new)
    assert uow.holds(store.locks_of(uow, planned.subject)), f"the locks of {planned.subject} are not held"
    return _place(uow, new, planned, reason=reason)


def _place(uow: Uow, new: NewOutage, planned: OutagePlan, *, reason: str) -> list[Outage]:
    times = planned.times if new.starts_at else _times(new, uow.now, uow.zone)
    hold_no = store.next_hold_no(uow) if new.kind is OutageKind.HOLD else None
    ids = store.add_outages(
        uow,
        times,
        subject_kind=planned.subject.kind.value,
        subject_id=planned.subject.id,
        kind=new.kind.value,
        breach=new.breach,
        hold_no=hold_no,
        reason=reason,
        series=secrets.token_hex(8) if new.repeat else None,
    )
    uow.record(
        OutagePlaced(
            outage_ids=tuple(ids),
            kind=new.kind.value,
            subject_kind=planned.subject.kind.value,
            subject=planned.subject.name,
            hold_no=hold_no,
            starts_at=times[0].start,
            until_at=times[0].until,
            explanation=reason,
        )
    )
    return [outage for outage_id in ids if (outage := store.find_outage(uow, outage_id))]


def lift(
    uow: Uow,
    outage_id: int,
    *,
    reason: str,
    revision: int | None = None,
    verified: Verified | None = None,
    following: bool = False,
) -> Outage:
    """End an outage now, or cancel it before its start; with `following`, the rest of its series too.

    Errors: NotFound; Forbidden; Invalid for a missing reason, or signature where a hold is lifted; Conflict when it is
    over; Stale.
    """
    view = get_outage(uow, outage_id)
    outage = store.find_outage(uow, outage_id)
    assert outage is not None
    kind = OutageKind(outage.kind)
    require(uow.actor, permission_to_lift(kind))
    explanation = _reason(reason)
    require_revision(outage.revision, seen=revision)
    if kind is OutageKind.HOLD and verified is None:
        raise Invalid(field_errors={"signature": [N_("Lifting a hold is signed: enter your password.")]})
    if outage.lifted_at is not None or (outage.ends_at is not None and outage.ends_at <= uow.now):
        raise Conflict(N_("This outage is over already."))
    subject = OutageSubject(SubjectKind(outage.subject_kind), outage.subject_id, view.subject or "")
    uow.lock(store.locks_of(uow, subject))
    lifted = store.list_following(uow, outage) if following else [outage]
    store.lift_outages(uow, lifted, reason=explanation)
    meaning = _sign(uow, outage, verified) if verified and kind is OutageKind.HOLD else None
    uow.record(
        OutageLifted(
            outage_ids=tuple(each.id for each in lifted),
            kind=outage.kind,
            subject_kind=outage.subject_kind,
            subject=subject.name,
            hold_no=outage.hold_no,
            explanation=explanation,
            meaning=meaning,
        )
    )
    return outage


def _sign(uow: Uow, outage: Outage, verified: Verified) -> str:
    sign(
        uow,
        verified,
        record_type=RECORD_TYPE,
        record_id=outage.id,
        record_reference=str(outage.hold_no),
        record_version=outage.revision,
        content_hash=content_hash(outage),
        meaning=Meaning.HOLD_LIFTED,
        company_id=None,
    )
    return Meaning.HOLD_LIFTED


def content_hash(outage: Outage) -> str:
    """The hash of the content that is signed when a hold is lifted."""
    instants = {
        name: value.isoformat() if (value := getattr(outage, name)) else None
        for name in ("starts_at", "until_at", "lifted_at")
    }
    plain = ("id", "subject_kind", "subject_id", "kind", "hold_no", "reason", "lift_reason", "raised_by")
    content = {name: getattr(outage, name) for name in plain} | instants
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _reason(reason: str | None) -> str:
    stated = (reason or "").strip()
    if sum(character.isalnum() for character in stated) < MIN_REASON_LENGTH:
        raise Invalid(field_errors={"reason": [N_("Enter a reason of at least a few words.")]})
    return stated[:MAX_REASON_LENGTH]


def get_outage(uow: Uow, outage_id: int) -> OutageView:
    """Errors: Forbidden; NotFound."""
    require(uow.actor, Permission.OUTAGE_READ)
    view = store.find_view(uow, outage_id)
    if view is None:
        raise NotFound
    return view


def list_outages(
    uow: Uow,
    *,
    when: str = "current",
    kind: str | None = None,
    subject_kind: str | None = None,
    offset: int = 0,
    limit: int = 50,
) -> list[OutageView]:
    """Current, coming or past outages. Errors: Forbidden."""
    require(uow.actor, Permission.OUTAGE_READ)
    return store.list_views(uow, when=when, kind=kind, subject_kind=subject_kind, offset=offset, limit=limit)


def list_signed(uow: Uow, outage_id: int) -> Sequence[SignatureView]:
    """The signatures of an outage. Errors: Forbidden."""
    require(uow.actor, Permission.OUTAGE_READ)
    return list_signatures(uow, RECORD_TYPE, outage_id)


def list_choices(uow: Uow) -> list[SubjectChoice]:
    """All possible subjects of outages. Errors: Forbidden."""
    require(uow.actor, Permission.OUTAGE_READ)
    return store.list_choices(uow)


def list_on_resources(uow: Uow, resource_ids: Sequence[int], window: Period) -> list[ResourceOutage]:
    """Outages of these resources, for staff. Errors: Forbidden."""
    require(uow.actor, Permission.OUTAGE_READ)
    return store.list_on_resources(uow, resource_ids, window)
