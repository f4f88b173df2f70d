"""A mail server for the tests, a database, and the two mail jobs of the worker, run by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest

from config import Config
from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.mail.dev_mail_server import list_messages, read_message, running_sink
from gmp_booking.infra.web.i18n import gettext_for
from gmp_booking.kernel.languages import LANGUAGES
from gmp_booking.notifications.jobs import plan, send
from gmp_booking.notifications.mail_kind import BookingMail, discover
from tests.conftest import Place


@dataclass
class MailHarness:
    database: Database
    config: Config
    directory: Path
    place: Place

    def work(self) -> None:
        """What one tick of the worker does."""
        plan(self.database)
        send(self.database, self.config)

    def plan(self) -> None:
        plan(self.database)

    def send(self) -> None:
        send(self.database, self.config)

    @property
    def mails(self) -> list[EmailMessage]:
        return [read_message(self.directory, name) for name in list_messages(self.directory)]

    def mails_to(self, recipient: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["X-RcptTo"] == recipient]

    @property
    def subjects(self) -> dict[str, list[str]]:
        """What each recipient got, by subject."""
        found: dict[str, list[str]] = {}
        for mail in self.mails:
            found.setdefault(mail["X-RcptTo"], []).append(mail["Subject"])
        return found

    def pass_time(self, by: timedelta) -> None:
        """Move the database's clock forward."""
        with psycopg.connect(self.place.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
            now = "SELECT clock_timestamp() + interval '1 second'"
            connection.execute(
                "CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE"
                f" AS $$ {now} * {int(by.total_seconds())} $$"
            )


def config_for(directory: Path, port: int, **more: str) -> Config:
    given = {
        "GMP_DATA_DIR": str(directory),
        "GMP_SMTP_PORT": str(port),
        "GMP_BASE_URL": "https://booking.brc.example",
        "GMP_MAIL_FROM": "no-reply@brc.example",
        "GMP_TESTING": "1",
    }
    return Config.from_env(given | more)


@pytest.fixture
def post(database: Database, place: Place, tmp_path: Path) -> Iterator[MailHarness]:
    directory = tmp_path / "mail"
    with running_sink(directory) as port:
        office = MailHarness(database, config_for(tmp_path, port), directory, place)
        yield office
        for mail in office.mails:
            assert mentions_attachments(mail) == bool(list(mail.iter_attachments())), mail["Subject"]


def mentions_attachments(mail: EmailMessage) -> bool:
    """Whether the text has the note of a mail kind about attached calendar files, in any language."""
    written = mail.get_body(("plain",)).get_content()
    notes = [kind.entries_note for kind in discover().values() if isinstance(kind, BookingMail) and kind.entries_note]
    return any(gettext_for(language)(note) in written for note in notes for language in LANGUAGES)
