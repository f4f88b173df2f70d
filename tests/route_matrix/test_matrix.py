"""Every route with every actor: the matrix of `matrix.txt` on the whole application."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.clients import PASSWORD, PageClient, weekday_at
from tests.factories.form_fields import form_of
from tests.factories.request_bodies import EquipmentRequestFactory
from tests.route_matrix.administration import administration_form, record_of_the_administration
from tests.route_matrix.bookings import booking_in, kept_booking_in
from tests.shared_app import SharedApp

ACTORS = {
    "nobody": None,
    "competitor": "requester@hanbit.example",
    "requester": "requester@gaon.example",
    "operator": "operator@gaon.example",
    "scheduler": "scheduler@brc.example",
    "qa": "qa@brc.example",
    "demo": "demo@brc.example",
    "admin": "admin@brc.example",
    "auditor": "auditor@brc.example",
}
ABSENT = {
    "reference": "BK-ZZZZZZZZ",
    "token": "gmpf_nobody-ever-had-this",
    "secret": "gmpc_nobody-ever-had-this",
    "filename": "nothing.js",
}
POINTS = ("papers", "previous_out", "status", "surfaces", "waste_out")
REASON = "The donor material was not released"
OUTAGE_FROM, OUTAGE_UNTIL = (weekday_at(hour, weeks=70) for hour in (9, 10))
OUTAGE = {
    "subject": {"kind": "EQUIPMENT", "code": "CHR-01"},
    "kind": "CALIBRATION",
    "reason": REASON,
    "start": OUTAGE_FROM.isoformat(),
    "end": OUTAGE_UNTIL.isoformat(),
}
IMPACT = "?subject_kind=EQUIPMENT&subject=CHR-01&kind=CALIBRATION"
ONE_DAY = f"?from={weekday_at(0):%Y-%m-%d}T00:00:00Z&to={weekday_at(0):%Y-%m-%d}T23:00:00Z&resource=INC-02"

_WEEKS = itertools.count(20)


@dataclass(frozen=True)
class Line:
    """One line of the matrix."""

    method: str
    route: str
    about: str
    body: str
    expected: tuple[int, ...]

    @property
    def is_api(self) -> bool:
        return self.route.startswith("/api/")

    def __str__(self) -> str:
        return f"{self.method} {self.route} of {self.about} with {self.body}"


def read_matrix() -> list[Line]:
    written = (Path(__file__).with_name("matrix.txt")).read_text().splitlines()
    parts = [line.split() for line in written if line and not line.startswith("#")]
    return [Line(*part[:4], tuple(map(int, part[4:]))) for part in parts]


MATRIX = read_matrix()


class Cell:
    """One actor at one route."""

    def __init__(self, shared_app: SharedApp, line: Line, actor: str) -> None:
        self.shared_app, self.line, self.email = shared_app, line, ACTORS[actor]
        expected = dict(zip(ACTORS, line.expected, strict=False)).get(actor, 404)
        self.changes_nothing = line.method == "GET" or expected >= 400 or self.email is None

    def ask(self) -> TestResponse:
        return self.send(self.path(), *self.body())

    def path(self) -> str:
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(self._named(found[1])), self.line.route)
        if path == "/api/v1/outages/impact":
            return path + IMPACT
        return path + (ONE_DAY if path in {"/api/v1/timeline", "/api/v1/availability"} else "")

    def _named(self, name: str) -> Any:
        if name == "action":
            return self.line.body
        if name in {"token", "secret", "filename"} or (name == "reference" and self.line.about == "absent"):
            return ABSENT[name]
        if name == "number":
            return 1
        if name == "reference":
            booking = kept_booking_in if self.changes_nothing else booking_in
            return booking(self.shared_app, self.line.about)
        if self.line.about == "absent":
            return 987_654_321
        if self.line.route.startswith("/admin"):
            return record_of_the_administration(self.shared_app, self.line.route, name)
        if name == "outage_id":
            placed = self.shared_app.api_client("engineer@brc.example").post("/api/v1/outages", OUTAGE)
            return int(placed.json["outages"][0]["id"])
        owner = "operator3@gaon.example" if self.line.about == "another's" or self.email is None else self.email
        return {"feed_id": self._feed_of, "token_id": self._token_of, "session_id": self._session_of}.get(
            name, self._a_holiday
        )(owner)

    def _feed_of(self, owner: str) -> int:
        return int(self.shared_app.api_client(owner).post("/api/v1/feeds", {"scope": "mine"}).json["id"])

    def _token_of(self, owner: str) -> int:
        made = self.shared_app.page_client(owner).post("/account/tokens", {"name": "spare", "days": "1"})
        assert made.status_code == 201
        return int(self.shared_app.ask("SELECT max(id) AS id FROM api_token")[0]["id"])

    def _a_holiday(self, _owner: str) -> int:
        return int(self.shared_app.ask("SELECT min(id) AS id FROM holiday WHERE active")[0]["id"])

    def _session_of(self, owner: str) -> int:
        PageClient(self.shared_app.app, owner)
        return int(self.shared_app.ask("SELECT max(id) AS id FROM auth_session")[0]["id"])

    def body(self) -> tuple[dict[str, Any], Any]:
        """The fields of a page's form, and the JSON of the API."""
        equipment = self.shared_app.incubator_body()["equipment"][0] if self.line.body in {"form", "booking"} else {}
        staff = {"booked_for": "GAO"} if self._is_staff else {}
        start = weekday_at(9)
        part = {"resource": "INC-02", "units": "1", "start": start, "end": start + timedelta(hours=1)}
        forms: Mapping[str, Callable[[], dict[str, Any]]] = {
            "draft": lambda: form_of(operation="save_draft", **self._plain),
            "form": lambda: form_of(**self._plain, equipment=[part | self._own_hour()]),
            "holiday": self._a_day_off,
            "on_call": lambda: {
                "email": "scheduler@brc.example",
                "role": "SCHEDULER",
                "weekday": "5",
                "from_time": "08:00",
                "until_time": "20:00",
            },
            "outage": lambda: {
                "op": "place",
                "subject": "EQUIPMENT:CHR-01",
                "kind": "CALIBRATION",
                "reason": REASON,
                "start_date": f"{OUTAGE_FROM:%Y-%m-%d}",
                "start_time": "09:00",
            },
            "language": lambda: {"language": "en"},
            "token": lambda: {"name": "mine", "days": "1"},
            "room": lambda: {"scope": "resource", "resource": "B-01"},
            "approve": lambda: {"password": PASSWORD},
            "close": lambda: {"password": PASSWORD},
            "clear": lambda: {"clear-items": list(POINTS)},
            "release": lambda: {"session": f"{kept_booking_in(self.shared_app, 'planned')}/1"} | {"password": PASSWORD},
            "cancel": lambda: {"reason": REASON},
            "return": lambda: {"reason": REASON},
            "reject": lambda: {"reason": REASON, "password": PASSWORD},
            "answer": lambda: {"reason": REASON},
            "ask": lambda: {"reason": REASON},
            "decisions": lambda: {"item": "BK-ZZZZZZZZ:1"},
            "move": lambda: moved_to(another_time()),
        }
        bodies: Mapping[str, Any] = {
            "booking": EquipmentRequestFactory(equipment=[equipment]) | staff,
            "reason": {"reason": REASON},
            "words": {"text": REASON},
            "decisions": {"items": [{"reference": "BK-ZZZZZZZZ", "action": "approve", "revision": 1}]},
            "outage": OUTAGE,
            "signature": {"reason": REASON, "signature": {"password": PASSWORD}},
            "clear": {"items": list(POINTS)},
            "act": {},
            "until": {"until": weekday_at(23).isoformat()},
            "release": {"sessions": [{"reference": "BK-ZZZZZZZZ", "session": 1}]},
            "room": {"scope": "resource", "resource": "B-01"},
        }
        if self.line.body == "move" and self.line.is_api:
            return {}, {name: at.isoformat() for name, at in another_time().items()}
        if self.line.route.startswith(("/admin", "/welcome")):
            return administration_form(self.line.body), None
        scope = {"scope": self.line.body}
        return forms.get(self.line.body, lambda: scope)(), bodies.get(self.line.body, scope)

    def _a_day_off(self) -> dict[str, Any]:
        on_date = self.shared_app.free_hour().date() + timedelta(days=self.shared_app.free_hour().hour * 400)
        names = {"name_ko": "쉬는 날", "name_en": "Day off", "name_zh": "休息日"}
        return {"on_date": on_date.isoformat(), "kind": "FACILITY"} | names

    def _own_hour(self) -> dict[str, Any]:
        start = self.shared_app.free_hour()
        return {"start": start, "end": start + timedelta(hours=1)}

    @property
    def _is_staff(self) -> bool:
        return bool(self.email) and str(self.email).endswith("@brc.example")

    @property
    def _plain(self) -> dict[str, str]:
        plain = {"kind": "EQUIPMENT", "product": "", "run_type": ""}
        return plain | ({"company": "GAO"} if self._is_staff else {})

    def send(self, path: str, form: dict[str, Any], body: Any) -> TestResponse:
        method = self.line.method
        if self.line.is_api:
            headers = self.shared_app.api_client(self.email).headers if self.email else {}
            payload = {"json": body} if method in {"POST", "PATCH"} else {}
            return self.shared_app.app.test_client().open(path, method=method, headers=headers, **payload)
        page_client = self._page_client()
        return page_client.get(path) if method == "GET" else page_client.post(path, form)

    def _page_client(self) -> Any:
        if self.email is None:
            return Stranger(self.shared_app)
        if self.line.route == "/logout":
            return PageClient(self.shared_app.app, self.email)
        return self.shared_app.page_client(self.email)


def another_time() -> dict[str, datetime]:
    """A time for a session that meets nobody, each time another one."""
    start = weekday_at(9, weeks=next(_WEEKS))
    return {"start": start, "end": start + timedelta(hours=1)}


def moved_to(times: Mapping[str, datetime]) -> dict[str, str]:
    """A time as the form of the booking's page sends it."""
    days = {f"{name}_date": f"{at:%Y-%m-%d}" for name, at in times.items()}
    return days | {f"{name}_time": f"{at:%H:%M}" for name, at in times.items()}


class Stranger(PageClient):
    """Somebody who has opened the sign-in page and no more."""

    def __init__(self, shared_app: SharedApp) -> None:
        self.client = shared_app.app.test_client()
        page = self.client.get("/login")
        self.csrf = re.search(r'name="csrf-token" content="([^"]+)"', page.text)[1]
        self.client.get("/login")


@pytest.mark.parametrize("line", MATRIX, ids=str)
def test_a_route_answers_each_actor_as_written(shared_app: SharedApp, line: Line) -> None:
    found = {}
    for actor in ACTORS:
        if line.body == "mine" or "feed" in line.route:
            shared_app.ask("DELETE FROM calendar_feed RETURNING id")
        found[actor] = Cell(shared_app, line, actor).ask().status_code
    assert found == dict(zip(ACTORS, line.expected, strict=True))


def test_every_route_has_a_line(shared_app: SharedApp) -> None:
    asked = {
        (method, rule.rule)
        for rule in shared_app.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert asked == {(line.method, line.route) for line in MATRIX}


NAMING = [
    line for line in MATRIX if line.about in {"submitted", "reviewed", "returned", "confirmed", "planned", "another's"}
]


@pytest.mark.parametrize("line", NAMING, ids=str)
def test_what_is_another_s_looks_the_same_as_what_never_was(shared_app: SharedApp, line: Line) -> None:
    email = "operator2@gaon.example" if line.about == "another's" else ACTORS["competitor"]
    cell = Cell(shared_app, line, "competitor")
    cell.email = email
    foreign = cell.path()
    absent = Cell(shared_app, Line(line.method, line.route, "absent", line.body, ()), "competitor")
    absent.email = email
    body = cell.body()
    answers = [cell.send(foreign, *body), cell.send(absent.path(), *body)]
    assert [answer.status_code for answer in answers] == [404, 404]
    first, second = (_without_the_request(answer) for answer in answers)
    assert first == second


def _without_the_request(answer: TestResponse) -> tuple[str, dict[str, str]]:
    """Body and headers without the request's id, and without the address that was asked for."""
    request_id = answer.headers["X-Request-Id"]
    assert answer.request is not None
    text = answer.text.replace(request_id, "ID").replace(answer.request.path, "PATH")
    text = text.replace(answer.request.path.replace("/", "%2F"), "PATH")
    headers = {name: value for name, value in answer.headers.items() if name not in {"X-Request-Id", "Content-Length"}}
    return text, headers


UNSAFE_PAGES = [line for line in MATRIX if line.method != "GET" and not line.is_api and line.about != "absent"]


@pytest.mark.parametrize("line", UNSAFE_PAGES, ids=str)
def test_a_form_without_its_token_is_refused(shared_app: SharedApp, line: Line) -> None:
    cell = Cell(shared_app, line, "scheduler")
    form = cell.body()[0] | {"csrf_token": "forged"}
    cell.changes_nothing = True
    path = cell.path()
    before = shared_app.count_rows()
    for fields in (form, {name: value for name, value in form.items() if name != "csrf_token"}):
        assert shared_app.page_client(str(cell.email)).client.post(path, data=fields).status_code == 403
    assert shared_app.count_rows() == before


@pytest.mark.parametrize("line", [line for line in MATRIX if line.is_api and 401 in line.expected], ids=str)
def test_a_cookie_opens_no_door_of_the_api(shared_app: SharedApp, line: Line) -> None:
    cell = Cell(shared_app, line, "scheduler")
    _form, body = cell.body()
    cell.line = Line(line.method, line.route, "absent", line.body, ())
    page_client = shared_app.page_client("scheduler@brc.example")
    payload = {"json": body} if line.method in {"POST", "PATCH"} else {}
    headers = {"X-CSRF-Token": page_client.csrf}
    answer = page_client.client.open(cell.path(), method=line.method, headers=headers, **payload)
    assert answer.status_code == 401
    assert json.loads(answer.text)["type"] == "urn:gmp-booking:problem:not-signed-in"
