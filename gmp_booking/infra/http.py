"""What every request and every answer has in common: an id, headers, clean text, and errors a reader understands.

Knows Flask and no feature. A refusal becomes problem+json (RFC 9457) for programs and a page for people.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, Protocol

from flask import Flask, Response, current_app, g, make_response, render_template, request
from jinja2 import TemplateNotFound
from marshmallow import ValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError, default_exceptions
from werkzeug.middleware.proxy_fix import ProxyFix

from gmp_booking.infra import i18n
from gmp_booking.infra.i18n import _
from gmp_booking.infra.uow import Answer, Unavailable
from gmp_booking.kernel.errors import Invalid, Refusal, TooSoon
from gmp_booking.kernel.text import N_

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
STRICT_TRANSPORT: Final = "max-age=31536000; includeSubDomains"
PROBLEM_JSON: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
API: Final = "/api/"

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_SENTENCES: Final[Mapping[int, str]] = {
    400: N_("This request could not be understood."),
    401: N_("Please sign in."),
    403: N_("You may not do this."),
    404: N_("There is nothing here."),
    405: N_("This address does not take that kind of request."),
    406: N_("There is no answer in the format that was asked for."),
    409: N_("This cannot be done as things stand."),
    412: N_("Someone changed this in the meantime. Look at it again before you decide."),
    413: N_("That is more than can be taken at once."),
    415: N_("This format is not taken here."),
    422: N_("Some entries need correcting."),
    428: N_("Say which version you saw (If-Match)."),
    429: N_("Too many attempts. Please wait a moment."),
    500: N_("Something went wrong on our side. Nothing was changed."),
    503: N_("The service is not available for a moment. Please try again."),
}

Dumper = Callable[[Any, str], Any]


class Settings(Protocol):
    """What this module reads of the configuration."""

    @property
    def base_url(self) -> str: ...
    @property
    def default_language(self) -> str: ...
    @property
    def max_content_length(self) -> int: ...
    @property
    def trusted_proxies(self) -> int: ...


class Services(Protocol):
    @property
    def config(self) -> Settings: ...


class NotSignedIn(Exception):
    """Nobody is signed in, and the door wants somebody: 401."""


def install(app: Flask, services: Services, *, dumpers: Mapping[str, Dumper] | None = None) -> None:
    """Give the application its common manners.

    Shape: `dumpers` writes a member of a refusal's detail, such as findings, as JSON in a language.
    """
    config = services.config
    app.config["MAX_CONTENT_LENGTH"] = config.max_content_length
    app.config["MAX_FORM_MEMORY_SIZE"] = config.max_content_length
    app.config["SESSION_COOKIE_NAME"] = "unused"
    app.extensions["gmp.http"] = {"config": config, "dumpers": dict(dumpers or {})}
    if hops := config.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    i18n.install(app.jinja_env)
    app.before_request(_begin)
    app.before_request(refuse_unfit_text)
    app.after_request(_finish)
    for status in default_exceptions:
        app.register_error_handler(status, _on_http_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Refusal, _on_refusal)
    app.register_error_handler(ValidationError, _on_validation_error)
    app.register_error_handler(NotSignedIn, _on_not_signed_in)
    app.register_error_handler(Unavailable, _on_unavailable)
    app.register_error_handler(PoolTimeoutError, _on_unavailable)
    app.register_error_handler(Exception, _on_bug)


# -- the request


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    i18n.use_language(
        i18n.preferred_language(
            (tag for tag, _quality in request.accept_languages),
            current_app.extensions["gmp.http"]["config"].default_language,
        )
    )


def request_id() -> str:
    """The id of this request; it stands in the answer, the journal and the log."""
    return str(g.get("request_id", ""))


def is_https() -> bool:
    """Whether people reach this site by https: by this request, or by the address it is known under."""
    return request.is_secure or current_app.extensions["gmp.http"]["config"].base_url.startswith("https://")


def cookie_name(name: str) -> str:
    """`__Host-sid` on https. Plain http, as in the demo, cannot carry that prefix."""
    return f"__Host-{name}" if is_https() else name


def absolute_url(path: str) -> str:
    """A link for the world outside; the Host header has no say in it."""
    return f"{current_app.extensions['gmp.http']['config'].base_url}{path}"


def is_program() -> bool:
    """Whether a program asks: the API, or a client that would rather have JSON than a page."""
    if request.path.startswith(API):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM_JSON], default="text/html")
    return best != "text/html"


def is_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"


def refuse_unfit_text() -> None:
    """Refuse NUL and other control characters in any input, before a door or the database meets them.

    Errors: Invalid naming the fields.
    """
    unfit = {name for name, text in _texts() if _UNFIT.search(text) or _UNFIT.search(name)}
    if unfit:
        sentence = N_("Control characters are not allowed in text.")
        raise Invalid(sentence, field_errors={_UNFIT.sub("?", name): [sentence] for name in sorted(unfit)})


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
        waiting: list[tuple[str, Any]] = [("body", request.get_json(silent=True))]
    except RecursionError as error:
        raise Invalid(N_("This request could not be understood.")) from error
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            waiting += [(str(key), part) for key, part in value.items()]
        elif isinstance(value, list):
            waiting += [(name, part) for part in value]


# -- the answer


def send(answer: Answer) -> Response:
    """An answer that was made with its effect, as it is."""
    response = make_response(answer.body, answer.status)
    response.headers.update(answer.headers)
    if answer.replayed:
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


def problem(
    status: int,
    code: str,
    *,
    title: str,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """An error as a program reads it (RFC 9457)."""
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
    status: int, *, title: str, detail: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The same for people: `error.html` with status, title, detail, request_id, errors."""
    context = {"status": status, "title": title, "detail": detail, "request_id": request_id(), "errors": {}, **more}
    try:
        page = render_template("error.html", **context)
    except TemplateNotFound:
        page = f"{status} {title}\n{detail}\n{request_id()}\n"
    response = make_response(page, status)
    if page.lstrip()[:1] != "<":
        response.mimetype = "text/plain"
    response.headers.update(dict(headers or {}))
    return response


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)


# -- errors


def _on_refusal(refusal: Refusal) -> Response:
    language = i18n.current_language()
    detail = _(refusal.message, **refusal.params)
    errors = {name: [_(sentence, **refusal.params) for sentence in each] for name, each in refusal.field_errors.items()}
    headers = {"Retry-After": str(refusal.retry_after_s)} if isinstance(refusal, TooSoon) else {}
    title = _(refusal.title)
    if not is_program():
        return error_page(
            refusal.status, title=title, detail=detail, headers=headers, errors=errors, refusal=refusal.detail
        )
    dumpers = current_app.extensions["gmp.http"]["dumpers"]
    members = {
        name: dumpers[name](value, language) if name in dumpers else value for name, value in refusal.detail.items()
    }
    if errors:
        members["errors"] = errors
    return problem(refusal.status, refusal.code, title=title, detail=detail, headers=headers, **members)


def _on_validation_error(error: ValidationError) -> Response:
    return _on_refusal(Invalid(field_errors=field_errors(error.messages)))


def field_errors(messages: Any) -> dict[str, list[str]]:
    """A schema's nested messages, flat: `sessions.0.start` → sentences."""
    flat: dict[str, list[str]] = {}
    waiting: list[tuple[str, Any]] = [("", messages)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{path}.{key}".strip("."), part) for key, part in value.items()]
        else:
            sentences = [value] if isinstance(value, str) else value
            flat[path.removeprefix("json.").removeprefix("query.").removeprefix("form.") or "body"] = list(sentences)
    return flat


def _on_http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    if isinstance(error, InternalServerError):
        return _on_bug(error)
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR.value
    data = getattr(error, "data", None) or {}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and data.get("messages"):
        return _on_refusal(Invalid(field_errors=field_errors(data["messages"])))
    headers = {name: value for name, value in error.get_headers() if name.lower() not in {"content-type", "location"}}
    headers |= data.get("headers") or {}
    title = _(_SENTENCES.get(status, HTTPStatus(status).phrase))
    if is_program():
        return problem(status, _code(status), title=title, headers=headers)
    return error_page(status, title=title, headers=headers)


def _on_not_signed_in(_error: NotSignedIn) -> Response:
    return not_signed_in()


def not_signed_in() -> Response:
    """The answer 401; pages are sent to sign in by whoever knows where that is."""
    headers = {"WWW-Authenticate": 'Bearer realm="gmp_booking"'}
    if is_program():
        return problem(401, "not-signed-in", title=_(_SENTENCES[401]), headers=headers)
    return error_page(401, title=_(_SENTENCES[401]), headers=headers)


def _on_unavailable(error: Exception) -> Response:
    current_app.logger.warning("unavailable: request %s: %s", request_id(), error)
    title = _(_SENTENCES[503])
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    if is_program():
        return problem(503, "unavailable", title=title, headers=headers)
    return error_page(503, title=title, headers=headers)


def _on_bug(error: Exception) -> Response:
    cause = getattr(error, "original_exception", None) or error
    current_app.logger.error("request %s failed", request_id(), exc_info=cause)
    title = _(_SENTENCES[500])
    if is_program():
        return problem(500, "internal", title=title)
    try:
        return error_page(500, title=title)
    except Exception:
        # The page that reports a bug may have it, too.
        current_app.logger.exception("the error page of request %s failed", request_id())
        return Response(f"500 {title}\n{request_id()}\n", 500, mimetype="text/plain")


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")
