"""What a new form begins with: the address, then the company's last booking, then nothing; and copies."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.clients import weekday_at
from tests.factories.form_fields import form_of
from tests.shared_app import SharedApp

REQUESTER = "requester@saebyeok.example"


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return found[1]


def chosen(page: str, name: str) -> str:
    menu = re.search(rf'<select[^>]* name="{name}".*?</select>', page, re.DOTALL)
    assert menu, name
    found = re.search(r'<option value="([^"]*)" selected', menu[0])
    return found[1] if found else ""


def request_harvest(shared_app: SharedApp, *, weeks: int) -> str:
    start = weekday_at(13, weeks=weeks)
    session = {
        "room": "B-02",
        "start": start,
        "end": start + timedelta(hours=3),
        "headcount": "2",
        "step": "harvest",
        "setup_min": "30",
        "teardown_min": "0",
        "exposure": "OPEN",
        "equipment": "BSC-02",
        "people": "operator@saebyeok.example",
    }
    form = form_of(product="SE-01", batch="SE-2701", purpose="P2 harvest", sessions=[session])
    sent = shared_app.page_client(REQUESTER).post("/bookings/new", form)
    assert sent.status_code == 303, sent.text
    return sent.location.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="module")
def reference(shared_app: SharedApp) -> str:
    assert "begun_from" not in shared_app.page_client(REQUESTER).get("/bookings/new").text
    return request_harvest(shared_app, weeks=6)


def test_a_new_form_begins_as_the_companys_last_booking(shared_app: SharedApp, reference: str) -> None:
    page = shared_app.page_client(REQUESTER).get("/bookings/new").text
    assert value_of(page, "begun_from") == reference
    assert (chosen(page, "kind"), chosen(page, "run_type"), chosen(page, "sessions-0-room")) == (
        "CLEANROOM",
        "ENG",
        "B-02",
    )
    assert value_of(page, "product") == "SE-01"
    texts = {
        name: value_of(page, f"sessions-0-{name}")
        for name in ("headcount", "step", "setup_min", "start_time", "end_time")
    }
    assert texts == {"headcount": "2", "step": "harvest", "setup_min": "30", "start_time": "13:00", "end_time": "16:00"}
    assert value_of(page, "sessions-0-end_date") == value_of(page, "sessions-0-start_date") == "", (
        "the day is to be said"
    )
    assert re.search(r'value="BSC-02" checked', page)
    assert "P2 harvest" not in page
    assert not re.search(r'value="operator@saebyeok.example" checked', page)


def test_the_address_wins_over_the_last_booking(shared_app: SharedApp, reference: str) -> None:
    page = shared_app.page_client(REQUESTER).get("/bookings/new?room=B-01&start=2027-03-02T09:00%2B09:00").text
    assert chosen(page, "sessions-0-room") == "B-01"
    assert value_of(page, "sessions-0-start_date") == "2027-03-02"
    assert (value_of(page, "sessions-0-start_time"), value_of(page, "sessions-0-end_time")) == ("09:00", "12:00")
    assert not re.search(r'value="BSC-02" checked', page), "equipment of another room"


def test_an_empty_form_is_to_be_had(shared_app: SharedApp, reference: str) -> None:
    page = shared_app.page_client(REQUESTER).get("/bookings/new?blank=1").text
    assert "begun_from" not in page
    assert chosen(page, "sessions-0-room") == ""


@pytest.mark.parametrize(("room", "kind"), [("T-01", "TECH_DEMO"), ("T-02", "REVIEW"), ("C-01", "CLEANROOM")])
def test_a_room_says_what_is_done_in_it(shared_app: SharedApp, room: str, kind: str) -> None:
    for reader in ("requester@hanbit.example", "scheduler@brc.example"):
        assert chosen(shared_app.page_client(reader).get(f"/bookings/new?room={room}").text, "kind") == kind


def test_another_company_begins_with_nothing_of_it(shared_app: SharedApp, reference: str) -> None:
    page = shared_app.page_client("requester@hanbit.example").get("/bookings/new").text
    assert reference not in page
    assert "harvest" not in page


def test_a_copy_lies_whole_weeks_later_and_takes_the_people_along(shared_app: SharedApp, reference: str) -> None:
    page = shared_app.page_client(REQUESTER).get(f"/bookings/new?copy={reference}").text
    assert value_of(page, "sessions-0-start_date") == weekday_at(13, weeks=7).date().isoformat()
    assert value_of(page, "sessions-0-end_date") == weekday_at(13, weeks=7).date().isoformat()
    assert re.search(r'value="operator@saebyeok.example" checked', page)
    assert "P2 harvest" in page
    assert "SE-2701" not in page, "a batch is of one run"


def test_a_competitor_copies_nothing(shared_app: SharedApp, reference: str) -> None:
    assert shared_app.page_client("requester@hanbit.example").get(f"/bookings/new?copy={reference}").status_code == 404


@pytest.mark.parametrize("address", ["", "?room=B-01", "?copy=BK-00000000"])
def test_who_may_not_draft_is_told_so_at_once(shared_app: SharedApp, address: str) -> None:
    status = shared_app.page_client("operator@saebyeok.example").get(f"/bookings/new{address}").status_code
    assert status == (404 if "copy" in address else 403)


@pytest.mark.parametrize("start", ["yesterday", "0001-01-01T00:00", "9999-12-31T23:59", "2027-13-01", ""])
def test_an_address_that_makes_no_sense_begins_a_form_all_the_same(shared_app: SharedApp, start: str) -> None:
    assert (
        shared_app.page_client(REQUESTER)
        .get("/bookings/new", query_string={"room": "B-01", "start": start})
        .status_code
        == 200
    )


def test_control_characters_give_the_form_back(shared_app: SharedApp) -> None:
    form = form_of(product="SE-01", purpose="Harvest\x00 of two\x07 flasks", sessions=[{"room": "B-01"}])
    answer = shared_app.page_client(REQUESTER).post("/bookings/new", form)
    assert answer.status_code == 422
    assert "Harvest of two flasks" in answer.text
    assert 'id="f-purpose-error"' in answer.text
    preview = shared_app.page_client(REQUESTER).post("/bookings/preview", form)
    assert preview.status_code == 200
    assert "Control characters" in preview.text


def test_booking_again_is_one_click_from_the_booking_and_from_the_list(shared_app: SharedApp, reference: str) -> None:
    again = f"/bookings/new?copy={reference}"
    for page in (f"/bookings/{reference}", "/bookings"):
        assert again in shared_app.page_client(REQUESTER).get(page).text
        assert again not in shared_app.page_client("operator@saebyeok.example").get(page).text


def test_drafts_are_offered_again_to_who_began_them(shared_app: SharedApp) -> None:
    author = "requester@nuriesel.example"
    assert "You have" not in shared_app.page_client(author).get("/bookings/new").text
    form = form_of(
        operation="save_draft", product="NR-19", sessions=[{"room": "C-02", "start": weekday_at(9, weeks=8)}]
    )
    kept = shared_app.page_client(author).post("/bookings/new", form)
    address = kept.location.partition("?")[0]
    for page in ("/bookings/new", "/bookings"):
        page_text = shared_app.page_client(author).get(page).text
        assert "You have 1 draft – continue with" in page_text
        assert f'<a href="{address}">NR-19 · C-02 · ' in page_text
    assert "continue with" not in shared_app.page_client("approver@nuriesel.example").get("/bookings/new").text
    shared_app.page_client(author).post("/bookings/new", form | {"idempotency_key": "another"})
    assert "You have 2 drafts" in shared_app.page_client(author).get("/bookings").text


def test_the_list_opens_the_form_of_a_draft_for_those_who_may_write_it(shared_app: SharedApp) -> None:
    form = form_of(operation="save_draft", product="SE-01", sessions=[], idempotency_key="a draft to be opened")
    saved = shared_app.page_client(REQUESTER).post("/bookings/new", form)
    assert saved.status_code == 303, saved.text
    draft = saved.location.partition("?")[0].removesuffix("/edit")
    readers = {
        REQUESTER: "/edit",
        "scheduler@brc.example": "/edit",
        "operator@saebyeok.example": "",
        "qa@brc.example": "",
    }
    for reader, opened in readers.items():
        page = shared_app.page_client(reader).get("/bookings?when=all&state=DRAFT").text
        assert re.findall(rf'class="row-link" href="{draft}([^"]*)"', page) == [opened], reader
        assert shared_app.page_client(reader).get(draft + opened).status_code == 200, reader
