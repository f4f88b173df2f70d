"""Outages by page and by API: who may create and lift which, and what a company sees."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.clients import SIGNED, weekday_at
from tests.factories.bookings import ConfirmedBookingFactory
from tests.factories.request_bodies import HOLD_REASON, HoldFactory, MaintenanceFactory
from tests.outages.acts import ENGINEER, QA, lifted, placed
from tests.shared_app import SharedApp

GAON = "requester@gaon.example"
STAFF = ("scheduler", "production", "qa", "bso", "demo", "engineer", "committee", "manager", "admin", "auditor")


def a_form(**more: str) -> dict[str, str]:
    plain = {"subject": "ROOM:B-03", "kind": "MAINTENANCE", "reason": "The filters are changed", "op": "place"}
    start = weekday_at(9, weeks=30)
    times = {
        "start_date": f"{start:%Y-%m-%d}",
        "start_time": "09:00",
        "end_date": f"{start:%Y-%m-%d}",
        "end_time": "13:00",
    }
    return plain | times | more


@pytest.mark.parametrize("who", STAFF)
def test_who_may_place_what(shared_app: SharedApp, who: str) -> None:
    api_client = shared_app.api_client(f"{who}@brc.example")
    maintenance = api_client.post("/api/v1/outages", MaintenanceFactory(code="B-03", start=weekday_at(9, weeks=40)))
    hold = api_client.post("/api/v1/outages", HoldFactory(code="B-03", start=weekday_at(9, weeks=50).isoformat()))
    assert (maintenance.status_code == 201) == (who in {"engineer", "scheduler", "manager"}), maintenance.text
    assert (hold.status_code == 201) == (who in {"qa", "bso", "production"}), hold.text
    assert {maintenance.status_code, hold.status_code} <= {201, 403}


def test_an_outage_may_be_written_in_short(shared_app: SharedApp) -> None:
    start, until = weekday_at(9, weeks=44), weekday_at(12, weeks=44)
    short = {"subject": {"room": "B-03"}, "kind": "MAINTENANCE", "reason": "The filters are changed"}
    short |= {"from": start.isoformat(), "until": until.isoformat()}
    made = shared_app.api_client(ENGINEER).post("/api/v1/outages", short)
    assert made.status_code == 201, made.text
    (one,) = made.json["outages"]
    assert (one["subject"]["kind"], one["subject"]["code"]) == ("ROOM", "B-03")
    assert datetime.fromisoformat(one["start"]) == start
    unknown = shared_app.api_client(ENGINEER).post("/api/v1/outages", short | {"subject": {"roof": "B-03"}})
    assert unknown.status_code == 422


def test_a_company_may_neither_place_nor_look(shared_app: SharedApp) -> None:
    api_client, page_client = shared_app.api_client(GAON), shared_app.page_client(GAON)
    assert api_client.post("/api/v1/outages", HoldFactory()).status_code == 403
    for path in (
        "/api/v1/outages",
        "/api/v1/outages/1",
        "/api/v1/outages/impact?subject_kind=ROOM&subject=B-01&kind=HOLD",
    ):
        assert api_client.get(path).status_code == 403, path
    for path in ("/outages", "/outages/new", "/outages/1"):
        assert page_client.get(path).status_code == 403, path


def test_hold_numbers_have_no_gap_even_where_a_placing_was_refused(shared_app: SharedApp) -> None:
    first = placed(shared_app, HoldFactory(code="C-02", end=weekday_at(9, weeks=60).isoformat()))
    assert shared_app.api_client(QA).post("/api/v1/outages", HoldFactory(code="C-02", reason="no")).status_code == 422
    second = placed(shared_app, HoldFactory(code="C-02", end=weekday_at(9, weeks=60).isoformat()))
    assert int(second["hold_no"][5:]) == int(first["hold_no"][5:]) + 1


def test_a_hold_is_lifted_under_a_signature_with_a_reason_by_quality_alone(shared_app: SharedApp) -> None:
    hold = placed(shared_app, HoldFactory(code="C-02"))
    path = f"/api/v1/outages/{hold['id']}/lift"
    reason = {"reason": "The requalification has passed"}
    unsigned = shared_app.api_client(QA).post(path, reason)
    assert (unsigned.status_code, "signature" in unsigned.text) == (422, True)
    assert shared_app.api_client(QA).post(path, SIGNED).status_code == 422
    assert shared_app.api_client(QA).post(path, reason | {"signature": {"password": "wrong"}}).status_code == 422
    assert shared_app.api_client("bso@brc.example").post(path, reason | SIGNED).status_code == 403
    assert shared_app.api_client(ENGINEER).post(path, reason | SIGNED).status_code == 403
    shown = shared_app.api_client(QA).get(f"/api/v1/outages/{hold['id']}")
    stale = shared_app.api_client(QA).post(path, reason | SIGNED, **{"If-Match": f'"outage-{hold["id"]}-7"'})
    assert stale.status_code == 412
    answer = shared_app.api_client(QA).post(path, reason | SIGNED, **{"If-Match": shown.headers["ETag"]})
    assert answer.status_code == 200
    assert answer.json["lifted_by"] == "Staff qa"
    assert shared_app.api_client(QA).post(path, reason | SIGNED).status_code == 409


def test_the_same_key_places_one_outage(shared_app: SharedApp) -> None:
    body = MaintenanceFactory(code="B-03", start=weekday_at(9, weeks=45))
    answers = [
        shared_app.api_client(ENGINEER).post("/api/v1/outages", body, **{"Idempotency-Key": "once"}) for _ in "ab"
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json


@pytest.mark.parametrize(
    "change, field",
    [
        ({"subject": {"kind": "ROOM", "code": "X-99"}}, "subject"),
        ({"subject": {"kind": "CELLAR"}}, "subject.kind"),
        ({"subject": {"kind": "COMPANY", "code": "GAO"}}, "kind"),
        ({"kind": "PARTY"}, "kind"),
        ({"end": "2020-01-01T00:00:00Z", "start": "2019-01-01T00:00:00Z"}, "start"),
        ({"start": "2027-03-01T09:00:00"}, "start"),
        ({"reason": "…"}, "reason"),
        ({"repeat": {"every_days": 7}}, "repeat.times"),
        ({"repeat": {"every_days": 7, "times": 3}, "end": None}, "repeat"),
        ({"repeat": {"every_days": 1, "until": "2031-01-01"}}, "repeat"),
    ],
)
def test_what_is_wrong_is_said_by_field(shared_app: SharedApp, change: dict[str, Any], field: str) -> None:
    before = shared_app.ask("SELECT count(*) AS n FROM outage")
    answer = shared_app.api_client(ENGINEER).post(
        "/api/v1/outages", MaintenanceFactory(code="B-03", start=weekday_at(9, weeks=46)) | change
    )
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"], answer.json
    assert shared_app.ask("SELECT count(*) AS n FROM outage") == before


def test_a_series_falls_at_the_same_local_hour_and_its_rest_is_lifted_at_once(shared_app: SharedApp) -> None:
    start = weekday_at(7, weeks=20)
    body = MaintenanceFactory(code="C-02", start=start, hours=2, repeat={"every_days": 7, "times": 5})
    answer = shared_app.api_client(ENGINEER).post("/api/v1/outages", body)
    series = answer.json["outages"]
    starts = [datetime.fromisoformat(one["start"]) for one in series]
    assert starts == [start + timedelta(days=7 * number) for number in range(5)]
    assert len({one["series"] for one in series}) == 1
    lifted(shared_app, series[2] | {"kind": "MAINTENANCE"}, following=True)
    stand = shared_app.ask("SELECT lifted_at IS NULL AS stands FROM outage WHERE series = %s ORDER BY starts_at",
                         series[0]["series"])  # fmt: skip
    assert [row["stands"] for row in stand] == [True, True, False, False, False]


def test_what_an_outage_would_hit_is_shown_before_it_is_placed(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app).reference
    (row,) = shared_app.ask("SELECT starts_at, ends_at FROM booking WHERE reference = %s", reference)
    query = {
        "subject_kind": "EQUIPMENT",
        "subject": "INC-01",
        "kind": "CALIBRATION",
        "start": row["starts_at"].isoformat(),
        "end": row["ends_at"].isoformat(),
    }
    answer = shared_app.api_client(ENGINEER).client.get(
        "/api/v1/outages/impact", query_string=query, headers=shared_app.api_client(ENGINEER).headers
    )
    assert answer.status_code == 200, answer.text
    assert answer.json["bookings"] == [reference]
    assert [(hit["resource"], hit["company"]) for hit in answer.json["hits"]] == [("INC-01", "GAO")]
    after = query | {"start": row["ends_at"].isoformat(), "end": (row["ends_at"] + timedelta(minutes=1)).isoformat()}
    answer = shared_app.api_client(ENGINEER).client.get(
        "/api/v1/outages/impact", query_string=after, headers=shared_app.api_client(ENGINEER).headers
    )
    assert reference not in answer.json["bookings"]


def test_the_pages_look_place_show_and_lift(shared_app: SharedApp) -> None:
    engineer = shared_app.page_client(ENGINEER)
    assert "Create outage" in engineer.get("/outages/new?subject=ROOM:B-03").text
    looked = engineer.post("/outages/new", a_form(op="look"))
    assert looked.status_code == 200
    assert "No affected bookings." in looked.text
    assert 'value="The filters are changed"' in looked.text or "The filters are changed</textarea>" in looked.text
    refused = engineer.post("/outages/new", a_form(end_time="08:00"))
    assert (refused.status_code, "The end must be after the start." in refused.text) == (422, True)
    gone = engineer.post("/outages/new", a_form())
    assert gone.status_code == 303, gone.text
    page = engineer.get(gone.headers["Location"])
    assert "Maintenance: B-03" in page.text
    outage_id = re.search(r"/outages/(\d+)", gone.headers["Location"])[1]
    assert f"/outages/{outage_id}" in engineer.get("/outages?when=coming&kind=MAINTENANCE").text
    assert engineer.post(f"/outages/{outage_id}/lift", {"revision": "1", "reason": ""}).status_code == 422
    back = engineer.post(f"/outages/{outage_id}/lift", {"revision": "1", "reason": "It is done next year"})
    assert back.status_code == 303, back.text
    assert "Ended" in engineer.get(f"/outages/{outage_id}").text


def test_a_double_click_places_once(shared_app: SharedApp) -> None:
    engineer = shared_app.page_client(ENGINEER)
    form = a_form(idempotency_key="double", start_time="14:00", end_time="15:00")
    places = {engineer.post("/outages/new", form).headers["Location"] for _ in range(2)}
    assert len(places) == 1


def test_a_hold_is_lifted_on_its_page_with_the_password(shared_app: SharedApp) -> None:
    hold = placed(shared_app, HoldFactory(code="C-02", start=weekday_at(9, weeks=55).isoformat()))
    quality = shared_app.page_client(QA)
    path = f"/outages/{hold['id']}/lift"
    wrong = quality.post(path, {"revision": "1", "reason": "All is well again", "password": "not it"})
    assert wrong.status_code == 422
    assert "All is well again</textarea>" in wrong.text
    done = quality.post(
        path, {"revision": "1", "reason": "All is well again"} | {"password": SIGNED["signature"]["password"]}
    )
    assert done.status_code == 303, done.text
    assert "hold lifted" in quality.get(f"/outages/{hold['id']}").text


def test_a_company_sees_that_something_is_not_available_and_nothing_else(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=35)
    hold = placed(
        shared_app, HoldFactory(code="B-01", start=start.isoformat(), end=(start + timedelta(hours=3)).isoformat())
    )
    stop = MaintenanceFactory(
        code="", start=start + timedelta(hours=2), hours=3, kind="AHU_STOP", subject={"kind": "AHU", "code": "AHU-1"}
    )
    placed(shared_app, stop)
    day = f"{start:%Y-%m-%d}"
    window = f"from={day}T00:00:00%2B09:00&to={day}T23:00:00%2B09:00"
    secrets = (hold["hold_no"], HOLD_REASON, "HOLD", "AHU_STOP", "AHU-1", "Filters", "Quality hold", "Air handling")
    for who, knows in ((GAON, False), ("engineer@brc.example", True)):
        page = shared_app.page_client(who).get(f"/timeline?view=day&date={day}").text
        json = shared_app.api_client(who).get(f"/api/v1/timeline?{window}").text
        assert ("Not available" in page) or knows
        for secret in secrets[:1]:
            assert (secret in page) == knows
            assert (secret in json) == knows
        if not knows:
            assert [secret for secret in secrets if secret in page or secret in json] == []
    blocks = shared_app.api_client(GAON).get(f"/api/v1/timeline?{window}&resource=B-01").json["blocks"]
    withdrawn = [block for block in blocks if block["state"] == "NOT_AVAILABLE" and block["resource"] == "B-01"]
    assert len(withdrawn) == 1, "two outages that overlap are one stretch"
    free = shared_app.api_client(GAON).get(f"/api/v1/availability?{window}&resource=B-01").json["free"]
    assert all(not (each["start"] < withdrawn[0]["end"] and withdrawn[0]["start"] < each["end"]) for each in free)


def test_every_outage_keeps_its_history(shared_app: SharedApp) -> None:
    outage = placed(shared_app, MaintenanceFactory(code="C-02", start=weekday_at(9, weeks=47)))
    lifted(shared_app, outage)
    rows = shared_app.ask(
        "SELECT operation, actor_name, reason FROM row_history WHERE table_name = 'outage' AND row_id = %s ORDER BY id",
        outage["id"],
    )
    assert [row["operation"] for row in rows] == ["INSERT", "UPDATE"]
    assert rows[1]["reason"] == "The requalification has passed"
    events = shared_app.ask("SELECT event, company_id, subject_kind FROM journal WHERE data -> 'outage_ids' @> %s::jsonb",
                          f"[{outage['id']}]")  # fmt: skip
    assert [row["event"] for row in events] == ["OutagePlaced", "OutageLifted"]
    assert {row["company_id"] for row in events} == {None}
