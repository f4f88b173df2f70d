"""The API's reference is a page like any other: complete, for everybody, in the reader's language."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import pytest

from gmp_booking.pages.api_docs.reference import METHODS
from tests.shared_app import SharedApp

REQUESTER = "requester@gaon.example"
PAGE = "/api/v1/docs/"
SUMMARY = re.compile(
    r'<details class="sheet api-operation" id="([\w-]+)">\s*<summary>.*?api-method[^>]*>(\w+)</span>'
    r"\s*<code[^>]*>([^<]+)</code>",
    re.DOTALL,
)


def test_every_operation_of_the_description_stands_once_under_its_id(shared_app: SharedApp) -> None:
    client = shared_app.app.test_client()
    description = client.get("/api/v1/openapi.json").json
    described = {
        (method.upper(), path) for path, item in description["paths"].items() for method in METHODS if method in item
    }
    page = client.get(PAGE)
    found = [(method, unescape(path)) for _id, method, path in SUMMARY.findall(page.text)]
    assert len(described) > 40
    assert sorted(found) == sorted(described)
    ids = Counter(re.findall(r'\bid="([^"]+)"', page.text))
    assert [each for each, times in ids.items() if times > 1] == []
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= set(ids)


def test_it_is_read_signed_out_and_shows_the_way_of_whoever_is_signed_in(shared_app: SharedApp) -> None:
    nobody = shared_app.app.test_client().get(PAGE)
    assert nobody.status_code == 200
    assert 'href="/timeline"' not in nobody.text
    assert 'class="languages"' not in nobody.text
    somebody = shared_app.page_client(REQUESTER).get(PAGE)
    assert 'href="/timeline"' in somebody.text
    assert 'class="languages"' in somebody.text


def test_a_token_is_not_looked_at_on_the_page(shared_app: SharedApp) -> None:
    page = shared_app.api_client(REQUESTER).get(PAGE)
    assert page.status_code == 200
    assert 'href="/timeline"' not in page.text


@pytest.mark.parametrize(("language", "word"), [("en", "Request body"), ("ko", "요청 본문"), ("zh-Hans", "请求正文")])
def test_its_frame_speaks_the_readers_language_and_the_description_english(
    shared_app: SharedApp, language: str, word: str
) -> None:
    page = shared_app.app.test_client().get(PAGE, headers={"Accept-Language": language}).text
    assert f'<html lang="{language}"' in page
    assert f"<h3>{word}</h3>" in page
    assert '<h2 id="group-bookings_api" lang="en">Bookings</h2>' in page


def test_the_language_chosen_once_counts_before_the_browsers(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client("operator@gaon.example")
    assert page_client.post("/language", {"language": "ko", "next": PAGE}).location == PAGE
    assert '<html lang="ko"' in page_client.get(PAGE, headers={"Accept-Language": "en"}).text
