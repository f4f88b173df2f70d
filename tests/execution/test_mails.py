"""Who asked for a session hears what the facility did in it."""

from __future__ import annotations

from gmp_booking.notifications import jobs
from tests.execution.conftest import OPERATOR, PRODUCTION, QA, SCHEDULER, WHY, Floor
from tests.standing import SIGNED


def test_the_requester_is_told_of_a_hold_an_abort_and_a_session_missed(floor: Floor) -> None:
    aborted = floor.running(2)
    floor.do(QA, aborted, "suspend", SIGNED | WHY)
    floor.do(QA, aborted, "resume", SIGNED | WHY)
    floor.do(PRODUCTION, aborted, "abort", SIGNED | WHY | {"deviation_no": "DEV-27-009"})
    missed = floor.confirmed(3, room="B-02", starts_in=-1.1)
    floor.do(SCHEDULER, missed, "missed")
    quiet = floor.running(2, room="B-03")
    floor.do(OPERATOR, quiet, "complete")
    jobs.plan(floor.standing.database)
    told = floor.standing.ask(
        "SELECT b.reference, m.recipient, m.payload ->> 'happened' AS happened, m.payload ->> 'reason' AS reason"
        " FROM outbox_message m JOIN booking b ON b.id = m.booking_id WHERE m.kind = 'happened' ORDER BY m.id"
    )
    assert [(each["reference"], each["happened"]) for each in told] == [
        (aborted, "SessionSuspended"),
        (aborted, "SessionResumed"),
        (aborted, "SessionAborted"),
        (missed, "SessionMissed"),
    ]
    assert {each["recipient"] for each in told} == {"requester@gaon.example"}
    assert [each["reason"] for each in told] == [WHY["reason"]] * 3 + [""]
