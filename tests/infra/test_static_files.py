"""Static files are asked for once, and anew as soon as they change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask, url_for

from gmp_booking.infra.web import static_files


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    (tmp_path / "page.css").write_text("body { color: black }")
    (tmp_path / "font-AB12CD34.woff2").write_bytes(b"font")
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    static_files.install(app)
    return app


def kept(app: Flask, address: str) -> tuple[int, str]:
    """The status of the answer, and how long it may be kept."""
    with app.test_client().get(address) as answer:
        return answer.status_code, answer.headers.get("Cache-Control", "")


def address(app: Flask, name: str) -> str:
    with app.test_request_context():
        return url_for("static", filename=name)


def test_a_marked_address_is_kept_for_ever(app: Flask) -> None:
    marked = address(app, "page.css")
    assert re.fullmatch(r"/static/page\.css\?v=[0-9a-f]{12}", marked)
    assert kept(app, marked) == (200, static_files.IMMUTABLE)


def test_another_content_has_another_address(app: Flask, tmp_path: Path) -> None:
    before = address(app, "page.css")
    (tmp_path / "page.css").write_text("body { color: white }")
    assert address(app, "page.css") != before


def test_an_address_of_older_content_is_not_kept(app: Flask, tmp_path: Path) -> None:
    before = address(app, "page.css")
    (tmp_path / "page.css").write_text("body { color: white }")
    assert kept(app, before) == (200, "no-cache")


@pytest.mark.parametrize("mark", ["", "?v=", "?v=000000000000"])
def test_without_its_mark_a_file_is_asked_for_again(app: Flask, mark: str) -> None:
    assert kept(app, f"/static/page.css{mark}") == (200, "no-cache")


def test_fonts_are_named_by_their_content(app: Flask) -> None:
    assert kept(app, "/static/font-AB12CD34.woff2") == (200, static_files.IMMUTABLE)


@pytest.mark.parametrize("name", ["missing.css", "../secrets.json"])
def test_what_is_not_there_has_no_mark_and_is_not_kept(app: Flask, name: str) -> None:
    assert "v=" not in address(app, name)
    status, how_long = kept(app, f"/static/{name}")
    assert status == 404
    assert how_long != static_files.IMMUTABLE


@pytest.fixture
def bundled(tmp_path: Path, app: Flask) -> Flask:
    (tmp_path / "more.css").write_text("a { color: red }")
    (tmp_path / "bundles.json").write_text('{"all.css": ["page.css", "more.css"]}')
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    static_files.install(app)
    return app


def test_a_bundle_is_its_parts_in_their_order(bundled: Flask) -> None:
    with bundled.test_client().get("/static/all.css") as answer:
        assert answer.text == "body { color: black }a { color: red }"
        assert answer.mimetype == "text/css"


def test_a_bundle_is_kept_for_ever_until_one_of_its_parts_changes(bundled: Flask, tmp_path: Path) -> None:
    before = address(bundled, "all.css")
    assert kept(bundled, before) == (200, static_files.IMMUTABLE)
    (tmp_path / "more.css").write_text("a { color: green }")
    assert address(bundled, "all.css") != before
    assert kept(bundled, before) == (200, "no-cache")


def test_a_bundle_is_not_sent_to_who_has_it(bundled: Flask) -> None:
    client = bundled.test_client()
    with (
        client.get("/static/all.css") as first,
        client.get("/static/all.css", headers={"If-None-Match": first.headers["ETag"]}) as second,
    ):
        assert (second.status_code, second.data) == (304, b"")
