"""One tap in a mail: somebody of a company confirms what staff entered for it, without signing in.

Opening the link changes nothing, so that a mail scanner confirms nothing; the one button on its page does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.sessions import opened_by_link, services
from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.request_info import request_id
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.period import Period
from gmp_booking.requests.on_behalf import Asked, acknowledge, find_asked

confirmations = Blueprint("confirmations", __name__, url_prefix="/confirm")


@confirmations.get("/<secret>")
@opened_by_link
def show(secret: str) -> str:
    asked = _asked(secret)
    details = asked.details
    return render_template(
        "approvals/confirm.html",
        asked={
            "name": asked.person.name,
            "reference": details.booking.reference,
            "is_open": asked.is_open,
            "confirmed_at": asked.confirmed_at,
        },
        booking=_summary(asked) if asked.is_open else None,
        secret=secret,
    )


@confirmations.post("/<secret>")
@opened_by_link
def confirm(secret: str) -> Response:
    asked = _asked(secret)
    request = services().database.request(asked.actor, request_id=request_id())
    request.transact(acknowledge, secret, pepper=services().config.auth_pepper)
    return redirect(url_for("confirmations.show", secret=secret), 303)


def _asked(secret: str) -> Asked:
    """Errors: NotFound."""
    asked = services().database.read(SYSTEM, find_asked, secret, pepper=services().config.auth_pepper)
    i18n.use_language(asked.person.language)
    return asked


def _summary(asked: Asked) -> dict[str, Any]:
    booking, parts = asked.details.booking, asked.details.parts
    return {
        "kind": booking.kind,
        "title": booking.title,
        "purpose": booking.purpose,
        "batch": booking.batch,
        "state": booking.state,
        "product": parts["product"]["code"] if parts["product"] else None,
        "company_name": i18n.named(parts["company"]),
        "sessions": [each | {"period": _period(each)} for each in parts["sessions"]],
        "equipment": [each | {"period": _period(each)} for each in parts["equipment"]],
    }


def _period(part: Mapping[str, Any]) -> Period:
    return Period(datetime.fromisoformat(part["start"]), datetime.fromisoformat(part["end"]))
