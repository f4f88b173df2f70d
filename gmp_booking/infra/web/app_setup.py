"""Set-up for all requests and responses: request id, language, security headers, no control characters.

This package knows Flask and no feature.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from flask import Flask, Response, current_app, g, make_response, request
from werkzeug.datastructures import MultiDict
from werkzeug.middleware.proxy_fix import ProxyFix

from gmp_booking.infra.database.uow import StoredResponse
from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.errors import register_error_handlers
from gmp_booking.infra.web.request_info import WebServices, is_https, request_id, web_settings
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.languages import LANGUAGE_NAMES, LANGUAGES, UNREVIEWED
from gmp_booking.kernel.text import N_

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
STRICT_TRANSPORT: Final = "max-age=31536000; includeSubDomains"

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def install(app: Flask, services: WebServices) -> None:
    """Set up the application; call it before registering blueprints."""
    config = services.config
    app.config["MAX_CONTENT_LENGTH"] = config.max_content_length
    app.config["MAX_FORM_MEMORY_SIZE"] = config.max_content_length
    app.extensions["gmp.http"] = config
    if hops := config.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    i18n.install(app.jinja_env)
    app.before_request(_begin)
    app.before_request(reject_control_characters)
    app.after_request(_finish)
    app.context_processor(_context)
    register_error_handlers(app)


# -- the request


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    i18n.use_zone(web_settings().time_zone)
    i18n.use_language(
        i18n.preferred_language(
            (tag for tag, _quality in request.accept_languages),
            web_settings().default_language,
        )
    )


V = TypeVar("V", bound=Callable[..., Any])


def strips_control_characters(view: V) -> V:
    """Mark a view that calls `form_without_control_characters` itself and shows the form again, so no input is lost."""
    view.strips_control_characters = True  # type: ignore[attr-defined]
    return view


def form_without_control_characters() -> tuple[MultiDict[str, str], set[str]]:
    """The form without control characters, and the names of the fields that had any."""
    found = {name for name, text in request.form.items(multi=True) if _CONTROL.search(text)}
    cleaned = MultiDict((name, _CONTROL.sub("", text)) for name, text in request.form.items(multi=True))
    return cleaned, found


def reject_control_characters() -> None:
    """Refuse NUL and other control characters in any input before a handler or the database reads it.

    Errors: Invalid naming the fields.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    exempt = set(request.form) if getattr(view, "strips_control_characters", False) else set()
    found = {name for name, text in _texts() if _CONTROL.search(name) or (name not in exempt and _CONTROL.search(text))}
    if found:
        sentence = N_("Control characters are not allowed in text.")
        raise Invalid(sentence, field_errors={_CONTROL.sub("?", name): [sentence] for name in sorted(found)})


def _texts() -> Iterable[tuple[str, str]]:
    yield "path", request.path
    yield from request.args.items(multi=True)
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    yield from request.form.items(multi=True)
    for name, upload in request.files.items(multi=True):
        yield name, upload.filename or ""
    if request.is_json:
        yield from _texts_of_json()


def _texts_of_json() -> Iterable[tuple[str, str]]:
    try:
        waiting: list[tuple[str, Any]] = [("body", json.loads(request.get_data(cache=True)))]
    except (json.JSONDecodeError, UnicodeDecodeError):
        return  # The handler that expects JSON reports the error.
    except (RecursionError, ValueError) as error:
        raise Invalid(N_("This request could not be understood.")) from error
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            yield from ((key, "") for key in value)
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(name, part) for part in value]


# -- the response


def _context() -> dict[str, Any]:
    """Variables of every template, the error page included."""
    theme = request.cookies.get("theme", "")
    zone = i18n.current_zone()
    return {
        "lang": i18n.html_language(i18n.current_language()),
        "languages": [(i18n.html_language(each), LANGUAGE_NAMES[each]) for each in LANGUAGES],
        "is_unreviewed": i18n.current_language() in UNREVIEWED,
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        "zone_name": f"{zone.key} ({i18n.zone_abbreviations(zone)})",
        "theme": theme if theme in {"light", "dark"} else "",
    }


def send(stored: StoredResponse) -> Response:
    """The response that a use case has produced or replayed."""
    response = make_response(stored.body, stored.status)
    response.headers.update(stored.headers)
    if stored.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _finish(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = request_id()
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if is_https():
        headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
    if request.endpoint != "static" and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
        response.vary.update(["Cookie", "Accept-Language"])
    return response
