"""Who makes this request: cookies on pages, bearer tokens on the API, and the guard against forged forms.

There is no `flask.session`: a cookie holds 256 random bits, the database everything else, so that what is ended or
revoked is gone at the next request.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, Protocol, TypeVar
from urllib.parse import quote

from flask import Flask, Response, current_app, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from gmp_booking.accounts import kept_forms, passwords, service
from gmp_booking.accounts.store import Idle
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
    """Find out who asks before every request; to be called after `infra.http.install`."""
    passwords.configure(cost=services.config.auth_argon2, slots=services.config.auth_argon2_slots)
    app.extensions["gmp.accounts"] = services
    app.before_request(_load)
    app.before_request(_refuse_forgeries)
    app.context_processor(_context)
    app.register_error_handler(NotSignedIn, _send_to_sign_in)


def services() -> AccountServices:
    found: AccountServices = current_app.extensions["gmp.accounts"]
    return found


def idle_limits() -> Idle:
    config = services().config
    return Idle(config.auth_idle_staff_min * 60, config.auth_idle_company_min * 60, config.auth_absolute_s)


# -- who asks


def current_actor() -> Actor | None:
    """Whoever is signed in, else None."""
    actor: Actor | None = g.get("actor")
    return actor


def require_actor() -> Actor:
    """Whoever is signed in. Errors: NotSignedIn, which sends a person to the sign-in page and a program a 401."""
    actor = current_actor()
    if actor is None:
        raise NotSignedIn
    return actor


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """The decorator of the same: the view is only reached by somebody."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        require_actor()
        return view(*args, **kwargs)

    return guarded


def opened_by_link(view: Callable[P, R]) -> Callable[P, R]:
    """The decorator of a page whose address carries its own proof: it asks for no session and no token of a form."""
    view.is_opened_by_link = True  # type: ignore[attr-defined]
    return view


def page_beside_the_api(view: Callable[P, R]) -> Callable[P, R]:
    """The decorator of a page whose address lies among the API's: a person looks at it, known by the cookie."""
    view.is_page_beside_the_api = True  # type: ignore[attr-defined]
    return view


def _asks_the_api() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.path.startswith(API) and not getattr(view, "is_page_beside_the_api", False)


def _load() -> None:
    g.actor, g.visitor = None, None
    if _asks_the_api():
        _load_bearer()
    elif request.endpoint != "static":
        _load_cookie()
    g.language = i18n.current_language()


def _load_bearer() -> None:
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return
    database = services().database
    found = database.lookup(service.find_actor_of_token, secret.strip())
    if found is None:
        raise NotSignedIn
    g.actor, unseen = found
    _speak(g.actor.language)
    if unseen:
        database.transact(SYSTEM, service.mark_token_used, g.actor.token_id)


def _load_cookie() -> None:
    cookie = session_cookie()
    if not cookie:
        return
    database = services().database
    visitor = database.lookup(service.find_visitor, cookie, idle_limits())
    if visitor is None:
        return
    g.visitor, g.actor = visitor, visitor.actor
    _speak(visitor.language or (visitor.actor.language if visitor.actor else None))
    if visitor.unseen and not _is_background():
        database.transact(SYSTEM, service.mark_seen, visitor.session_id)


def _speak(language: str | None) -> None:
    # A program says in Accept-Language what it wants; a person said it once and for all.
    if language and not (_asks_the_api() and request.headers.get("Accept-Language")):
        i18n.use_language(language)


def _is_background() -> bool:
    """Whether a page asks by itself, as one on a wall does: that is no sign of a person in front of it."""
    return request.headers.get("X-Background") == "1" or request.args.get("screen") == "1"


# -- cookies


def session_cookie() -> str | None:
    return request.cookies.get(cookie_name(SESSION))


def device_cookie() -> str | None:
    return request.cookies.get(cookie_name(DEVICE))


def give_session(response: BaseResponse, signed_in: service.SignedIn) -> None:
    _set_cookie(response, SESSION, signed_in.token)
    if signed_in.device:
        _set_cookie(response, DEVICE, signed_in.device, max_age_s=DEVICE_DAYS * 86_400)


def forget_session(response: BaseResponse) -> None:
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


# -- forged forms


def csrf_token() -> str:
    visitor: service.Visitor | None = g.get("visitor")
    return visitor.csrf if visitor else ""


def _refuse_forgeries() -> None:
    """Every unsafe request of a page shows the session's token and does not come from a foreign site.

    The API needs neither: no browser sends a bearer token by itself, and cookies are not looked at there. Nor does a
    page whose address is itself a secret that no other site knows.
    """
    if request.method in SAFE or _asks_the_api() or request.routing_exception is not None:
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


# -- where to


def local_path(target: str | None, default: str = "/") -> str:
    """A path of this site, or the default: never a way out."""
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
    if kept_forms.is_worth_keeping():
        return kept_forms.signed_out_panel() if is_htmx() else current_app.extensions["gmp.sign_in_with"]()
    if is_htmx():
        return Response(status=401, headers={"HX-Redirect": sign_in_address()})
    return redirect(sign_in_address(), 303)


def _context() -> dict[str, Any]:
    return {"actor": current_actor(), "csrf_token": csrf_token()}
