"""The API reference, rendered from our OpenAPI description; it needs no script and no internet."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from gmp_booking.accounts.sessions import page_under_api_path
from gmp_booking.infra.web.request_info import absolute_url
from gmp_booking.pages.api_docs.reference import OperationGroup, read_groups

docs = Blueprint("api_docs", __name__, url_prefix="/api/v1/docs")
CACHE_KEY = "gmp.api_reference"


@docs.get("/")
@page_under_api_path
def show() -> str:
    return render_template("api_docs/api_docs.html", groups=_groups())


def _groups() -> tuple[OperationGroup, ...]:
    """The operation groups; cached, since the description does not change while the application runs."""
    kept = current_app.extensions
    if CACHE_KEY not in kept:
        [api] = kept["flask-smorest"]["apis"].values()
        kept[CACHE_KEY] = read_groups(api["ext_obj"].spec.to_dict(), absolute_url(""))
    found: tuple[OperationGroup, ...] = kept[CACHE_KEY]
    return found
