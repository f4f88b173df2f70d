"""What is wrong by itself is refused in words, at the field it is about, and nothing is written."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.clients import weekday_at
from tests.factories.bookings import MadeBooking, SubmittedBookingFactory
from tests.factories.form_fields import form_of
from tests.factories.request_bodies import EngineeringRequestFactory, ReservationFactory, SessionFactory
from tests.shared_app import SharedApp

START, END = weekday_at(9), weekday_at(16)
REQUESTER = "requester@gaon.example"
Body = dict[str, Any]


def good() -> Body:
    """A request that is taken as it is."""
    return EngineeringRequestFactory(
        sessions=[
            SessionFactory(
                room="B-01",
                start=START,
                end=END,
                headcount=2,
                people=[{"email": "operator@gaon.example"}, {"email": "operator2@gaon.example"}],
                equipment=["BSC-01"],
            )
        ],
        equipment=[ReservationFactory(resource="INC-01", start=START, end=END)],
    )


@dataclass(frozen=True)
class Wrong:
    """One change that makes the good request a bad one."""

    what: str
    field: str
    sentence: str
    change: Callable[[Body], Any]


def put(path: str, value: Any) -> Callable[[Body], None]:
    """Set the value at `sessions.0.room`."""

    def change(body: Body) -> None:
        *way, last = path.split(".")
        place: Any = body
        for step in way:
            place = place[int(step)] if step.isdecimal() else place[step]
        place[last] = value

    return change


def together(*changes: Callable[[Body], Any]) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        for each in changes:
            each(body)

    return change


def days(number: float, *, since: datetime = START) -> str:
    return (since + timedelta(days=number)).isoformat()


def equipment_only(body: Body) -> None:
    """The good request as a reservation of equipment."""
    body |= {"kind": "EQUIPMENT", "run_type": None, "sessions": []}


def demonstration(body: Body) -> None:
    body |= {"kind": "TECH_DEMO", "product": None, "run_type": None, "equipment": []}
    body["sessions"] = [SessionFactory(room="T-01", start=START, end=END, headcount=4)]


S0, E0 = "sessions.0", "equipment.0"
NEEDED = "{} is required.".format
NOT_AFTER = "The end must be after the start."
PAST = "The start is in the past."
NO_ROOM, NO_EQUIPMENT = "There is no such room.", "There is no such equipment."
NO_PERSON, NO_PRODUCT = "There is no such person in your company.", "There is no such product."
ZONE = "Enter the time with its zone, such as 2027-03-02T09:00:00+09:00."
NO_TIME = "Not a valid date and time."
WHOLE, RANGE = "This must be a whole number.", "This number is out of range."
CONTROL = "Control characters are not allowed in text."
LONG, TEXT = "This text is too long.", "This must be text."
CHOICE, UNKNOWN = "Not one of the choices.", "This field is not known."
LIST, KIND = "This must be a list.", "The value has the wrong type."
RESIDENT = "Do not enter resident registration numbers."
NO_RUN_TYPE = "Choose the run type."
NOT_PUBLIC = "Only demonstrations, courses, consults and tours can be public."

WRONG = (
    # time
    Wrong("the end before the start", f"{S0}.end", NOT_AFTER, put(f"{S0}.end", days(-0.1))),
    Wrong("no length", f"{S0}.end", NOT_AFTER, put(f"{S0}.end", START.isoformat())),
    Wrong("the same instant in two zones", f"{S0}.end", NOT_AFTER, put(f"{S0}.end", START.astimezone(UTC).isoformat())),
    Wrong("equipment's end before its start", f"{E0}.end", NOT_AFTER, put(f"{E0}.end", days(-1))),
    Wrong("a start without a zone", f"{S0}.start", ZONE, put(f"{S0}.start", f"{START:%Y-%m-%dT%H:%M}")),
    Wrong("an end without a zone", f"{E0}.end", ZONE, put(f"{E0}.end", f"{END:%Y-%m-%dT%H:%M}")),
    Wrong("a start in the past", f"{S0}.start", PAST, put(f"{S0}.start", days(-60))),
    Wrong("a start a minute ago", f"{E0}.start", PAST, put(f"{E0}.start", days(-1 / 1440, since=datetime.now(UTC)))),
    Wrong("400 days of a room", f"{S0}.end", "One period may last at most 366 days.", put(f"{S0}.end", days(400))),
    Wrong(
        "400 days from first to last",
        "sessions",
        "A booking may span at most 366 days.",
        together(put(f"{E0}.start", days(399)), put(f"{E0}.end", days(400))),
    ),
    Wrong(
        "a start two years ahead",
        f"{S0}.start",
        "Bookings open at most 18 months ahead.",
        together(put(f"{S0}.start", days(720)), put(f"{S0}.end", days(720.1)), put("equipment", [])),
    ),
    Wrong("the year 9999", f"{S0}.end", "One period may last at most 366 days.", put(f"{S0}.end", "9999-12-31T23:59Z")),
    Wrong("the last instant west", f"{S0}.end", NO_TIME, put(f"{S0}.end", "9999-12-31T23:59:59-12:00")),
    Wrong("the year 1", f"{S0}.start", PAST, put(f"{S0}.start", "0001-01-02T00:00:00Z")),
    Wrong("before all time", f"{S0}.start", NO_TIME, put(f"{S0}.start", "0001-01-01T00:00:00+14:00")),
    Wrong("an offset of 25 hours", f"{S0}.start", NO_TIME, put(f"{S0}.start", "2027-03-02T09:00:00+25:00")),
    Wrong("a word for a time", f"{S0}.start", NO_TIME, put(f"{S0}.start", "tomorrow")),
    Wrong("the 30th of February", f"{S0}.start", NO_TIME, put(f"{S0}.start", "2027-02-30T09:00:00Z")),
    Wrong("a number for a time", f"{S0}.start", NO_TIME, put(f"{S0}.start", 1_800_000_000)),
    Wrong("an object for a time", f"{S0}.start", NO_TIME, put(f"{S0}.start", {"$gt": ""})),
    Wrong("no start", f"{S0}.start", NEEDED("Start"), lambda body: body["sessions"][0].pop("start")),
    Wrong("nothing for an end", f"{E0}.end", NEEDED("End"), put(f"{E0}.end", None)),
    # what is named
    Wrong("an unknown room", f"{S0}.room", NO_ROOM, put(f"{S0}.room", "Z-99")),
    Wrong("equipment for a room", f"{S0}.room", NO_ROOM, put(f"{S0}.room", "INC-01")),
    Wrong("a room for equipment", f"{E0}.resource", NO_EQUIPMENT, put(f"{E0}.resource", "B-01")),
    Wrong("unknown equipment", f"{E0}.resource", NO_EQUIPMENT, put(f"{E0}.resource", "XYZ-1")),
    Wrong("unknown attended equipment", f"{S0}.equipment", NO_EQUIPMENT, put(f"{S0}.equipment", ["XYZ-1"])),
    Wrong("an unknown person", f"{S0}.people", NO_PERSON, put(f"{S0}.people", [{"email": "no@gaon.example"}])),
    Wrong(
        "a competitor's person", f"{S0}.people", NO_PERSON, put(f"{S0}.people", [{"email": "operator@hanbit.example"}])
    ),
    Wrong("an unknown product", "product", NO_PRODUCT, put("product", "XX-1")),
    Wrong("a competitor's product", "product", NO_PRODUCT, put("product", "HB-Derm")),
    Wrong("no product", "product", "Choose the product that is made.", put("product", None)),
    Wrong("no room", f"{S0}.room", NEEDED("Room"), lambda body: body["sessions"][0].pop("room")),
    Wrong("spaces for a room", f"{S0}.room", NEEDED("Room"), put(f"{S0}.room", "   ")),
    Wrong(
        "a person twice",
        f"{S0}.people",
        "A person is named twice.",
        put(f"{S0}.people", [{"email": "operator@gaon.example"}, {"email": "Operator@Gaon.example"}]),
    ),
    Wrong(
        "equipment twice",
        f"{S0}.equipment",
        "A piece of equipment is named twice.",
        put(f"{S0}.equipment", ["BSC-01"] * 2),
    ),
    Wrong(
        "no mail address",
        f"{S0}.people.0.email",
        "Not a valid e-mail address.",
        put(f"{S0}.people", [{"email": "operator"}]),
    ),
    Wrong("an invented role", f"{S0}.people.0.role", CHOICE, put(f"{S0}.people.0.role", "SYSADMIN")),
    # numbers
    Wrong(
        "more places than there are",
        f"{E0}.resource",
        "The equipment does not have that many places.",
        put(f"{E0}.units", 9),
    ),
    Wrong("no place", f"{E0}.units", RANGE, put(f"{E0}.units", 0)),
    Wrong("minus one place", f"{E0}.units", RANGE, put(f"{E0}.units", -1)),
    Wrong("a word for a number", f"{E0}.units", WHOLE, put(f"{E0}.units", "two")),
    Wrong("one and a half", f"{E0}.units", WHOLE, put(f"{E0}.units", 1.5)),
    Wrong("a huge number", f"{E0}.units", RANGE, put(f"{E0}.units", 10**30)),
    Wrong("yes for a number", f"{S0}.headcount", WHOLE, put(f"{S0}.headcount", True)),
    Wrong("a list for a number", f"{S0}.headcount", WHOLE, put(f"{S0}.headcount", [2])),
    Wrong("a negative margin", f"{S0}.setup_min", RANGE, put(f"{S0}.setup_min", -30)),
    Wrong("two days of margin", f"{S0}.teardown_min", RANGE, put(f"{S0}.teardown_min", 2880)),
    Wrong(
        "fewer heads than names",
        f"{S0}.headcount",
        "More people are named than the headcount.",
        put(f"{S0}.headcount", 1),
    ),
    Wrong(
        "121 sessions",
        "sessions",
        "At most 120 sessions a booking.",
        lambda body: body.update(sessions=body["sessions"] * 121),
    ),
    Wrong(
        "61 reservations",
        "equipment",
        "At most 60 reservations a booking.",
        lambda body: body.update(equipment=body["equipment"] * 61),
    ),
    # text
    Wrong("too long a purpose", "purpose", LONG, put("purpose", "x" * 2001)),
    Wrong("too long a batch", "batch", LONG, put("batch", "B" * 61)),
    Wrong("too long a room", f"{S0}.room", LONG, put(f"{S0}.room", "B" * 41)),
    Wrong("an escape in a title", "title", CONTROL, put("title", "A\x1b[31m")),
    Wrong("a NUL in a batch", "batch", CONTROL, put("batch", "A\x00B")),
    Wrong("a line separator", "purpose", CONTROL, put("purpose", "first\u2028second")),
    Wrong("half a character", "purpose", CONTROL, put("purpose", "A\ud800B")),
    Wrong("the other half in a room", "room", CONTROL, put(f"{S0}.room", "\udc00")),
    Wrong("a resident number", "purpose", RESIDENT, put("purpose", "for 900101-1234567 please")),
    Wrong("a resident number run together", "title", RESIDENT, put("title", "9001011234567")),
    Wrong("a number for text", "batch", TEXT, put("batch", 12)),
    Wrong("a list for text", "purpose", TEXT, put("purpose", ["a"])),
    Wrong("an object for text", f"{S0}.room", TEXT, put(f"{S0}.room", {"code": "B-01"})),
    # kinds
    Wrong("an invented kind", "kind", CHOICE, put("kind", "PARTY")),
    Wrong("no kind", "kind", NEEDED("Kind"), lambda body: body.pop("kind")),
    Wrong("a list for a kind", "kind", CHOICE, put("kind", ["CLEANROOM"])),
    Wrong("no run type", "run_type", NO_RUN_TYPE, put("run_type", None)),
    Wrong("another run type", "run_type", CHOICE, put("run_type", "PILOT")),
    Wrong(
        "a product on a demonstration",
        "product",
        "A demonstration has no product.",
        together(demonstration, put("product", "GS-M1")),
    ),
    Wrong(
        "rooms in an equipment booking",
        "sessions",
        "An equipment booking has no room sessions; choose cleanroom work instead.",
        put("kind", "EQUIPMENT"),
    ),
    Wrong(
        "no equipment in one",
        "equipment",
        "Add the equipment to be reserved.",
        together(equipment_only, put("equipment", [])),
    ),
    Wrong("no session", "sessions", "Add at least one session.", put("sessions", [])),
    Wrong(
        "nothing at all", "sessions", "Add at least one session.", together(put("sessions", []), put("equipment", []))
    ),
    Wrong("another exposure", f"{S0}.exposure", CHOICE, put(f"{S0}.exposure", "WIDE_OPEN")),
    Wrong("everybody's eyes", "visibility", NOT_PUBLIC, put("visibility", "PUBLIC")),
    Wrong("some eyes", "visibility", CHOICE, put("visibility", "SOME")),
    # shapes
    Wrong("one session for a list", "sessions", LIST, put("sessions", {"room": "B-01"})),
    Wrong("a word for a session", f"{S0}", KIND, put("sessions", ["B-01"])),
    Wrong("lists in lists", f"{S0}", KIND, put("sessions", [[[[]]]])),
    Wrong("a word for a person", f"{S0}.people.0", KIND, put(f"{S0}.people", ["operator@gaon.example"])),
    Wrong("an object for attended equipment", f"{S0}.equipment", LIST, put(f"{S0}.equipment", {"0": "BSC-01"})),
    Wrong("nothing among attended equipment", f"{S0}.equipment.0", NEEDED("Equipment"), put(f"{S0}.equipment", [None])),
    Wrong("nothing for the sessions' people", f"{S0}.people", NEEDED("People"), put(f"{S0}.people", None)),
    # what is not the requester's to say
    *(
        Wrong(f"{name} of its own", name, UNKNOWN, put(name, value))
        for name, value in {
            "state": "CONFIRMED",
            "company_id": 2,
            "company": "HBT",
            "version": 9,
            "revision": 1,
            "reference": "BK-AAAAAAAA",
            "requested_by": 1,
            "approved_by": 1,
            "confirmed_at": "2027-01-01T00:00:00Z",
            "created_at": "2020-01-01T00:00:00Z",
            "pending_until": "2099-01-01T00:00:00Z",
            "track": "none",
            "stage": 2,
            "__proto__": {"a": 1},
        }.items()
    ),
    Wrong("a session's state", f"{S0}.state", UNKNOWN, put(f"{S0}.state", "DONE")),
    Wrong("a session's company", f"{S0}.company_id", UNKNOWN, put(f"{S0}.company_id", 2)),
    Wrong("a reservation's unit", f"{E0}.unit_id", UNKNOWN, put(f"{E0}.unit_id", 1)),
    Wrong("a person's name", f"{S0}.people.0.person_id", UNKNOWN, put(f"{S0}.people.0.person_id", 1)),
)


def bad(wrong: Wrong) -> Body:
    body = copy.deepcopy(good())
    wrong.change(body)
    return body


def post(shared_app: SharedApp, body: Any, path: str = "/api/v1/bookings", **headers: str) -> TestResponse:
    api_client = shared_app.api_client(REQUESTER)
    headers = api_client.headers | {"Content-Type": "application/json"} | headers
    # Written in ASCII, as half a character cannot be sent otherwise.
    return api_client.client.post(path, data=json.dumps(body), headers=headers)


def has_hangul(sentence: str) -> bool:
    return bool(re.search("[가-힣]", sentence))


def test_the_good_request_is_good(shared_app: SharedApp) -> None:
    for make in (lambda _body: None, equipment_only, demonstration):
        body = good()
        make(body)
        previewed = post(shared_app, body, "/api/v1/bookings/preview")
        assert (previewed.status_code, previewed.json["verdict"]) == (200, "clear"), previewed.text


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.what)
def test_a_bad_request_is_refused_in_words_where_it_is_wrong(shared_app: SharedApp, wrong: Wrong) -> None:
    before = shared_app.count_rows()
    english = post(shared_app, bad(wrong))
    assert english.status_code == 422, english.text
    assert english.mimetype == "application/problem+json"
    assert wrong.sentence in english.json["errors"].get(wrong.field, ()), english.json["errors"]
    korean = post(shared_app, bad(wrong), **{"Accept-Language": "ko"})
    assert korean.status_code == 422
    assert set(korean.json["errors"]) == set(english.json["errors"])
    assert all(map(has_hangul, [korean.json["detail"], *korean.json["errors"][wrong.field]])), korean.text
    assert post(shared_app, bad(wrong), "/api/v1/bookings/preview").status_code == 422
    assert shared_app.count_rows() == before


def test_unknown_and_foreign_things_are_refused_alike(shared_app: SharedApp) -> None:
    pairs = {
        "product": ("XX-1", "HB-Derm"),
        f"{S0}.people": ([{"email": "nobody@hanbit.example"}], [{"email": "operator@hanbit.example"}]),
    }
    for path, values in pairs.items():
        answers = []
        for value in values:
            body = good()
            put(path, value)(body)
            answers.append({name: part for name, part in post(shared_app, body).json.items() if name != "request_id"})
        assert answers[0] == answers[1]


RAW = (
    ("no JSON", b"{kind:", "application/json", 400),
    ("a list", b"[]", "application/json", 422),
    ("a word", b'"CLEANROOM"', "application/json", 422),
    ("null", b"null", "application/json", 422),
    ("nothing", b"", "application/json", 422),
    ("not a number", b'{"kind": NaN}', "application/json", 422),
    ("bytes of no alphabet", b'{"kind": "\xff\xfe"}', "application/json", 400),
    ("a form", b"kind=CLEANROOM", "application/x-www-form-urlencoded", 422),
    ("XML", b"<kind>CLEANROOM</kind>", "application/xml", 422),
    ("a well of lists", b"[" * 20_000 + b"]" * 20_000, "application/json", 422),
    ("a well of objects", b'{"sessions":' * 20_000 + b"1" + b"}" * 20_000, "application/json", 422),
    ("a key twice", b'{"kind": "CLEANROOM", "kind": "EQUIPMENT"}', "application/json", 422),
    (
        "an endless number",
        b'{"kind": "EQUIPMENT", "equipment": [{"units": 1' + b"0" * 5000 + b"}]}",
        "application/json",
        422,
    ),
)


@pytest.mark.parametrize(("body", "content_type"), [each[1:3] for each in RAW], ids=[each[0] for each in RAW])
def test_a_body_that_cannot_be_read_is_refused(shared_app: SharedApp, body: bytes, content_type: str) -> None:
    before = shared_app.count_rows()
    api_client = shared_app.api_client(REQUESTER)
    for language in ("en", "ko"):
        headers = api_client.headers | {"Accept-Language": language, "Content-Type": content_type}
        for path in ("/api/v1/bookings", "/api/v1/bookings/preview"):
            answer = api_client.client.post(path, data=body, headers=headers)
            assert answer.status_code in {400, 415, 422}, answer.text
            assert answer.mimetype == "application/problem+json"
            assert has_hangul(answer.json["detail"]) is (language == "ko")
    assert shared_app.count_rows() == before


ADDRESSES = (
    ("/api/v1/bookings?page=0", "page"),
    ("/api/v1/bookings?page=abc", "page"),
    ("/api/v1/bookings?page=99999999999999999999", "page"),
    ("/api/v1/bookings?page_size=1000", "page_size"),
    ("/api/v1/bookings?from=2027-01-01T00:00", "from"),
    ("/api/v1/bookings?to=yesterday", "to"),
    ("/api/v1/bookings?from=0001-01-01T00:00:00%2B14:00", "from"),
    ("/api/v1/availability?resource=B-01&from=2027-01-01T00:00&to=2027-01-02T00:00:00Z", "from"),
    ("/api/v1/availability?resource=B-01&from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z", "to"),
    ("/api/v1/availability?resource=B-01&from=2027-01-01T00:00:00Z&to=2028-01-01T00:00:00Z", "to"),
    ("/api/v1/availability?resource=B-01&from=2027-01-01T00:00:00Z&to=2027-01-02T00:00:00Z&minutes=0", "minutes"),
    ("/api/v1/availability?from=2027-01-01T00:00:00Z&to=2027-01-02T00:00:00Z", "resource"),
    ("/api/v1/availability?resource=B-01&from=0001-01-01T00:00:00%2B14:00&to=2027-01-02T00:00:00Z", None),
    ("/api/v1/availability?resource=B-01&from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59-12:00", None),
    ("/api/v1/timeline?from=2027-01-01T00:00&to=2027-01-02T00:00:00Z", "from"),
    ("/api/v1/timeline?from=2027-01-01T00:00:00Z", "to"),
    ("/api/v1/timeline?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z", "to"),
    ("/api/v1/timeline?from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59-12:00", None),
    ("/api/v1/timeline?from=0001-01-01T00:00:00%2B14:00&to=0001-01-02T00:00:00Z", None),
)


@pytest.mark.parametrize(("address", "field"), ADDRESSES)
def test_a_bad_address_is_refused_at_its_part(shared_app: SharedApp, address: str, field: str | None) -> None:
    for language in ("en", "ko"):
        answer = shared_app.api_client(REQUESTER).get(address, **{"Accept-Language": language})
        assert answer.status_code == 422, answer.text
        if field is not None:
            sentences = answer.json["errors"][field]
            assert all(has_hangul(sentence) is (language == "ko") for sentence in sentences)


@pytest.mark.parametrize(
    "address",
    [
        "/timeline?date=0001-01-01",
        "/timeline?date=9999-12-31",
        "/timeline?date=x&view=year&room=%F0%9F%98%80",
        "/timeline?view=day&view=week&equipment=7",
        "/bookings?page=0",
        "/bookings?page=abc&state=NOPE&when=never",
        "/bookings?q=%25_%5C'%22",
        "/bookings?page=-3",
        "/bookings/new?start=0001-01-01T00:00:00&room=%3Cb%3E",
        "/bookings/new?start=9999-12-31T23:59:59",
        "/bookings/new?start=9999-12-31T23:59:59-12:00",
    ],
)
def test_a_page_makes_the_best_of_a_bad_address(shared_app: SharedApp, address: str) -> None:
    assert shared_app.page_client(REQUESTER).get(address).status_code == 200


def test_a_page_number_beyond_counting_is_no_failure(shared_app: SharedApp) -> None:
    for path in ("/bookings", "/inbox"):
        answer = shared_app.page_client("scheduler@brc.example").get(f"{path}?page={10**30}")
        assert answer.status_code < 500


def test_an_idempotency_key_too_long_is_refused(shared_app: SharedApp) -> None:
    before = shared_app.count_rows()
    assert post(shared_app, good(), **{"Idempotency-Key": "k" * 201}).status_code == 422
    assert shared_app.count_rows() == before


def test_an_idempotency_key_is_not_used_for_two_requests(shared_app: SharedApp) -> None:
    key = {"Idempotency-Key": "the same"}
    assert post(shared_app, shared_app.incubator_body(), **key).status_code == 201
    before = shared_app.count_rows()
    refused = post(shared_app, shared_app.incubator_body(), **key)
    assert refused.status_code == 422, refused.text
    assert shared_app.count_rows() == before


@pytest.fixture(scope="module")
def waiting(shared_app: SharedApp) -> MadeBooking:
    """A booking whose cancellation is refused in every test."""
    return SubmittedBookingFactory(app=shared_app)


@pytest.mark.parametrize(
    ("mark", "status"),
    [
        ("BK-ZZZZZZZZ-1", 422),
        ("garbage", 422),
        ("{reference}-0", 412),
        ("{reference}-99", 412),
        ("{reference}--1", 422),
    ],
)
def test_a_revision_that_is_not_this_one_is_refused(
    shared_app: SharedApp, waiting: MadeBooking, mark: str, status: int
) -> None:
    before = shared_app.count_rows()
    stale = {"If-Match": f'"{mark.format(reference=waiting.reference)}"'}
    answer = post(shared_app, {"reason": "It is not needed any more"}, f"{waiting.address}/cancel", **stale)
    assert answer.status_code == status, answer.text
    assert shared_app.count_rows() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": " . - ! "}, "reason"),
        ({"reason": "abc"}, "reason"),
        ({"reason": ["because", "so"]}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"reason": "no more\u0000"}, "reason"),
        ({"reason": "It is not needed", "state": "DRAFT"}, "state"),
        ({"reason": "It is not needed", "signature": "password"}, "signature"),
        ({"reason": "It is not needed", "signature": {"password": 5}}, "signature.password"),
    ],
)
def test_a_bad_reason_is_refused(shared_app: SharedApp, waiting: MadeBooking, body: Body, field: str) -> None:
    before = shared_app.count_rows()
    answer = post(shared_app, body, f"{waiting.address}/cancel")
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"]
    assert shared_app.count_rows() == before


# -- the same by the form

SESSION: Body = {
    "room": "B-01",
    "start": START,
    "end": END,
    "headcount": "2",
    "people": ["operator@gaon.example", "operator2@gaon.example"],
    "equipment": "BSC-01",
}
INCUBATOR: Body = {"resource": "INC-01", "units": "1", "start": START, "end": END}
FORMS = (
    ("the end before the start", {"sessions-0-end_time": "08:00"}, NOT_AFTER),
    ("no length", {"sessions-0-end_time": "09:00"}, NOT_AFTER),
    ("a past start", {"sessions-0-start_date": "2020-01-06"}, PAST),
    ("no day", {"sessions-0-start_date": "", "sessions-0-start_time": ""}, NEEDED("Start")),
    ("a day and no time", {"sessions-0-start_time": ""}, NEEDED("Start")),
    ("no day of the calendar", {"sessions-0-start_date": "2027-02-30"}, NO_TIME),
    ("no clock's time", {"sessions-0-start_time": "25:61"}, NO_TIME),
    ("the year 9999", {"sessions-0-end_date": "9999-12-31"}, "One period may last at most 366 days."),
    ("an unknown room", {"sessions-0-room": "Z-99"}, NO_ROOM),
    ("no room", {"sessions-0-room": ""}, NEEDED("Room")),
    ("equipment for a room", {"sessions-0-room": "INC-01"}, NO_ROOM),
    ("an unknown person", {"sessions-0-people": ["no@gaon.example"]}, NO_PERSON),
    ("a competitor's person", {"sessions-0-people": ["operator@hanbit.example"]}, NO_PERSON),
    ("a competitor's product", {"product": "HB-Derm"}, NO_PRODUCT),
    ("no product", {"product": "XX"}, NO_PRODUCT),
    ("no place", {"equipment-0-units": "0"}, RANGE),
    ("a word for places", {"equipment-0-units": "two"}, WHOLE),
    ("one and a half", {"equipment-0-units": "1.5"}, WHOLE),
    ("nine of eight", {"equipment-0-units": "9"}, "The equipment does not have that many places."),
    ("too few heads", {"sessions-0-headcount": "1"}, "More people are named than the headcount."),
    ("a long purpose", {"purpose": "x" * 2001}, LONG),
    ("a resident number", {"purpose": "900101-1234567"}, RESIDENT),
    ("a line separator", {"purpose": "one\u2028two"}, CONTROL),
    ("a long batch", {"batch": "B" * 61}, LONG),
    ("an invented kind", {"kind": "PARTY"}, CHOICE),
    ("no run type", {"run_type": ""}, NO_RUN_TYPE),
    ("another exposure", {"sessions-0-exposure": "WIDE"}, CHOICE),
)


@pytest.mark.parametrize(("change", "sentence"), [each[1:] for each in FORMS], ids=[each[0] for each in FORMS])
def test_a_bad_form_comes_back_with_words_and_all_that_was_typed(
    shared_app: SharedApp, change: Body, sentence: str
) -> None:
    before = shared_app.count_rows()
    fields = form_of(sessions=[SESSION], equipment=[INCUBATOR], title="Run seven") | change
    answer = shared_app.page_client(REQUESTER).post("/bookings/new", fields)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert sentence in page
    assert "Run seven" in page
    typed = [value for value in change.values() if isinstance(value, str) and value]
    chosen = {"kind", "product", "run_type", "sessions-0-room", "sessions-0-exposure"}
    assert all(value in page for value in typed if chosen.isdisjoint(change))
    assert shared_app.count_rows() == before


def test_a_form_with_control_characters_is_refused(shared_app: SharedApp) -> None:
    before = shared_app.count_rows()
    fields = form_of(sessions=[SESSION], title="A\x00B")
    page_client = shared_app.page_client(REQUESTER)
    fields["csrf_token"] = page_client.csrf
    answer = page_client.client.post("/bookings/new", data=fields, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert CONTROL in unescape(answer.text)
    assert shared_app.count_rows() == before


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "PARTY"},
        {"kind": ""},
        {"purpose": "x" * 5000, "title": "y" * 5000, "batch": "z" * 5000},
        {"sessions-0-start_date": "yesterday", "sessions-0-headcount": "some"},
        {"company": "HBT"},
        {"product": "HB-Derm"},
    ],
    ids=str,
)
def test_a_draft_keeps_whatever_was_typed(shared_app: SharedApp, change: Body) -> None:
    page_client = shared_app.page_client(REQUESTER)
    fields = form_of(operation="save_draft", sessions=[SESSION], equipment=[INCUBATOR]) | change
    kept = page_client.post("/bookings/new", fields)
    assert kept.status_code == 303, kept.text
    page = unescape(page_client.get(kept.location).text)
    chosen = {"kind", "product", "company"}
    assert all(value in page for name, value in change.items() if name not in chosen)
    reference = re.search(r"BK-\w{8}", kept.location)[0]
    (row,) = shared_app.ask(
        "SELECT c.code FROM booking JOIN company c ON c.id = company_id WHERE reference = %s", reference
    )
    assert row["code"] == "GAO"
    assert page_client.get("/bookings").status_code == 200
    assert page_client.get(f"/bookings/{reference}").status_code < 400


def test_a_draft_of_staff_for_nobody_is_given_back(shared_app: SharedApp) -> None:
    fields = form_of(operation="save_draft", sessions=[SESSION], title="Run eight")
    answer = shared_app.page_client("scheduler@brc.example").post("/bookings/new", fields)
    assert answer.status_code == 422
    assert "Choose the company of this booking." in answer.text
    assert "Run eight" in answer.text


@pytest.mark.parametrize(
    ("operation", "fill"),
    [
        ("remove_session-99", ""),
        ("remove_session-x", "no JSON"),
        ("add_everything", "[]"),
        ("", '{"sessions-0-room": 5}'),
        ("submit;drop", '{"sessions-7-room": "B-02"}'),
    ],
)
def test_an_odd_button_loses_nothing(shared_app: SharedApp, operation: str, fill: str) -> None:
    before = shared_app.count_rows()
    fields = form_of(operation=operation, sessions=[SESSION], title="Run nine") | {"fill": fill}
    answer = shared_app.page_client(REQUESTER).post("/bookings/new", fields)
    assert answer.status_code == 200
    assert "Run nine" in answer.text
    assert shared_app.count_rows() == before
