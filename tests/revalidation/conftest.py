"""One application for the tests of a module, and a post office for its mails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gmp_booking.infra.mail.dev_mail_server import running_sink
from tests.notifications.conftest import PostOffice, config_for
from tests.standing import Standing, standing

__all__ = ["house_post", "standing"]


@pytest.fixture(scope="module")
def house_post(standing: Standing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    """The mails of the standing application."""
    folder: Path = tmp_path_factory.mktemp("post")
    with running_sink(folder / "mail") as port:
        config = config_for(folder, port)
        yield PostOffice(standing.database, config, folder / "mail", standing.place)
