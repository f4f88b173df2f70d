"""Korean pages name a session after the kind of its booking: cleanroom work or a date of a course."""

from __future__ import annotations

import pytest

from gmp_booking.kernel.text import CONTEXT_END
from tests.clients import PageClient
from tests.execution.conftest import REQUESTER, SCHEDULER, ExecutionClient
from tests.factories.request_bodies import CourseRequestFactory

COURSE = CourseRequestFactory(title="Cell culture", seats=6)
DEMO_MANAGER = "demo@brc.example"


@pytest.fixture
def korean(execution: ExecutionClient) -> PageClient:
    return reader_in("ko", execution)


def reader_in(language: str, execution: ExecutionClient) -> PageClient:
    reader = PageClient(execution.shared_app.app, REQUESTER)
    assert reader.post("/language", {"language": language, "next": "/"}).status_code == 303
    return reader


def pages_of(reader: PageClient, reference: str) -> tuple[str, str]:
    """The page of the booking and that of its first session."""
    return reader.get(f"/bookings/{reference}").text, reader.get(f"/bookings/{reference}/sessions/1").text


def test_a_course_has_dates_and_cleanroom_work_has_sessions(execution: ExecutionClient, korean: PageClient) -> None:
    booking, session = pages_of(korean, execution.confirmed(2, room="T-02", request=COURSE))
    assert "일정(회차)" in booking
    assert "1회차" in session
    assert "작업 기록" not in booking + session
    booking, session = pages_of(korean, execution.confirmed(2))
    assert "작업실 내 작업" in booking
    assert "작업 1" in session
    assert "회차" not in booking + session


def test_a_missed_course_was_not_attended_and_missed_work_not_done(
    execution: ExecutionClient, korean: PageClient
) -> None:
    course = execution.confirmed(3, room="T-02", request=COURSE, starts_in=-2)
    execution.do(DEMO_MANAGER, course, "missed")
    booking, session = pages_of(korean, course)
    assert "불참" in booking
    assert "불참" in session
    work = execution.confirmed(3, starts_in=-2)
    execution.do(SCHEDULER, work, "missed")
    booking, session = pages_of(korean, work)
    assert "미실시" in booking
    assert "불참" not in booking + session


def test_an_english_page_shows_no_context(execution: ExecutionClient) -> None:
    booking, session = pages_of(reader_in("en", execution), execution.confirmed(2, room="T-02", request=COURSE))
    assert "Sessions in a room" in booking
    assert "Session 1" in session
    assert CONTEXT_END not in booking + session
