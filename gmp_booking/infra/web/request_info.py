"""The current request: its id, its scheme, and whether a program or htmx sent it."""

from __future__ import annotations

from typing import Final, Protocol
from zoneinfo import ZoneInfo

from flask import current_app, g, request

PROBLEM_JSON: Final = "application/problem+json"
API: Final = "/api/"


class WebSettings(Protocol):
    """The settings that the web layer reads."""

    @property
    def base_url(self) -> str: ...
    @property
    def default_language(self) -> str: ...
    @property
    def max_content_length(self) -> int: ...
    @property
    def time_zone(self) -> ZoneInfo: ...
    @property
    def trusted_proxies(self) -> int: ...


class WebServices(Protocol):
    @property
    def config(self) -> WebSettings: ...


def web_settings() -> WebSettings:
    found: WebSettings = current_app.extensions["gmp.http"]
    return found


def request_id() -> str:
    """The id of this request, as in its response header, the journal and the log."""
    return str(g.get("request_id", ""))


def is_https() -> bool:
    """Whether the site is served over https: by this request or by the configured base URL."""
    return request.is_secure or web_settings().base_url.startswith("https://")


def cookie_name(name: str) -> str:
    """`__Host-sid` on https. Browsers refuse that prefix on plain http, which the demo uses."""
    return f"__Host-{name}" if is_https() else name


def absolute_url(path: str) -> str:
    """A link for mails and feeds, from the configured base URL: a Host header can be forged."""
    return f"{web_settings().base_url}{path}"


def is_program() -> bool:
    """Whether the client is a program: an API path, or an Accept header that prefers JSON to HTML."""
    if request.path.startswith(API):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM_JSON], default="text/html")
    return best != "text/html"


def is_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"
