"""Pages: sign-in, sign-out and the actions of the account page."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, current_app, g, make_response, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from gmp_booking.accounts import interrupted_forms, service, sessions
from gmp_booking.accounts.schemas import SignInSchema, TokenFormSchema
from gmp_booking.infra.web import i18n
from gmp_booking.infra.web.errors import field_errors
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Forbidden, Refusal, TooSoon

accounts = Blueprint("accounts", __name__)
account = Blueprint("account", __name__)

ACCOUNT: Final = "/account"


@accounts.get("/login")
def sign_in_form() -> Response:
    if sessions.current_actor() is not None:
        return redirect(sessions.local_path(request.args.get("next")), 303)
    return _form(next_path=sessions.local_path(request.args.get("next"), ""))


@accounts.post("/login")
def sign_in() -> Response:
    try:
        shape = SignInSchema().load(request.form.to_dict())
    except ValidationError as error:
        return _form(status=422, errors={name: each[0] for name, each in field_errors(error.messages).items()})
    services = sessions.services()
    outcome = service.sign_in(
        services.database,
        service.SignInAttempt(
            email=shape["email"],
            password=shape["password"],
            session_cookie=sessions.session_cookie(),
            device_cookie=sessions.device_cookie(),
            ip=request.remote_addr,
            user_agent=request.user_agent.string,
        ),
        pepper=services.config.auth_pepper,
    )
    if isinstance(outcome, Refusal):
        response = _form(status=outcome.status, error=_(outcome.message))
        if isinstance(outcome, TooSoon):
            response.headers["Retry-After"] = str(outcome.retry_after_s)
        return response
    target = sessions.local_path(shape["next"])
    if kept := request.form.get("kept"):
        g.visitor = service.Visitor(outcome.session_id, outcome.csrf, None, None, unseen=False)
        response = interrupted_forms.restore_page(target, kept)
    else:
        response = redirect(target, 303)
    sessions.set_session_cookies(response, outcome)
    return response


def _sign_in_with_form() -> Response:
    """The sign-in page with the interrupted form in it."""
    return _form(status=401, next_path=request.path, kept=interrupted_forms.encode_form())


@accounts.record_once
def _register_sign_in_with_form(state: BlueprintSetupState) -> None:
    state.app.extensions["gmp.sign_in_with"] = _sign_in_with_form


def _form(
    *,
    status: int = 200,
    error: str | None = None,
    errors: dict[str, str] | None = None,
    next_path: str | None = None,
    kept: str | None = None,
) -> Response:
    """The sign-in page. It opens an anonymous session, so that the form has CSRF protection too."""
    opened = None
    if g.visitor is None:
        opened = sessions.services().database.transact(SYSTEM, service.open_session, None, ip=request.remote_addr)
        g.visitor = service.Visitor(opened.session_id, opened.csrf, None, None, unseen=False)
    page = render_template(
        "accounts/sign_in.html",
        email=request.form.get("email", ""),
        next=sessions.local_path(request.form.get("next"), "") if next_path is None else next_path,
        error=error,
        errors=errors or {},
        kept=kept or request.form.get("kept"),
        **_demo(),
    )
    response = make_response(page, status)
    if opened is not None:
        sessions.set_session_cookies(response, opened)
    return response


def _demo() -> dict[str, Any]:
    """The example users of the demo, if it is installed."""
    demo: dict[str, Any] = current_app.extensions.get("gmp.demo") or {}
    return {"demo_people": demo.get("people"), "demo_password": demo.get("password")}


@accounts.post("/logout")
def sign_out() -> Response:
    cookie = sessions.session_cookie()
    if cookie:
        sessions.services().database.transact(SYSTEM, service.sign_out, cookie, ip=request.remote_addr)
    response = redirect(sessions.SIGN_IN, 303)
    sessions.clear_session_cookies(response)
    return response


@account.post("/language")
def set_language() -> Response:
    language = i18n.closest_language(request.form.get("language"))
    visitor: service.Visitor | None = g.visitor
    if visitor is None:
        raise Forbidden
    database = sessions.services().database
    database.transact(sessions.current_actor() or SYSTEM, service.choose_language, visitor.session_id, language)
    return redirect(sessions.local_path(request.form.get("next")), 303)


@account.post("/account/sessions/<int:session_id>/end")
@sessions.signed_in
def end_session(session_id: int) -> Response:
    sessions.services().database.transact(sessions.require_actor(), service.end_session, session_id)
    return redirect(ACCOUNT, 303)


@account.post("/account/tokens")
@sessions.signed_in
def create_token() -> Response:
    shape = TokenFormSchema().load(request.form.to_dict())
    made = sessions.services().database.transact(
        sessions.require_actor(), service.create_token, name=shape["name"], days=shape["days"]
    )
    page = render_template("accounts/token_made.html", secret=made.secret, token=made.token)
    return make_response(page, 201)


@account.post("/account/tokens/<int:token_id>/revoke")
@sessions.signed_in
def revoke_token(token_id: int) -> Response:
    sessions.services().database.transact(sessions.require_actor(), service.revoke_token, token_id)
    return redirect(ACCOUNT, 303)
