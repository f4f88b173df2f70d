"""A folder in memory for the database of the tests.

A copy of a database is some six hundred files. Made and deleted for hundreds of tests, they take an ext4 disk a third of
a second each time, looking for numbers of files it has not just given back; memory takes a fiftieth.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 3 << 30


def folder_in_memory() -> Path | None:
    """Where this process may keep its database, not made yet; None where there is no room in memory."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ENOUGH_BYTES:
        return None
    _remove_what_the_killed_left()
    return MEMORY / f"gmp-tests-{os.getpid()}"


def _remove_what_the_killed_left() -> None:
    for folder in MEMORY.glob("gmp-tests-*"):
        if not Path("/proc", folder.name.rpartition("-")[2]).exists():
            shutil.rmtree(folder, ignore_errors=True)
