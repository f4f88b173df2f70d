"""An abort names a deviation: its room is on hold from then on."""

from __future__ import annotations

from gmp_booking.revalidation import jobs as revalidation
from tests.clients import SIGNED
from tests.execution.conftest import OPERATOR, PRODUCTION, QA, WHY, ExecutionClient

SPILL = SIGNED | {"reason": "LV spill on the floor of the room", "deviation_no": "DEV-9"}


def aborted(execution: ExecutionClient) -> tuple[str, str]:
    """A session in B-01 that was aborted, and another company's that is ready in the same room."""
    running = execution.running(2)
    following = execution.confirmed(2, company="hanbit", starts_in=4)
    execution.do(OPERATOR, running, "complete")
    execution.release(following)
    again = execution.confirmed(2, starts_in=8)
    execution.do(PRODUCTION, again, "check-in", WHY | {"deviation_no": "DEV-8"})
    execution.do(QA, again, "abort", SPILL)
    return again, following


def test_k1_7_an_abort_puts_the_room_on_hold_and_ends_its_clearances(execution: ExecutionClient) -> None:
    again, following = aborted(execution)
    (held,) = execution.shared_app.ask(
        "SELECT o.*, r.code FROM outage o JOIN resource r ON r.id = o.subject_id WHERE o.kind = 'HOLD'"
    )
    assert (held["code"], held["until_at"], held["lifted_at"]) == ("B-01", None, None)
    assert "DEV-9" in held["reason"]
    assert again in held["reason"]
    execution.bring(following, 0.05)
    refused = execution.act("requester@hanbit.example", following, "check-in")
    assert refused.status_code == 409
    assert "DEV-9" not in refused.text
    assert again not in refused.text
    assert execution.session(following)["state"] == "READY"


def test_k1_7_the_next_company_is_at_risk(execution: ExecutionClient) -> None:
    _again, following = aborted(execution)
    revalidation.work(execution.shared_app.database)
    (row,) = execution.shared_app.ask("SELECT at_risk FROM booking WHERE reference = %s", following)
    assert row["at_risk"]


def test_k1_7_lifting_the_hold_brings_no_clearance_back(execution: ExecutionClient) -> None:
    _again, following = aborted(execution)
    client = execution.shared_app.api_client(QA)
    (held,) = execution.shared_app.ask("SELECT id FROM outage WHERE kind = 'HOLD'")
    lifted = client.post(f"/api/v1/outages/{held['id']}/lift", SIGNED | {"reason": "Disinfected and sampled"})
    assert lifted.status_code == 200, lifted.text
    execution.bring(following, 0.05)
    refused = execution.act("requester@hanbit.example", following, "check-in")
    assert refused.json["detail"] == "The line clearance of B-01 is no longer valid; clear it again."
    execution.clear_anew(following)
    assert execution.do(PRODUCTION, following, "check-in")["state"] == "IN_USE"
