"""A quality hold on a room in use: accepted at once, all affected bookings at risk, everybody notified, and clear again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gmp_booking.revalidation.jobs import work
from tests.clients import weekday_at
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import EngineeringRequestFactory, HoldFactory, MaintenanceFactory, SessionFactory
from tests.notifications.conftest import MailHarness
from tests.outages.acts import lifted, placed
from tests.shared_app import SharedApp

GAON, SAEBYEOK = "requester@gaon.example", "requester@saebyeok.example"


def a_run(room: str, start: datetime, *, hours: float = 3, by: str = GAON) -> dict[str, Any]:
    part = SessionFactory(room=room, start=start, hours=hours, headcount=1, exposure="CLOSED")
    return EngineeringRequestFactory(by=by, sessions=[part])


def run_now(shared_app: SharedApp, reference: str) -> None:
    """Move the booking's one session to now and let it be in use."""
    shared_app.ask(
        """
        WITH moved AS (
            UPDATE booking_session SET starts_at = gmp_now() - interval '1 hour',
                   ends_at = gmp_now() + interval '2 hours'
            WHERE booking_id = (SELECT id FROM booking WHERE reference = %s) RETURNING *
        ), recorded AS (
            INSERT INTO session_record (company_id, booking_id, number, state, actual_start_at)
            SELECT company_id, booking_id, number, 'IN_USE', starts_at FROM moved
        ), used AS (
            INSERT INTO occupancy (unit_id, resource_id, during, company_id, booking_id, session_number)
            SELECT unit.id, unit.resource_id, tstzrange(starts_at, NULL), company_id, booking_id, moved.number
            FROM moved JOIN unit ON unit.resource_id = moved.room_id
        ), of_booking AS (
            UPDATE booking SET starts_at = moved.starts_at, ends_at = moved.ends_at FROM moved
            WHERE booking.id = moved.booking_id
        ), locked AS (
            SELECT 1 FROM resource_lock, moved WHERE kind = 'resource' AND subject_id = moved.room_id FOR UPDATE
        )
        UPDATE slot SET during = tstzrange(moved.starts_at, moved.ends_at) FROM moved
        WHERE slot.booking_id = moved.booking_id AND (SELECT count(*) FROM locked) > 0 RETURNING slot.id
        """,
        reference,
    )


def at_risk(shared_app: SharedApp, *references: str) -> list[bool]:
    rows = shared_app.ask("SELECT reference, at_risk FROM booking WHERE reference = ANY (%s)", list(references))
    found = {row["reference"]: row["at_risk"] for row in rows}
    return [found[reference] for reference in references]


def events(shared_app: SharedApp, reference: str) -> list[str]:
    rows = shared_app.ask("SELECT event FROM journal WHERE reference = %s ORDER BY id", reference)
    return [row["event"] for row in rows if row["event"] in {"BookingAtRisk", "BookingClear"}]


def test_a_hold_over_a_running_session_and_three_bookings(shared_app: SharedApp, mailbox: MailHarness) -> None:
    running = ConfirmedBookingFactory(app=shared_app, body=a_run("B-02", weekday_at(9, weeks=2))).reference
    run_now(shared_app, running)
    later = [
        ConfirmedBookingFactory(app=shared_app, body=a_run("B-02", weekday_at(9, weeks=2, weekday=day))).reference
        for day in (1, 2)
    ]
    others = ConfirmedBookingFactory(
        app=shared_app, body=a_run("B-02", weekday_at(9, weeks=3), by=SAEBYEOK), by=SAEBYEOK
    ).reference
    beside = ConfirmedBookingFactory(app=shared_app, body=a_run("B-01", weekday_at(9, weeks=3))).reference
    hit = [running, *later, others]
    work(shared_app.database)
    mailbox.plan()
    assert at_risk(shared_app, *hit, beside) == [False] * 5

    hold = placed(shared_app, HoldFactory(code="B-02"))
    assert hold["hold_no"] == "HOLD-0001"
    assert hold["end"] is None
    work(shared_app.database)
    assert at_risk(shared_app, *hit) == [True] * 4
    assert at_risk(shared_app, beside) == [False]
    assert all(events(shared_app, reference) == ["BookingAtRisk"] for reference in hit)
    sessions = shared_app.ask("SELECT bs.state FROM session_record bs JOIN booking b ON b.id = bs.booking_id"
                            " WHERE b.reference = %s", running)  # fmt: skip
    assert [row["state"] for row in sessions] == ["IN_USE"]
    mailbox.work()
    subjects = mailbox.subjects
    gaon = [subject for subject in subjects[GAON] if "At risk" in subject]
    assert len(gaon) == 3
    assert len([subject for subject in subjects["approver@gaon.example"] if "At risk" in subject]) == 3
    competitor = [mail for mail in mailbox.mails_to("requester@saebyeok.example") if "At risk" in mail["Subject"]]
    assert len(competitor) == 1
    text = competitor[0].get_body(("plain",)).get_content()
    assert "B-02 Room B-02 is on hold since" in text
    assert "HOLD-0001" not in text
    assert "Particle counts" not in text

    work(shared_app.database)
    assert all(events(shared_app, reference) == ["BookingAtRisk"] for reference in hit), "said once"
    page = shared_app.page_client(GAON).get(f"/bookings/{later[0]}").text
    assert "on hold since" in page
    assert "HOLD-0001" not in page
    assert "HOLD-0001" in shared_app.page_client("qa@brc.example").get(f"/bookings/{later[0]}").text

    lifted(shared_app, hold)
    work(shared_app.database)
    assert at_risk(shared_app, *hit) == [False] * 4
    assert all(events(shared_app, reference) == ["BookingAtRisk", "BookingClear"] for reference in hit)
    mailbox.work()
    assert len([one for one in mailbox.subjects[GAON] if "No longer at risk" in one]) == 3
    signed = shared_app.ask(
        "SELECT meaning, record_reference, printed_name FROM signature WHERE record_type = 'outage'"
    )
    assert [tuple(row.values()) for row in signed] == [("HOLD LIFTED", "HOLD-0001", "Staff qa")]


def test_who_books_into_an_outage_is_refused_with_ways_around_it(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=5)
    outage = placed(shared_app, MaintenanceFactory(code="B-03", start=start, hours=3))
    answer = shared_app.api_client(GAON).post("/api/v1/bookings", a_run("B-03", start + timedelta(hours=1)))
    assert answer.status_code == 409, answer.text
    (finding,) = answer.json["findings"]
    assert finding["rule"] == "RM-06"
    assert "out of service" in finding["message"]
    assert "Filters" not in answer.text
    assert answer.json["alternatives"]
    for alternative in answer.json["alternatives"]:
        preview = shared_app.api_client(GAON).post(
            "/api/v1/bookings/preview", a_run("B-03", start) | {"sessions": alternative["sessions"]}
        )
        assert preview.json["verdict"] == "clear", preview.text
    lifted(shared_app, outage)
    assert shared_app.api_client(GAON).post("/api/v1/bookings", a_run("B-03", start)).status_code == 201
