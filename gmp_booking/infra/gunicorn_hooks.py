"""What gunicorn is told when it loads the application once and forks its workers from there (`--preload`).

Loaded once, a start costs one import instead of one a worker, and a killed worker is back at once.
"""

from __future__ import annotations

from typing import Any


def when_ready(server: Any) -> None:
    """Close the connections the self-check made: two workers that inherit one would talk over each other on it."""
    server.app.wsgi().extensions["gmp"].database.dispose()
