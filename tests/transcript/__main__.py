"""`python -m tests.transcript FOLDER --command /path/to/checkout/.venv/bin/gmp-booking`: record one journey."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from alembic import command

from gmp_booking.infra.database.migrate import alembic_config
from tests.memory_folder import folder_in_memory
from tests.transcript.installation import end_in_good_order, running_installation
from tests.transcript.journey import travel
from tests.transcript.people import World
from tests.transcript.record import Record
from tests.transcript.tables import write_tables
from tests.zones import SEOUL

BEGIN = datetime(2027, 4, 5, 9, tzinfo=SEOUL)
"""A Monday, with no public holiday in the six weeks that follow but one."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.transcript", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write; it must not exist")
    parser.add_argument("--command", type=Path, default=Path(".venv/bin/gmp-booking"), help="whom to observe")
    parser.add_argument("--port", type=int, default=8071)
    parser.add_argument("--tables-at", metavar="REVISION", help="migrate down before the tables are written")
    given = parser.parse_args()
    end_in_good_order()
    record = Record(given.folder)
    data_dir = folder_in_memory() or Path(tempfile.mkdtemp(prefix="transcript-")) / "data"
    try:
        with running_installation(given.command.absolute(), data_dir, given.port, now=BEGIN) as installation:
            is_complete = travel(World(installation, record))
            if given.tables_at:
                command.downgrade(alembic_config(installation.owner_url), given.tables_at)
            write_tables(installation, record)
            record.finish()
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)
    print(f"{sum(1 for _ in given.folder.iterdir())} files in {given.folder}")
    return 0 if is_complete else 1


if __name__ == "__main__":
    sys.exit(main())
