"""Style sheets, scripts and fonts under addresses that change with their content: a browser asks for each once.

Whatever is asked for without such a mark may be kept, but is asked for again each time.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.security import safe_join

FOR_EVER: Final = "public, max-age=31536000, immutable"
MARK: Final = "v"
# The builder of the front end names fonts so; style sheets refer to them by these names.
_NAMED_BY_CONTENT: Final = re.compile(r"-[0-9A-Z]{8}\.\w+\Z")


def install(app: Flask) -> None:
    """Mark the addresses of static files, and say of marked ones that they never change."""
    folder = app.static_folder or ""

    @app.url_defaults
    def mark(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and MARK not in values:
            found = mark_of(folder, values.get("filename", ""))
            if found:
                values[MARK] = found

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in {200, 304} and _never_changes(folder):
            response.headers["Cache-Control"] = FOR_EVER
        return response


def mark_of(folder: str, name: str) -> str | None:
    """A word that changes with the content of a file; None where there is no such file."""
    path = safe_join(folder, name)
    try:
        return _digest(path, Path(path).stat().st_mtime_ns) if path else None
    except OSError:
        return None


@lru_cache(maxsize=512)
def _digest(path: str, _changed_at: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def _never_changes(folder: str) -> bool:
    name = (request.view_args or {}).get("filename", "")
    given = request.args.get(MARK)
    return bool(_NAMED_BY_CONTENT.search(name)) or (given is not None and given == mark_of(folder, name))
