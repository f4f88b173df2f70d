"""Nobody starts without names, no more people than the room allows, and closing lists what a record lacks."""

from __future__ import annotations

from typing import Any

import pytest

from gmp_booking.execution.crew_rules import names_needed
from tests.clients import SIGNED
from tests.execution.conftest import (
    OPERATOR,
    OPERATOR2,
    PRODUCTION,
    QA,
    SCHEDULER,
    WHY,
    ExecutionClient,
)
from tests.factories.request_bodies import (
    ConsultRequestFactory,
    DemonstrationRequestFactory,
    TourRequestFactory,
)

NOBODY: dict[str, Any] = {"people": []}
DEVIATION = {"deviation_no": "DEV-27-051"}
NAMED = {"people": [{"email": OPERATOR}, {"email": OPERATOR2, "role": "VERIFIER"}]}


@pytest.mark.parametrize(
    ("kind", "run_type", "room_class", "exposure", "needed"),
    [
        ("CLEANROOM", "CLIN", "GMP", "CLOSED", 1),
        ("CLEANROOM", "CLIN", "GMP", "OPEN", 1),
        ("CLEANROOM", "CLIN", "GMP", "ASEPTIC_OPEN", 2),
        ("CLEANROOM", "ENG", "GMP", "ASEPTIC_OPEN", 2),
        ("APS", None, "GMP", "ASEPTIC_OPEN", 2),
        ("APS", None, "GMP", "CLOSED", 1),
        ("CLEANROOM", "ENG", "SERVICE", "CLOSED", 0),
        ("QC", None, "SERVICE", "CLOSED", 0),
        ("TECH_DEMO", None, "DEMO", "CLOSED", 1),
        ("EDUCATION", None, "SEATED", "CLOSED", 1),
        ("TOUR", None, "SEATED", "CLOSED", 1),
        ("REVIEW", None, "SEATED", "CLOSED", 1),
        ("CLINICAL_DEMO", None, "GMP", "CLOSED", 1),
    ],
)
def test_k1_8_how_many_names_a_session_needs(
    kind: str, run_type: str | None, room_class: str, exposure: str, needed: int
) -> None:
    assert names_needed(kind, run_type, room_class, exposure) == needed


def test_k1_8_nobody_starts_without_names(execution: ExecutionClient) -> None:
    reference = execution.released(3, session=NOBODY)
    refused = execution.act(OPERATOR, reference, "check-in")
    assert refused.status_code == 422
    assert "people" in refused.json["errors"]
    unknown = execution.act(OPERATOR, reference, "check-in", {"people": [{"email": "requester@saebyeok.example"}]})
    assert (unknown.status_code, list(unknown.json["errors"])) == (422, ["people"])
    assert execution.session(reference)["state"] == "READY"
    assert execution.do(OPERATOR, reference, "check-in", NAMED)["crew_named"] == 2
    assert [each["event"] for each in execution.events(reference)][-2:] == ["CrewNamed", "SessionStarted"]


def test_k1_8_the_facilitys_people_may_be_the_crew(execution: ExecutionClient) -> None:
    reference = execution.released(3, session=NOBODY)
    done = execution.do(OPERATOR, reference, "check-in", {"people": [{"email": PRODUCTION}]})
    assert (done["state"], done["crew_named"]) == ("IN_USE", 1)


def test_k1_8_who_waits_outside_is_no_crew(execution: ExecutionClient) -> None:
    reference = execution.released(3, session=NOBODY)
    outside = {"people": [{"email": OPERATOR, "role": "QA_ONCALL"}]}
    assert execution.act(OPERATOR, reference, "check-in", outside).status_code == 422


def test_k1_8_who_is_elsewhere_is_not_named(execution: ExecutionClient) -> None:
    """A name given at the door is judged like any other."""
    elsewhere = execution.released(3, room="B-02", session=NOBODY)
    execution.do(OPERATOR, elsewhere, "check-in", {"people": [{"email": OPERATOR}]})
    reference = execution.released(3, session=NOBODY)
    refused = execution.act(OPERATOR, reference, "check-in", {"people": [{"email": OPERATOR}]})
    assert refused.status_code == 409
    assert [each["rule"] for each in refused.json["findings"]] == ["PE-03"]
    assert execution.do(OPERATOR, reference, "check-in", {"people": [{"email": OPERATOR2}]})["crew_named"] == 1


def test_k1_8_production_records_an_unnamed_crew_regardless(execution: ExecutionClient) -> None:
    reference = execution.released(3, session=NOBODY)
    execution.do(PRODUCTION, reference, "check-in", WHY)
    assert execution.last_event(reference)["data"]["regardless"] == ["PE-02"]


@pytest.mark.parametrize(
    ("room", "request_of"),
    [("T-01", DemonstrationRequestFactory), ("VC-01", TourRequestFactory), ("T-02", ConsultRequestFactory)],
)
def test_k1_8_a_demonstration_needs_a_host(execution: ExecutionClient, room: str, request_of: Any) -> None:
    reference = execution.confirmed(2, room=room, request=request_of(), session=NOBODY)
    refused = execution.act(OPERATOR, reference, "check-in")
    assert refused.json["errors"] == {"people": ["Name a host."]}
    assert execution.do(OPERATOR, reference, "check-in", {"people": [{"email": OPERATOR}]})["state"] == "IN_USE"


# -- headcount


def test_k1_8_no_more_people_enter_than_the_room_allows(execution: ExecutionClient) -> None:
    reference = execution.released(3)
    crowd = {"headcount": 9}
    refused = execution.act(OPERATOR, reference, "check-in", crowd | WHY)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["headcount"])
    assert "4 people" in refused.json["errors"]["headcount"][0]
    assert execution.act(PRODUCTION, reference, "check-in", crowd).status_code == 422
    execution.do(PRODUCTION, reference, "check-in", crowd | WHY)
    assert execution.last_event(reference)["data"]["regardless"] == ["RM-04"]
    done = execution.do(OPERATOR, reference, "complete")
    assert (done["headcount"], done["headcount_reason"]) == (9, WHY["reason"])


def test_k1_8_an_end_with_too_many_people_is_recorded_regardless(execution: ExecutionClient) -> None:
    reference = execution.running(3)
    refused = execution.act(OPERATOR, reference, "complete", {"headcount": 9} | WHY)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["headcount"])
    done = execution.do(QA, reference, "complete", {"headcount": 9} | WHY)
    assert (done["headcount"], done["headcount_reason"]) == (9, WHY["reason"])
    assert execution.last_event(reference)["data"]["regardless"] == ["RM-04"]


# -- closing


def close(execution: ExecutionClient, reference: str, body: dict[str, Any] | None = None) -> Any:
    return execution.shared_app.api_client(QA).post(f"/api/v1/bookings/{reference}/close", SIGNED | (body or {}))


def test_k1_8_closing_lists_what_the_record_lacks(execution: ExecutionClient) -> None:
    reference = execution.confirmed(1, 1, session=NOBODY)
    execution.do(PRODUCTION, reference, "check-in", WHY | DEVIATION)
    execution.do(OPERATOR, reference, "complete")
    execution.shared_app.ask(
        "UPDATE session_record SET headcount_actual = 9 WHERE booking_id = %s RETURNING id",
        execution.session(reference)["booking_id"],
    )
    refused = close(execution, reference)
    assert refused.status_code == 409
    lacking = [(each["session"], each["lacking"]) for each in refused.json["lacking"]]
    assert lacking == [(1, "verification"), (1, "crew"), (1, "headcount"), (2, "end")]
    assert all(each["message"] for each in refused.json["lacking"])
    execution.do(OPERATOR2, reference, "verify")
    execution.do(OPERATOR, reference, "crew", {"people": [{"email": OPERATOR}]})
    execution.bring(reference, -6)
    execution.do(SCHEDULER, reference, "missed", number=2)
    refused = close(execution, reference)
    assert [(each["session"], each["lacking"]) for each in refused.json["lacking"]] == [(1, "headcount")]
    closed = close(execution, reference, {"reason": "A class looked in through the open door"})
    assert closed.json["state"] == "CLOSED"


def test_k1_8_the_page_shows_what_is_lacking_before_closing(execution: ExecutionClient) -> None:
    reference = execution.running(1)
    execution.do(OPERATOR, reference, "complete")
    page = execution.shared_app.page_client(QA).get(f"/bookings/{reference}").text
    assert "The record of session 1 in B-01 is not verified." in page
    assert "is not verified" not in execution.shared_app.page_client(OPERATOR).get(f"/bookings/{reference}").text


def test_k1_8_the_page_offers_who_may_be_named(execution: ExecutionClient) -> None:
    reference = execution.released(3, session=NOBODY)
    page = execution.shared_app.page_client(OPERATOR).get(f"/bookings/{reference}/sessions/1").text
    assert f'name="check-in-people" value="{OPERATOR2}"' in page
    assert "@hanbit.example" not in page
    assert f'value="{PRODUCTION}"' not in page
    staff = execution.shared_app.page_client(QA).get(f"/bookings/{reference}/sessions/1").text
    print(staff[5000:])
    assert f'value="{PRODUCTION}"' in staff


def test_k1_8_a_session_without_names_has_no_button_on_today(execution: ExecutionClient) -> None:
    with_names, without = execution.released(3), execution.released(3, room="B-02", session=NOBODY)
    board = execution.shared_app.page_client(OPERATOR).get("/today").text
    assert f"/bookings/{with_names}/sessions/1/check-in" in board
    assert f"/bookings/{without}/sessions/1/check-in" not in board
