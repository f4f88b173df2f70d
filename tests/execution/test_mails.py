"""Who asked for a session hears what the facility did in it."""

from __future__ import annotations

from gmp_booking.infra.database.outbox import claim
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.notifications import jobs
from gmp_booking.notifications.rendering import write_mail
from tests.clients import SIGNED
from tests.execution.conftest import OPERATOR, PRODUCTION, QA, SCHEDULER, WHY, ExecutionClient


def test_the_requester_is_told_of_a_hold_an_abort_and_a_session_missed(execution: ExecutionClient) -> None:
    aborted = execution.running(2)
    execution.do(QA, aborted, "suspend", SIGNED | WHY)
    execution.do(QA, aborted, "resume", SIGNED | WHY)
    execution.do(PRODUCTION, aborted, "abort", SIGNED | WHY | {"deviation_no": "DEV-27-009"})
    missed = execution.confirmed(3, room="B-02", starts_in=-1.1)
    execution.do(SCHEDULER, missed, "missed")
    quiet = execution.running(2, room="B-03")
    execution.do(OPERATOR, quiet, "complete")
    jobs.plan(execution.shared_app.database)
    mails = execution.shared_app.ask(
        "SELECT b.reference, m.recipient, m.payload ->> 'happened' AS happened, m.payload ->> 'reason' AS reason"
        " FROM outbox_message m JOIN booking b ON b.id = m.subject_id WHERE m.kind = 'happened' ORDER BY m.id"
    )
    assert [(each["reference"], each["happened"]) for each in mails] == [
        (aborted, "SessionSuspended"),
        (aborted, "SessionResumed"),
        (aborted, "SessionAborted"),
        (missed, "SessionMissed"),
    ]
    assert {each["recipient"] for each in mails} == {"requester@gaon.example"}
    assert [each["reason"] for each in mails] == [WHY["reason"]] * 3 + [""]
    mails = read_mails(execution)
    assert any("Suspended: B-01" in each and WHY["reason"] in each for each in mails)
    assert any("Aborted: B-01" in each and "DEV-27-009" in each for each in mails)
    assert any("No-show: B-02" in each and "KST" in each for each in mails)


def read_mails(execution: ExecutionClient, kind: str = "happened") -> list[str]:
    """The mails as they would be sent."""
    database, config = execution.shared_app.database, execution.shared_app.app.extensions["gmp"].config
    execution.shared_app.ask(
        "UPDATE outbox_message SET due_at = gmp_now() - interval '1 s' WHERE kind = %s RETURNING id", kind
    )
    claimed = database.transact(SYSTEM, claim, limit=500).messages
    found = [database.read(SYSTEM, write_mail, each, config) for each in claimed if each.kind == kind]
    return [f"{mail.subject}\n{mail.text}" for mail in found if mail]
