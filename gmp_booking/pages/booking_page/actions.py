"""The actions a person may take on a booking, as buttons and forms of its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.stages import action_of_stage, current_stage, meaning_of, role_after, stage_of
from gmp_booking.bookings.views import Booking
from gmp_booking.conflicts.privacy import FindingView
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Actor, Permission, is_allowed
from gmp_booking.kernel.labels import BOOKING_ACTIONS, MEANINGS_QUOTED, ROLES
from gmp_booking.kernel.states import DRAFTED, EDITABLE, ENDED, FINAL, IN_FORCE, WAITING, WITH_COMPANY
from gmp_booking.kernel.vocabulary import Action, Meaning
from gmp_booking.pages.booking_page.change_section import change_links
from gmp_booking.pages.booking_page.override_form import offered_overrides
from gmp_booking.pages.booking_page.page_data import BookingPageData


def list_actions(data: BookingPageData, actor: Actor, findings_read: Sequence[FindingView]) -> list[dict[str, Any]]:
    booking = data.details.booking
    state = booking.state
    found: list[dict[str, Any]] = []
    if state in EDITABLE and is_allowed(actor, Permission.BOOKING_SUBMIT, subject_of(booking)):
        found.append(_link(_("Change and submit"), url_for("bookings.edit", reference=booking.reference)))
    found += _clarification_actions(data.under_decision.booking, actor)
    found += _decisions(data, actor, findings_read)
    found += change_links(booking, data.waiting, actor)
    begun = state in IN_FORCE and booking.starts_at is not None and booking.starts_at <= data.now
    if state not in FINAL and not begun and is_allowed(actor, Permission.BOOKING_CANCEL, subject_of(booking)):
        prompt = _("Reason for cancelling. The facility and your people read it.")
        found.append(_action(Action.CANCEL, "reason", "danger", prompt=prompt))
    if _is_over(data) and is_allowed(actor, Permission.BOOKING_CLOSE, subject_of(booking)):
        statement = _statement(booking, Meaning.RECORD_REVIEWED)
        found.append(_action(Action.CLOSE, "signature", "primary", statement=statement, needs_password=True))
    if state not in DRAFTED and is_allowed(actor, Permission.BOOKING_DRAFT, subject_of(booking)):
        found.append(_link(_("Book again"), url_for("bookings.new", copy=booking.reference), kind="quiet"))
    return found


def _is_over(data: BookingPageData) -> bool:
    """Whether all parts of a confirmed booking are over."""
    details = data.details
    ended = all(each.state in ENDED for each in details.sessions)
    returned = all(each.period.end <= data.now for each in details.equipment)
    return details.booking.state in IN_FORCE and ended and returned


def _clarification_actions(booking: Booking, actor: Actor) -> list[dict[str, Any]]:
    """Answering and asking again, while the request is returned to the company."""
    if booking.state not in WITH_COMPANY:
        return []
    found = []
    if is_allowed(actor, Permission.BOOKING_SUBMIT, subject_of(booking)):
        found.append(
            _action(
                Action.ANSWER, "reason", "primary", prompt=_("Only the answer is sent; the request stays unchanged.")
            )
        )
    stage = stage_of(booking)
    subject = subject_of(booking, stage_role=stage.role if stage else None)
    if is_allowed(actor, Permission.BOOKING_DECIDE, subject):
        found.append(_action(Action.ASK, "reason", "quiet", prompt=_("What else should the company answer?")))
    return found


def _decisions(data: BookingPageData, actor: Actor, findings_read: Sequence[FindingView]) -> list[dict[str, Any]]:
    booking = data.under_decision.booking
    stage = current_stage(booking)
    if stage is None:
        return []
    signers = frozenset(each.signer_id for each in data.signatures if each.record_version == booking.version)
    subject = subject_of(booking, stage_role=stage.role, earlier_signers=signers if stage.meaning else frozenset())
    if not is_allowed(actor, Permission.BOOKING_DECIDE, subject):
        return []
    forward = action_of_stage(booking)
    meaning = meaning_of(booking, forward)
    overrides = offered_overrides(findings_read, data.overrides, booking.version, actor)
    found = [
        _action(
            forward,
            "signature" if meaning or overrides else "plain",
            "primary",
            statement=_statement(booking, meaning),
            needs_password=bool(meaning),
            overrides=overrides,
            label=_forward_label(booking) if forward is Action.REVIEW else None,
        )
    ]
    if booking.state in WAITING:
        prompt = _("What should the company answer or change?")
        found.append(_action(Action.RETURN, "reason", "quiet", prompt=prompt))
    refusal = meaning_of(booking, Action.REJECT)
    found.append(
        _action(
            Action.REJECT,
            "signature" if refusal else "reason",
            "danger",
            statement=_statement(booking, refusal),
            needs_reason=True,
            needs_password=bool(refusal),
            prompt=_("Reason for rejecting. The company reads it."),
        )
    )
    return found


def _statement(booking: Booking, meaning: str | None) -> str | None:
    if meaning is None:
        return None
    return _(
        "I sign %(reference)s, version %(version)s, with the meaning “%(meaning)s”.",
        reference=booking.reference,
        version=booking.version,
        meaning=_(MEANINGS_QUOTED[meaning]),
    )


def _forward_label(booking: Booking) -> str:
    role = role_after(booking)
    return _("Forward to %(role)s", role=_(ROLES[role])) if role else _(BOOKING_ACTIONS[Action.REVIEW])


def _action(action: Action, form: str, kind: str, *, label: str | None = None, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "statement": None,
        "needs_reason": False,
        "needs_password": False,
        "overrides": [],
        "href": None,
        "prompt": None,
    }
    label = label or _(BOOKING_ACTIONS[action])
    return empty | {"name": action.value, "label": label, "form": form, "kind": kind} | more


def _link(label: str, href: str, *, kind: str = "primary") -> dict[str, Any]:
    return {"name": "edit", "label": label, "form": "link", "kind": kind, "href": href}
