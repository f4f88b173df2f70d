"""The API's reference, readable without script and without the internet: a page made of our own description."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from gmp_booking.accounts.sessions import page_under_api_path
from gmp_booking.infra.web.request_info import absolute_url
from gmp_booking.pages.api_docs.reference import Group, read_groups

docs = Blueprint("api_docs", __name__, url_prefix="/api/v1/docs")
KEPT = "gmp.api_reference"


@docs.get("/")
@page_under_api_path
def show() -> str:
    return render_template("api_docs/api_docs.html", groups=_groups())


def _groups() -> tuple[Group, ...]:
    """What the application describes of itself; that never changes while it runs, so it is read once."""
    kept = current_app.extensions
    if KEPT not in kept:
        [api] = kept["flask-smorest"]["apis"].values()
        kept[KEPT] = read_groups(api["ext_obj"].spec.to_dict(), absolute_url(""))
    found: tuple[Group, ...] = kept[KEPT]
    return found
