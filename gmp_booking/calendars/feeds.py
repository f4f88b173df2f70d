"""The door calendar programs come to: no session, no cookie, only the link."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from gmp_booking.accounts import sessions
from gmp_booking.calendars import masking, service
from gmp_booking.calendars.ics import feed_of
from gmp_booking.infra.web.i18n import _
from gmp_booking.infra.web.request_info import absolute_url
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import NotFound

# Kept by the reader alone, and asked for again each time: a revoked link must not go on from a cache.
CACHE_CONTROL: Final = "private, no-cache"

feeds = Blueprint("feeds", __name__)
feeds.record_once(lambda _state: masking.install())


@feeds.get("/calendars/<token>.ics")
def show(token: str) -> Response:
    """The calendar behind a link; a revoked one is as unknown as an invented one."""
    services = sessions.services()
    database = services.database
    subscription = database.lookup(service.find_subscription, token, services.config.base_url)
    if subscription is None:
        return _unknown()
    if subscription.unseen:
        database.transact(SYSTEM, service.mark_used, subscription.feed_id)
    if request.if_none_match.contains_weak(subscription.etag):
        response = Response(status=304)
    else:
        entries = database.read(subscription.actor, service.read_entries, subscription)
        body = feed_of(entries, name=subscription.title, language=subscription.language)
        response = Response(body, mimetype="text/calendar")
    response.set_etag(subscription.etag)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response


def _unknown() -> Response:
    """A sentence instead of the usual page: that has the address of the page in it, which is a secret here."""
    return Response(f"{_(NotFound.title)}\n", status=NotFound.status, mimetype="text/plain")


def path_of(token: str) -> str:
    return f"/calendars/{token}.ics"


def https_of(token: str) -> str:
    """The link as a browser or a calendar program takes it."""
    return absolute_url(path_of(token))


def webcal_of(token: str) -> str:
    """The link that opens the reader's calendar program."""
    return f"webcal:{https_of(token).partition(':')[2]}"
