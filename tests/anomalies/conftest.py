from __future__ import annotations

from collections.abc import Iterator

import pytest

from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.registry import CONSUMERS
from tests.anomalies.competitors import Rivals, settle
from tests.conftest import Place, place_of


@pytest.fixture(scope="session")
def rivals(cluster: EmbeddedPostgres, template: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rivals]:
    """Settled once; whoever uses it only looks, or is refused."""
    cluster.ensure_database("rivals", template=template.name)
    place = place_of(cluster, "rivals")
    database = Database(place.app_url, consumers=CONSUMERS, pool_size=2)
    settled = settle(place, database, tmp_path_factory.mktemp("rivals"))
    yield settled
    settled.app.extensions["gmp"].database.dispose()
    database.dispose()
    cluster.drop_database("rivals")
