"""A person of the company confirms what staff entered for it, by a link in a mail and without signing in.

Opening the link changes nothing: mail scanners open links, too. Only the button on the page confirms.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.sessions import opened_by_link, services
from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.request_info import request_id
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.requests.on_behalf import OpenedLink, acknowledge, find_by_link

confirmations = Blueprint("confirmations", __name__, url_prefix="/confirm")


@confirmations.get("/<secret>")
@opened_by_link
def show(secret: str) -> str:
    link = _opened_link(secret)
    details = link.details
    return render_template(
        "approvals/confirm.html",
        asked={
            "name": link.person.name,
            "reference": details.booking.reference,
            "is_open": link.is_open,
            "confirmed_at": link.confirmed_at,
        },
        booking=_summary(link) if link.is_open else None,
        secret=secret,
    )


@confirmations.post("/<secret>")
@opened_by_link
def confirm(secret: str) -> Response:
    link = _opened_link(secret)
    request = services().database.request(link.actor, request_id=request_id())
    request.transact(acknowledge, secret, pepper=services().config.auth_pepper)
    return redirect(url_for("confirmations.show", secret=secret), 303)


def _opened_link(secret: str) -> OpenedLink:
    """Errors: NotFound."""
    link = services().database.read(SYSTEM, find_by_link, secret, pepper=services().config.auth_pepper)
    i18n.use_language(link.person.language)
    return link


def _summary(link: OpenedLink) -> dict[str, Any]:
    details = link.details
    booking = details.booking
    return {
        "kind": booking.kind,
        "title": booking.title,
        "purpose": booking.purpose,
        "batch": booking.batch,
        "state": booking.state,
        "product": details.product.code if details.product else None,
        "company_name": i18n.named(details.company.names),
        "sessions": details.sessions,
        "equipment": details.equipment,
    }
