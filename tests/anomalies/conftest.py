from __future__ import annotations

from collections.abc import Iterator

import pytest

from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.registry import CONSUMERS
from tests.anomalies.competitors import Competitors, settle
from tests.conftest import Place, drop_database, place_of
from tests.zones import SEOUL


@pytest.fixture(scope="session")
def competitors(
    cluster: EmbeddedPostgres, template: Place, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Competitors]:
    """Settled once; whoever uses it only looks, or is refused."""
    cluster.ensure_database("competitors", template=template.name)
    place = place_of(cluster, "competitors")
    database = Database(place.app_url, zone=SEOUL, consumers=CONSUMERS, pool_size=2)
    settled = settle(place, database, tmp_path_factory.mktemp("competitors"))
    yield settled
    settled.app.extensions["gmp"].database.dispose()
    database.dispose()
    drop_database(cluster, "competitors")
