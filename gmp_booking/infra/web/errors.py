"""Errors as responses: problem+json (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, current_app, make_response, render_template
from marshmallow import ValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError, default_exceptions

from gmp_booking.infra.database.uow import Unavailable
from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.i18n import _
from gmp_booking.infra.web.request_info import PROBLEM_JSON, is_program, request_id
from gmp_booking.infra.web.validation_messages import translate_message
from gmp_booking.kernel.errors import Conflict, Invalid, Refusal, TooSoon
from gmp_booking.kernel.text import N_

RETRY_AFTER_S: Final = 5

_MESSAGES: Final[Mapping[int, str]] = {
    400: N_("This request could not be understood."),
    401: N_("Please sign in."),
    405: N_("This address does not accept this method."),
    406: N_("The format asked for is not available."),
    413: N_("Too much data at once."),
    415: N_("This format is not accepted."),
    428: N_("Send the version that you read in If-Match."),
    500: N_("Server error. Nothing was changed."),
    503: N_("The service is not available for a moment. Please try again."),
    **{refusal.status: refusal.title for refusal in Refusal.__subclasses__()},
}
# Statuses whose message the error page shows; for the others the page has a text of its own.
_SHOWN_ON_PAGE: Final = frozenset({400, 405, 413})


class NotSignedIn(Exception):
    """The handler requires a signed-in user and there is none: 401."""


def register_error_handlers(app: Flask) -> None:
    """Register a handler for every error; call it again after a library has registered handlers of its own."""
    for status in default_exceptions:
        app.register_error_handler(status, _on_http_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Refusal, _on_refusal)
    app.register_error_handler(ValidationError, _on_validation_error)
    app.register_error_handler(Unavailable, _on_unavailable)
    app.register_error_handler(PoolTimeoutError, _on_unavailable)
    app.register_error_handler(Exception, _on_unexpected_error)


def problem(
    status: int,
    code: str,
    *,
    title: str,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """An error for programs (RFC 9457)."""
    body = {
        "type": f"urn:gmp-booking:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "request_id": request_id(),
        **members,
    }
    response = Response(json.dumps(body, ensure_ascii=False, default=_as_json), status, mimetype=PROBLEM_JSON)
    response.headers.update(dict(headers or {}))
    response.headers["Content-Language"] = i18n.html_language(i18n.current_language())
    return response


def error_page(
    status: int,
    *,
    message: str | None = None,
    headers: Mapping[str, str] | None = None,
    findings: Sequence[Any] = (),
    retry_after_s: int | None = None,
) -> Response:
    """An error for people, from the template `error.html`."""
    page = render_template(
        "error.html",
        status=status,
        message=message,
        findings=findings,
        request_id=request_id(),
        retry_after_s=retry_after_s,
        back=None,
    )
    response = make_response(page, status)
    response.headers.update(dict(headers or {}))
    return response


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} is no JSON")


def _on_refusal(refusal: Refusal) -> Response:
    message = _(refusal.message, **refusal.params)
    errors = {name: [_(each, **refusal.params) for each in found] for name, found in refusal.field_errors.items()}
    retry_after_s = refusal.retry_after_s if isinstance(refusal, TooSoon) else None
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
    if is_program():
        members = _json_members(refusal.detail) | ({"errors": errors} if errors else {})
        title = _(refusal.title)
        return problem(refusal.status, refusal.code, title=title, detail=message, headers=headers, **members)
    sentences = [message, *dict.fromkeys(each for found in errors.values() for each in found if each != message)]
    is_general = refusal.message == refusal.title and not errors
    return error_page(
        refusal.status,
        message=None if is_general else " ".join(sentences),
        headers=headers,
        findings=refusal.findings if isinstance(refusal, Conflict) else (),
        retry_after_s=retry_after_s,
    )


def _json_members(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The members of `detail` that are plain JSON. Objects are left out: they may hold more than the reader may see."""
    members = {}
    for name, value in detail.items():
        try:
            members[name] = json.loads(json.dumps(value, default=_as_json))
        except TypeError:
            current_app.logger.warning("request %s: a refusal's %s was left out", request_id(), name)
    return members


def _on_validation_error(error: ValidationError) -> Response:
    return _on_refusal(Invalid(field_errors=field_errors(error.messages)))


def field_errors(messages: Any) -> dict[str, list[str]]:
    """A schema's nested messages, flattened and translated: `sessions.0.start` → messages."""
    flat: dict[str, list[str]] = {}
    waiting: list[tuple[str, Any]] = [("", messages)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{path}.{key}".strip("."), part) for key, part in value.items()]
        else:
            name = re.sub(r"^(json|query|form)(\.|$)", "", path.removesuffix("_schema").rstrip(".")) or "body"
            flat[name] = [translate_message(each, name) for each in ([value] if isinstance(value, str) else value)]
    return flat


def _on_http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    if isinstance(error, InternalServerError):
        return _on_unexpected_error(error)
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR.value
    data = getattr(error, "data", None) or {}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and data.get("messages"):
        return _on_refusal(Invalid(field_errors=field_errors(data["messages"])))
    headers = {name: value for name, value in error.get_headers() if name.lower() not in {"content-type", "location"}}
    headers |= data.get("headers") or {}
    if is_program():
        title = _(_MESSAGES.get(status, HTTPStatus(status).phrase))
        return problem(status, _code(status), title=title, headers=headers)
    return error_page(status, message=_(_MESSAGES[status]) if status in _SHOWN_ON_PAGE else None, headers=headers)


def not_signed_in() -> Response:
    """The 401 for programs; `accounts.sessions` redirects people to the sign-in page."""
    headers = {"WWW-Authenticate": 'Bearer realm="gmp_booking"'}
    return problem(401, "not-signed-in", title=_(_MESSAGES[401]), headers=headers)


def _on_unavailable(error: Exception) -> Response:
    current_app.logger.warning("request %s: unavailable: %s", request_id(), error.__cause__ or error)
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    if is_program():
        return problem(503, "unavailable", title=_(_MESSAGES[503]), headers=headers)
    return _page_or_plain_text(503, headers=headers)


def _on_unexpected_error(error: Exception) -> Response:
    cause = getattr(error, "original_exception", None) or error
    current_app.logger.error("request %s failed", request_id(), exc_info=cause)
    if is_program():
        return problem(500, "internal", title=_(_MESSAGES[500]))
    return _page_or_plain_text(500)


def _page_or_plain_text(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The error page, or plain text when rendering the page fails too."""
    try:
        return error_page(status, headers=headers)
    except Exception:
        current_app.logger.exception("the error page of request %s failed", request_id())
        words = f"{status} {_(_MESSAGES[status])}\n{request_id()}\n"
        return Response(words, status, mimetype="text/plain", headers=dict(headers or {}))


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")
