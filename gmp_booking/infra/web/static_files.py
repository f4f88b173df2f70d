"""Static files with a content hash in their URL, so that a browser caches them for ever.

A file requested without the current hash is revalidated each time.

`bundles.json` names files that do not exist in the folder: each is sent as the concatenation of the files it lists, so
that a page needs one request for them. They are joined at the request, so a changed part needs no build.
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

IMMUTABLE: Final = "public, max-age=31536000, immutable"
VERSION_PARAM: Final = "v"
BUNDLES: Final = "bundles.json"
# esbuild puts a hash into the names of font files; style sheets refer to them by these names.
_HASHED_NAME: Final = re.compile(r"-[0-9A-Z]{8}\.\w+\Z")


def install(app: Flask) -> None:
    """Add the content hash to the URLs of static files, and cache responses to such URLs for ever."""
    folder = app.static_folder or ""
    if bundles_of(folder):
        app.view_functions["static"] = _sending_bundles(folder, app.send_static_file)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and VERSION_PARAM not in values:
            found = version_of(folder, values.get("filename", ""))
            if found:
                values[VERSION_PARAM] = found

    @app.after_request
    def set_cache_control(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in {200, 304} and _never_changes(folder):
            response.headers["Cache-Control"] = IMMUTABLE
        return response


def bundles_of(folder: str) -> dict[str, list[str]]:
    """The parts of each bundle in their order; empty where the folder has no bundles."""
    path = Path(folder) / BUNDLES
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except OSError:
        return {}


def version_of(folder: str, name: str) -> str | None:
    """A hash of the content of a file or a bundle; None where there is no such file."""
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
    given = request.args.get(VERSION_PARAM)
    return bool(_HASHED_NAME.search(name)) or (given is not None and given == version_of(folder, name))
