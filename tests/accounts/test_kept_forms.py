"""A form that is sent after its session has ended comes back once its person has signed in again."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient

from tests.clients import PASSWORD, PageClient
from tests.factories.form_fields import form_of
from tests.shared_app import SharedApp, shared_app

__all__ = ["shared_app"]
REQUESTER = "requester@gaon.example"


def hidden(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.partition("<main")[2])
    return [(name, html.unescape(text)) for name, text in found]


@pytest.fixture
def page_client(shared_app: SharedApp) -> PageClient:
    one = PageClient(shared_app.app, REQUESTER)
    one.client.delete_cookie("sid")
    one.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return one


def sign_in(client: FlaskClient, page: str, *, password: str = PASSWORD) -> str:
    answer = client.post("/login", data=dict(hidden(page)) | {"email": REQUESTER, "password": password})
    assert answer.status_code in {200, 401, 422}, answer.status_code
    return answer.text


def test_a_form_sent_after_its_session_ended_comes_back(shared_app: SharedApp, page_client: PageClient) -> None:
    form = form_of(purpose="P2 <harvest>", sessions=[{"room": "C-01", "people": ["a@x.example", "b@x.example"]}])
    sent = page_client.post("/bookings/new", form)
    assert sent.status_code == 401
    assert "Your form is saved" in sent.text
    again = sign_in(page_client.client, sent.text, password="wrong password it is")
    page = sign_in(page_client.client, again)
    kept = hidden(page)
    assert ("purpose", "P2 <harvest>") in kept
    assert [text for name, text in kept if name == "sessions-0-people"] == ["a@x.example", "b@x.example"]
    assert 'action="/bookings/new"' in page
    before = shared_app.ask("SELECT count(*) AS n FROM booking")[0]["n"]
    shown = page_client.client.post("/bookings/new", data={**dict(kept), "op": "check"})
    assert shown.status_code == 200
    assert "P2 &lt;harvest&gt;" in shown.text
    assert shared_app.ask("SELECT count(*) AS n FROM booking")[0]["n"] == before


def test_what_is_kept_never_sends_itself(page_client: PageClient) -> None:
    page = page_client.post("/bookings/new", form_of(operation="submit")).text
    assert "op" not in [name for name, _text in hidden(sign_in(page_client.client, page))]


@pytest.mark.parametrize("kept", ["", "no json", "[1]", '{"a": "b"}', '[["a"]]', "[" * 5000])
def test_nonsense_in_place_of_a_form_does_no_harm(shared_app: SharedApp, kept: str) -> None:
    client = shared_app.app.test_client()
    fields = dict(hidden(client.get("/login").text)) | {"next": "/bookings/new", "kept": kept}
    answer = client.post("/login", data=fields | {"email": REQUESTER, "password": PASSWORD})
    assert answer.status_code == (200 if kept else 303)


def test_the_panel_says_so_while_one_types(page_client: PageClient) -> None:
    preview = page_client.client.post("/bookings/preview", data=form_of(), headers={"HX-Request": "true"})
    assert preview.status_code == 200
    assert "You have been signed out" in preview.text
    assert "HX-Redirect" not in preview.headers


def test_other_posts_still_lead_to_the_sign_in_page(page_client: PageClient) -> None:
    assert page_client.post("/account/tokens", {"name": "x", "days": "1"}).status_code == 303
