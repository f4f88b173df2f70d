"""What every request and every answer has in common, tried on an application with a few bad views."""

from __future__ import annotations

import json

import pytest
from flask import Blueprint, Flask, abort, request
from flask_smorest import Api
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from config import Config
from gmp_booking.infra.database.uow import StoredResponse, Unavailable
from gmp_booking.infra.web import app_setup
from gmp_booking.infra.web.errors import field_errors, register_error_handlers
from gmp_booking.infra.web.i18n import use_language
from gmp_booking.infra.web.request_info import absolute_url, is_https
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale, TooSoon
from gmp_booking.kernel.period import Period
from gmp_booking.registry import Services

REFUSALS = {
    "invalid": Invalid(field_errors={"sessions.0.start": ["Not a valid e-mail address."]}),
    "forbidden": Forbidden(),
    "absent": NotFound(),
    "conflict": Conflict("Taken by %(who)s.", params={"who": "<b>"}, detail={"findings": [{"rule": "RM-01"}]}),
    "stale": Stale(),
    "soon": TooSoon(retry_after_s=17),
}


class Echo(Schema):
    start = fields.AwareDateTime(required=True)


def build(tmp_path, **settings: str) -> Flask:
    app = Flask("gmp_booking")
    app.config.update(API_TITLE="t", API_VERSION="1", OPENAPI_VERSION="3.1.0", TESTING=True)
    app_setup.install(
        app, Services(Config.from_env({"GMP_DATA_DIR": str(tmp_path), "GMP_DEFAULT_LANGUAGE": "en", **settings}), None)
    )
    api = Api(app)
    add_views(app)
    add_frame(app)
    from flask_smorest import Blueprint as ApiBlueprint

    strict = ApiBlueprint("strict", __name__, url_prefix="/api/v1/strict")

    @strict.route("", methods=["POST"])
    @strict.arguments(Echo)
    @strict.response(200, Echo)
    def take(shape):
        return shape

    api.register_blueprint(strict)
    register_error_handlers(app)
    return app


def add_frame(app: Flask) -> None:
    """The addresses that every page points to."""
    app.add_url_rule("/", "pages.home", lambda: "home")
    app.add_url_rule("/language", "account.set_language", lambda: "", methods=["POST"])


def add_views(app: Flask) -> None:
    both = Blueprint("both", __name__)

    @both.get("/refuse/<name>")
    def refuse(name):
        raise REFUSALS[name]

    @both.get("/break")
    def break_down():
        raise RuntimeError("secret inner words")

    @both.get("/gone")
    def gone():
        raise Unavailable

    @both.get("/full")
    def full():
        raise PoolTimeoutError

    @both.get("/abort/<int:status>")
    def give_up(status):
        abort(status)

    @both.post("/echo")
    def echo():
        return {"form": request.form, "json": request.get_json(silent=True)}

    @both.get("/inner")
    def inner():
        raise Conflict("No.", detail={"verdict": Period, "reason": "shown"})

    @both.get("/answer")
    def answer():
        return app_setup.send(
            StoredResponse(201, b'{"a": 1}', {"Location": "/x", "Content-Type": "application/json"}, replayed=True)
        )

    @both.get("/public")
    def public():
        return "x", 200, {"Cache-Control": "public, max-age=60"}

    @both.get("/where")
    def where():
        return {"ip": request.remote_addr, "secure": is_https(), "link": absolute_url("/x")}

    app.register_blueprint(both, name="pages_")
    app.register_blueprint(both, name="programs", url_prefix="/api/v1")


@pytest.fixture
def client(tmp_path):
    return build(tmp_path).test_client()


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("invalid", 422, "invalid"),
        ("forbidden", 403, "forbidden"),
        ("absent", 404, "not-found"),
        ("conflict", 409, "conflict"),
        ("stale", 412, "stale"),
        ("soon", 429, "too-soon"),
    ],
)
def test_a_refusal_is_a_problem_for_programs_and_a_page_for_people(client, name, status, code):
    for answer in (
        client.get(f"/api/v1/refuse/{name}"),
        client.get(f"/refuse/{name}", headers={"Accept": "application/json"}),
    ):
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert answer.json["type"] == f"urn:gmp-booking:problem:{code}"
        assert answer.json["status"] == status
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]
        assert answer.json["title"]
        assert answer.json["detail"]
    page = client.get(f"/refuse/{name}", headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert page.headers["X-Request-Id"] in page.text


def test_field_errors_findings_and_waiting_times_are_carried(client):
    assert client.get("/api/v1/refuse/invalid").json["errors"] == {"sessions.0.start": ["Not a valid e-mail address."]}
    assert client.get("/api/v1/refuse/conflict").json["findings"] == [{"rule": "RM-01"}]
    assert client.get("/api/v1/refuse/conflict").json["detail"] == "Taken by <b>."
    for path in ("/refuse/soon", "/api/v1/refuse/soon"):
        assert client.get(path).headers["Retry-After"] == "17"


def test_words_from_outside_are_escaped_on_the_page(client):
    assert "Taken by &lt;b&gt;." in client.get("/refuse/conflict").text


def test_what_is_not_made_for_readers_stays_inside(client):
    body = client.get("/api/v1/inner").json
    assert "verdict" not in body
    assert body["reason"] == "shown"


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_bug_shows_a_number_and_nothing_else(client, accept):
    answer = client.get("/break", headers={"Accept": accept})
    assert answer.status_code == 500
    assert "secret inner words" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize("path", ["/gone", "/full", "/api/v1/gone", "/api/v1/full"])
def test_without_a_database_the_answer_is_503_and_when_to_come_back(client, path):
    answer = client.get(path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_when_the_error_page_fails_too_words_are_left(tmp_path):
    app = build(tmp_path)

    @app.context_processor
    def needs_the_database():
        raise Unavailable

    client = app.test_client()
    for path, status in (("/gone", 503), ("/break", 500)):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (status, "text/plain")
        assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_ordinary_http_errors(client, prefix):
    assert client.get(f"{prefix}/nowhere").status_code == 404
    wrong_method = client.put(f"{prefix}/echo")
    assert (wrong_method.status_code, set(wrong_method.allow)) == (405, {"OPTIONS", "POST"})
    for status in (400, 403, 406, 409, 415, 429):
        answer = client.get(f"{prefix}/abort/{status}")
        assert answer.status_code == status
        assert answer.mimetype == ("application/problem+json" if prefix else "text/html")


def test_too_large_a_body_is_refused(tmp_path):
    client = build(tmp_path, GMP_MAX_CONTENT_LENGTH="2000").test_client()
    for path in ("/echo", "/api/v1/echo"):
        assert client.post(path, data={"text": "x" * 3000}).status_code == 413
        assert client.post(path, data=json.dumps("x" * 3000), content_type="application/json").status_code == 413


def test_a_schemas_complaints_are_flat(client):
    for body in ({}, {"start": "2027-03-02T09:00:00"}, {"start": "2027-03-02T09:00:00+09:00", "more": 1}):
        answer = client.post("/api/v1/strict", json=body)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
        assert list(answer.json["errors"]) == ["more" if "more" in body else "start"]
    assert client.post("/api/v1/strict", data="{", content_type="application/json").status_code in {400, 422}


class Strict(Schema):
    words = fields.String(validate=validate.Length(2, 3))
    few = fields.List(fields.String(), validate=validate.Length(max=1))
    many = fields.List(fields.String(), validate=validate.Length(min=2))
    whole = fields.Integer(validate=validate.Range(1, 9))
    least = fields.Integer(validate=validate.Range(min=1))
    most = fields.Integer(validate=validate.Range(max=9))
    choice = fields.String(validate=validate.OneOf(["a", "b"]))
    mail = fields.Email()
    at = fields.AwareDateTime()
    day = fields.Date()
    yes = fields.Boolean()
    inner = fields.Nested(Echo)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"words": "x"}, "Between 2 and 3 characters or entries."),
        ({"few": ["a", "b"]}, "At most 1 characters or entries."),
        ({"many": ["a"]}, "At least 2 characters or entries."),
        ({"whole": 10}, "This must be from 1 to 9."),
        ({"least": 0}, "This must be 1 or more."),
        ({"most": 10}, "This must be 9 or less."),
        ({"choice": "c"}, "This must be one of: a, b."),
        ({"words": 1}, "This must be text."),
        ({"whole": "x"}, "This must be a whole number."),
        ({"few": "x"}, "This must be a list."),
        ({"mail": "x"}, "Not a valid e-mail address."),
        ({"at": "2027-03-02T09:00"}, "Enter the time with its zone."),
        ({"at": "x"}, "Not a valid date and time."),
        ({"day": "x"}, "Not a valid date."),
        ({"yes": "x"}, "This must be true or false."),
        ({"words": None}, "words is required."),
        ({"odd": 1}, "This field is not known."),
        ({"inner": 1}, "The value has the wrong type."),
        ({"inner": {}}, "Start is required."),
    ],
)
def test_what_a_schema_says_is_said_in_our_words(given, said):
    use_language("en")
    with pytest.raises(ValidationError) as complaint:
        Strict().load(given)
    [sentences] = field_errors(complaint.value.messages).values()
    assert sentences == [said]


def test_nested_complaints_are_named_by_their_path():
    messages = {"json": {"sessions": {0: {"start": ["Missing."]}, 1: {"people": {2: ["Unknown."]}}}}, "_schema": "Odd."}
    assert field_errors(messages) == {
        "sessions.0.start": ["Missing."],
        "sessions.1.people.2": ["Unknown."],
        "body": ["Odd."],
    }


UNFIT = ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ud800"]


@pytest.mark.parametrize("bad", UNFIT, ids=ascii)
def test_control_characters_are_refused_in_every_place(client, bad):
    deep = {"sessions": [{"note": [f"a{bad}"]}], "ok": 1}
    answers = [
        client.post("/api/v1/echo", data=json.dumps(body), content_type="application/json")
        for body in (deep, bad, {bad: 1})
    ]
    if bad != "\ud800":
        answers += [
            client.post("/echo", data={"note": f"a{bad}"}),
            client.post("/echo", data={f"a{bad}": "x"}),
            client.get("/where", query_string={"q": f"a{bad}"}),
            client.get(f"/refuse/%{ord(bad):02x}") if ord(bad) < 128 else client.post("/echo", data={"n": bad}),
        ]
    assert [answer.status_code for answer in answers] == [422] * len(answers)


def test_lines_tabs_and_every_script_are_text(client):
    text = "첫째 줄\r\n둘째\t줄 细胞 🧬 é"
    assert client.post("/echo", data={"note": text}).json["form"]["note"] == text
    assert client.post("/api/v1/echo", json={"note": [text]}).json["json"]["note"] == [text]


@pytest.mark.parametrize("body", ["[" * 100_000, "{", "\xff", '{"a":' * 50_000])
def test_malformed_json_is_never_a_500(client, body):
    answer = client.post("/api/v1/strict", data=body.encode("latin-1"), content_type="application/json")
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/break", "/gone", "/refuse/invalid", "/api/v1/where", "/api/v1/break"]
)
def test_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]
    assert len(headers["X-Request-Id"]) == 16
    assert "Strict-Transport-Security" not in headers


def test_what_a_view_says_about_caching_stands(client):
    headers = client.get("/public").headers
    assert headers["Cache-Control"] == "public, max-age=60"


def test_https_is_insisted_on_where_it_is_used(client, tmp_path):
    secure = client.get("/where", base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    behind = build(tmp_path, GMP_BASE_URL="https://booking.example").test_client()
    assert behind.get("/where").json == {"ip": "127.0.0.1", "secure": True, "link": "https://booking.example/x"}


def test_request_ids_differ(client):
    assert len({client.get("/").headers["X-Request-Id"] for _ in range(20)}) == 20


FORGED = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


def test_forwarded_headers_are_believed_behind_a_proxy_only(client, tmp_path):
    plain = client.get("/where", headers=FORGED | {"Host": "evil.example"}).json
    assert plain == {"ip": "127.0.0.1", "secure": False, "link": "http://127.0.0.1:8000/x"}
    proxied = build(tmp_path, GMP_TRUSTED_PROXIES="1").test_client().get("/where", headers=FORGED).json
    assert proxied == {"ip": "6.6.6.6", "secure": True, "link": "http://127.0.0.1:8000/x"}


def test_an_answer_is_sent_as_it_was_made(client):
    answer = client.get("/answer")
    assert (answer.status_code, answer.data, answer.location) == (201, b'{"a": 1}', "/x")
    assert answer.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("accepts", "language"), [("en", "en"), ("zh-TW,en;q=0.5", "zh-Hans"), ("fr", "ko"), ("", "ko")]
)
def test_the_browsers_language_is_spoken(tmp_path, accepts, language):
    client = build(tmp_path, GMP_DEFAULT_LANGUAGE="ko").test_client()
    answer = client.get("/api/v1/nowhere", headers={"Accept-Language": accepts})
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}"' in client.get("/nowhere", headers={"Accept-Language": accepts}).text
