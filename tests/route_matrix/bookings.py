"""Bookings of Gaon's in the states that the matrix names."""

from __future__ import annotations

from functools import cache

from tests.factories.bookings import (
    ConfirmedBookingFactory,
    ReturnedBookingFactory,
    ReviewedBookingFactory,
    SubmittedBookingFactory,
)
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp

FACTORIES = {
    "submitted": SubmittedBookingFactory,
    "reviewed": ReviewedBookingFactory,
    "returned": ReturnedBookingFactory,
    "confirmed": ConfirmedBookingFactory,
}


def booking_in(shared_app: SharedApp, state: str) -> str:
    """The reference of a new booking in this state; a planned one has a session in a cleanroom."""
    if state == "planned":
        part = SessionFactory(room="B-01", start=shared_app.free_hour(), hours=0.5)
        return ConfirmedBookingFactory(app=shared_app, body=EngineeringRequestFactory(sessions=[part])).reference
    return FACTORIES[state](app=shared_app).reference


kept_booking_in = cache(booking_in)
"""The same booking again, for those who leave it as it is."""
