"""A button of a booking's page and the act behind it follow the same cell of the tables of steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS
from gmp_booking.bookings.lifecycle.change_steps import CHANGE_STEPS
from gmp_booking.bookings.lifecycle.steps import When
from gmp_booking.kernel.access import Permission
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.vocabulary import Action
from tests.factories.bookings import ConfirmedBookingFactory, ReturnedBookingFactory, SubmittedBookingFactory
from tests.shared_app import SharedApp

REQUESTER, SCHEDULER = "requester@gaon.example", "scheduler@brc.example"
NOT_THEIRS = Permission.BOOKING_CLOSE
S = BookingState


def buttons(shared_app: SharedApp, reference: str, *, by: str, among: Iterable[str]) -> set[str]:
    page = shared_app.page_client(by).get(f"/bookings/{reference}").text
    return {each for each in among if f"/bookings/{reference}/{each}" in page}


@pytest.mark.parametrize(
    ("made", "state", "action", "by"),
    [
        (SubmittedBookingFactory, S.SUBMITTED, Action.CANCEL, REQUESTER),
        (SubmittedBookingFactory, S.SUBMITTED, Action.CHANGE, REQUESTER),
        (SubmittedBookingFactory, S.SUBMITTED, Action.RETURN, SCHEDULER),
        (SubmittedBookingFactory, S.SUBMITTED, Action.REJECT, SCHEDULER),
        (ReturnedBookingFactory, S.RETURNED, Action.ASK, SCHEDULER),
    ],
)
def test_a_button_goes_with_its_cell(
    shared_app: SharedApp,
    monkeypatch: pytest.MonkeyPatch,
    made: type[SubmittedBookingFactory],
    state: BookingState,
    action: Action,
    by: str,
) -> None:
    reference = made(app=shared_app).reference
    assert buttons(shared_app, reference, by=by, among=[action]) == {action}
    cell = (state, action, When.ALWAYS)
    with monkeypatch.context() as patched:
        patched.setitem(BOOKING_STEPS, cell, replace(BOOKING_STEPS[cell], permission=NOT_THEIRS))
        assert buttons(shared_app, reference, by=by, among=[action]) == set()
    with monkeypatch.context() as patched:
        patched.delitem(BOOKING_STEPS, cell)
        assert buttons(shared_app, reference, by=by, among=[action]) == set()


def test_a_confirmed_booking_is_changed_as_the_table_of_changes_says(
    shared_app: SharedApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = ConfirmedBookingFactory(app=shared_app).reference
    assert buttons(shared_app, reference, by=REQUESTER, among=["change"]) == {"change"}
    cell = (None, Action.CHANGE, When.ALWAYS)
    monkeypatch.setitem(CHANGE_STEPS, cell, replace(CHANGE_STEPS[cell], permission=NOT_THEIRS))
    assert buttons(shared_app, reference, by=REQUESTER, among=["change"]) == set()
