"""Marks while a form is open: seen by others without a name, in nobody's way, gone by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from gmp_booking.booking_forms import form_marks
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.period import Period
from tests.doors import form_of, weekday_at
from tests.standing import Standing

REQUESTER, COLLEAGUE, RIVAL = "requester@gaon.example", "approver@gaon.example", "requester@hanbit.example"
STAFF = "scheduler@brc.example"
START = weekday_at(9, weeks=4)
WORDS = {"mine": "You are filling", "ours": "A colleague is filling", "others": "Somebody is filling"}


def open_form(standing: Standing, *, email: str = REQUESTER, room: str = "B-01", start: datetime = START) -> None:
    address = f"/bookings/new?room={room}&start={quote(start.isoformat())}"
    assert standing.visit(email).get(address).status_code == 200


def marks_seen_by(standing: Standing, email: str) -> list[str]:
    page = standing.visit(email).get(f"/timeline?view=week&date={START:%Y-%m-%d}").text
    told = re.findall(r'class="tl-at tl-mark [^"]*" title="([^"]*)"', page)
    return [whose for one in told for whose, words in WORDS.items() if words in one]


@pytest.fixture(autouse=True)
def nobody_fills_in_a_form(standing: Standing) -> Iterator[None]:
    yield
    standing.ask("DELETE FROM form_mark RETURNING id")


def test_each_reads_of_a_form_what_is_theirs_to_know(standing: Standing) -> None:
    open_form(standing)
    seen = {email: marks_seen_by(standing, email) for email in (REQUESTER, COLLEAGUE, RIVAL, STAFF)}
    assert seen == {REQUESTER: ["mine"], COLLEAGUE: ["ours"], RIVAL: ["others"], STAFF: ["others"]}
    page = standing.visit(RIVAL).get(f"/timeline?date={START:%Y-%m-%d}").text
    assert "Gaon" not in page
    assert "GAO" not in page


def test_forms_of_two_rivals_are_one_mark_to_a_third(standing: Standing) -> None:
    open_form(standing)
    open_form(standing, email="requester@saebyeok.example", start=START + timedelta(hours=2))
    assert marks_seen_by(standing, RIVAL) == ["others"]


def test_a_person_has_the_marks_of_the_latest_form_only(standing: Standing) -> None:
    open_form(standing)
    open_form(standing, room="B-02")
    rows = standing.ask(
        "SELECT r.code FROM form_mark JOIN resource AS r ON r.id = resource_id WHERE expires_at > gmp_now()"
    )
    assert [row["code"] for row in rows] == ["B-02"]
    three = [
        {"room": "C-01", "start": START + timedelta(days=n), "end": START + timedelta(days=n, hours=1)}
        for n in range(3)
    ]
    standing.visit(REQUESTER).post("/bookings/preview", form_of(sessions=three))
    assert marks_seen_by(standing, RIVAL) == ["others"] * 3
    standing.visit(REQUESTER).post("/bookings/preview", form_of(sessions=three[:1]))
    assert marks_seen_by(standing, RIVAL) == ["others"]


def test_typing_on_renews_the_mark(standing: Standing) -> None:
    open_form(standing)
    standing.ask("UPDATE form_mark SET expires_at = gmp_now() + interval '1 second' RETURNING id")
    session = {"room": "B-01", "start": START, "end": START + timedelta(hours=1)}
    standing.visit(REQUESTER).post("/bookings/preview", form_of(sessions=[session]))
    (row,) = standing.ask("SELECT expires_at > gmp_now() + interval '9 minutes' AS renewed FROM form_mark")
    assert row["renewed"]


def test_a_mark_ends_by_itself_and_is_forgotten(standing: Standing) -> None:
    open_form(standing)
    standing.ask("UPDATE form_mark SET expires_at = gmp_now() RETURNING id")
    assert marks_seen_by(standing, RIVAL) == []
    assert marks_seen_by(standing, REQUESTER) == []
    form_marks.forget(standing.database)
    assert len(standing.ask("SELECT id FROM form_mark")) == 1
    standing.ask("UPDATE form_mark SET expires_at = gmp_now() - interval '61 minutes' RETURNING id")
    form_marks.forget(standing.database)
    assert standing.ask("SELECT id FROM form_mark") == []


def test_a_mark_refuses_nobody(standing: Standing) -> None:
    open_form(standing, start=START + timedelta(days=1))
    page = (
        standing.visit(RIVAL)
        .get(f"/bookings/new?room=B-01&start={quote((START + timedelta(days=1)).isoformat())}")
        .text
    )
    assert "Nothing is in the way" in page
    session = {"room": "B-01", "start": START + timedelta(days=1), "end": START + timedelta(days=1, hours=3)}
    sent = standing.visit(RIVAL).post("/bookings/new", form_of(product="HB-Derm", sessions=[session]))
    assert sent.status_code == 303


@pytest.mark.parametrize("how", ["submit", "save_draft", "leave"])
def test_a_form_that_is_sent_or_left_is_no_longer_marked(standing: Standing, how: str) -> None:
    start = standing.free_hour()
    open_form(standing, room="C-01", start=start)
    session = {"room": "C-01", "start": start, "end": start + timedelta(hours=1)}
    if how == "leave":
        assert standing.visit(REQUESTER).post("/bookings/marks/drop").status_code == 204
    else:
        form = form_of(operation=how, sessions=[session])
        assert standing.visit(REQUESTER).post("/bookings/new", form).status_code == 303
    assert standing.ask("SELECT id FROM form_mark WHERE expires_at > gmp_now()") == []


def test_more_than_a_week_or_long_past_is_not_marked(standing: Standing) -> None:
    actor = standing.actor(REQUESTER)
    past = Period(START - timedelta(days=365), START - timedelta(days=364))
    long = Period(START, START + timedelta(days=8))
    standing.database.transact(
        actor, form_marks.mark, [("B-01", past), ("B-01", long), ("NOWHERE", Period(START, START + timedelta(hours=1)))]
    )
    assert standing.ask("SELECT id FROM form_mark") == []
    hours = [("B-01", Period(START + timedelta(hours=n), START + timedelta(hours=n + 1))) for n in range(40)]
    standing.database.transact(actor, form_marks.mark, hours)
    assert len(standing.ask("SELECT id FROM form_mark")) == form_marks.MOST


def test_a_rival_cannot_read_the_rows(standing: Standing) -> None:
    open_form(standing)

    def rows(uow: object) -> list[object]:
        from sqlalchemy import text

        return list(uow.session.execute(text("SELECT * FROM form_mark")))  # type: ignore[attr-defined]

    assert standing.database.read(standing.actor(RIVAL), rows) == []
    assert len(standing.database.read(standing.actor(COLLEAGUE), rows)) == 1
    assert len(standing.database.read(SYSTEM, rows)) == 1
