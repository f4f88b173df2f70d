"""Builds the web application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, redirect, url_for

from config import Config
from gmp_booking import registry
from gmp_booking.accounts import sessions
from gmp_booking.accounts.api import api as tokens_api
from gmp_booking.accounts.pages import account, accounts
from gmp_booking.approvals.api import api as approvals_api
from gmp_booking.approvals.bulk_api import api as decisions_api
from gmp_booking.approvals.confirm_page import confirmations
from gmp_booking.approvals.pages import approvals
from gmp_booking.booking_forms.change_pages import booking_changes
from gmp_booking.booking_forms.pages import bookings
from gmp_booking.calendars.api import api as feeds_api
from gmp_booking.calendars.feeds import feeds
from gmp_booking.calendars.pages import calendars
from gmp_booking.changes.api import api as changes_api
from gmp_booking.demo import pages as demo_pages
from gmp_booking.execution.api import api as execution_api
from gmp_booking.execution.pages import execution
from gmp_booking.infra.web import app_setup, static_files
from gmp_booking.infra.web.errors import register_error_handlers
from gmp_booking.infra.web.openapi import LazySpecApi
from gmp_booking.kernel.access import Role
from gmp_booking.outages.api import api as outages_api
from gmp_booking.pages import layout
from gmp_booking.pages.account.pages import account_page
from gmp_booking.pages.admin.pages import admin
from gmp_booking.pages.api_docs.pages import docs
from gmp_booking.pages.booking_page.pages import booking_page
from gmp_booking.pages.health.pages import health
from gmp_booking.pages.my_bookings.pages import my_bookings
from gmp_booking.pages.not_recorded.pages import not_recorded
from gmp_booking.pages.onboarding.pages import onboarding
from gmp_booking.pages.outages.pages import outages
from gmp_booking.pages.timeline.api import api as timeline_api
from gmp_booking.pages.timeline.free_rooms_pages import free_rooms
from gmp_booking.pages.timeline.pages import timeline
from gmp_booking.pages.today.pages import today
from gmp_booking.policies.holiday_pages import holidays
from gmp_booking.policies.roster_pages import on_call_roster
from gmp_booking.registry import Services
from gmp_booking.requests.api import api as bookings_api
from gmp_booking.resources.api import api as resources_api
from gmp_booking.revalidation.api import api as revalidation_api

PAGES: tuple[Blueprint, ...] = (
    accounts,
    account,
    account_page,
    timeline,
    free_rooms,
    not_recorded,
    today,
    execution,
    bookings,
    booking_changes,
    my_bookings,
    booking_page,
    approvals,
    confirmations,
    calendars,
    feeds,
    holidays,
    on_call_roster,
    outages,
    admin,
    onboarding,
    docs,
    health,
)
APIS = (
    tokens_api,
    resources_api,
    timeline_api,
    bookings_api,
    changes_api,
    approvals_api,
    decisions_api,
    execution_api,
    feeds_api,
    outages_api,
    revalidation_api,
)


def create_app(config: Config) -> Flask:
    services = registry.build(config)
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.extensions["gmp"] = services
    _install_web(app, services)
    _register_pages(app, config)
    _register_api(app)
    registry.self_check(services)
    return app


def _install_web(app: Flask, services: Services) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app_setup.install(app, services)
    static_files.install(app)
    sessions.install(app, services)
    layout.install(app, vendor=Path(app.static_folder or "") / "vendor")


def _register_pages(app: Flask, config: Config) -> None:
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    if config.demo:
        demo_pages.install(app, config)

    @app.get("/", endpoint="pages.home")
    def home() -> Any:
        actor = sessions.current_actor()
        if actor is None:
            return redirect(url_for("accounts.sign_in_form"), 303)
        only_at_work = actor.roles == {Role.OPERATOR}
        return redirect(url_for("today.show" if only_at_work else "timeline.show"), 303)


def _register_api(app: Flask) -> None:
    app.config |= {
        "API_TITLE": "gmp_booking",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api/v1",
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    }
    api = LazySpecApi(app)
    for blueprint in APIS:
        blueprint.PAGINATION_HEADER_NAME = None
        api.register_blueprint(blueprint)
    register_error_handlers(app)

    @app.get("/api/v1/", endpoint="api_root")
    def root() -> Response:
        return redirect("/api/v1/openapi.json")  # type: ignore[return-value]
