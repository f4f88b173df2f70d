"""Identifies the user of a request: cookies on pages, bearer tokens on the API; protects forms against CSRF.

`flask.session` is not used: the cookie holds 256 random bits and the database the rest, so that ending or revoking a
session takes effect at the next request.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, Protocol, TypeVar
from urllib.parse import quote

from flask import Flask, Response, current_app, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from gmp_booking.accounts import interrupted_forms, passwords, service
from gmp_booking.accounts.store import SessionLimits
from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.errors import NotSignedIn, not_signed_in
from gmp_booking.infra.web.request_info import API, WebSettings, cookie_name, is_htmx, is_https, is_program
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.kernel.errors import Forbidden
from gmp_booking.kernel.text import N_

P = ParamSpec("P")
R = TypeVar("R")

SESSION: Final = "sid"
DEVICE: Final = "dev"
DEVICE_DAYS: Final = 365
SIGN_IN: Final = "/login"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OWN_SITES: Final = frozenset({"same-origin", "none"})


class AccountSettings(WebSettings, Protocol):
    @property
    def auth_pepper(self) -> bytes: ...
    @property
    def auth_idle_staff_min(self) -> int: ...
    @property
    def auth_idle_company_min(self) -> int: ...
    @property
    def auth_absolute_s(self) -> int: ...
    @property
    def auth_argon2(self) -> str: ...
    @property
    def auth_argon2_slots(self) -> int: ...


class AccountServices(Protocol):
    @property
    def config(self) -> AccountSettings: ...
    @property
    def database(self) -> Database: ...


def install(app: Flask, services: AccountServices) -> None:
    """Identify the user before every request; call it after `app_setup.install`."""
    passwords.configure(cost=services.config.auth_argon2, slots=services.config.auth_argon2_slots)
    app.extensions["gmp.accounts"] = services
    app.before_request(_identify)
    app.before_request(_check_csrf)
    app.context_processor(_context)
    app.register_error_handler(NotSignedIn, _send_to_sign_in)


def services() -> AccountServices:
    found: AccountServices = current_app.extensions["gmp.accounts"]
    return found


def session_limits() -> SessionLimits:
    config = services().config
    return SessionLimits(config.auth_idle_staff_min * 60, config.auth_idle_company_min * 60, config.auth_absolute_s)


# -- the user


def current_actor() -> Actor | None:
    """The signed-in user, or None."""
    actor: Actor | None = g.get("actor")
    return actor


def require_actor() -> Actor:
    """The signed-in user. Errors: NotSignedIn, which redirects people to sign in and answers programs with 401."""
    actor = current_actor()
    if actor is None:
        raise NotSignedIn
    return actor


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Decorator: the view requires a signed-in user."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        require_actor()
        return view(*args, **kwargs)

    return guarded


def opened_by_link(view: Callable[P, R]) -> Callable[P, R]:
    """Decorator of a page whose address is itself a secret: it needs no session and no CSRF token."""
    view.is_opened_by_link = True  # type: ignore[attr-defined]
    return view


def page_under_api_path(view: Callable[P, R]) -> Callable[P, R]:
    """Decorator of a page under the API's path that people open: the cookie identifies the user."""
    view.is_page_under_api_path = True  # type: ignore[attr-defined]
    return view


def _is_api_request() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.path.startswith(API) and not getattr(view, "is_page_under_api_path", False)


def _identify() -> None:
    g.actor, g.visitor = None, None
    if _is_api_request():
        _identify_by_token()
    elif request.endpoint != "static":
        _identify_by_cookie()
    g.language = i18n.current_language()


def _identify_by_token() -> None:
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return
    database = services().database
    found = database.lookup(service.find_actor_of_token, secret.strip())
    if found is None:
        raise NotSignedIn
    g.actor, unseen = found
    _set_language(g.actor.language)
    if unseen:
        database.transact(SYSTEM, service.mark_token_used, g.actor.token_id)


def _identify_by_cookie() -> None:
    cookie = session_cookie()
    if not cookie:
        return
    database = services().database
    visitor = database.lookup(service.find_visitor, cookie, session_limits())
    if visitor is None:
        return
    g.visitor, g.actor = visitor, visitor.actor
    _set_language(visitor.language or (visitor.actor.language if visitor.actor else None))
    if visitor.unseen and not _is_background():
        database.transact(SYSTEM, service.mark_seen, visitor.session_id)


def _set_language(language: str | None) -> None:
    # Accept-Language decides for programs; people have chosen their language once.
    if language and not (_is_api_request() and request.headers.get("Accept-Language")):
        i18n.use_language(language)


def _is_background() -> bool:
    """Whether a page refreshes itself, such as a wall display: that does not prolong the session."""
    return request.headers.get("X-Background") == "1" or request.args.get("screen") == "1"


# -- cookies


def session_cookie() -> str | None:
    return request.cookies.get(cookie_name(SESSION))


def device_cookie() -> str | None:
    return request.cookies.get(cookie_name(DEVICE))


def set_session_cookies(response: BaseResponse, signed_in: service.SignedIn) -> None:
    _set_cookie(response, SESSION, signed_in.token)
    if signed_in.device:
        _set_cookie(response, DEVICE, signed_in.device, max_age_s=DEVICE_DAYS * 86_400)


def clear_session_cookies(response: BaseResponse) -> None:
    response.delete_cookie(cookie_name(SESSION), secure=is_https(), httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def _set_cookie(response: BaseResponse, name: str, value: str, *, max_age_s: int | None = None) -> None:
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age_s,
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="Lax",
    )


# -- CSRF


def csrf_token() -> str:
    visitor: service.Visitor | None = g.get("visitor")
    return visitor.csrf if visitor else ""


def _check_csrf() -> None:
    """Require the session's CSRF token and the same site for every unsafe request of a page.

    The API is exempt: it reads no cookies, and browsers do not send bearer tokens by themselves. So are pages whose
    address is a secret that no other site knows.
    """
    if request.method in SAFE or _is_api_request() or request.routing_exception is not None:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in OWN_SITES:
        raise Forbidden(N_("This request came from another site."))
    if getattr(current_app.view_functions.get(request.endpoint or ""), "is_opened_by_link", False):
        return
    if not has_csrf_token():
        if current_actor() is None and request.path != SIGN_IN:
            raise NotSignedIn
        raise Forbidden(N_("This page was open for too long. Go back, reload it and try again."))


def has_csrf_token() -> bool:
    expected = csrf_token()
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


# -- redirects


def local_path(target: str | None, default: str = "/") -> str:
    """The target if it is a path of this site, else the default, against open redirects."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    if "\\" in target or any(ord(each) <= 32 or ord(each) == 127 for each in target):
        return default
    return target


def sign_in_address() -> str:
    here = request.full_path.rstrip("?") if request.method in SAFE else "/"
    return f"{SIGN_IN}?next={quote(here, safe='/')}" if here != "/" else SIGN_IN


def _send_to_sign_in(_error: NotSignedIn) -> BaseResponse:
    if is_program():
        return not_signed_in()
    if interrupted_forms.has_restorable_form():
        return interrupted_forms.signed_out_panel() if is_htmx() else current_app.extensions["gmp.sign_in_with"]()
    if is_htmx():
        return Response(status=401, headers={"HX-Redirect": sign_in_address()})
    return redirect(sign_in_address(), 303)


def _context() -> dict[str, Any]:
    return {"actor": current_actor(), "csrf_token": csrf_token()}
