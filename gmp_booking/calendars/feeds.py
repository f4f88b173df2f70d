"""The handler for calendar programs: only the link identifies the user, no session or cookie."""

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

# Clients must revalidate each time: a revoked link must not be served from a cache.
CACHE_CONTROL: Final = "private, no-cache"

feeds = Blueprint("feeds", __name__)
feeds.record_once(lambda _state: masking.install())


@feeds.get("/calendars/<token>.ics")
def show(token: str) -> Response:
    """The calendar of a link; a revoked link gives the same 404 as an invented one."""
    services = sessions.services()
    database, zone = services.database, services.config.time_zone
    subscription = database.lookup(service.find_subscription, token, services.config.base_url, zone=zone)
    if subscription is None:
        return _unknown()
    if subscription.unseen:
        database.transact(SYSTEM, service.mark_used, subscription.feed_id)
    if request.if_none_match.contains_weak(subscription.etag):
        response = Response(status=304)
    else:
        entries = database.read(subscription.actor, service.read_entries, subscription)
        body = feed_of(entries, name=subscription.title, language=subscription.language, zone=zone)
        response = Response(body, mimetype="text/calendar")
    response.set_etag(subscription.etag)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response


def _unknown() -> Response:
    """Plain text: the usual error page contains the address, which is a secret here."""
    return Response(f"{_(NotFound.title)}\n", status=NotFound.status, mimetype="text/plain")


def path_of(token: str) -> str:
    return f"/calendars/{token}.ics"


def https_of(token: str) -> str:
    """The https link."""
    return absolute_url(path_of(token))


def webcal_of(token: str) -> str:
    """The webcal link, which opens the calendar program."""
    return f"webcal:{https_of(token).partition(':')[2]}"
