"""gunicorn hooks for `--preload`: the application is loaded once and the workers are forked from it.

A start then costs one import instead of one a worker, and a killed worker is replaced at once.
"""

from __future__ import annotations

import gc
from typing import Any


def when_ready(server: Any) -> None:
    """Close the connections of the self-check: two workers that inherit one would mix their protocol messages.

    gc.freeze() exempts all objects loaded so far from collection: a collection would write to their memory pages and
    so copy them into each worker.
    """
    server.app.wsgi().extensions["gmp"].database.dispose()
    gc.collect()
    gc.freeze()
