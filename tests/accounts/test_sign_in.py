"""Signing in and out, and every trap that was ever seen there."""

from __future__ import annotations

import itertools
import threading
import time
import unicodedata

import pytest

from gmp_booking.accounts import jobs, passwords, service, sessions, throttle
from gmp_booking.accounts.store import SessionLimits
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Invalid, NotFound, TooSoon
from tests.accounts.conftest import ADMIN, QA, REQUESTER, give_account
from tests.accounts.sign_in_clients import PASSWORD, Browser, make_app

PEPPER = b"p" * 32


def events(sql, name):
    return sql("SELECT account_id, auth_session_id, ip FROM auth_event WHERE event = %s ORDER BY id", name)


def test_the_right_password_opens_a_session_and_is_written_down(browser, people, sql):
    answer = browser.sign_in(QA, next="/me?x=1")
    assert (answer.status_code, answer.location) == (303, "/me?x=1")
    assert browser.get("/me").json["email"] == QA
    [(account_id, session_id, ip)] = events(sql, "signed_in")
    assert (account_id, ip) == (people[QA], "203.0.113.7")
    assert sql("SELECT stage FROM auth_session WHERE id = %s", session_id) == [("full",)]


def test_a_wrong_password_is_refused_and_written_down(browser, people, sql):
    answer = browser.sign_in(QA, "wrong")
    assert answer.status_code == 422
    assert "incorrect" in answer.text
    assert 'value="qa@brc.example"' in answer.text
    assert browser.get("/me").status_code == 303
    assert events(sql, "sign_in_failed") == [(people[QA], None, "203.0.113.7")]


def test_missing_fields_are_named(browser):
    token = browser.open_sign_in()
    answer = browser.post("/login", {"csrf_token": token})
    assert answer.status_code == 422
    for field in ("E-mail address", "Password"):
        assert answer.text.count(f"{field} is required.") == 1


def test_signing_out_ends_the_session_on_the_server(browser, people, sql):
    browser.sign_in(QA)
    stolen = browser.cookie("sid")
    answer = browser.post("/logout", {"csrf_token": browser.token})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert browser.cookie("sid") is None
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    browser.plant("sid", stolen)
    assert browser.get("/me").status_code == 303
    assert len(events(sql, "signed_out")) == 1


def test_no_cookie_named_session_is_ever_sent(browser):
    answers = [
        browser.get("/login"),
        browser.sign_in(QA, "wrong"),
        browser.sign_in(QA),
        browser.get("/me"),
        browser.get("/x"),
    ]
    names = {cookie.split("=")[0] for answer in answers for cookie in answer.headers.getlist("Set-Cookie")}
    assert names == {"sid", "dev"}


def test_cookies_on_https_carry_the_host_prefix(database, people, tmp_path):
    browser = Browser(make_app(database, tmp_path), "https://localhost")
    cookies = browser.get("/login").headers.getlist("Set-Cookie") + browser.sign_in(QA).headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"__Host-sid", "__Host-dev"}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie
    assert browser.get("/me").json["email"] == QA


# -- fixation and copies


def test_a_planted_cookie_is_worth_nothing_after_signing_in(browser):
    browser.open_sign_in()
    planted = browser.cookie("sid")
    browser.sign_in(QA)
    assert browser.cookie("sid") != planted
    browser.plant("sid", planted)
    assert browser.get("/me").status_code == 303


def test_a_cookie_the_server_never_made_is_not_adopted(browser):
    browser.plant("sid", "attacker-chosen")
    browser.sign_in(QA)
    assert browser.cookie("sid") != "attacker-chosen"


def test_signing_in_again_ends_the_earlier_session(browser, sql):
    browser.sign_in(QA)
    earlier = browser.cookie("sid")
    token = browser.token
    browser.post("/login", {"csrf_token": token, "email": ADMIN, "password": PASSWORD})
    assert browser.get("/me").json["email"] == ADMIN
    browser.plant("sid", earlier)
    assert browser.get("/me").status_code == 303
    assert ("replaced",) in sql("SELECT end_reason FROM auth_session WHERE account_id IS NOT NULL")


def test_what_the_database_holds_cannot_be_used_as_a_cookie(browser, sql):
    browser.sign_in(QA)
    [(token_hash,)] = sql("SELECT token_hash FROM auth_session WHERE account_id IS NOT NULL")
    for value in (token_hash.hex(), token_hash.decode("latin-1").replace(";", "")):
        browser.plant("sid", value)
        assert browser.get("/me").status_code == 303


# -- forged forms


def test_signing_in_needs_the_forms_own_token(browser, sql):
    browser.open_sign_in()
    for token in ("", "wrong", "１２３４５６", "한글", "a" * 10_000):
        answer = browser.post("/login", {"csrf_token": token, "email": QA, "password": PASSWORD})
        assert answer.status_code == 403
    assert events(sql, "signed_in") == []


def test_another_visitors_token_does_not_do(browser, app):
    other = Browser(app).open_sign_in()
    browser.open_sign_in()
    answer = browser.post("/login", {"csrf_token": other, "email": QA, "password": PASSWORD})
    assert answer.status_code == 403


def test_requests_from_foreign_sites_are_refused(browser):
    browser.sign_in(QA)
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        answer = browser.post("/echo", {"csrf_token": browser.token, "said": "hi"}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == status


def test_every_unsafe_method_needs_the_token(browser):
    browser.sign_in(QA)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert browser.client.open("/echo", method=method).status_code == 403
        assert browser.client.open("/echo", method=method, headers={"X-CSRF-Token": browser.token}).status_code == 200


def test_nobody_is_sent_to_sign_in_and_back(browser):
    assert browser.get("/me?day=2027-03-02").location == "/login?next=/me%3Fday%3D2027-03-02"
    assert browser.post("/echo", {"said": "hi"}).location == "/login"
    assert browser.get("/me", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/login?next=/me"
    answer = browser.get("/me", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


WAYS_OUT = [
    "//evil.example", "///evil.example", "http://evil.example", "https:evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "/\n/evil.example", " //evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example",
    "/%09/evil.example\t", "/\r/evil.example", "@evil.example", "\x00//evil.example", "/ /evil.example", "//[::1]/", "",
]  # fmt: skip


@pytest.mark.parametrize("target", WAYS_OUT)
def test_next_never_leads_out(target):
    assert sessions.local_path(target) == "/"


@pytest.mark.parametrize(
    "target", ["/", "/timeline?day=2027-03-02", "/a/b#c", "/검색?q=한글", "/x?next=//evil.example"]
)
def test_next_leads_anywhere_within(target):
    assert sessions.local_path(target) == target


def test_the_sign_in_page_does_not_lead_out(browser):
    assert browser.sign_in(QA, next="//evil.example").location == "/"
    assert browser.get("/login?next=//evil.example").location == "/"


# -- text


def test_a_hangul_password_is_the_same_however_it_is_typed(browser):
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert decomposed != PASSWORD
    assert browser.sign_in(QA, decomposed).status_code == 303


def test_an_address_typed_full_width_or_in_capitals_is_the_same(browser):
    assert browser.sign_in(" ＱＡ＠BRC.example ").status_code == 303


def test_control_characters_are_refused_everywhere(browser):
    token = browser.open_sign_in()
    right = {"csrf_token": token, "email": QA, "password": PASSWORD}
    for field, bad in itertools.product(["email", "password", "next", "more"], ["\x00", "\x1b", "\x7f", "\x85"]):
        assert browser.post("/login", right | {field: f"a{bad}b"}).status_code == 422
        assert browser.get("/login", query_string={field: f"a{bad}b"}).status_code == 422
    assert browser.get("/log%00in").status_code == 422


def test_long_passwords_work_and_count_to_the_last_character(database, people):
    long = "비밀번호🔑x" * 21 + "ab"
    assert len(long) == 128
    hashed = passwords.hash_password(long)
    assert passwords.check_password(hashed, long).matches
    assert not passwords.check_password(hashed, long[:-1] + "c").matches


def test_endless_passwords_are_refused_as_wrong_ones(browser):
    assert browser.sign_in(QA, "x" * 1025).status_code == 422
    assert browser.sign_in(QA, "x" * 50_000).status_code == 422


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_no_password_too_short_or_too_long_is_set(password):
    with pytest.raises(Invalid):
        passwords.hash_password(password)


# -- hashes


def test_passwords_are_kept_as_argon2id_with_todays_cost(database):
    passwords.configure(cost="t=2,m=19456,p=1", slots=2)
    assert passwords.hash_password(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_outdated_hash_is_renewed_at_the_next_sign_in(browser, people, sql):
    passwords.configure(cost="t=2,m=2048,p=1", slots=2)
    browser.sign_in(QA)
    [(renewed,)] = sql("SELECT password_hash FROM account WHERE id = %s", people[QA])
    assert "m=2048,t=2" in renewed
    assert browser.sign_in(QA).status_code == 303


def test_an_account_without_a_password_lets_nobody_in(browser, people, sql):
    sql("UPDATE account SET password_hash = NULL WHERE id = %s", people[QA])
    assert browser.sign_in(QA, "").status_code == 422
    assert browser.sign_in(QA).status_code == 422


# -- who exists


def test_strangers_cannot_tell_who_has_an_account(app, people, sql):
    sql("UPDATE account SET active = false WHERE id = %s", people[ADMIN])
    pages = []
    for email, password in ((QA, "wrong"), ("nobody@brc.example", "wrong"), (ADMIN, PASSWORD)):
        browser = Browser(app)
        answer = browser.sign_in(email, password)
        pages.append((answer.status_code, answer.text.replace(email, "?").replace(browser.token, "?")))
    assert pages[0] == pages[1] == pages[2]


def test_an_unknown_name_costs_the_same_work(database, people):
    passwords.configure(cost="t=2,m=19456,p=1", slots=2)
    hashed = passwords.hash_password(PASSWORD)

    def work_s(password_hash):
        took = []
        for _ in range(5):
            begun = time.thread_time()
            passwords.check_password(password_hash, "wrong")
            took.append(time.thread_time() - begun)
        return min(took)

    passwords.check_password(None, "warm")
    assert 0.5 < work_s(None) / work_s(hashed) < 2


def test_an_unknown_name_is_slowed_down_like_a_known_one(database, people):
    def answers(email):
        attempt = service.SignInAttempt(email, "wrong", ip="198.51.100.1" if email == QA else "198.51.101.1")
        return [type(service.sign_in(database, attempt, pepper=PEPPER)) for _ in range(9)]

    assert answers(QA) == answers("nobody@brc.example")


# -- guessing


def attempt(database, email, password, **more):
    return service.sign_in(database, service.SignInAttempt(email, password, **more), pepper=PEPPER)


def test_five_guesses_are_free_and_the_sixth_closes_the_name_for_a_while(database, people, sql):
    outcomes = [attempt(database, QA, "wrong", ip="192.0.2.1") for _ in range(7)]
    assert [type(each) for each in outcomes] == [Invalid] * 6 + [TooSoon]
    assert 25 <= outcomes[-1].retry_after_s <= 30
    assert isinstance(attempt(database, QA, PASSWORD, ip="192.0.2.1"), TooSoon)
    assert len(events(sql, "sign_in_blocked")) == 2


@pytest.mark.heavy
def test_a_quarter_of_an_hour_of_guessing_gets_few_answers(database, people, set_clock):
    judged = 0
    for step in range(100):
        set_clock(f"{step * 9} seconds")
        judged += isinstance(attempt(database, QA, "wrong", ip="192.0.2.1"), Invalid)
    assert 5 <= judged <= 20


def test_the_owner_gets_in_by_a_known_browser_while_strangers_guess(app, people, database):
    owner = Browser(app)
    owner.sign_in(QA)
    owner.post("/logout", {"csrf_token": owner.token})
    stranger = Browser(app, address="192.0.2.99")
    assert [stranger.sign_in(QA, "wrong").status_code for _ in range(8)] == [422] * 6 + [429] * 2
    assert owner.sign_in(QA).status_code == 303
    assert stranger.sign_in(QA).status_code == 429


def test_a_blocked_browser_is_told_when_to_come_back(app, people):
    stranger = Browser(app)
    answers = [stranger.sign_in(QA, "wrong") for _ in range(7)]
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30


def test_a_known_browser_is_only_known_for_its_own_account(app, people, sql):
    browser = Browser(app)
    browser.sign_in(QA)
    browser.post("/logout", {"csrf_token": browser.token})
    for _ in range(6):
        Browser(app, address="192.0.2.99").sign_in(ADMIN, "wrong")
    assert browser.sign_in(ADMIN).status_code == 429


def test_a_right_password_opens_the_name_again(database, people):
    for _ in range(5):
        attempt(database, QA, "wrong", ip="192.0.2.1")
    assert not isinstance(attempt(database, QA, PASSWORD, ip="192.0.2.1"), TooSoon)
    outcomes = [attempt(database, QA, "wrong", ip="192.0.2.1") for _ in range(5)]
    assert {type(each) for each in outcomes} == {Invalid}


def test_guessing_many_names_from_one_network_is_slowed_down(database, people):
    outcomes = [
        type(attempt(database, f"nobody{n}@brc.example", "wrong", ip=f"192.0.2.{n}"))
        for n in range(throttle.NETWORK_ALLOWED_FAILURES + 3)
    ]
    assert outcomes == [Invalid] * (throttle.NETWORK_ALLOWED_FAILURES + 1) + [TooSoon] * 2


@pytest.mark.heavy
def test_many_people_behind_one_address_do_not_lock_each_other_out(database, people, sql):
    for _ in range(throttle.NETWORK_ALLOWED_FAILURES + 10):
        assert not isinstance(attempt(database, QA, PASSWORD, ip="192.0.2.1"), TooSoon | Invalid)
    assert sql("SELECT max(fails) FROM login_throttle")[0][0] == 0


def test_twelve_right_passwords_at_the_same_time_all_get_in(database, people):
    hashed = passwords.hash_password(PASSWORD)
    colleagues = ["approver", "operator", "operator2", "operator3"]
    addresses = [
        f"{who}@{home}" for home in ("gaon.example", "hanbit.example", "saebyeok.example") for who in colleagues
    ]
    for email in addresses:
        database.transact(SYSTEM, give_account, email, hashed)
    outcomes: dict[str, object] = {}
    together = threading.Barrier(12)

    def come(email):
        together.wait()
        outcomes[email] = attempt(database, email, PASSWORD, ip="192.0.2.1")

    threads = [threading.Thread(target=come, args=(email,)) for email in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [email for email in addresses if not isinstance(outcomes.get(email), service.SignedIn)] == []


def test_a_forwarded_address_is_only_believed_behind_a_proxy(database, people, tmp_path, sql):
    forged = {"X-Forwarded-For": "6.6.6.6"}
    for hops in ("0", "1"):
        browser = Browser(make_app(database, tmp_path, GMP_TRUSTED_PROXIES=hops))
        token = browser.open_sign_in()
        browser.post("/login", {"csrf_token": token, "email": QA, "password": "wrong"}, headers=forged)
    assert [ip for _, _, ip in events(sql, "sign_in_failed")] == ["203.0.113.7", "6.6.6.6"]


def test_the_table_of_attempts_names_nobody(database, people, sql):
    attempt(database, QA, "wrong", ip="192.0.2.1")
    kept = b"".join(bytes(key) for (key,) in sql("SELECT key FROM login_throttle"))
    assert b"qa@" not in kept
    assert len(kept) == 64


# -- what is taken away is gone at the next request


def test_a_revoked_role_is_gone_at_the_next_request(browser, sql):
    browser.sign_in(QA)
    assert browser.get("/me").json["roles"] == ["QA"]
    sql("UPDATE person_role SET revoked_at = gmp_now() WHERE role = 'QA'")
    assert browser.get("/me").json["roles"] == []


def test_who_may_no_longer_come_is_out_at_the_next_request(browser, sql):
    blows = {
        "UPDATE account SET active = false": "UPDATE account SET active = true",
        "UPDATE person SET active = false": "UPDATE person SET active = true",
        "UPDATE company SET status = 'SUSPENDED'": "UPDATE company SET status = 'ACTIVE'",
        "UPDATE auth_session SET ended_at = gmp_now()": "",
    }
    browser.sign_in(REQUESTER)
    for blow, undone in blows.items():
        assert browser.get("/me").status_code == 200, blow
        sql(blow)
        assert browser.get("/me").status_code == 303, blow
        if undone:
            sql(undone)


def test_who_does_nothing_is_signed_out(app, set_clock):
    staff, guest = Browser(app), Browser(app)
    staff.sign_in(QA)
    guest.sign_in(REQUESTER)
    for browser, idle, status in (
        (staff, "59 minutes", 200),
        (staff, "120 minutes", 303),
        (guest, "7 hours 59 minutes", 200),
        (guest, "16 hours", 303),
    ):
        set_clock(idle)
        assert browser.get("/me").status_code == status, idle


def test_after_twelve_hours_everybody_signs_in_again(browser, set_clock):
    browser.sign_in(REQUESTER)
    for hours in (4, 8, 11.9):
        set_clock(f"{hours} hours")
        assert browser.get("/me").status_code == 200
    set_clock("12 hours 1 minute")
    assert browser.get("/me").status_code == 303


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(browser, set_clock):
    browser.sign_in(QA)
    set_clock("50 minutes")
    assert browser.get("/me", headers={"X-Background": "1"}).status_code == 200
    set_clock("70 minutes")
    assert browser.get("/me").status_code == 303


def test_seen_is_written_at_most_once_a_minute(browser, sql, set_clock):
    browser.sign_in(QA)
    seen = "SELECT max(seen_at) FROM auth_session"
    before = sql(seen)
    browser.get("/me")
    assert sql(seen) == before
    set_clock("2 minutes")
    browser.get("/me")
    assert sql(seen) > before


# -- one's own sessions, one's own language


def test_people_end_their_sessions_and_nobody_elses(app, browser, sql):
    elsewhere, stranger = Browser(app), Browser(app)
    for each, email in ((browser, QA), (elsewhere, QA), (stranger, ADMIN)):
        each.sign_in(email)
    mine, others = (
        [
            row[0]
            for row in sql(
                "SELECT s.id FROM auth_session s JOIN account a ON a.id = s.account_id WHERE a.email = %s ORDER BY s.id",
                email,
            )
        ]
        for email in (QA, ADMIN)
    )
    assert browser.post(f"/account/sessions/{others[0]}/end", {"csrf_token": browser.token}).status_code == 404
    assert stranger.get("/me").status_code == 200
    assert browser.post(f"/account/sessions/{mine[1]}/end", {"csrf_token": browser.token}).status_code == 303
    assert elsewhere.get("/me").status_code == 303
    assert browser.get("/me").status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "what"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.9", "curl/8.9"),
        (None, ""),
    ],
)
def test_browsers_are_told_apart(user_agent, what):
    assert service.describe_browser(user_agent) == what


def test_people_see_where_they_are_signed_in(app, browser, database):
    Browser(app, address="192.0.2.5").sign_in(QA)
    browser.sign_in(QA)
    visitor = database.read(SYSTEM, service.find_visitor, browser.cookie("sid"), SessionLimits(3600, 3600, 43200))
    listed = database.read(visitor.actor, service.list_sessions, SessionLimits(3600, 3600, 43200))
    assert [(each["is_this"], each["what"].split(" · ")[-1]) for each in listed] == [
        (True, "203.0.113.7"),
        (False, "192.0.2.5"),
    ]


def test_the_language_is_remembered_with_the_person(app, browser):
    browser.sign_in(QA)
    answer = browser.post("/language", {"csrf_token": browser.token, "language": "zh-TW", "next": "/me"})
    assert (answer.status_code, answer.location) == (303, "/me")
    assert browser.get("/me").json["language"] == "zh_Hans"
    again = Browser(app)
    again.sign_in(QA)
    assert again.get("/me").json["language"] == "zh_Hans"


def test_a_visitor_chooses_a_language_before_signing_in(browser):
    token = browser.open_sign_in()
    assert '<html lang="en"' in browser.get("/login").text
    browser.post("/language", {"csrf_token": token, "language": "ko", "next": "/login"})
    assert '<html lang="ko"' in browser.get("/login").text


def test_sessions_nobody_signed_in_with_are_removed_after_a_day(browser, database, sql, set_clock):
    browser.sign_in(QA)
    Browser(browser.client.application).open_sign_in()
    set_clock("1 day")
    jobs.delete_expired(database)
    assert sql("SELECT stage FROM auth_session") == [("full",)]
    assert sql("SELECT count(*) FROM login_throttle") == [(0,)]


def test_an_operator_acts_for_somebody_who_can_sign_in(database, people, sql):
    actor = database.read(SYSTEM, service.find_actor_of_email, " QA@brc.example")
    assert (actor.email, actor.roles, actor.auth_session_id) == (QA, {"QA"}, None)
    sql("UPDATE account SET active = false WHERE email = %s", QA)
    for email in (QA, "nobody@brc.example"):
        with pytest.raises(NotFound):
            database.read(SYSTEM, service.find_actor_of_email, email)
