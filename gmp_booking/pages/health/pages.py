"""Health checks: liveness and readiness."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from gmp_booking.infra.database.uow import Unavailable, Uow
from gmp_booking.kernel.access import SYSTEM

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """Liveness: the process answers."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
def readyz() -> Response:
    """Readiness: the process reaches its database."""

    def check(uow: Uow) -> None:
        assert uow.now

    try:
        current_app.extensions["gmp"].database.read(SYSTEM, check)
    except Unavailable:
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
