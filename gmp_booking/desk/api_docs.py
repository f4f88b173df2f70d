"""The API's documentation, readable without the internet: the packaged viewer over our own description."""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, render_template, send_from_directory

docs = Blueprint("api_docs", __name__, url_prefix="/api/v1/docs")
VIEWER = Path(flask_swagger_ui.__file__).parent / "dist"


@docs.get("/")
def show() -> str:
    return render_template("desk/api_docs.html")


@docs.get("/viewer/<path:name>")
def viewer(name: str) -> Response:
    return send_from_directory(VIEWER, name, max_age=86_400)
