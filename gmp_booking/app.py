"""The web application, put together in named steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, redirect, url_for

from config import Config
from gmp_booking import wiring
from gmp_booking.accounts import api as accounts_api
from gmp_booking.accounts import pages as accounts_pages
from gmp_booking.accounts import sessions
from gmp_booking.approvals import api as approvals_api
from gmp_booking.approvals import bulk_api as decisions_api
from gmp_booking.approvals import confirm_page
from gmp_booking.approvals import pages as approvals_pages
from gmp_booking.calendars import api as calendars_api
from gmp_booking.calendars import feeds
from gmp_booking.calendars import pages as calendars_pages
from gmp_booking.changes import api as change_api
from gmp_booking.demo import pages as demo_pages
from gmp_booking.desk import account_page, api_docs, booking_page, frame, free_rooms, health, outage_pages
from gmp_booking.desk import api as desk_api
from gmp_booking.desk import timeline as timeline_page
from gmp_booking.desk import today as today_page
from gmp_booking.desk import welcome as welcome_page
from gmp_booking.desk.admin import pages as admin_pages
from gmp_booking.execution import api as execution_api
from gmp_booking.execution import pages as execution_pages
from gmp_booking.infra.web import app_setup, static_files
from gmp_booking.infra.web.openapi import DescribedApi
from gmp_booking.kernel.access import Role
from gmp_booking.outages import api as outages_api
from gmp_booking.policies import roster_pages
from gmp_booking.reexamination import api as reexamination_api
from gmp_booking.requests import api as bookings_api
from gmp_booking.resources import api as resources_api
from gmp_booking.wiring import Services

PAGES: tuple[Blueprint, ...] = (
    accounts_pages.accounts,
    account_page.page,
    timeline_page.timeline,
    free_rooms.free_rooms,
    today_page.today,
    execution_pages.execution,
    booking_page.page,
    approvals_pages.approvals,
    confirm_page.confirmations,
    calendars_pages.calendars,
    feeds.feeds,
    roster_pages.policies,
    outage_pages.outages,
    admin_pages.admin,
    welcome_page.welcome,
    api_docs.docs,
    health.health,
)
APIS = (
    accounts_api.api,
    resources_api.api,
    desk_api.api,
    bookings_api.api,
    change_api.api,
    approvals_api.api,
    decisions_api.api,
    execution_api.api,
    calendars_api.api,
    outages_api.api,
    reexamination_api.api,
)


def create_app(config: Config) -> Flask:
    services = wiring.build(config)
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.extensions["gmp"] = services
    _install_manners(app, services)
    _register_pages(app, config)
    _register_api(app)
    wiring.self_check(services)
    return app


def _install_manners(app: Flask, services: Services) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app_setup.install(app, services)
    static_files.install(app)
    sessions.install(app, services)
    frame.install(app, vendor=Path(app.static_folder or "") / "vendor")


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
    api = DescribedApi(app)
    for blueprint in APIS:
        blueprint.PAGINATION_HEADER_NAME = None
        api.register_blueprint(blueprint)
    app_setup.claim_errors(app)

    @app.get("/api/v1/", endpoint="api_root")
    def root() -> Response:
        return redirect("/api/v1/openapi.json")  # type: ignore[return-value]
