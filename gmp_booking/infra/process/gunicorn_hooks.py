"""What gunicorn is told when it loads the application once and forks its workers from there (`--preload`).

Loaded once, a start costs one import instead of one a worker, and a killed worker is back at once.
"""

from __future__ import annotations

import gc
from typing import Any


def when_ready(server: Any) -> None:
    """Close the connections the self-check made: two workers that inherit one would talk over each other on it.

    What is loaded by now stays as long as the process: told so, the collector neither copies it into each worker nor
    takes it apart when one ends.
    """
    server.app.wsgi().extensions["gmp"].database.dispose()
    gc.collect()
    gc.freeze()
