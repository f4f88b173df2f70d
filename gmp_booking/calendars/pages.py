"""Actions on calendar links of the account page; a new link is shown once."""

from __future__ import annotations

import segno
from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request
from gmp_booking.calendars import feeds, service
from gmp_booking.calendars.schemas import FeedFormSchema
from gmp_booking.calendars.service import FeedMade

calendars = Blueprint("calendars", __name__)


@calendars.post("/account/calendars")
def create_feed() -> Response:
    requested = current_request()
    shape = FeedFormSchema().load(request.form.to_dict())
    return _made(
        requested.transact(
            service.create_feed, scope=shape["scope"], resource=shape["resource"], language=shape["language"]
        )
    )


@calendars.post("/account/calendars/<int:feed_id>/rotate")
def rotate_feed(feed_id: int) -> Response:
    return _made(current_request().transact(service.rotate_feed, feed_id))


@calendars.post("/account/calendars/<int:feed_id>/revoke")
def revoke_feed(feed_id: int) -> Response:
    current_request().transact(service.revoke_feed, feed_id)
    return redirect(_account_page(), 303)


def _made(made: FeedMade) -> Response:
    address = feeds.https_of(made.secret)
    # Inline: a separate image would need a URL that contains the secret.
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000")
    page = render_template(
        "calendars/feed_made.html",
        feed=made.feed,
        https=address,
        webcal=feeds.webcal_of(made.secret),
        qr=Markup(drawn),  # noqa: S704 - drawn by the library out of our own address
        account_page=_account_page(),
    )
    return make_response(page, 201)


def _account_page() -> str:
    return url_for("account_page.show") if "account_page.show" in current_app.view_functions else "/account"
