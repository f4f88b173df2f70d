"""The account page: profile, calendar links, API tokens, open sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from gmp_booking.accounts import service as accounts
from gmp_booking.accounts import sessions
from gmp_booking.accounts.request_context import current_request
from gmp_booking.calendars.service import list_own_feeds
from gmp_booking.companies.service import list_companies
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _, named
from gmp_booking.kernel.access import Actor, Permission, Subject, is_allowed
from gmp_booking.kernel.labels import FEED_SCOPES
from gmp_booking.kernel.languages import LANGUAGE_NAMES
from gmp_booking.kernel.vocabulary import FeedScope
from gmp_booking.resources.service import list_resources

account_page = Blueprint("account_page", __name__)

SCOPES: Mapping[FeedScope, Permission] = {
    FeedScope.MINE: Permission.FEED_MAKE_MINE,
    FeedScope.COMPANY: Permission.FEED_MAKE_COMPANY,
    FeedScope.FACILITY: Permission.FEED_MAKE_FACILITY,
    FeedScope.RESOURCE: Permission.FEED_MAKE_RESOURCE,
}


@dataclass(frozen=True)
class AccountFacts:
    sessions: Any
    tokens: Any
    feeds: Any
    resources: Any
    companies: Any


def read_account(uow: Uow, idle: Any) -> AccountFacts:
    return AccountFacts(
        sessions=accounts.list_sessions(uow, idle),
        tokens=accounts.list_tokens(uow),
        feeds=list_own_feeds(uow),
        resources=list_resources(uow),
        companies=list_companies(uow) if uow.actor.company_id is not None else (),
    )


@account_page.get("/account")
@sessions.signed_in
def show() -> str:
    call = current_request()
    actor = call.actor
    facts = call.read(read_account, sessions.session_limits())
    return render_template(
        "account/account.html",
        profile={
            "name": actor.name,
            "email": actor.email,
            "company_name": ", ".join(named(company) for company in facts.companies),
            "roles": sorted(role.value for role in actor.roles),
        },
        auth_sessions=facts.sessions,
        tokens=facts.tokens,
        feeds=facts.feeds,
        scopes=[(scope.value, _(FEED_SCOPES[scope])) for scope in _scopes(actor)],
        languages_offered=list(LANGUAGE_NAMES.items()),
        resources=[(each.code, f"{each.code} {named(each)}") for each in facts.resources],
        errors={},
    )


def _scopes(actor: Actor) -> Iterator[FeedScope]:
    subject = Subject(company_id=actor.company_id)
    return (scope for scope, permission in SCOPES.items() if is_allowed(actor, permission, subject))
