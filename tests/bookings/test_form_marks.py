"""Marks while a form is open: seen by others without a name, in nobody's way, gone by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from urllib.parse import quote

import pytest

from gmp_booking.booking_forms import form_marks
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.period import Period
from tests.clients import weekday_at
from tests.factories.form_fields import form_of
from tests.shared_app import SharedApp

REQUESTER, COLLEAGUE, COMPETITOR = "requester@gaon.example", "approver@gaon.example", "requester@hanbit.example"
STAFF = "scheduler@brc.example"
START = weekday_at(9, weeks=4)
WORDS = {"mine": "You are filling", "ours": "A colleague is filling", "others": "Somebody is filling"}


def open_form(shared_app: SharedApp, *, email: str = REQUESTER, room: str = "B-01", start: datetime = START) -> None:
    """The form opened at a free time, as a browser does it: the page, then the request that a script sends once."""
    address = f"/bookings/new?room={room}&start={quote(start.isoformat())}"
    assert "/bookings/marks" in shared_app.page_client(email).get(address).text
    session = {"room": room, "start": start, "end": start + timedelta(hours=4)}
    assert shared_app.page_client(email).post("/bookings/marks", form_of(sessions=[session])).status_code == 204


def marks_seen_by(shared_app: SharedApp, email: str) -> list[str]:
    page = shared_app.page_client(email).get(f"/timeline?view=week&date={START:%Y-%m-%d}").text
    titles = re.findall(r'class="tl-at tl-mark [^"]*" title="([^"]*)"', page)
    return [whose for one in titles for whose, words in WORDS.items() if words in one]


@pytest.fixture(autouse=True)
def nobody_fills_in_a_form(shared_app: SharedApp) -> Iterator[None]:
    yield
    shared_app.ask("DELETE FROM form_mark RETURNING id")


def test_opening_a_page_writes_nothing(shared_app: SharedApp) -> None:
    before = shared_app.count_rows()
    shared_app.page_client(REQUESTER).get(f"/bookings/new?room=B-01&start={quote(START.isoformat())}")
    assert shared_app.count_rows() == before
    assert shared_app.ask("SELECT id FROM form_mark") == []


def test_each_reads_of_a_form_what_is_theirs_to_know(shared_app: SharedApp) -> None:
    open_form(shared_app)
    seen = {email: marks_seen_by(shared_app, email) for email in (REQUESTER, COLLEAGUE, COMPETITOR, STAFF)}
    assert seen == {REQUESTER: ["mine"], COLLEAGUE: ["ours"], COMPETITOR: ["others"], STAFF: ["others"]}
    page = shared_app.page_client(COMPETITOR).get(f"/timeline?date={START:%Y-%m-%d}").text
    assert "Gaon" not in page
    assert "GAO" not in page


def test_forms_of_two_competitors_are_one_mark_to_a_third(shared_app: SharedApp) -> None:
    open_form(shared_app)
    open_form(shared_app, email="requester@saebyeok.example", start=START + timedelta(minutes=30))
    assert marks_seen_by(shared_app, COMPETITOR) == ["others"]


def test_a_person_has_the_marks_of_the_latest_form_only(shared_app: SharedApp) -> None:
    open_form(shared_app)
    open_form(shared_app, room="B-02")
    rows = shared_app.ask(
        "SELECT r.code FROM form_mark JOIN resource AS r ON r.id = resource_id WHERE expires_at > gmp_now()"
    )
    assert [row["code"] for row in rows] == ["B-02"]
    three = [
        {"room": "C-01", "start": START + timedelta(days=n), "end": START + timedelta(days=n, hours=1)}
        for n in range(3)
    ]
    shared_app.page_client(REQUESTER).post("/bookings/preview", form_of(sessions=three))
    assert marks_seen_by(shared_app, COMPETITOR) == ["others"] * 3
    shared_app.page_client(REQUESTER).post("/bookings/preview", form_of(sessions=three[:1]))
    assert marks_seen_by(shared_app, COMPETITOR) == ["others"]


def test_typing_on_renews_the_mark(shared_app: SharedApp) -> None:
    open_form(shared_app)
    shared_app.ask("UPDATE form_mark SET expires_at = gmp_now() + interval '1 second' RETURNING id")
    session = {"room": "B-01", "start": START, "end": START + timedelta(hours=1)}
    shared_app.page_client(REQUESTER).post("/bookings/preview", form_of(sessions=[session]))
    (row,) = shared_app.ask("SELECT expires_at > gmp_now() + interval '9 minutes' AS renewed FROM form_mark")
    assert row["renewed"]


def test_a_mark_ends_by_itself_and_is_forgotten(shared_app: SharedApp) -> None:
    open_form(shared_app)
    shared_app.ask("UPDATE form_mark SET expires_at = gmp_now() RETURNING id")
    assert marks_seen_by(shared_app, COMPETITOR) == []
    assert marks_seen_by(shared_app, REQUESTER) == []
    form_marks.delete_expired_marks(shared_app.database)
    assert len(shared_app.ask("SELECT id FROM form_mark")) == 1
    shared_app.ask("UPDATE form_mark SET expires_at = gmp_now() - interval '61 minutes' RETURNING id")
    form_marks.delete_expired_marks(shared_app.database)
    assert shared_app.ask("SELECT id FROM form_mark") == []


def test_a_mark_refuses_nobody(shared_app: SharedApp) -> None:
    open_form(shared_app, start=START + timedelta(days=1))
    page = (
        shared_app.page_client(COMPETITOR)
        .get(f"/bookings/new?room=B-01&start={quote((START + timedelta(days=1)).isoformat())}")
        .text
    )
    assert "No rule blocks this booking" in page
    session = {"room": "B-01", "start": START + timedelta(days=1), "end": START + timedelta(days=1, hours=3)}
    sent = shared_app.page_client(COMPETITOR).post("/bookings/new", form_of(product="HB-Derm", sessions=[session]))
    assert sent.status_code == 303


@pytest.mark.parametrize("how", ["submit", "save_draft", "leave"])
def test_a_form_that_is_sent_or_left_is_no_longer_marked(shared_app: SharedApp, how: str) -> None:
    start = shared_app.free_hour()
    open_form(shared_app, room="C-01", start=start)
    session = {"room": "C-01", "start": start, "end": start + timedelta(hours=1)}
    if how == "leave":
        assert shared_app.page_client(REQUESTER).post("/bookings/marks/drop").status_code == 204
    else:
        form = form_of(operation=how, sessions=[session])
        assert shared_app.page_client(REQUESTER).post("/bookings/new", form).status_code == 303
    assert shared_app.ask("SELECT id FROM form_mark WHERE expires_at > gmp_now()") == []


def test_more_than_a_week_or_long_past_is_not_marked(shared_app: SharedApp) -> None:
    actor = shared_app.actor(REQUESTER)
    past = Period(START - timedelta(days=365), START - timedelta(days=364))
    long = Period(START, START + timedelta(days=8))
    shared_app.database.transact(
        actor, form_marks.mark, [("B-01", past), ("B-01", long), ("NOWHERE", Period(START, START + timedelta(hours=1)))]
    )
    assert shared_app.ask("SELECT id FROM form_mark") == []
    hours = [("B-01", Period(START + timedelta(hours=n), START + timedelta(hours=n + 1))) for n in range(40)]
    shared_app.database.transact(actor, form_marks.mark, hours)
    assert len(shared_app.ask("SELECT id FROM form_mark")) == form_marks.MOST_MARKS


def test_two_requests_of_one_person_leave_the_marks_of_one(shared_app: SharedApp) -> None:
    actor = shared_app.actor(REQUESTER)
    forms = [
        [("B-01", Period(START + timedelta(hours=n), START + timedelta(hours=n + 1))) for n in range(12)],
        [("C-01", Period(START, START + timedelta(hours=1)))],
    ]
    for _round in range(25):
        barrier = Barrier(len(forms))

        def send(form: list[tuple[str, Period]], barrier: Barrier = barrier) -> None:
            barrier.wait()
            shared_app.database.transact(actor, form_marks.mark, form)

        with ThreadPoolExecutor(len(forms)) as pool:
            list(pool.map(send, forms))
        rows = shared_app.ask(
            "SELECT r.code FROM form_mark JOIN resource AS r ON r.id = resource_id WHERE expires_at > gmp_now()"
        )
        assert sorted(row["code"] for row in rows) in [["B-01"] * 12, ["C-01"]]


def test_a_competitor_cannot_read_the_rows(shared_app: SharedApp) -> None:
    open_form(shared_app)

    def rows(uow: object) -> list[object]:
        from sqlalchemy import text

        return list(uow.session.execute(text("SELECT * FROM form_mark")))  # type: ignore[attr-defined]

    assert shared_app.database.read(shared_app.actor(COMPETITOR), rows) == []
    assert len(shared_app.database.read(shared_app.actor(COLLEAGUE), rows)) == 1
    assert len(shared_app.database.read(SYSTEM, rows)) == 1
