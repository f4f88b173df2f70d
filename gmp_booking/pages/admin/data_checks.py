"""The page with the result of the last nightly verification of stored data."""

from __future__ import annotations

from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.consistency.service import find_last_run
from gmp_booking.kernel.access import Permission
from gmp_booking.pages.admin.form_actions import admin, page, readable_by


@admin.get("/data-checks")
@signed_in
def show_data_checks() -> Response:
    readable_by(Permission.MASTER_DATA_READ)
    return page("data_checks.html", {}, 200, run=current_request().read(find_last_run))
