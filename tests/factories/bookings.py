"""Bookings in every state, brought there step by step as people do it; only time is made to pass in the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import factory

from gmp_booking.approvals.expiry import expire
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.requests.draft import save_draft
from tests.clients import SIGNED
from tests.factories.contents import DemonstrationContentFactory
from tests.factories.interfaces import ByApi, ByUseCase, Interface
from tests.factories.request_bodies import EquipmentRequestFactory, ReservationFactory

REQUESTER = "requester@gaon.example"
SCHEDULER, PRODUCTION, QA, DEMO = (
    "scheduler@brc.example",
    "production@brc.example",
    "qa@brc.example",
    "demo@brc.example",
)
REASON = "The donor material was not released"

DECISIONS: dict[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "none": (),
    "light": ((DEMO, "approve", {}),),
    "engineering": ((SCHEDULER, "review", {}), (QA, "approve", SIGNED)),
    "clinical": ((SCHEDULER, "review", {}), (PRODUCTION, "approve", SIGNED), (QA, "approve", SIGNED)),
}
"""Who takes which decisions on a track, each but the last one a stage before others."""


@dataclass(frozen=True)
class MadeBooking:
    """A booking that a factory has made.

    Shape: `body` is what was asked for; `app` is None where there is a database alone.
    """

    reference: str
    track: str
    body: Any
    by: str
    through: Interface
    app: Any = None

    @property
    def address(self) -> str:
        return f"/api/v1/bookings/{self.reference}"

    def act(self, by: str, action: str, **body: Any) -> None:
        self.through.act(by, self.reference, action, **body)


BookingStep = Callable[[MadeBooking], None]


def review(booking: MadeBooking) -> None:
    by, action, body = DECISIONS[booking.track][0]
    booking.act(by, action, **body)


def confirm(booking: MadeBooking) -> None:
    for by, action, body in DECISIONS[booking.track]:
        booking.act(by, action, **body)


def return_to_requester(booking: MadeBooking) -> None:
    by, _action, _body = DECISIONS[booking.track][0]
    booking.act(by, "return", reason="Which shelf is it?")


def reject(booking: MadeBooking) -> None:
    by, _action, _body = DECISIONS[booking.track][0]
    booking.act(by, "reject", reason=REASON, **SIGNED)


def cancel(booking: MadeBooking) -> None:
    booking.act(booking.by, "cancel", reason=REASON)


def let_its_time_pass(app: Any, reference: str) -> None:
    """From now on the booking may expire."""
    statement = "UPDATE booking SET pending_until = gmp_now() - interval '1 minute' WHERE reference = %s RETURNING id"
    app.ask(statement, reference)


def let_expire(booking: MadeBooking) -> None:
    let_its_time_pass(booking.app, booking.reference)
    assert booking.app.database.transact(SYSTEM, expire, booking.reference)


def let_its_reservations_end(booking: MadeBooking) -> None:
    (row,) = booking.app.ask("SELECT id FROM booking WHERE reference = %s", booking.reference)
    times = "starts_at = starts_at - interval '1 year', ends_at = ends_at - interval '1 year'"
    booking.app.ask(f"UPDATE equipment_reservation SET {times} WHERE booking_id = %s RETURNING id", row["id"])


def close(booking: MadeBooking) -> None:
    booking.act(QA, "close", **SIGNED)


# -- factories


def _interface(given: Any) -> Interface:
    return ByUseCase(given.database) if given.database else ByApi(given.app.api_client)


def _an_hour_of_an_incubator(given: Any) -> Any:
    """What meets nobody; a demonstration where there is a database alone."""
    if given.database:
        return DemonstrationContentFactory()
    return EquipmentRequestFactory(equipment=[ReservationFactory(start=given.app.free_hour(), hours=1)])


class SubmittedBookingFactory(factory.Factory):
    """A booking of Gaon's that waits for its first decision.

    Shape: made through the API of `app`, by the use cases on `database`, or `through` another interface. `body` is what
    is asked for, in the form that the interface takes. `steps` are taken one after the other once it is submitted.
    """

    class Meta:
        model = MadeBooking

    class Params:
        database = None

    app = None
    through = factory.LazyAttribute(_interface)
    by = REQUESTER
    body = factory.LazyAttribute(_an_hour_of_an_incubator)
    steps: tuple[BookingStep, ...] = ()

    @classmethod
    def _create(cls, model_class: type[MadeBooking], *_args: Any, steps: Any, **values: Any) -> MadeBooking:
        submitted = values["through"].submit(values["by"], values["body"])
        booking = model_class(submitted.reference, submitted.track, **values)
        for step in steps:
            step(booking)
        return booking


class ReviewedBookingFactory(SubmittedBookingFactory):
    """The first of several decisions is taken."""

    steps = (review,)


class ReturnedBookingFactory(SubmittedBookingFactory):
    """The first to decide asks its company a question."""

    class Params:
        reviewed = factory.Trait(steps=(review, lambda booking: booking.act(QA, "return", reason=REASON)))

    steps = (return_to_requester,)


class ConfirmedBookingFactory(SubmittedBookingFactory):
    """Everybody has approved."""

    class Params:
        is_over = factory.Trait(steps=(confirm, let_its_reservations_end))

    steps = (confirm,)


class RejectedBookingFactory(SubmittedBookingFactory):
    steps = (reject,)


class CancelledBookingFactory(SubmittedBookingFactory):
    """Its company has cancelled it before anybody decided."""

    class Params:
        confirmed = factory.Trait(steps=(confirm, cancel))

    steps = (cancel,)


class ExpiredBookingFactory(SubmittedBookingFactory):
    """Nobody decided in time."""

    steps = (let_expire,)


class ClosedBookingFactory(SubmittedBookingFactory):
    """Its equipment was used, and quality assurance has closed the record."""

    steps = (confirm, let_its_reservations_end, close)


class DraftBookingFactory(factory.Factory):
    """A booking that its company has begun to fill in."""

    class Meta:
        model = MadeBooking

    app = None
    by = REQUESTER
    body = factory.LazyFunction(EquipmentRequestFactory)

    @classmethod
    def _create(cls, model_class: type[MadeBooking], *_args: Any, **values: Any) -> MadeBooking:
        app = values["app"]
        booking = app.database.transact(app.actor(values["by"]), save_draft, values["body"])
        return model_class(booking.reference, booking.track, through=ByApi(app.api_client), **values)


# -- changes of confirmed bookings


def a_week_later(body: dict[str, Any]) -> dict[str, Any]:
    """The same body of the API with all its times a week later."""
    week = timedelta(weeks=1)
    return body | {
        name: [
            part | {at: (datetime.fromisoformat(part[at]) + week).isoformat() for at in ("start", "end")}
            for part in body[name]
        ]
        for name in ("sessions", "equipment")
        if name in body
    }


class ChangeRequestedBookingFactory(SubmittedBookingFactory):
    """A confirmed booking whose company asks to have it a week later, or as `wanted` says."""

    wanted = factory.LazyAttribute(lambda given: a_week_later(given.body))
    steps = (confirm,)

    @classmethod
    def _create(cls, model_class: type[MadeBooking], *args: Any, wanted: Any, **values: Any) -> MadeBooking:
        booking = super()._create(model_class, *args, **values)
        booking.through.change(booking.by, booking.reference, wanted)
        return booking
