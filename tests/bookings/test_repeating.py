"""Repeating a session: every date with its verdict before it is added, skipped or moved one by one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from gmp_booking.policies.service import add_holiday
from tests.clients import weekday_at
from tests.factories.form_fields import form_of
from tests.shared_app import SharedApp
from tests.statement_watch import watching

REQUESTER, COMPETITOR = "requester@gaon.example", "requester@hanbit.example"
START = weekday_at(9, weeks=12)
HOUR = timedelta(hours=1)


def session(start: datetime = START, **more: Any) -> dict[str, Any]:
    return {"room": "C-01", "start": start, "end": start + 3 * HOUR, "headcount": "2", "step": "filling"} | more


def send(shared_app: SharedApp, operation: str, *, sessions: list[dict[str, Any]] | None = None, **fields: Any) -> str:
    repeat = {f"repeat-{name.replace('__', '-')}": value for name, value in fields.items()}
    form = form_of(operation=operation, sessions=[session()] if sessions is None else sessions) | repeat
    answer = shared_app.page_client(REQUESTER).post("/bookings/new", form)
    assert answer.status_code == 200, answer.text
    return answer.text


def verdicts(page: str) -> list[tuple[str, str]]:
    """(date, verdict in words) of each date that is offered."""
    found = re.findall(r'<li class="repeat-date">.*?</li>', page, re.DOTALL)
    days = [re.search(r'-start_date" value="([^"]+)"', each)[1] for each in found]
    words = [re.search(r'class="verdict-mark.*?<span>([^<]+)</span>', each, re.DOTALL)[1] for each in found]
    return list(zip(days, words, strict=True))


@pytest.fixture(scope="module", autouse=True)
def a_competitor_holds_the_second_date(shared_app: SharedApp) -> None:
    taken = session(START + timedelta(days=14) - HOUR)
    sent = shared_app.page_client(COMPETITOR).post("/bookings/new", form_of(product="HB-Derm", sessions=[taken]))
    assert sent.status_code == 303


def test_each_date_is_judged_before_anything_is_kept(shared_app: SharedApp) -> None:
    before = shared_app.ask("SELECT count(*) AS n FROM slot")[0]["n"]
    page = send(shared_app, "repeat_show", every="7", times="3")
    days = [(START + timedelta(days=7 * n)).date().isoformat() for n in (1, 2, 3)]
    assert verdicts(page) == [(days[0], "Free"), (days[1], "Not possible"), (days[2], "Free")]
    assert "is reserved" in page
    assert "Hanbit" not in page
    assert re.findall(r'name="repeat-take" value="(\d)"( checked)?', page) == [
        ("0", " checked"),
        ("1", ""),
        ("2", " checked"),
    ]
    assert shared_app.ask("SELECT count(*) AS n FROM slot")[0]["n"] == before


def test_weekdays_until_a_date(shared_app: SharedApp) -> None:
    until = (START + timedelta(days=9)).date()
    page = send(shared_app, "repeat_show", mode="weekdays", weekdays=["1", "3"], until=until.isoformat())
    expected = [(START + timedelta(days=n)).date().isoformat() for n in (2, 7, 9)]
    assert [day for day, _words in verdicts(page)] == expected


def dates(*starts: datetime) -> dict[str, str]:
    return {
        f"{n}__{name}": text
        for n, start in enumerate(starts)
        for name, text in {
            "start_date": f"{start:%Y-%m-%d}",
            "end_date": f"{start:%Y-%m-%d}",
            "start_time": f"{start:%H:%M}",
            "end_time": f"{start + 3 * HOUR:%H:%M}",
        }.items()
    }


def test_a_changed_time_is_judged_again(shared_app: SharedApp) -> None:
    moved = START + timedelta(days=14, hours=4)
    page = send(shared_app, "repeat_check", take=["0"], **dates(moved))
    assert verdicts(page) == [(moved.date().isoformat(), "Free")]


def test_the_chosen_dates_become_sessions(shared_app: SharedApp) -> None:
    first, second, third = (START + timedelta(days=7 * n) for n in (1, 2, 3))
    page = send(shared_app, "repeat_add", take=["0", "2"], **dates(first, second, third))
    starts = re.findall(r'name="sessions-(\d)-start_date" type="text" value="([^"]*)"', page)
    assert [day for _n, day in starts] == [each.date().isoformat() for each in (START, first, third)]
    assert re.findall(r'name="sessions-\d-step" type="text" value="filling"', page) == [
        f'name="sessions-{n}-step" type="text" value="filling"' for n in range(3)
    ]
    assert "No rule blocks this booking" in page


def test_a_holiday_is_said_beside_its_date(shared_app: SharedApp) -> None:
    day_off = START + timedelta(weeks=20)
    names = {"name_ko": "보궐선거일", "name_en": "By-election"}
    shared_app.database.transact(
        shared_app.actor("scheduler@brc.example"), add_holiday, day_off.date(), "ELECTION", **names
    )
    page = send(shared_app, "repeat_show", sessions=[session(day_off - timedelta(days=7))], every="7", times="1")
    assert verdicts(page) == [(f"{day_off:%Y-%m-%d}", "Free, with a note")]
    assert "on-call cover" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"every": "1", "times": "61"}, "more than 60 dates"),
        ({"every": "x", "times": "2"}, "how it is to be repeated"),
        ({"every": "0", "times": "2"}, "how it is to be repeated"),
        ({"mode": "weekdays", "weekdays": ["1"], "until": "soon"}, "how it is to be repeated"),
        (
            {"mode": "weekdays", "weekdays": ["9"], "until": f"{START + 8 * 7 * 24 * HOUR:%Y-%m-%d}"},
            "how it is to be repeated",
        ),
        ({"mode": "weekdays", "weekdays": ["1"], "until": "2020-01-01"}, "choose a later end"),
        ({"of": "7", "every": "7", "times": "2"}, "how it is to be repeated"),
    ],
)
def test_a_wish_that_cannot_be_read_is_told_in_words(shared_app: SharedApp, fields: dict[str, Any], said: str) -> None:
    assert said in send(shared_app, "repeat_show", **fields)


def test_a_session_without_times_cannot_be_repeated(shared_app: SharedApp) -> None:
    assert "how it is to be repeated" in send(
        shared_app, "repeat_show", sessions=[{"room": "C-01"}], every="7", times="2"
    )


def test_a_night_stays_a_night_and_nonsense_is_marked(shared_app: SharedApp) -> None:
    night = session(START.replace(hour=18), end=START.replace(hour=7) + timedelta(days=1))
    page = send(shared_app, "repeat_show", sessions=[night], every="7", times="1")
    ends = re.search(r'name="repeat-0-end_date" value="([^"]+)"', page)
    assert ends
    assert ends[1] == (START + timedelta(days=8)).date().isoformat()
    wrong = dates(START) | {"0__start_time": "25:99"}
    assert verdicts(send(shared_app, "repeat_check", take=["0"], **wrong)) == [
        (START.date().isoformat(), "Not possible")
    ]


def test_sixty_dates_cost_as_many_statements_as_one(shared_app: SharedApp) -> None:
    send(shared_app, "repeat_show", every="1", times="1")
    counted = []
    for times in ("1", "60"):
        with watching(shared_app.app.extensions["gmp"].database) as watched:
            send(shared_app, "repeat_show", every="1", times=times)
        counted.append(len(watched.statements))
    assert counted[0] == counted[1]
