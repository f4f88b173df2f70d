"""Gaon looks everywhere it can reach, and finds no word of Saebyeok's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from gmp_booking.infra.mail.dev_mail_server import list_messages, read_message, running_sink
from gmp_booking.notifications.jobs import send
from tests.anomalies.competitors import CANARY, GAON, SAEBYEOK, Competitors, a_booking
from tests.clients import utc, weekday_at
from tests.factories.form_fields import form_of
from tests.notifications.conftest import config_for

ABSENT = "BK-00000000"
PACKAGED = {"static"}
"""Files that came with the installation."""


@dataclass
class Looked:
    """One answer somebody got."""

    what: str
    answer: TestResponse

    @property
    def text(self) -> str:
        headers = "\n".join(f"{name}: {value}" for name, value in self.answer.headers)
        return f"{headers}\n{self.answer.get_data(as_text=True)}".lower()


def crawl(competitors: Competitors, email: str, *, references: list[str]) -> Iterator[Looked]:
    """Every GET route, filled in with everything one may know; pages with and without htmx."""
    page_client, api_client = competitors.page_client(email), competitors.api_client(email)
    feeds = _feeds_of(api_client)
    for address in addresses(competitors, references=references, feeds=feeds):
        if address.startswith("/api/"):
            yield Looked(f"GET {address}", api_client.get(address))
            continue
        yield Looked(f"GET {address}", page_client.get(address, headers={"Accept-Language": "en"}))
        yield Looked(f"GET {address} (htmx)", page_client.get(address, headers={"HX-Request": "true"}))


def _feeds_of(api_client) -> list[str]:
    made = []
    for scope in ("mine", "company", "resource:B-01", "resource:INC-01", "resource:BSC-01"):
        answer = api_client.post("/api/v1/feeds", {"scope": scope})
        assert answer.status_code == 201, answer.text
        made.append(re.search(r"/calendars/([^/]+)\.ics", answer.json["url"])[1])
    return made


def addresses(competitors: Competitors, *, references: list[str], feeds: list[str]) -> Iterator[str]:
    day = f"{weekday_at(9):%Y-%m-%d}"
    window = {"from": utc(weekday_at(0)), "to": utc(weekday_at(0) + timedelta(days=14))}
    encoded = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in window.items())
    queries = {
        "/timeline": [f"date={day}&view={view}&equipment={n}" for view in ("day", "week") for n in (0, 1)]
        + ["room=B-01"],
        "/bookings": ["", "when=all", "when=past", "state=CONFIRMED&when=all", "q=title&when=all", "q=%25&when=all"],
        "/bookings/new": ["", f"room=B-01&date={day}&time=09:00", "kind=EQUIPMENT", "kind=TECH_DEMO"],
        "/api/v1/timeline": [encoded, f"{encoded}&resource=B-01", f"{encoded}&resource=INC-01"],
        "/api/v1/availability": [f"{encoded}&resource={code}&minutes=60" for code in ("B-01", "INC-01", "BSC-01")],
        "/api/v1/bookings": ["", "page_size=200", "resource=B-01", "state=CONFIRMED,SUBMITTED,CANCELLED", encoded],
    }
    arguments = {
        "reference": references,
        "token": feeds,
        "number": ["1"],
        "outage_id": ["1", "4"],
        "secret": ["nobodys"],
        "code": ["SAE", "B-01"],
        "person_id": ["1", "20"],
    }
    for rule in competitors.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in PACKAGED:
            continue
        assert rule.arguments <= set(arguments), f"{rule.rule}: teach the crawl its arguments"
        names = [name for name in rule.arguments if name in arguments]
        filled = [rule.rule]
        for name in names:
            filled = [re.sub(rf"<(\w+:)?{name}>", value, address) for address in filled for value in arguments[name]]
        for address in filled:
            yield from (f"{address}?{query}" if query else address for query in queries.get(rule.rule, [""]))


def refused_asking(competitors: Competitors) -> Iterator[Looked]:
    """Gaon asks for what Saebyeok holds: previews and submits, by page and by API, and acts on their bookings."""
    page_client, api_client = competitors.page_client(GAON), competitors.api_client(GAON)
    wanted = a_booking("GS-M1", 0, word="ours", domain="gaon.example", units=5)
    shifted = a_booking("GS-M1", 1, word="ours", domain="gaon.example", units=1)
    for body in (wanted, shifted):
        yield Looked("preview", api_client.post("/api/v1/bookings/preview", body))
        yield Looked("submit", api_client.post("/api/v1/bookings", body))
    stolen = a_booking(f"{CANARY}-product".lower(), 0, word="ours", domain="gaon.example")
    yield Looked("their product", api_client.post("/api/v1/bookings", stolen | {"product": "SE-01"}))
    start, end = competitors.taken
    session = {"room": "B-01", "start": start, "end": end, "headcount": "1", "setup_min": "0", "teardown_min": "0"}
    reservation = {"resource": "INC-01", "units": "8", "start": start, "end": end}
    for operation in ("check", "submit"):
        form = form_of(operation=operation, sessions=[session], equipment=[reservation])
        yield Looked(f"form {operation}", page_client.post("/bookings/new", form))
        yield Looked("preview of the form", page_client.post("/bookings/preview", form))
    for reference in competitors.theirs:
        for action in ("submit", "review", "approve", "return", "reject", "cancel"):
            body = wanted if action == "submit" else {"reason": "Because I would like to"}
            yield Looked(f"POST {action}", api_client.post(f"/api/v1/bookings/{reference}/{action}", body))


def words_found(competitors: Competitors, looked: Looked) -> list[str]:
    """Whatever of Saebyeok's is in the answer; a reference Gaon typed itself may be repeated to it."""
    return [word for word in competitors.canaries if word in looked.text and word.upper() not in looked.what]


def test_no_word_of_theirs_is_on_anything_one_can_open(competitors: Competitors) -> None:
    seen = list(crawl(competitors, GAON, references=competitors.own + competitors.theirs + [ABSENT]))
    assert len(seen) > 60
    assert [(looked.what, words) for looked in seen if (words := words_found(competitors, looked))] == []
    assert [looked.what for looked in seen if looked.answer.status_code >= 500] == []


def test_no_word_of_theirs_is_in_what_one_is_refused_with(competitors: Competitors) -> None:
    seen = list(refused_asking(competitors))
    assert [(looked.what, words) for looked in seen if (words := words_found(competitors, looked))] == []
    statuses = {looked.what: looked.answer.status_code for looked in seen}
    assert statuses["submit"] == 409
    assert statuses["POST cancel"] == 404
    assert [what for what, status in statuses.items() if status >= 500] == []


def test_no_word_of_theirs_is_in_the_mail_one_gets(competitors: Competitors, tmp_path: Path) -> None:
    directory = tmp_path / "mail"
    with running_sink(directory) as port:
        send(competitors.database, config_for(tmp_path, port))
    mails = [read_message(directory, name) for name in list_messages(directory)]
    ours = [mail for mail in mails if mail["X-RcptTo"].endswith("@gaon.example")]
    theirs = [mail for mail in mails if mail["X-RcptTo"].endswith("@saebyeok.example")]
    assert len(ours) >= 3
    assert [(mail["Subject"], word) for mail in ours for word in competitors.canaries if word in _all_of(mail)] == []
    assert CANARY.lower() in "".join(_all_of(mail) for mail in theirs)


def _all_of(mail: EmailMessage) -> str:
    """Headers and every part, decoded."""
    parts = [part.get_payload(decode=True) or b"" for part in mail.walk() if not part.is_multipart()]
    headers = [str(value) for value in mail.values()]
    return "\n".join([*headers, *(part.decode("utf-8", "replace") for part in parts)]).lower()


def test_the_same_crawl_finds_all_of_it_for_those_it_belongs_to(competitors: Competitors) -> None:
    text = "".join(looked.text for looked in crawl(competitors, SAEBYEOK, references=competitors.theirs))
    parts = ("title", "purpose", "batch", "step", "reason", "why", "answer", "product", "product-name", "en")
    assert [part for part in parts if f"{CANARY}-{part}".lower() not in text] == []
    assert [reference for reference in competitors.theirs if reference.lower() not in text] == []


def test_staff_are_told_whose_it_is(competitors: Competitors) -> None:
    body = a_booking("GS-M1", 0, word="ours", domain="gaon.example") | {"booked_for": "GAO"}
    refused = competitors.api_client("scheduler@brc.example").post("/api/v1/bookings/preview", body)
    assert competitors.theirs[0] in refused.text


@pytest.mark.parametrize(
    "path", ["/bookings/{}", "/bookings/{}/edit", "/api/v1/bookings/{}", "/api/v1/bookings/{}/history"]
)
def test_their_booking_and_one_that_is_not_there_look_the_same(competitors: Competitors, path: str) -> None:
    reader = competitors.api_client(GAON) if path.startswith("/api/") else competitors.page_client(GAON)
    first, second = (
        _without_its_own(reference, reader.get(path.format(reference))) for reference in (competitors.theirs[0], ABSENT)
    )
    assert first == second
    assert first[0] == 404


@pytest.mark.parametrize("action", ["submit", "review", "approve", "return", "reject", "cancel"])
def test_acting_on_their_booking_is_as_acting_on_none(competitors: Competitors, action: str) -> None:
    api_client = competitors.api_client(GAON)
    body = (
        a_booking("GS-M1", 4, word="ours", domain="gaon.example")
        if action == "submit"
        else {"reason": "No longer needed"}
    )
    answers = [
        _without_its_own(reference, api_client.post(f"/api/v1/bookings/{reference}/{action}", body))
        for reference in (competitors.theirs[0], ABSENT)
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def _without_its_own(reference: str, answer: TestResponse) -> tuple[int, str, list[tuple[str, str]]]:
    """The answer but for the request's id and the reference asked for."""
    request_id = answer.headers["X-Request-Id"]
    text = answer.get_data(as_text=True).replace(request_id, "…").replace(reference, "…")
    headers = [(name, value.replace(request_id, "…")) for name, value in answer.headers]
    return answer.status_code, text, headers
