"""Confirmed bookings moved to the present, and the actions of their sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gmp_booking.execution.jobs import expire_releases
from tests.clients import SIGNED
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp, shared_app

__all__ = ["shared_app"]

OPERATOR, OPERATOR2 = "operator@gaon.example", "operator2@gaon.example"
REQUESTER, COMPETITOR = "requester@gaon.example", "requester@saebyeok.example"
SCHEDULER, PRODUCTION, QA = "scheduler@brc.example", "production@brc.example", "qa@brc.example"
POINTS = {"items": ["papers", "previous_out", "status", "surfaces", "waste_out"]}
WHY = {"reason": "The centrifuge had to be balanced again"}


class ExecutionClient:
    """What people do in sessions, by API."""

    def __init__(self, shared_app: SharedApp) -> None:
        self.shared_app = shared_app
        self._weeks = 3
        self._people = 0

    def empty(self) -> None:
        """End every session, lift every hold and free every slot that earlier tests left."""
        self.shared_app.ask("DELETE FROM outage RETURNING id")
        self.shared_app.ask("UPDATE slot SET active = false WHERE active RETURNING id")
        self.shared_app.ask(
            "INSERT INTO session_record (company_id, booking_id, number, state)"
            " SELECT DISTINCT company_id, booking_id, number, 'CANCELLED' FROM booking_session"
            " ON CONFLICT (booking_id, number) DO UPDATE SET state = EXCLUDED.state, actual_start_at = NULL,"
            " actual_end_at = NULL, expected_end_at = NULL RETURNING id"
        )
        self.shared_app.ask("UPDATE session_person SET active = false WHERE active RETURNING id")
        self.shared_app.ask("DELETE FROM occupancy RETURNING id")

    def restart(self) -> None:
        """Book from the first weeks on again; the time of earlier bookings is free."""
        self._weeks = 3

    def confirmed(
        self, *hours: float, company: str = "gaon", room: str = "B-01", starts_in: float = 0, **more: Any
    ) -> str:
        """A confirmed booking; its sessions last so many hours each, one after the other, the first begins in so many.

        Shape: sessions follow each other with two hours between; `request` is a body without sessions, `session` are
        further fields of each session.
        """
        self._weeks += 1
        monday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(weeks=self._weeks)
        begins = monday - timedelta(days=monday.weekday())
        sessions = []
        at = begins
        for length in hours or (3.0,):
            named = [] if "people" in more.get("session", {}) else [{"email": self.person_of(company)}]
            fields = {"headcount": 2, "people": named} | more.get("session", {})
            sessions.append(SessionFactory(room=room, start=at, hours=length, **fields))
            at += timedelta(hours=length + 2)
        by = f"requester@{company}.example"
        body = more.get("request") or EngineeringRequestFactory(by=by)
        booking = ConfirmedBookingFactory(app=self.shared_app, by=by, body=body | {"sessions": sessions})
        self.bring(booking.reference, starts_in)
        return booking.reference

    def person_of(self, company: str) -> str:
        """The address of a new person, who is in no other session."""
        self._people += 1
        email = f"crew{self._people}@{company}.example"
        self.shared_app.ask(
            "INSERT INTO person (company_id, email, name) SELECT company_id, %s, %s FROM person WHERE email = %s"
            " ON CONFLICT (email) DO UPDATE SET active = true RETURNING id",
            email,
            f"Crew {self._people}",
            f"requester@{company}.example",
        )
        return email

    def bring(self, reference: str, starts_in: float) -> None:
        """Shift all of a booking so that its first session begins in so many hours (negative: began before)."""
        (row,) = self.shared_app.ask("SELECT id FROM booking WHERE reference = %s", reference)
        (first,) = self.shared_app.ask(
            "SELECT min(starts_at) AS at FROM booking_session WHERE booking_id = %s", row["id"]
        )
        by = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=starts_in) - first["at"]
        times = "starts_at = starts_at + %s, ends_at = ends_at + %s"
        for table, where in (("booking", "id"), ("booking_session", "booking_id"), ("session_person", "booking_id")):
            self.shared_app.ask(f"UPDATE {table} SET {times} WHERE {where} = %s RETURNING id", by, by, row["id"])
        self.shared_app.ask(
            "UPDATE line_clearance SET starts_at = starts_at + %s WHERE booking_id = %s RETURNING id", by, row["id"]
        )
        moved = "during = tstzrange(lower(during) + %s, upper(during) + %s)"
        self.shared_app.ask(f"UPDATE slot SET {moved} WHERE booking_id = %s RETURNING id", by, by, row["id"])

    def act(
        self, email: str, reference: str, action: str, body: Mapping[str, Any] | None = None, *, number: int = 1
    ) -> TestResponse:
        address = f"/api/v1/bookings/{reference}/sessions/{number}/{action}"
        return self.shared_app.api_client(email).post(address, dict(body or {}))

    def do(self, email: str, reference: str, action: str, body: Any = None, *, number: int = 1) -> dict[str, Any]:
        answer = self.act(email, reference, action, body, number=number)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def released(self, *hours: float, **more: Any) -> str:
        reference = self.confirmed(*hours, **more)
        self.release(reference)
        return reference

    def release(self, reference: str, *, number: int = 1) -> None:
        """Release the room, before the start where that is past."""
        self._release_now(reference, number)
        self._cleared_before_the_start(reference, number)

    def _release_now(self, reference: str, number: int) -> None:
        self.do(OPERATOR if self._is_gaons(reference) else PRODUCTION, reference, "clear", POINTS, number=number)
        self.do(QA, reference, "verify-clearance", number=number)
        self.do(QA, reference, "ready", SIGNED, number=number)

    def clear_anew(self, reference: str, *, number: int = 1) -> None:
        """Release the room again now, after its release ended."""
        expire_releases(self.shared_app.database)
        self._release_now(reference, number)

    def _cleared_before_the_start(self, reference: str, number: int) -> None:
        """Date clearance and release back to before a start that is past."""
        past = "b.id = x.booking_id AND b.version = s.version AND s.booking_id = b.id AND b.reference = %s AND s.number = %s"
        past += " AND s.starts_at < gmp_now() RETURNING x.id"
        self.shared_app.ask(
            "UPDATE line_clearance AS x SET performed_at = s.starts_at - interval '20 minutes',"
            " verified_at = s.starts_at - interval '15 minutes' FROM booking AS b, booking_session AS s"
            f" WHERE x.session_number = s.number AND x.void_at IS NULL AND {past}",
            reference,
            number,
        )
        self.shared_app.ask(
            "UPDATE session_record AS x SET released_at = s.starts_at - interval '10 minutes'"
            f" FROM booking AS b, booking_session AS s WHERE x.number = s.number AND {past}",
            reference,
            number,
        )

    def _is_gaons(self, reference: str) -> bool:
        (row,) = self.shared_app.ask(
            "SELECT c.code FROM booking b JOIN company c ON c.id = b.company_id WHERE reference = %s", reference
        )
        return row["code"] == "GAO"

    def running(self, *hours: float, **more: Any) -> str:
        reference = self.released(*hours, **more)
        self.do(OPERATOR if self._is_gaons(reference) else PRODUCTION, reference, "check-in")
        return reference

    def in_state(self, state: str) -> str:
        """A booking whose only session is in this state."""
        if state in {"PLANNED", "MISSED"}:
            reference = self.confirmed(3, starts_in=-2 if state == "MISSED" else 0)
            if state == "MISSED":
                self.do(SCHEDULER, reference, "missed")
            return reference
        if state == "READY":
            return self.released(3)
        reference = self.running(3)
        if state == "SUSPENDED":
            self.do(QA, reference, "suspend", SIGNED | WHY)
        if state == "DONE":
            self.do(OPERATOR, reference, "complete")
        if state == "ABORTED":
            self.do(QA, reference, "abort", SIGNED | WHY | {"deviation_no": "DEV-27-001"})
        return reference

    def session(self, reference: str, *, number: int = 1) -> dict[str, Any]:
        (row,) = self.shared_app.ask(
            "SELECT r.*, s.*, COALESCE(r.state, 'PLANNED') AS state"
            " FROM booking_session s JOIN booking b ON b.id = s.booking_id AND b.version = s.version"
            " LEFT JOIN session_record r ON r.booking_id = s.booking_id AND r.number = s.number"
            " WHERE b.reference = %s AND s.number = %s",
            reference,
            number,
        )
        return row

    def slots(self, reference: str, *, number: int = 1) -> list[dict[str, Any]]:
        return self.shared_app.ask(
            "SELECT r.code, s.starts_at, s.ends_at FROM slot s JOIN resource r ON r.id = s.resource_id"
            " JOIN booking_session x ON x.booking_id = s.booking_id AND x.id = %s"
            " WHERE s.active AND s.ends_at > x.starts_at - interval '6 hours'"
            " AND s.starts_at < x.ends_at + interval '6 hours' ORDER BY 1, 2",
            self.session(reference, number=number)["id"],
        )

    def events(self, reference: str) -> Sequence[dict[str, Any]]:
        return self.shared_app.ask("SELECT * FROM journal WHERE reference = %s ORDER BY id", reference)

    def last_event(self, reference: str) -> dict[str, Any]:
        return self.events(reference)[-1]


@pytest.fixture
def execution(shared_app: SharedApp) -> Iterator[ExecutionClient]:
    execution = ExecutionClient(shared_app)
    execution.empty()
    return execution
