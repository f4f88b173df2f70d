"""A public demonstration shows its title to everybody; everything else of others is reserved time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.clients import weekday_at
from tests.factories.bookings import ConfirmedBookingFactory, SubmittedBookingFactory, confirm
from tests.factories.request_bodies import CourseRequestFactory, SessionFactory
from tests.shared_app import SharedApp

GAON, COMPETITOR = "requester@gaon.example", "requester@saebyeok.example"
TITLE = "Three weeks of cell culture"


def a_course(start: datetime, **more: Any) -> dict[str, Any]:
    return CourseRequestFactory(title=TITLE, seats=12, sessions=[SessionFactory(room="T-02", start=start)], **more)


def labels_for(shared_app: SharedApp, email: str, start: datetime) -> list[str | None]:
    window = {"from": start - timedelta(hours=1), "to": start + timedelta(hours=4)}
    query = "&".join(f"{name}={at:%Y-%m-%dT%H:%M:%S}%2B09:00" for name, at in window.items())
    answer = shared_app.api_client(email).get(f"/api/v1/timeline?{query}&resource=T-02")
    return [block["label"] for block in answer.json["blocks"]]


def test_a_public_title_is_read_by_a_competitor_once_the_course_is_confirmed(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=5)
    course = SubmittedBookingFactory(app=shared_app, body=a_course(start, visibility="PUBLIC"))
    assert labels_for(shared_app, COMPETITOR, start) == [None]
    confirm(course)
    assert labels_for(shared_app, COMPETITOR, start) == [TITLE]
    page = shared_app.page_client(COMPETITOR).get(f"/timeline?view=day&date={start:%Y-%m-%d}&room=T-02").text
    assert TITLE in page
    assert course.reference not in page


@pytest.mark.parametrize("more", [{}, {"visibility": "BUSY"}])
def test_what_is_not_public_says_nothing(shared_app: SharedApp, more: dict[str, str]) -> None:
    start = weekday_at(9, weeks=6, weekday=len(more))
    ConfirmedBookingFactory(app=shared_app, body=a_course(start, **more))
    assert labels_for(shared_app, COMPETITOR, start) == [None]
    assert labels_for(shared_app, GAON, start) == [TITLE]
    assert (
        TITLE not in shared_app.page_client(COMPETITOR).get(f"/timeline?view=day&date={start:%Y-%m-%d}&room=T-02").text
    )


def test_beside_a_public_course_the_others_stay_silent(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=7)
    ConfirmedBookingFactory(app=shared_app, body=a_course(start, visibility="PUBLIC"))
    ConfirmedBookingFactory(app=shared_app, body=a_course(start + timedelta(hours=2)))
    assert labels_for(shared_app, COMPETITOR, start) == [TITLE, None]
