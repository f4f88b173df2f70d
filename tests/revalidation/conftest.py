"""One application for the tests of a module, and a mailbox for its mails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gmp_booking.infra.mail.dev_mail_server import running_sink
from tests.notifications.conftest import MailHarness, config_for
from tests.shared_app import SharedApp, shared_app

__all__ = ["mailbox", "shared_app"]


@pytest.fixture(scope="module")
def mailbox(shared_app: SharedApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailHarness]:
    """The mails of the shared application."""
    folder: Path = tmp_path_factory.mktemp("post")
    with running_sink(folder / "mail") as port:
        config = config_for(folder, port)
        yield MailHarness(shared_app.database, config, folder / "mail", shared_app.place)
