"""The context of a request for handlers: actor, request id, idempotency key and revision."""

from __future__ import annotations

from flask import request

from gmp_booking.accounts import sessions
from gmp_booking.infra.database.uow import Idempotency, UseCaseRequest
from gmp_booking.infra.web.request_info import API, request_id
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_

LONGEST_KEY = 200


def current_request(*, reason: str | None = None, idempotency: Idempotency | None = None) -> UseCaseRequest:
    """The current request of the signed-in user, ready to run a use case.

    Errors: NotSignedIn.
    """
    return sessions.services().database.request(
        sessions.require_actor(), reason=reason, request_id=request_id(), idempotency=idempotency
    )


def idempotency_of_header() -> Idempotency | None:
    """The `Idempotency-Key` header, bound to this request's method, path and body.

    Errors: Invalid when the key is too long.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    return _idempotency(key, request.get_data(cache=True)) if key else None


def idempotency_of_form() -> Idempotency | None:
    """The idempotency key in a form, so that a double click has one effect."""
    key = request.form.get("idempotency_key", "").strip()
    if not key:
        return None
    fields = sorted((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    return _idempotency(key, repr(fields).encode())


def _idempotency(key: str, body: bytes) -> Idempotency:
    if len(key) > LONGEST_KEY:
        raise Invalid(N_("The idempotency key is too long."))
    return Idempotency.of(key, request.method, request.path, body)


def revision_seen(reference: str) -> int | None:
    """The revision in If-Match or in the form; None when neither is given.

    Errors: Invalid when it is of another record.
    """
    stated = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not stated and not request.path.startswith(API):
        stated = request.form.get("revision", "")
        return int(stated) if stated.isdecimal() and len(stated) < 10 else None
    if not stated or stated == "*":
        return None
    record, _dash, revision = stated.rpartition("-")
    if record != reference or not revision.isdecimal() or len(revision) > 9:
        raise Invalid(N_("The If-Match value does not belong to this record."))
    return int(revision)
