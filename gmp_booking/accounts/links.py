"""One-time links: invitation, password reset, first administrator of an empty facility.

The secret is derived from the row's id and the pepper, so that the mail is rendered when sent and the outbox stores no
secret; the row stores its hash. Opening a link does not use it up, because mail scanners open links; submitting its
form does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text

from gmp_booking.accounts import store
from gmp_booking.accounts.models import Account, OneTimeLink
from gmp_booking.infra.database.outbox import NewMessage, add_messages
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, require
from gmp_booking.kernel.errors import Conflict, NotFound
from gmp_booking.kernel.text import N_
from gmp_booking.people.models import Person

INVITATION: Final = "INVITATION"
RESET: Final = "RESET"
FIRST_START: Final = "FIRST_START"
# How long each link is valid; the defaults are ours.
LIFETIMES: Final = {INVITATION: timedelta(days=7), RESET: timedelta(minutes=10), FIRST_START: timedelta(days=1)}
MAIL_KINDS: Final = {INVITATION: "invitation", RESET: "reset"}

_SET_HASH = text("UPDATE one_time_link SET token_hash = :token_hash WHERE id = :id")
_END_OTHERS = text(
    """
    UPDATE one_time_link SET ended_at = gmp_now()
    WHERE account_id IS NOT DISTINCT FROM :account_id AND ended_at IS NULL
    """
)
_VALID = """
    SELECT link.id, link.purpose, link.account_id, link.expires_at, person.id AS person_id, person.name, person.email,
           person.language
    FROM one_time_link AS link
    LEFT JOIN account ON account.id = link.account_id
    LEFT JOIN person ON person.id = account.person_id
    WHERE link.{0} AND link.ended_at IS NULL AND link.expires_at > gmp_now()
      AND (link.account_id IS NULL OR (account.active AND person.active))
"""
_BY_HASH = text(_VALID.format("token_hash = :token_hash"))
_BY_ID = text(_VALID.format("id = :id"))
_SPEND = text(
    """
    UPDATE one_time_link SET ended_at = gmp_now()
    WHERE token_hash = :token_hash AND ended_at IS NULL AND expires_at > gmp_now()
    RETURNING account_id, purpose
    """
)
_SET_PASSWORD = text(
    "UPDATE account SET password_hash = :password_hash, password_changed_at = gmp_now() WHERE id = :account_id"
)
_END_SESSIONS = text(
    """
    UPDATE auth_session SET ended_at = gmp_now(), end_reason = :reason
    WHERE account_id = :account_id AND ended_at IS NULL
    """
)
_REVOKE_DEVICES = text(
    "UPDATE known_device SET revoked_at = gmp_now() WHERE account_id = :account_id AND revoked_at IS NULL"
)
_REVOKE_TOKENS = text(
    "UPDATE api_token SET revoked_at = gmp_now() WHERE account_id = :account_id AND revoked_at IS NULL"
)
_CLEAR_PASSWORD = text(
    "UPDATE account SET password_hash = NULL, password_changed_at = gmp_now() WHERE id = :account_id"
)
_ACCOUNT_OF = text("SELECT id, password_hash IS NOT NULL AS has_password FROM account WHERE person_id = :person_id")


@dataclass(frozen=True)
class ValidLink:
    """A link that may still be used, with its account and person."""

    id: int
    purpose: str
    account_id: int | None
    expires_at: datetime
    person_id: int | None
    name: str | None
    email: str | None
    language: str | None


def secret_of(link_id: int, pepper: bytes) -> str:
    """The secret of a link, derived from its id and the pepper."""
    digest = hmac.new(pepper, f"one-time-link:{link_id}".encode(), hashlib.sha256).digest()
    return f"{link_id}-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def invite(uow: Uow, person: Person, *, pepper: bytes) -> str:
    """Mail a person a link to choose a password; earlier links become invalid. Returns the link's purpose.

    A person with a password gets a reset link, which expires sooner.
    Errors: Forbidden; Conflict for a deactivated person.
    """
    require(uow.actor, Permission.PEOPLE_EDIT, Subject(company_id=person.company_id))
    if not person.active:
        raise Conflict(N_("This person has left."))
    row = uow.session.execute(_ACCOUNT_OF, {"person_id": person.id}).one_or_none()
    account_id = row.id if row else _open_account(uow, person).id
    purpose = RESET if row and row.has_password else INVITATION
    link = _add(uow, purpose, account_id=account_id, pepper=pepper)
    add_messages(
        uow,
        [
            NewMessage(
                kind=MAIL_KINDS[purpose],
                recipient=person.email,
                language=person.language,
                due_at=uow.now,
                company_id=person.company_id,
                person_id=person.id,
                payload={"link_id": link.id},
            )
        ],
    )
    store.add_auth_event(uow, "link_mailed", account_id=account_id, detail=f"{purpose} by person {uow.actor.person_id}")
    return purpose


def _open_account(uow: Uow, person: Person) -> Account:
    account = store.add_account(uow, person_id=person.id, email=person.email, password_hash=None)
    store.add_auth_event(uow, "account_created", account_id=account.id, detail=f"by person {uow.actor.person_id}")
    return account


def make_first_link(uow: Uow, *, pepper: bytes) -> str:
    """The secret of a link to set up an empty facility; an earlier one becomes invalid."""
    return secret_of(_add(uow, FIRST_START, account_id=None, pepper=pepper).id, pepper)


def _add(uow: Uow, purpose: str, *, account_id: int | None, pepper: bytes) -> OneTimeLink:
    uow.session.execute(_END_OTHERS, {"account_id": account_id})
    link = OneTimeLink(
        purpose=purpose, account_id=account_id, made_by=uow.actor.person_id, expires_at=uow.now + LIFETIMES[purpose]
    )
    uow.session.add(link)
    uow.session.flush()
    uow.session.execute(_SET_HASH, {"id": link.id, "token_hash": store.hash_of(secret_of(link.id, pepper))})
    return link


def find_link(uow: Uow, secret: str) -> ValidLink | None:
    """The valid link with this secret; finding does not use it up."""
    return _valid_link(uow.session.execute(_BY_HASH, {"token_hash": store.hash_of(secret)}).one_or_none())


def find_link_to_mail(uow: Uow, link_id: int) -> ValidLink | None:
    """The link of a queued mail, unless it was used or replaced meanwhile."""
    return _valid_link(uow.session.execute(_BY_ID, {"id": link_id}).one_or_none())


def _valid_link(row: Row[Any] | None) -> ValidLink | None:
    return ValidLink(**row._mapping) if row else None  # noqa: SLF001


def choose_password(uow: Uow, secret: str, password_hash: str) -> None:
    """Use up a link: set the password and end all sessions; it does not sign in.

    Errors: NotFound for a used, replaced or expired link.
    """
    spent = spend(uow, secret)
    if spent.account_id is None or store.lock_account(uow, spent.account_id) is None:
        raise NotFound
    uow.session.execute(_SET_PASSWORD, {"account_id": spent.account_id, "password_hash": password_hash})
    uow.session.execute(_END_SESSIONS, {"account_id": spent.account_id, "reason": "password changed"})
    store.add_auth_event(uow, "password_chosen", account_id=spent.account_id, detail=spent.purpose)


def spend(uow: Uow, secret: str) -> Row[Any]:
    """Use up a link. Errors: NotFound when it was used before."""
    spent = uow.session.execute(_SPEND, {"token_hash": store.hash_of(secret)}).one_or_none()
    if spent is None:
        raise NotFound
    return spent


def end_access(uow: Uow, person: Person) -> None:
    """Revoke sessions, tokens, known browsers, links and the password of a person who leaves."""
    require(uow.actor, Permission.PEOPLE_DEACTIVATE, Subject(company_id=person.company_id))
    row = uow.session.execute(_ACCOUNT_OF, {"person_id": person.id}).one_or_none()
    if row is None:
        return
    one = {"account_id": row.id}
    uow.session.execute(_END_SESSIONS, one | {"reason": "deactivated"})
    for statement in (_REVOKE_TOKENS, _REVOKE_DEVICES, _END_OTHERS, _CLEAR_PASSWORD):
        uow.session.execute(statement, one)
    store.add_auth_event(uow, "access_ended", account_id=row.id, detail=f"by person {uow.actor.person_id or 'system'}")


def access_of(uow: Uow, person_ids: list[int]) -> dict[int, bool]:
    """By person: whether the account has a password; people without an account are left out."""
    statement = text("SELECT person_id, password_hash IS NOT NULL FROM account WHERE person_id = ANY (:people)")
    return {person: bool(chosen) for person, chosen in uow.session.execute(statement, {"people": person_ids})}
