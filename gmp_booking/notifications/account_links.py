"""The words of a mail with a one-time link: its secret is made when the mail is written, and never stored."""

from __future__ import annotations

from typing import Final

from gmp_booking.accounts.links import find_link_to_mail, secret_of
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import MailFacts
from gmp_booking.notifications.mail_kind import Words

CHOOSE_A_PASSWORD: Final = N_("Choose a password")


def link_words(facts: MailFacts) -> Words | None:
    """None when the link was used, was replaced or is too old."""
    link = find_link_to_mail(facts.uow, int(facts.payload["link_id"]))
    if link is None or link.person_id != facts.reader.id:
        return None
    return {
        "what": _(CHOOSE_A_PASSWORD),
        "until": link.expires_at,
        "url": f"{facts.config.base_url}/welcome/{secret_of(link.id, facts.config.auth_pepper)}",
    }
