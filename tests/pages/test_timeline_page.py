"""What the timeline tells whom, and that its cost does not grow with the diary."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.clients import weekday_at
from tests.factories.bookings import SubmittedBookingFactory
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp
from tests.statement_watch import watching
from tests.zones import SEOUL

GAON, HANBIT, STAFF = "requester@gaon.example", "requester@hanbit.example", "scheduler@brc.example"
START = weekday_at(9, weeks=5)


def book(shared_app: SharedApp, *, at: datetime, hours: int = 2, room: str = "B-03") -> str:
    part = SessionFactory(room=room, start=at, hours=hours)
    body = EngineeringRequestFactory(sessions=[part], title="Canary run")
    return SubmittedBookingFactory(app=shared_app, body=body).reference


def test_a_company_sees_the_time_of_others_as_one_block_without_words(shared_app: SharedApp) -> None:
    references = [book(shared_app, at=START), book(shared_app, at=START + timedelta(hours=2))]
    window = f"from={START.astimezone(SEOUL):%Y-%m-%d}T00:00:00%2B09:00&to={START:%Y-%m-%d}T23:00:00%2B09:00"
    address = f"/api/v1/timeline?{window}&resource=B-03"
    competitors = shared_app.api_client(HANBIT).get(address).json["blocks"]
    (block,) = [each for each in competitors if each["resource"] == "B-03"]
    assert (block["reference"], block["label"], block["state"]) == (None, None, "RESERVED")
    end = datetime.fromisoformat(block["end"])
    assert (datetime.fromisoformat(block["start"]), end) == (START, START + timedelta(hours=4))
    for reader in (GAON, STAFF):
        blocks = shared_app.api_client(reader).get(address).json["blocks"]
        assert {each["reference"] for each in blocks if each["resource"] == "B-03"} == set(references)
        assert {each["label"] for each in blocks} == {"GS-M1"}


def test_the_page_says_whose_time_it_is_to_staff_only(shared_app: SharedApp) -> None:
    reference = book(shared_app, at=START + timedelta(days=1))
    for view in ("day", "week"):
        address = f"/timeline?view={view}&date={START + timedelta(days=1):%Y-%m-%d}"
        staff = shared_app.page_client(STAFF).get(address).text
        assert reference in staff
        assert "GS-M1" in staff
        assert reference in shared_app.page_client(GAON).get(address).text
        competitor = shared_app.page_client(HANBIT).get(address).text
        assert not any(word in competitor for word in (reference, "GS-M1", "Canary", "Gaon", "가온"))
        assert "Reserved" in competitor


def test_a_page_asks_as_often_for_a_hundred_bookings_as_for_five(shared_app: SharedApp) -> None:
    week = weekday_at(0, weeks=8, weekday=0)
    first = book(shared_app, at=week + timedelta(hours=9), hours=1)

    def count() -> dict[tuple[str, str], int]:
        counted = {}
        paths = (f"/timeline?date={week:%Y-%m-%d}", "/bookings", f"/bookings/{first}", "/inbox", "/account")
        for email in (GAON, STAFF):
            for path in paths if email == STAFF else [path for path in paths if path != "/inbox"]:
                with watching(shared_app.app.extensions["gmp"].database) as watched:
                    assert shared_app.page_client(email).get(path).status_code == 200
                counted[email, path] = len(watched.statements)
        return counted

    def fill(start: int, stop: int) -> None:
        for number in range(start, stop):
            at = week + timedelta(days=number % 4, hours=10 + number // 4 % 8)
            book(shared_app, at=at, hours=1, room=f"B-0{1 + number // 32}")

    fill(0, 4)
    count()
    few = count()
    fill(4, 96)
    assert count() == few
    assert max(few.values()) <= 12, few
