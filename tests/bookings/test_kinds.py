"""Every kind of booking by the API: who decides on it, and what needs nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clients import SIGNED, weekday_at
from tests.factories.request_bodies import (
    ClinicalRequestFactory,
    ConsultRequestFactory,
    CourseRequestFactory,
    DemonstrationRequestFactory,
    MediaFillRequestFactory,
    QualityControlRequestFactory,
    ReservationFactory,
    SessionFactory,
    TourRequestFactory,
)
from tests.shared_app import SharedApp

GAON, DEMO, QA, BSO = "requester@gaon.example", "demo@brc.example", "qa@brc.example", "bso@brc.example"
SCHEDULER, PRODUCTION, COMMITTEE = "scheduler@brc.example", "production@brc.example", "committee@brc.example"
SIGNATORY = "approver@gaon.example"


def ask(shared_app: SharedApp, body: dict[str, Any], *, by: str = GAON, expected: int = 201) -> dict[str, Any]:
    made = shared_app.api_client(by).post("/api/v1/bookings", body)
    assert made.status_code == expected, made.text
    return dict(made.json)


def events_of(shared_app: SharedApp, reference: str) -> list[str]:
    history = shared_app.api_client(GAON).get(f"/api/v1/bookings/{reference}/history").json["entries"]
    return [entry["event"] for entry in history]


def act(shared_app: SharedApp, email: str, reference: str, action: str = "approve", **more: Any) -> dict[str, Any]:
    done = shared_app.api_client(email).post(f"/api/v1/bookings/{reference}/{action}", SIGNED | more)
    assert done.status_code == 200, done.text
    return dict(done.json)


def test_quality_control_is_confirmed_as_it_is_asked_for_when_nothing_is_in_the_way(shared_app: SharedApp) -> None:
    made = ask(shared_app, QualityControlRequestFactory(sessions=[SessionFactory(room="L-01", start=weekday_at(10))]))
    assert (made["state"], made["track"], made["pending_until"]) == ("CONFIRMED", "none", None)
    assert made["confirmed_at"]
    assert events_of(shared_app, made["reference"]) == ["BookingSubmitted", "BookingConfirmed"]


def test_quality_control_in_a_cleanroom_is_decided_like_work_there(shared_app: SharedApp) -> None:
    made = ask(
        shared_app, QualityControlRequestFactory(sessions=[SessionFactory(room="C-01", start=weekday_at(8, weeks=5))])
    )
    assert (made["state"], made["track"]) == ("SUBMITTED", "engineering")
    taken = ask(shared_app, QualityControlRequestFactory(equipment=[
        ReservationFactory(resource="INC-03", start=weekday_at(8), end=weekday_at(8, weekday=3))
    ]))  # fmt: skip
    assert taken["track"] == "engineering"


def test_a_mere_note_keeps_no_consult_waiting(shared_app: SharedApp) -> None:
    at_night = weekday_at(20, weekday=3)
    made = ask(shared_app, ConsultRequestFactory(sessions=[SessionFactory(room="T-02", start=at_night)]))
    assert [finding["rule"] for finding in made["open_findings"]] == ["CA-01"]
    assert made["state"] == "CONFIRMED"


SWITCHES = {
    # scope → the statement that switches it off, the one that takes this back
    "kind": (
        "UPDATE auto_confirm SET is_on = false WHERE kind = 'REVIEW' RETURNING id",
        "UPDATE auto_confirm SET is_on = true WHERE id = %s RETURNING id",
    ),
    "room": (
        """
        INSERT INTO auto_confirm (kind, is_on, resource_id)
        SELECT 'REVIEW', false, id FROM resource WHERE code = 'T-02' RETURNING id
        """,
        "DELETE FROM auto_confirm WHERE id = %s RETURNING id",
    ),
    "company": (
        """
        INSERT INTO auto_confirm (kind, is_on, company_id)
        SELECT 'REVIEW', false, id FROM company WHERE code = 'GAO' RETURNING id
        """,
        "DELETE FROM auto_confirm WHERE id = %s RETURNING id",
    ),
}


@pytest.mark.parametrize("scope", SWITCHES)
def test_the_facility_switches_confirming_by_itself_off(shared_app: SharedApp, scope: str) -> None:
    switch_off, switch_back = SWITCHES[scope]
    (row,) = shared_app.ask(switch_off)
    start = weekday_at(9, weekday=[*SWITCHES].index(scope), weeks=4)
    try:
        made = ask(shared_app, ConsultRequestFactory(sessions=[SessionFactory(room="T-02", start=start, hours=1)]))
    finally:
        shared_app.ask(switch_back, row["id"])
    assert (made["state"], made["track"]) == ("SUBMITTED", "light")
    assert act(shared_app, DEMO, made["reference"])["state"] == "CONFIRMED"


def test_a_tour_asks_for_one_click_of_the_demonstration_centre(shared_app: SharedApp) -> None:
    made = ask(
        shared_app,
        TourRequestFactory(seats=18, sessions=[SessionFactory(room="VC-01", start=weekday_at(14), hours=1.5)]),
    )
    assert (made["track"], made["seats"], made["sessions"][0]["headcount"]) == ("light", 18, 18)
    done = shared_app.api_client(DEMO).post(f"/api/v1/bookings/{made['reference']}/approve")
    assert done.json["state"] == "CONFIRMED"


def test_more_than_a_room_seats_are_refused(shared_app: SharedApp) -> None:
    wanted = TourRequestFactory(seats=21, sessions=[SessionFactory(room="VC-01", start=weekday_at(16), hours=1)])
    refused = ask(shared_app, wanted, expected=409)
    assert {"DM-02", "RM-04"} == {finding["rule"] for finding in refused["findings"]}


def test_live_material_takes_biosafety_in_and_gmp_equipment_quality_assurance(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=6)
    body = DemonstrationRequestFactory(title="Live cells", live_material=True, seats=6)
    live = ask(shared_app, body | {"sessions": [SessionFactory(room="T-01", start=start)]})
    assert live["track"] == "light+"
    assert act(shared_app, DEMO, live["reference"], "review")["meaning"] == "APPROVED – BIOSAFETY"
    assert act(shared_app, BSO, live["reference"])["state"] == "CONFIRMED"
    part = ReservationFactory(resource="INC-03", start=start, hours=3)
    with_device = ask(shared_app, body | {
        "sessions": [SessionFactory(room="T-01", start=start + timedelta(days=1))], "equipment": [part]
    })  # fmt: skip
    assert with_device["track"] == "light+bso+qa"


def test_a_demonstration_in_a_cleanroom_is_refused(shared_app: SharedApp) -> None:
    refused = ask(
        shared_app,
        CourseRequestFactory(sessions=[SessionFactory(room="B-03", start=weekday_at(9, weeks=6))]),
        expected=409,
    )
    assert "DM-01" in {finding["rule"] for finding in refused["findings"]}


def test_a_clinical_run_passes_three_stages_and_four_for_gene_modified_cells(shared_app: SharedApp) -> None:
    body = ClinicalRequestFactory(basis="IND-2027-014")
    start = weekday_at(9, weeks=8)
    made = ask(shared_app, body | {"sessions": [SessionFactory(room="B-01", start=start)]}, by=SIGNATORY)
    assert (made["track"], made["basis"]) == ("clinical", "IND-2027-014")
    assert act(shared_app, SCHEDULER, made["reference"], "review")["stage_role"] == "PRODUCTION_MANAGER"
    assert act(shared_app, PRODUCTION, made["reference"])["stage_role"] == "QA"
    assert act(shared_app, QA, made["reference"])["state"] == "CONFIRMED"
    infectious = body | {
        "donor_status": "UNKNOWN",
        "sessions": [SessionFactory(room="B-01", start=start + timedelta(days=1))],
    }
    assert ask(shared_app, infectious, by=SIGNATORY)["track"] == "clinical+bso"
    later = SessionFactory(room="B-01", start=start + timedelta(days=70))
    long = body | {"sessions": [SessionFactory(room="B-01", start=start + timedelta(days=7)), later]}
    assert ask(shared_app, long, by=SIGNATORY)["track"] == "clinical+committee"


def test_a_media_fill_needs_no_notice_and_no_product(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=1, weekday=3)
    body = MediaFillRequestFactory(
        sessions=[SessionFactory(room="B-02", start=start, exposure="ASEPTIC_OPEN", headcount=3)]
    )
    made = ask(shared_app, body)
    assert (made["track"], made["open_findings"]) == ("engineering", [])


def test_what_is_only_kept_comes_back_as_it_was_said(shared_app: SharedApp) -> None:
    said = {
        "title": "Closed filling, step by step",
        "visibility": "PUBLIC",
        "seats": 12,
        "campaign": "2027-spring",
        "room_mode": "DEDICATED",
        "priority": "TRAINING",
        "partners": ["Hwasun hospital", "Orphen"],
    }
    body = said | CourseRequestFactory(sessions=[SessionFactory(room="T-02", start=weekday_at(9, weeks=7), hours=6)])
    made = ask(shared_app, body)
    kept = shared_app.api_client(GAON).get(f"/api/v1/bookings/{made['reference']}").json
    assert {name: kept[name] for name in said} == said


@pytest.mark.parametrize(
    "body, field",
    [
        ({"kind": "CLEANROOM", "product": "GS-M1", "run_type": "ENG", "visibility": "PUBLIC"}, "visibility"),
        ({"kind": "TOUR", "visibility": "PUBLIC"}, "title"),
        ({"kind": "TOUR", "product": "GS-M1"}, "product"),
        ({"kind": "EDUCATION", "run_type": "ENG"}, "run_type"),
        ({"kind": "CLEANROOM", "product": "GS-M1"}, "run_type"),
        ({"kind": "CLEANROOM", "product": "GS-M1", "run_type": "ENG", "seats": 4}, "seats"),
        ({"kind": "TOUR", "seats": 0}, "seats"),
        ({"kind": "TOUR", "donor_status": "MAYBE"}, "donor_status"),
    ],
)
def test_what_does_not_fit_the_kind_is_said_by_field(shared_app: SharedApp, body: dict[str, Any], field: str) -> None:
    refused = ask(
        shared_app, body | {"sessions": [SessionFactory(room="T-02", start=weekday_at(9, weeks=9))]}, expected=422
    )
    assert field in refused["errors"]
