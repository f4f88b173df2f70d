"""Each factory makes what its name says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.factories.bookings import (
    CancelledBookingFactory,
    ChangeRequestedBookingFactory,
    ClosedBookingFactory,
    ConfirmedBookingFactory,
    DraftBookingFactory,
    ExpiredBookingFactory,
    RejectedBookingFactory,
    ReturnedBookingFactory,
    ReviewedBookingFactory,
    SubmittedBookingFactory,
)
from tests.factories.request_bodies import (
    ClinicalRequestFactory,
    CourseRequestFactory,
    DemonstrationRequestFactory,
    QualityControlRequestFactory,
    SessionFactory,
)
from tests.shared_app import SharedApp, shared_app

__all__ = ["shared_app"]

IN_STATE = {
    DraftBookingFactory: "DRAFT",
    SubmittedBookingFactory: "SUBMITTED",
    ReviewedBookingFactory: "UNDER_REVIEW",
    ReturnedBookingFactory: "RETURNED",
    ConfirmedBookingFactory: "CONFIRMED",
    RejectedBookingFactory: "REJECTED",
    CancelledBookingFactory: "CANCELLED",
    ExpiredBookingFactory: "EXPIRED",
    ClosedBookingFactory: "CLOSED",
    ChangeRequestedBookingFactory: "CONFIRMED",
}


def state_of(shared_app: SharedApp, reference: str) -> str:
    return str(shared_app.ask("SELECT state FROM booking WHERE reference = %s", reference)[0]["state"])


@pytest.mark.parametrize(("made_by", "state"), IN_STATE.items())
def test_a_booking_is_in_the_state_its_factory_is_named_after(shared_app: SharedApp, made_by: Any, state: str) -> None:
    assert state_of(shared_app, made_by(app=shared_app).reference) == state


def test_a_requested_change_waits(shared_app: SharedApp) -> None:
    reference = ChangeRequestedBookingFactory(app=shared_app).reference
    found = shared_app.ask(
        "SELECT c.state FROM booking_change c JOIN booking b ON b.id = c.booking_id WHERE b.reference = %s", reference
    )
    assert [row["state"] for row in found] == ["SUBMITTED"]


@pytest.mark.parametrize(
    ("request_of", "room", "by"),
    [
        (ClinicalRequestFactory, "B-02", "approver@gaon.example"),
        (DemonstrationRequestFactory, "T-01", "requester@hanbit.example"),
        (CourseRequestFactory, "T-02", "requester@saebyeok.example"),
        (QualityControlRequestFactory, "L-01", "requester@gaon.example"),
    ],
)
def test_everybody_who_decides_on_a_kind_of_booking_has_approved(
    shared_app: SharedApp, request_of: Any, room: str, by: str
) -> None:
    part = SessionFactory(room=room, start=shared_app.free_hour() + timedelta(weeks=4), hours=1)
    booking = ConfirmedBookingFactory(app=shared_app, body=request_of(sessions=[part]), by=by)
    assert state_of(shared_app, booking.reference) == "CONFIRMED"


def test_a_session_without_a_start_is_refused() -> None:
    with pytest.raises(TypeError, match="start"):
        SessionFactory()
