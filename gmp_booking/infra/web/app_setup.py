"""What every request and every answer has in common: an id, headers, clean text, and errors a reader understands.

Knows Flask and no feature. A refusal becomes problem+json (RFC 9457) for programs and a page for people.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, Protocol, TypeVar

from flask import Flask, Response, current_app, g, make_response, render_template, request
from marshmallow import ValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, InternalServerError, default_exceptions
from werkzeug.middleware.proxy_fix import ProxyFix

from gmp_booking.infra.database.uow import StoredResponse, Unavailable
from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.i18n import _
from gmp_booking.infra.web.validation_messages import in_words
from gmp_booking.kernel.errors import Invalid, Refusal, TooSoon
from gmp_booking.kernel.languages import LANGUAGE_NAMES, LANGUAGES, UNREVIEWED
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
_SAID_OF_PAGES: Final = frozenset({400, 405, 413})


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


def install(app: Flask, services: Services) -> None:
    """Give the application its common manners; to be called before any blueprint is registered."""
    config = services.config
    app.config["MAX_CONTENT_LENGTH"] = config.max_content_length
    app.config["MAX_FORM_MEMORY_SIZE"] = config.max_content_length
    app.extensions["gmp.http"] = config
    if hops := config.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    i18n.install(app.jinja_env)
    app.before_request(_begin)
    app.before_request(refuse_unfit_text)
    app.after_request(_finish)
    app.context_processor(_context)
    claim_errors(app)


def claim_errors(app: Flask) -> None:
    """Answer every error of the application; once more after a library has registered handlers of its own."""
    for status in default_exceptions:
        app.register_error_handler(status, _on_http_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Refusal, _on_refusal)
    app.register_error_handler(ValidationError, _on_validation_error)
    app.register_error_handler(Unavailable, _on_unavailable)
    app.register_error_handler(PoolTimeoutError, _on_unavailable)
    app.register_error_handler(Exception, _on_bug)


def _config() -> Settings:
    found: Settings = current_app.extensions["gmp.http"]
    return found


# -- the request


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    i18n.use_language(
        i18n.preferred_language(
            (tag for tag, _quality in request.accept_languages),
            _config().default_language,
        )
    )


def request_id() -> str:
    """The id of this request; it stands in the answer, the journal and the log."""
    return str(g.get("request_id", ""))


def is_https() -> bool:
    """Whether people reach this site by https: by this request, or by the address it is known under."""
    return request.is_secure or _config().base_url.startswith("https://")


def cookie_name(name: str) -> str:
    """`__Host-sid` on https. Plain http, as in the demo, cannot carry that prefix."""
    return f"__Host-{name}" if is_https() else name


def absolute_url(path: str) -> str:
    """A link for the world outside; the Host header has no say in it."""
    return f"{_config().base_url}{path}"


def is_program() -> bool:
    """Whether a program asks: the API, or a client that would rather have JSON than a page."""
    if request.path.startswith(API):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM_JSON], default="text/html")
    return best != "text/html"


def is_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"


V = TypeVar("V", bound=Callable[..., Any])


def mends_its_form(view: V) -> V:
    """Say of a view that it asks `form_without_unfit_text` itself, so that what was typed is not lost."""
    view.mends_its_form = True  # type: ignore[attr-defined]
    return view


def form_without_unfit_text() -> tuple[MultiDict[str, str], set[str]]:
    """The form with control characters taken out, and the names of the fields that had any."""
    unfit = {name for name, text in request.form.items(multi=True) if _UNFIT.search(text)}
    mended = MultiDict((name, _UNFIT.sub("", text)) for name, text in request.form.items(multi=True))
    return mended, unfit


def refuse_unfit_text() -> None:
    """Refuse NUL and other control characters in any input, before a door or the database meets them.

    Errors: Invalid naming the fields.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    mended = set(request.form) if getattr(view, "mends_its_form", False) else set()
    unfit = {name for name, text in _texts() if _UNFIT.search(name) or (name not in mended and _UNFIT.search(text))}
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
        waiting: list[tuple[str, Any]] = [("body", json.loads(request.get_data(cache=True)))]
    except (json.JSONDecodeError, UnicodeDecodeError):
        return  # No JSON at all: the door that wanted it says so.
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


# -- the answer


def _context() -> dict[str, Any]:
    """What every template may count on, the one of an error too."""
    theme = request.cookies.get("theme", "")
    return {
        "lang": i18n.html_language(i18n.current_language()),
        "languages": [(i18n.html_language(each), LANGUAGE_NAMES[each]) for each in LANGUAGES],
        "is_unreviewed": i18n.current_language() in UNREVIEWED,
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        "zone_name": "Asia/Seoul (KST)",
        "theme": theme if theme in {"light", "dark"} else "",
    }


def send(answer: StoredResponse) -> Response:
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
    status: int,
    *,
    message: str | None = None,
    headers: Mapping[str, str] | None = None,
    findings: Sequence[Any] = (),
    retry_after_s: int | None = None,
) -> Response:
    """The same for people, by the template `error.html`."""
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


# -- errors


def _on_refusal(refusal: Refusal) -> Response:
    message = _(refusal.message, **refusal.params)
    errors = {name: [_(each, **refusal.params) for each in found] for name, found in refusal.field_errors.items()}
    retry_after_s = refusal.retry_after_s if isinstance(refusal, TooSoon) else None
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
    if is_program():
        members = _published(refusal.detail) | ({"errors": errors} if errors else {})
        title = _(refusal.title)
        return problem(refusal.status, refusal.code, title=title, detail=message, headers=headers, **members)
    sentences = [message, *dict.fromkeys(each for found in errors.values() for each in found if each != message)]
    is_general = refusal.message == refusal.title and not errors
    return error_page(
        refusal.status,
        message=None if is_general else " ".join(sentences),
        headers=headers,
        findings=_published(refusal.detail).get("findings", ()),
        retry_after_s=retry_after_s,
    )


def _published(detail: Mapping[str, Any]) -> dict[str, Any]:
    """What a door made ready for readers. Objects stay inside: they may know more than the reader is allowed to."""
    ready = {}
    for name, value in detail.items():
        try:
            ready[name] = json.loads(json.dumps(value, default=_as_json))
        except TypeError:
            current_app.logger.warning("request %s: a refusal's %s was left out", request_id(), name)
    return ready


def _on_validation_error(error: ValidationError) -> Response:
    return _on_refusal(Invalid(field_errors=field_errors(error.messages)))


def field_errors(messages: Any) -> dict[str, list[str]]:
    """A schema's nested messages, flat and in the reader's language: `sessions.0.start` → sentences."""
    flat: dict[str, list[str]] = {}
    waiting: list[tuple[str, Any]] = [("", messages)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{path}.{key}".strip("."), part) for key, part in value.items()]
        else:
            name = re.sub(r"^(json|query|form)(\.|$)", "", path.removesuffix("_schema").rstrip(".")) or "body"
            flat[name] = [in_words(each) for each in ([value] if isinstance(value, str) else value)]
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
    if is_program():
        title = _(_SENTENCES.get(status, HTTPStatus(status).phrase))
        return problem(status, _code(status), title=title, headers=headers)
    return error_page(status, message=_(_SENTENCES[status]) if status in _SAID_OF_PAGES else None, headers=headers)


def not_signed_in() -> Response:
    """The 401 of a program; people are sent to sign in by whoever knows where that is."""
    headers = {"WWW-Authenticate": 'Bearer realm="gmp_booking"'}
    return problem(401, "not-signed-in", title=_(_SENTENCES[401]), headers=headers)


def _on_unavailable(error: Exception) -> Response:
    current_app.logger.warning("request %s: unavailable: %s", request_id(), error.__cause__ or error)
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    if is_program():
        return problem(503, "unavailable", title=_(_SENTENCES[503]), headers=headers)
    return _page_or_words(503, headers=headers)


def _on_bug(error: Exception) -> Response:
    cause = getattr(error, "original_exception", None) or error
    current_app.logger.error("request %s failed", request_id(), exc_info=cause)
    if is_program():
        return problem(500, "internal", title=_(_SENTENCES[500]))
    return _page_or_words(500)


def _page_or_words(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The page, or, when the page needs what has just failed, a line of text."""
    try:
        return error_page(status, headers=headers)
    except Exception:
        current_app.logger.exception("the error page of request %s failed", request_id())
        words = f"{status} {_(_SENTENCES[status])}\n{request_id()}\n"
        return Response(words, status, mimetype="text/plain", headers=dict(headers or {}))


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")
