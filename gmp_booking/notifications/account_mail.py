"""Mails with a one-time link: the secret is made when the mail is written, and never kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from config import Config
from gmp_booking.accounts.links import INVITATION, StandingLink, find_link_to_mail, secret_of
from gmp_booking.infra.database.outbox import ClaimedMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.text import N_
from gmp_booking.people.models import Person

KINDS: Final = frozenset({"invitation", "reset"})
CHOOSE_A_PASSWORD: Final = N_("Choose a password")


@dataclass(frozen=True)
class LinkMail:
    """Whom a link is mailed to, and where it leads."""

    reader: Person
    link: StandingLink
    url: str

    @property
    def is_invitation(self) -> bool:
        return self.link.purpose == INVITATION


def find_link_mail(uow: Uow, message: ClaimedMessage, config: Config) -> LinkMail | None:
    """None when the link was used, replaced or is too old, or the person left."""
    link = find_link_to_mail(uow, int(message.payload["link_id"]))
    reader = uow.session.get(Person, message.person_id) if message.person_id else None
    if link is None or reader is None or link.person_id != reader.id:
        return None
    return LinkMail(reader, link, f"{config.base_url}/welcome/{secret_of(link.id, config.auth_pepper)}")
