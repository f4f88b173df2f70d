"""Background job: verify the stored data once a night."""

from __future__ import annotations

import logging

from gmp_booking.consistency.service import MOST_REFERENCES, begin_nightly, finish_nightly, verify_data
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM

_log = logging.getLogger(__name__)


def verify_nightly(database: Database) -> None:
    """Run every check once a night and keep the result; several workers may ask at once."""
    night = database.transact(SYSTEM, begin_nightly)
    if night is None:
        return
    results = verify_data(database)
    database.transact(SYSTEM, finish_nightly, night, results)
    for result in results:
        if result.found:
            shown = ", ".join(result.references[:MOST_REFERENCES])
            _log.error("ALARM: the data check %s found %s faults: %s", result.check.name, len(result.found), shown)
