"""How a test brings a booking from state to state: by the API, or by the use cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from gmp_booking.approvals.service import Decision, decide
from gmp_booking.bookings.content import BookingContent
from gmp_booking.changes.service import change
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.cancel import cancel
from gmp_booking.requests.submit import submit
from tests.facility import actor_of


@dataclass(frozen=True)
class Submitted:
    """Shape: `track` names who decides."""

    reference: str
    track: str


class Interface(Protocol):
    """Where people take their steps; each of these fails unless the step is taken."""

    def submit(self, by: str, body: Any) -> Submitted: ...

    def act(self, by: str, reference: str, action: str, **body: Any) -> None: ...

    def change(self, by: str, reference: str, body: Any) -> None: ...


class ByApi:
    """Shape: `api_client` gives the client of the person with an address; bodies are those of the API."""

    def __init__(self, api_client: Callable[[str], Any]) -> None:
        self._api_client = api_client

    def submit(self, by: str, body: Any) -> Submitted:
        made = self._api_client(by).post("/api/v1/bookings", body).json
        assert "reference" in made, made
        return Submitted(made["reference"], made["track"])

    def act(self, by: str, reference: str, action: str, **body: Any) -> None:
        done = self._api_client(by).post(f"/api/v1/bookings/{reference}/{action}", body).json
        assert "reference" in done, done

    def change(self, by: str, reference: str, body: Any) -> None:
        changed = self._api_client(by).patch(f"/api/v1/bookings/{reference}", body).json
        assert "reference" in changed, changed


class ByUseCase:
    """For a database without an application; nothing can be signed here. A body is a `BookingContent`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(self, by: str, body: BookingContent) -> Submitted:
        booking = self._database.transact(self._actor(by), submit, body).booking
        return Submitted(booking.reference, booking.track)

    def act(self, by: str, reference: str, action: str, *, reason: str | None = None) -> None:
        if action == "cancel":
            self._database.transact(self._actor(by), cancel, reference, reason=reason)
        else:
            self._database.transact(self._actor(by), decide, Decision(reference, Action(action), reason=reason))

    def change(self, by: str, reference: str, body: BookingContent) -> None:
        self._database.transact(self._actor(by), change, reference, body)

    def _actor(self, email: str) -> Actor:
        return self._database.read(SYSTEM, actor_of, email)
