"""The actions a person may take on a booking, as buttons and forms of its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from gmp_booking.bookings.lifecycle.booking_steps import DRAFT
from gmp_booking.bookings.lifecycle.steps import Step
from gmp_booking.bookings.service import may_take, subject_of
from gmp_booking.bookings.stages import (
    action_of_stage,
    current_stage,
    find_booking_step,
    find_change_step,
    first_booking_step,
    meaning_of,
    role_after,
    stage_of,
)
from gmp_booking.bookings.views import Booking
from gmp_booking.conflicts.privacy import FindingView
from gmp_booking.execution.closing.lacking import What, lacking_views
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.labels import BOOKING_ACTIONS, MEANINGS_QUOTED, ROLES
from gmp_booking.kernel.states import DRAFTED, IN_FORCE, BookingState, ChangeState
from gmp_booking.kernel.vocabulary import Action, Meaning
from gmp_booking.pages.booking_page.change_section import change_links
from gmp_booking.pages.booking_page.override_form import offered_overrides
from gmp_booking.pages.booking_page.page_data import BookingPageData, is_over


def list_actions(data: BookingPageData, actor: Actor, findings_read: Sequence[FindingView]) -> list[dict[str, Any]]:
    booking = data.details.booking
    state = booking.state
    found: list[dict[str, Any]] = []
    if may_take(actor, find_booking_step(booking, Action.SUBMIT), subject_of(booking)):
        found.append(_link(_("Change and submit"), url_for("bookings.edit", reference=booking.reference)))
    found += _clarification_actions(data, actor)
    found += _decisions(data, actor, findings_read)
    found += change_links(booking, data.waiting, actor)
    begun = state in IN_FORCE and booking.starts_at is not None and booking.starts_at <= data.now
    if not begun and may_take(actor, find_booking_step(booking, Action.CANCEL), subject_of(booking)):
        prompt = _("Reason for cancelling. The facility and your people read it.")
        found.append(_action(Action.CANCEL, "reason", "danger", prompt=prompt))
    if is_over(data.details, data.now) and may_take(
        actor, find_booking_step(booking, Action.CLOSE), subject_of(booking)
    ):
        found.append(_closing(data))
    if state not in DRAFTED and may_take(actor, first_booking_step(DRAFT), subject_of(booking)):
        found.append(_link(_("Book again"), url_for("bookings.new", copy=booking.reference), kind="quiet"))
    return found


def _closing(data: BookingPageData) -> dict[str, Any]:
    """The signature on a reviewed record, with what is lacking before."""
    return _action(
        Action.CLOSE,
        "signature",
        "primary",
        statement=_statement(data.details.booking, Meaning.RECORD_REVIEWED),
        needs_reason=any(each.what is What.HEADCOUNT for each in data.lacking),
        needs_password=True,
        lacking=lacking_views(data.lacking),
    )


def _find_step(data: BookingPageData, action: Action) -> Step[BookingState] | Step[ChangeState] | None:
    """The step of an action on what is under decision: the open change request, or the booking itself."""
    booking = data.under_decision.booking
    return find_change_step(booking, action) if data.waiting else find_booking_step(booking, action)


def _clarification_actions(data: BookingPageData, actor: Actor) -> list[dict[str, Any]]:
    """Answering and asking again, while the request is returned to the company."""
    booking, found = data.under_decision.booking, []
    if may_take(actor, _find_step(data, Action.ANSWER), subject_of(booking)):
        found.append(
            _action(
                Action.ANSWER, "reason", "primary", prompt=_("Only the answer is sent; the request stays unchanged.")
            )
        )
    stage = stage_of(booking)
    subject = subject_of(booking, stage_role=stage.role if stage else None)
    if may_take(actor, _find_step(data, Action.ASK), subject):
        found.append(_action(Action.ASK, "reason", "quiet", prompt=_("What else should the company answer?")))
    return found


def _decisions(data: BookingPageData, actor: Actor, findings_read: Sequence[FindingView]) -> list[dict[str, Any]]:
    booking = data.under_decision.booking
    stage = current_stage(booking)
    if stage is None:
        return []
    signers = frozenset(each.signer_id for each in data.signatures if each.record_version == booking.version)
    subject = subject_of(booking, stage_role=stage.role, earlier_signers=signers if stage.meaning else frozenset())
    forward = action_of_stage(booking)
    if not may_take(actor, _find_step(data, forward), subject):
        return []
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
    if may_take(actor, _find_step(data, Action.RETURN), subject):
        prompt = _("What should the company answer or change?")
        found.append(_action(Action.RETURN, "reason", "quiet", prompt=prompt))
    if may_take(actor, _find_step(data, Action.REJECT), subject):
        found.append(_rejection(booking))
    return found


def _rejection(booking: Booking) -> dict[str, Any]:
    meaning = meaning_of(booking, Action.REJECT)
    return _action(
        Action.REJECT,
        "signature" if meaning else "reason",
        "danger",
        statement=_statement(booking, meaning),
        needs_reason=True,
        needs_password=bool(meaning),
        prompt=_("Reason for rejecting. The company reads it."),
    )


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
        "lacking": [],
    }
    label = label or _(BOOKING_ACTIONS[action])
    return empty | {"name": action.value, "label": label, "form": form, "kind": kind} | more


def _link(label: str, href: str, *, kind: str = "primary") -> dict[str, Any]:
    return {"name": "edit", "label": label, "form": "link", "kind": kind, "href": href}
