"""The first page of the administration: cards of the pages the reader may open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import current_app, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.sessions import signed_in
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Actor, Permission, is_allowed
from gmp_booking.kernel.text import N_
from gmp_booking.pages.admin.form_actions import admin, page, readable_by

# Title, text, endpoint, icon, and who may read what is behind it.
CARDS: Final = (
    (
        N_("People and roles"),
        N_("People who may sign in, and their roles."),
        "admin.list_of_people",
        "people",
        Permission.ADMIN_READ,
    ),
    (
        N_("Companies and products"),
        N_("Companies, their limits and their products."),
        "admin.list_of_companies",
        "bookings",
        Permission.MASTER_DATA_READ,
    ),
    (
        N_("Rooms and equipment"),
        N_("Rooms and equipment that can be booked, their capacity and outages."),
        "admin.list_of_resources",
        "room",
        Permission.MASTER_DATA_READ,
    ),
    (
        N_("Opening hours"),
        N_("Weekly hours of the facility, and of rooms with their own hours."),
        "admin.show_hours",
        "clock",
        Permission.MASTER_DATA_READ,
    ),
    (
        N_("Days off"),
        N_("Public holidays and days on which the facility is closed."),
        "holidays.show",
        "calendar",
        Permission.MASTER_DATA_READ,
    ),
    (
        N_("On-call roster"),
        N_("People on call outside opening hours."),
        "on_call_roster.show",
        "account",
        Permission.MASTER_DATA_READ,
    ),
    (
        N_("Rules"),
        N_("Mode of every rule (enforced, warning or off) and its missing data."),
        "admin.show_rules",
        "check",
        Permission.MASTER_DATA_READ,
    ),
    (
        N_("Data checks"),
        N_("Result of the nightly check of all stored data."),
        "admin.show_data_checks",
        "check",
        Permission.MASTER_DATA_READ,
    ),
    (N_("Facility"), N_("Name of the facility."), "admin.show_facility", "info", Permission.MASTER_DATA_READ),
)


@admin.get("")
@signed_in
def index() -> Response:
    actor = readable_by(Permission.ADMIN_READ)
    return page("index.html", {}, 200, cards=list(_cards(actor)))


def _cards(actor: Actor) -> Iterator[tuple[str, str, str, str]]:
    for title, text, endpoint, icon, permission in CARDS:
        if endpoint in current_app.view_functions and is_allowed(actor, permission):
            yield _(title), _(text), url_for(endpoint), icon
