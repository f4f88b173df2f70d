"""Style sheets, scripts and fonts under addresses that change with their content: a browser asks for each once.

Whatever is asked for without such a mark may be kept, but is asked for again each time.

`bundles.json` names files that do not exist in the folder: each is sent as the files it lists, one after the other, so
that a page needs one request for them. They are joined when asked for, and a changed part shows without a build.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.security import safe_join

FOR_EVER: Final = "public, max-age=31536000, immutable"
MARK: Final = "v"
BUNDLES: Final = "bundles.json"
# The builder of the front end names fonts so; style sheets refer to them by these names.
_NAMED_BY_CONTENT: Final = re.compile(r"-[0-9A-Z]{8}\.\w+\Z")


def install(app: Flask) -> None:
    """Mark the addresses of static files, and say of marked ones that they never change."""
    folder = app.static_folder or ""
    if bundles_of(folder):
        app.view_functions["static"] = _sending_bundles(folder, app.send_static_file)

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


def bundles_of(folder: str) -> dict[str, list[str]]:
    """The parts of each bundle in their order; empty where the folder has no bundles."""
    path = Path(folder) / BUNDLES
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except OSError:
        return {}


def mark_of(folder: str, name: str) -> str | None:
    """A word that changes with the content of a file or a bundle; None where there is no such file."""
    paths = [safe_join(folder, part) for part in bundles_of(folder).get(name, [name])]
    try:
        return _digest(tuple((path, Path(path).stat().st_mtime_ns) for path in paths if path)) if all(paths) else None
    except OSError:
        return None


def _sending_bundles(folder: str, send_file: Callable[[str], Response]) -> Callable[..., Response]:
    def send(filename: str) -> Response:
        parts = bundles_of(folder).get(filename)
        if parts is None:
            return send_file(filename)
        content = b"".join(Path(folder, part).read_bytes() for part in parts)
        response = Response(content, mimetype=mimetypes.guess_type(filename)[0])
        response.cache_control.no_cache = True
        response.set_etag(hashlib.sha256(content).hexdigest())
        response.make_conditional(request)
        return response

    return send


@lru_cache(maxsize=8)
def _read(path: str, _changed_at: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(Path(path).read_text("utf-8"))
    return found


@lru_cache(maxsize=512)
def _digest(files: tuple[tuple[str, int], ...]) -> str:
    return hashlib.sha256(b"".join(Path(path).read_bytes() for path, _changed_at in files)).hexdigest()[:12]


def _never_changes(folder: str) -> bool:
    name = (request.view_args or {}).get("filename", "")
    given = request.args.get(MARK)
    return bool(_NAMED_BY_CONTENT.search(name)) or (given is not None and given == mark_of(folder, name))
