"""Pages behind one-time links: choosing a password, and setting up an empty facility."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts import links, passwords, sessions
from gmp_booking.accounts.links import FIRST_START, ValidLink
from gmp_booking.accounts.service import create_account
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import use_language
from gmp_booking.kernel.access import SYSTEM, Role
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound
from gmp_booking.kernel.languages import LANGUAGE_NAMES
from gmp_booking.kernel.text import N_
from gmp_booking.pages.admin.form_actions import errors_of, words
from gmp_booking.people.service import create_person, has_any_person
from gmp_booking.policies.service import name_facility, seed_holidays, set_hours

onboarding = Blueprint("onboarding", __name__)

# Initial opening hours of an empty facility; defaults are ours and can be changed under Administration.
WORKING_DAYS = range(5)
OPENS, CLOSES = time(9), time(18)
YEARS_OF_HOLIDAYS = 3


@dataclass(frozen=True)
class FirstStart:
    """The facility and its first administrator, as typed."""

    code: str
    name_ko: str
    name_en: str
    name_zh: str
    name: str
    email: str
    language: str


def create_facility(uow: Uow, secret: str, first: FirstStart, password_hash: str) -> None:
    """Create the facility and its first administrator.

    Errors: NotFound for a link that was used; Conflict when there is somebody already; Invalid naming the fields.
    """
    if links.spend(uow, secret).purpose != FIRST_START:
        raise NotFound
    if has_any_person(uow):
        raise Conflict(N_("This facility has people already: ask its administrator."))
    name_facility(uow, code=first.code, name_ko=first.name_ko, name_en=first.name_en, name_zh=first.name_zh)
    set_hours(uow, WORKING_DAYS, OPENS, closes=CLOSES)
    seed_holidays(uow, range(uow.today.year, uow.today.year + YEARS_OF_HOLIDAYS))
    person = create_person(uow, name=first.name, email=first.email, language=first.language, roles=[Role.SYSADMIN])
    create_account(uow, person, password_hash)


@onboarding.get("/welcome/<token>")
@sessions.opened_by_link
def show(token: str) -> Response:
    link = _find(token)
    _speak(link)
    return _page(link, {}, 200)


@onboarding.post("/welcome/<token>")
@sessions.opened_by_link
def choose(token: str) -> Response:
    """Set the password. A link signs nobody in: the sign-in page then asks for the new password."""
    link = _find(token)
    _speak(link)
    database = sessions.services().database
    try:
        hashed = _hashed(request.form.get("password", ""), request.form.get("again", ""))
        if link.purpose == FIRST_START:
            database.transact(SYSTEM, create_facility, token, _typed(), hashed)
        else:
            database.transact(SYSTEM, links.choose_password, token, hashed)
    except (Invalid, Conflict) as refusal:
        return _page(link, errors_of(refusal), refusal.status)
    return redirect(url_for("accounts.sign_in_form"), 303)


def _find(token: str) -> ValidLink:
    link = sessions.services().database.read(SYSTEM, links.find_link, token)
    if link is None:
        raise NotFound(N_("This link was used, was replaced by a newer one or is too old. Ask for another one."))
    return link


def _speak(link: ValidLink) -> None:
    if link.language:
        use_language(link.language)


def _hashed(password: str, again: str) -> str:
    if password != again:
        raise Invalid(field_errors={"again": [N_("The two entries are different.")]})
    return passwords.hash_password(password)


def _typed() -> FirstStart:
    names = {name: words(name) for name in ("name_ko", "name_en", "name_zh", "name", "email", "language")}
    return FirstStart(words("code").upper(), **names)


def _page(link: ValidLink, errors: dict[str, str], status: int) -> Response:
    template = "first_start" if link.purpose == FIRST_START else "choose_password"
    page = render_template(
        f"onboarding/{template}.html",
        link=link,
        errors=errors,
        typed=request.form,
        languages_offered=list(LANGUAGE_NAMES.items()),
        shortest=passwords.MIN_LENGTH,
    )
    return make_response(page, status)
