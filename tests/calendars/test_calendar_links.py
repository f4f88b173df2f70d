"""Making, replacing and revoking calendar links by page and by API, and what the logs keep of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from gmp_booking.accounts.service import create_token
from gmp_booking.calendars import masking
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import Actor
from tests.calendars.conftest import COMPETITOR, REQUESTER, SCHEDULER
from tests.clients import PageClient

pytestmark = pytest.mark.heavy

Get = Callable[..., Any]


def path_in(text: str) -> str:
    found = re.search(r"http://booking\.example(/calendars/gmpf_[\w-]{43}\.ics)", text)
    assert found, text
    return found[1]


@pytest.fixture
def call(app, database: Database, people: dict[str, Actor]) -> Callable[..., Any]:
    """Ask the API as somebody."""
    tokens: dict[str, str] = {}

    def call(email: str, method: str, path: str, **body: Any) -> Any:
        if email not in tokens:
            tokens[email] = database.transact(people[email], create_token, name="test", days=1).secret
        return app.test_client().open(
            f"/api/v1/feeds{path}",
            method=method,
            json=body or None,
            headers={"Authorization": f"Bearer {tokens[email]}"},
        )

    return call


def test_a_link_made_on_the_page_is_shown_once_and_works(page_client: PageClient, get: Get) -> None:
    page = page_client.post("/account/calendars", {"scope": "mine"})
    assert page.status_code == 201
    assert page.headers["Cache-Control"] == "no-store"
    path = path_in(page.text)
    assert f"webcal://booking.example{path}" in page.text
    assert "<svg" in page.text
    assert "style=" not in page.text
    assert get(path).status_code == 200


def test_a_link_is_replaced_and_revoked_on_the_page(
    page_client: PageClient, get: Get, call: Callable[..., Any]
) -> None:
    form = {"scope": "resource", "resource": "B-01"}
    first = path_in(page_client.post("/account/calendars", form).text)
    (feed,) = call(REQUESTER, "GET", "").json["items"]
    assert (feed["scope"], feed["resource"]) == ("resource", "B-01")
    second = path_in(page_client.post(f"/account/calendars/{feed['id']}/rotate").text)
    assert (get(first).status_code, get(second).status_code) == (404, 200)
    (feed,) = call(REQUESTER, "GET", "").json["items"]
    assert (feed["scope"], feed["resource"]) == ("resource", "B-01")
    answer = page_client.post(f"/account/calendars/{feed['id']}/revoke")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert get(second).status_code == 404


def test_the_page_wants_somebody_and_an_honest_form(page_client: PageClient, app: Flask) -> None:
    assert app.test_client().post("/account/calendars", data={"scope": "mine"}).headers["Location"] == "/login"
    assert page_client.post("/account/calendars", {"scope": "mine", "csrf_token": "no"}).status_code == 403
    assert page_client.post("/account/calendars").status_code == 422


def test_the_account_page_lists_the_links_and_never_the_secret(page_client: PageClient) -> None:
    path = path_in(page_client.post("/account/calendars", {"scope": "resource", "resource": "B-01"}).text)
    page = page_client.get("/account").text
    assert path.partition("gmpf_")[2][:7] in page
    assert path.partition("gmpf_")[2][:20] not in page


def test_the_same_over_json(call: Callable[..., Any], get: Get) -> None:
    made = call(REQUESTER, "POST", "", scope="resource:INC-01")
    assert made.status_code == 201
    path = path_in(made.json["url"])
    assert made.json["webcal"] == f"webcal://booking.example{path}"
    assert get(path).status_code == 200
    (listed,) = call(REQUESTER, "GET", "").json["items"]
    assert set(listed) == {"id", "scope", "resource", "language", "prefix", "created_at", "last_used_at"}
    assert listed["last_used_at"] is not None
    fresh = call(REQUESTER, "POST", f"/{listed['id']}/rotate")
    assert fresh.status_code == 201
    assert get(path).status_code == 404
    assert get(path_in(fresh.json["url"])).status_code == 200
    assert call(REQUESTER, "DELETE", f"/{fresh.json['id']}").status_code == 204
    assert call(REQUESTER, "GET", "").json["items"] == []


def test_refusals_over_json_say_why(call: Callable[..., Any], app) -> None:
    assert app.test_client().get("/api/v1/feeds").status_code == 401
    assert call(SCHEDULER, "POST", "", scope="company").status_code == 403
    assert call(SCHEDULER, "POST", "", scope="facility").status_code == 201
    refused = call(REQUESTER, "POST", "", scope="resource:X-99")
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == ["resource"]


@pytest.mark.parametrize(("method", "action"), [("DELETE", ""), ("POST", "/rotate")])
def test_somebody_elses_link_is_as_unknown_as_none(
    call: Callable[..., Any], get: Get, method: str, action: str
) -> None:
    made = call(REQUESTER, "POST", "", scope="mine").json
    for feed_id in (made["id"], 999_999):
        assert call(COMPETITOR, method, f"/{feed_id}{action}").status_code == 404
    assert get(path_in(made["url"])).status_code == 200


@pytest.mark.parametrize("name", masking.LOGGERS)
def test_no_web_servers_log_keeps_a_link(app, name: str, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(name)
    with caplog.at_level(logging.INFO, logger=name):
        logger.info('%s - "%s" %s', "203.0.113.7", "GET /calendars/gmpf_secret.ics HTTP/1.1", 200)
        logger.info('%(h)s "%(r)s"', {"h": "203.0.113.7", "r": "GET /calendars/gmpf_secret.ics?x=1 HTTP/1.1"})
        logger.info("Error handling request %s", "/calendars/gmpf_secret.ics")
        logger.info("plain 100%")
    assert "secret" not in caplog.text
    assert caplog.text.count("/calendars/…") == 3
    assert "plain 100%" in caplog.text


def test_the_application_itself_logs_no_link(get: Get, caplog: pytest.LogCaptureFixture, monkeypatch) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("gmp_booking.calendars.service.find_subscription", fail)
    with caplog.at_level(logging.DEBUG):
        assert get("/calendars/gmpf_secret.ics").status_code == 500
    assert "a bug" in caplog.text
    assert "gmpf_secret" not in caplog.text
