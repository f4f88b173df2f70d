"""API tokens: shown once, kept as a hash, gone when revoked, and never a way into the pages."""

from __future__ import annotations

import re

import pytest

from gmp_booking.accounts import service
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Invalid
from tests.accounts.conftest import ADMIN, QA
from tests.accounts.sign_in_clients import Browser


@pytest.fixture
def secret(database, people) -> str:
    return database.transact(SYSTEM, service.create_token, name="script", days=30, account_id=people[QA]).secret


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_speaks_for_its_person(app, secret):
    answer = Browser(app).get("/api/v1/me", headers=bearer(secret))
    assert answer.json == {"email": QA}


def test_only_the_hash_is_kept(secret, sql):
    [(token_hash, prefix)] = sql("SELECT token_hash, prefix FROM api_token")
    assert secret.startswith("gmpb_")
    assert len(secret) > 40
    assert secret.encode() not in token_hash
    assert secret.startswith(prefix)
    assert len(prefix) == 12


def test_without_a_right_token_the_api_says_401(app, secret):
    wrong = ("", "Bearer gmpb_wrong", "Bearer ", "Basic cWE6cWE=", "Bearer ＧＭＰＢ＿".encode().decode("latin-1"))
    for authorization in wrong:
        answer = Browser(app).get("/api/v1/me", headers={"Authorization": authorization} if authorization else {})
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_address_is_not_looked_at(app, secret):
    assert Browser(app).get(f"/api/v1/me?token={secret}&access_token={secret}").status_code == 401


def test_a_token_opens_no_page_and_a_cookie_no_api(app, secret):
    assert Browser(app).get("/me", headers=bearer(secret)).status_code == 303
    browser = Browser(app)
    browser.sign_in(QA)
    assert browser.get("/api/v1/me").status_code == 401


def test_what_is_taken_away_is_gone_at_the_next_call(app, secret, sql):
    browser = Browser(app)
    blows = {
        "UPDATE account SET active = false": "UPDATE account SET active = true",
        "UPDATE person SET active = false": "UPDATE person SET active = true",
        "UPDATE api_token SET expires_at = gmp_now()": "UPDATE api_token SET expires_at = gmp_now() + interval '1 day'",
        "UPDATE api_token SET revoked_at = gmp_now()": "",
    }
    for blow, undone in blows.items():
        assert browser.get("/api/v1/me", headers=bearer(secret)).status_code == 200, blow
        sql(blow)
        assert browser.get("/api/v1/me", headers=bearer(secret)).status_code == 401, blow
        if undone:
            sql(undone)


def test_the_last_use_is_kept_once_a_minute(app, secret, sql, set_clock):
    used = "SELECT last_used_at FROM api_token"
    browser = Browser(app)
    browser.get("/api/v1/me", headers=bearer(secret))
    [(first,)] = sql(used)
    browser.get("/api/v1/me", headers=bearer(secret))
    assert sql(used) == [(first,)]
    set_clock("2 minutes")
    browser.get("/api/v1/me", headers=bearer(secret))
    assert sql(used)[0][0] > first


def test_tokens_are_listed_and_revoked_through_the_api(app, secret, database, people):
    other = database.transact(SYSTEM, service.create_token, name="other", days=1, account_id=people[ADMIN])
    client = Browser(app)
    listed = client.get("/api/v1/tokens", headers=bearer(secret)).json["items"]
    assert [each["name"] for each in listed] == ["script"]
    assert secret not in str(listed)
    call = client.client.delete
    assert call(f"/api/v1/tokens/{other.token.id}", headers=bearer(secret)).status_code == 404
    assert call("/api/v1/tokens/999999", headers=bearer(secret)).status_code == 404
    assert call(f"/api/v1/tokens/{listed[0]['id']}", headers=bearer(secret)).status_code == 204
    assert client.get("/api/v1/me", headers=bearer(secret)).status_code == 401


def test_a_token_is_made_on_the_account_page_and_shown_once(browser, app, sql):
    browser.sign_in(QA)
    answer = browser.post("/account/tokens", {"csrf_token": browser.token, "name": "laptop", "days": "7"})
    assert answer.status_code == 201
    secret = re.search(r"gmpb_[\w-]{43}", answer.text).group(0)
    assert Browser(app).get("/api/v1/me", headers=bearer(secret)).json == {"email": QA}
    [(token_id, days)] = sql("SELECT id, expires_at::date - created_at::date FROM api_token")
    assert days == 7
    assert browser.post(f"/account/tokens/{token_id}/revoke", {"csrf_token": browser.token}).status_code == 303
    assert Browser(app).get("/api/v1/me", headers=bearer(secret)).status_code == 401
    assert sql("SELECT event FROM auth_event WHERE event LIKE 'token%' ORDER BY id") == [
        ("token_made",),
        ("token_revoked",),
    ]


def test_a_token_without_a_name_is_refused_on_the_page(browser, sql):
    browser.sign_in(QA)
    answer = browser.post("/account/tokens", {"csrf_token": browser.token, "name": " "})
    assert answer.status_code == 422
    assert "A name has 1 to 80 characters." in answer.text
    assert sql("SELECT count(*) FROM api_token") == [(0,)]


def test_a_token_needs_a_name_and_an_end(database, people):
    for name, days in (("", 30), ("  ", 30), ("x" * 81, 30), ("ok", 0), ("ok", 367), ("ok", -1)):
        with pytest.raises(Invalid):
            database.transact(SYSTEM, service.create_token, name=name, days=days, account_id=people[QA])


def test_secrets_are_in_no_table(app, secret, browser, sql, place):
    browser.sign_in(QA)
    secrets = [secret, browser.cookie("sid"), browser.cookie("dev")]
    tables = [row[0] for row in sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    everything = "".join(str(sql(f'SELECT t::text FROM "{table}" AS t')) for table in tables)
    assert [each for each in secrets if each in everything] == []
