"""Companies, products, rooms, equipment, hours, rules and the facility itself on the pages of the administration."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from tests.factories.bookings import SubmittedBookingFactory
from tests.factories.request_bodies import ConsultRequestFactory, EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp
from tests.zones import SEOUL

ADMIN, QA, ENGINEER, SCHEDULER = "admin@brc.example", "qa@brc.example", "engineer@brc.example", "scheduler@brc.example"
REQUESTER = "requester@gaon.example"


def day_in(days: int) -> str:
    """The date in Seoul so many days from now."""
    return (datetime.now(SEOUL) + timedelta(days=days)).date().isoformat()


def seen_on(page: Any, action: str) -> str:
    """The mark of what a form of the page was filled in on."""
    return re.search(rf'action="{re.escape(action)}".*?name="seen" value="([^"]+)"', page.text, re.DOTALL)[1]


def room(**more: Any) -> dict[str, Any]:
    facts = {
        "what": "room",
        "name_ko": "배양실",
        "name_en": "Culture",
        "name_zh": "培养",
        "grade": "B",
        "active": "yes",
    }
    return facts | {"max_occupancy": "4", "recovery_min": "30", "reason": "Requalified in November"} | more


# -- rooms and equipment


def test_a_room_is_corrected_with_a_reason_and_its_history_says_who_what_and_why(shared_app: SharedApp) -> None:
    address = "/admin/resources/B-02"
    page_client = shared_app.page_client(ENGINEER)
    assert page_client.post(address, room(reason=" ")).status_code == 422
    answer = page_client.post(address, room(seen=seen_on(page_client.get(address), address)))
    assert answer.status_code == 303, answer.text
    page = page_client.get(address).text
    assert re.search(r"Recovery \(minutes\): <del>20</del> → <ins>30</ins>", page)
    assert "Requalified in November" in page
    assert "Staff engineer" in page
    assert re.search(r"\d\d:\d\d KST</time> · Staff engineer", page)


def test_what_two_change_at_once_is_not_lost(shared_app: SharedApp) -> None:
    address = "/admin/resources/B-03"
    seen = seen_on(shared_app.page_client(ENGINEER).get(address), address)
    assert shared_app.page_client(ENGINEER).post(address, room(seen=seen)).status_code == 303
    late = shared_app.page_client(ADMIN).post(address, room(seen=seen, max_occupancy="9"))
    assert late.status_code == 412
    assert 'value="9"' in late.text
    assert (
        shared_app.ask("SELECT max_occupancy AS n FROM room JOIN resource USING (id) WHERE code = 'B-03'")[0]["n"] == 4
    )


def test_nonsense_is_refused_by_its_field_and_nothing_is_lost(shared_app: SharedApp) -> None:
    for field, value in {
        "max_occupancy": "0",
        "recovery_min": "1441",
        "grade": "?",
        "name_ko": " ",
        "seats": "x",
    }.items():
        answer = shared_app.page_client(ENGINEER).post("/admin/resources/C-01", room(**{field: value}))
        assert answer.status_code == 422, field
        assert f'id="f-{field}-error"' in answer.text
        assert 'value="배양실"' in answer.text or field == "name_ko"


def test_a_room_that_is_booked_stays_in_use(shared_app: SharedApp) -> None:
    SubmittedBookingFactory(app=shared_app)
    parts = {"what": "equipment", "name_ko": "배양기", "name_en": "Incubator", "name_zh": "培养箱", "home_room": "B-01"}
    form = parts | {"status": "AVAILABLE", "places": "8", "share_policy": "SHARED", "reason": "Sold"}
    refused = shared_app.page_client(ENGINEER).post("/admin/resources/INC-01", form)
    assert refused.status_code == 409
    assert re.search(r"It is booked until \d{4}-\d\d-\d\d \(\w+\) \d\d:\d\d KST", refused.text)
    fewer = shared_app.page_client(ENGINEER).post("/admin/resources/INC-01", form | {"active": "yes", "places": "7"})
    assert fewer.status_code == 422


def test_equipment_out_of_service_cannot_be_booked_and_a_new_place_can(shared_app: SharedApp) -> None:
    parts = {"what": "equipment", "name_ko": "배양기", "name_en": "Incubator", "name_zh": "培养箱", "home_room": "B-02"}
    form = parts | {"status": "OUT_OF_SERVICE", "places": "9", "active": "yes", "reason": "The door does not close"}
    form |= {"share_policy": "DEDICATED_BATCH"}
    assert shared_app.page_client(ENGINEER).post("/admin/resources/INC-03", form).status_code == 303
    units = shared_app.ask(
        "SELECT count(*) AS n FROM unit JOIN resource AS r ON r.id = resource_id WHERE r.code = 'INC-03'"
    )
    assert units[0]["n"] == 9
    body = shared_app.incubator_body()
    body["equipment"][0]["resource"] = "INC-03"
    refused = shared_app.api_client(REQUESTER).post("/api/v1/bookings/preview", body)
    assert refused.status_code == 422
    assert "out of service" in refused.text


def test_what_is_added_can_be_booked_at_once(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(ADMIN)
    why = {"reason": "The new wing opens"}
    assert page_client.post("/admin/resources", {"what": "zone", "code": "z9", "ahu": "AHU-9"} | why).status_code == 303
    zone = shared_app.ask("SELECT id FROM air_zone WHERE code = 'Z9'")[0]["id"]
    new = room(code="n-01", room_class="SEATED", area_m2="40", zone=str(zone), seats="12") | why
    made = page_client.post("/admin/resources", new)
    assert made.status_code == 303, made.text
    assert page_client.post("/admin/resources", new).status_code == 409
    names = {"name_ko": "화면", "name_en": "Screen", "name_zh": "屏幕"}
    screen = {"what": "equipment", "code": "SCR-1", "equipment_kind": "SCREEN", "home_room": "N-01"} | names | why
    screen |= {"room_use": "ATTENDED", "places": "1", "share_policy": "SHARED"}
    assert page_client.post("/admin/resources", screen).status_code == 303
    listed = shared_app.api_client(REQUESTER).get("/api/v1/resources").json
    assert {"N-01", "SCR-1"} <= {each["code"] for each in listed["resources"]}


# -- companies and products


def company(**more: Any) -> dict[str, Any]:
    names = {"name_ko": "새회사", "name_en": "New Company", "name_zh": "新公司"}
    return names | {"country": "KR", "registration_no": "123-45-67891", "status": "ACTIVE"} | more


def test_a_company_is_added_with_a_right_number_and_suspended_at_once(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(ADMIN)
    wrong = page_client.post("/admin/companies", company(code="NEW", registration_no="123-45-67890"))
    assert wrong.status_code == 422
    assert "registration number" in wrong.text
    assert page_client.post("/admin/companies", company(code="new")).status_code == 303
    competitor = shared_app.page_client("requester@nuriesel.example")
    changed = company(
        status="SUSPENDED", pending_room_days_cap="15", reason="Fees unpaid", registration_no="1234567891"
    )
    assert page_client.post("/admin/companies/NRU", changed).status_code == 303
    assert competitor.get("/timeline").status_code == 303, "its people are out at the next request"
    page = page_client.get("/admin/companies/NRU").text
    assert "Fees unpaid" in page
    assert re.search(r"Status: <del>Active</del> → <ins>Suspended</ins>", page)


def test_products_are_added_renamed_and_put_out_of_use(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(QA)
    new = {"code": "GS-X9", "name": "Chondrocytes", "modality": "CARTILAGE"}
    assert page_client.post("/admin/companies/GAO/products", new).status_code == 303
    again = page_client.post("/admin/companies/GAO/products", new)
    assert again.status_code == 409
    assert "already" in again.text
    product = shared_app.ask("SELECT id FROM product WHERE code = 'GS-X9'")[0]["id"]
    change = {"name": "Cartilage cells", "modality": "CARTILAGE", "reason": "Given up"}
    assert page_client.post(f"/admin/companies/GAO/products/{product}", change).status_code == 303
    row = shared_app.ask("SELECT name, active FROM product WHERE id = %s", product)[0]
    assert row == {"name": "Cartilage cells", "active": False}
    assert "GS-X9" not in shared_app.page_client(REQUESTER).get("/bookings/new").text


# -- hours, rules, the facility


def test_a_room_keeps_hours_of_its_own_until_they_are_emptied(shared_app: SharedApp) -> None:
    page_client, address = shared_app.page_client(SCHEDULER), "/admin/hours?resource=C-02"
    why = {"resource": "C-02", "reason": "Late shift"}
    assert page_client.post("/admin/hours", why | {"opens-0": "10:00", "closes-0": "09:00"}).status_code == 422
    half = page_client.post("/admin/hours", why | {"opens-0": "10:00", "closes-0": ""})
    assert half.status_code == 422
    assert page_client.post("/admin/hours", why | {"opens-0": "10:00", "closes-0": "22:00"}).status_code == 303
    page = page_client.get(address).text
    assert "has its own hours" in page
    assert 'value="22:00"' in page
    assert page_client.post("/admin/hours", why).status_code == 303
    emptied = page_client.get(address).text
    assert "uses the facility hours" in emptied
    assert re.search(r"In use: <del>Yes</del> → <ins>No</ins>", emptied)


def test_a_rule_is_switched_from_a_day_on_and_two_never(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(QA)
    form = {"rule": "RM-04", "mode": "warn", "from_on": day_in(1), "reason": "The signs are being replaced"}
    assert page_client.post("/admin/rules", form | {"reason": ""}).status_code == 422
    for always in ("RM-01", "EQ-01", "PV-01"):
        assert page_client.post("/admin/rules", form | {"rule": always}).status_code == 422
    assert page_client.post("/admin/rules", form | {"from_on": day_in(-1)}).status_code == 422
    assert page_client.post("/admin/rules", form | {"from_on": "soon"}).status_code == 422
    assert page_client.post("/admin/rules", form).status_code == 303
    page = page_client.get("/admin/rules").text
    assert re.search(r"from \d{4}-\d\d-\d\d \(\w{3}\): Warns only", page)
    assert "The signs are being replaced" in page
    assert shared_app.page_client(ADMIN).post("/admin/rules", form).status_code == 403


def test_a_switch_acts_from_its_day_and_not_before(shared_app: SharedApp) -> None:
    start = shared_app.free_hour()
    people = SessionFactory(room="B-01", start=start, hours=1, headcount=9)
    body = EngineeringRequestFactory(sessions=[people])

    def severity() -> str:
        answer = shared_app.api_client(REQUESTER).post("/api/v1/bookings/preview", body).json
        return next(each["severity"] for each in answer["findings"] if each["rule"] == "RM-04")

    form = {"rule": "RM-04", "mode": "warn", "reason": "Counting anew"}
    shared_app.page_client(QA).post("/admin/rules", form | {"from_on": day_in(5)})
    assert severity() == "HARD"
    shared_app.page_client(QA).post("/admin/rules", form | {"from_on": day_in(0)})
    assert severity() == "WARN"
    shared_app.page_client(QA).post("/admin/rules", form | {"from_on": day_in(0), "mode": "enforce"})
    assert severity() == "HARD"


def test_the_facility_is_renamed(shared_app: SharedApp) -> None:
    names = {"name_ko": "새 이름", "name_en": "New Name", "name_zh": "新名", "reason": "Renamed by the board"}
    page_client = shared_app.page_client(ADMIN)
    assert page_client.post("/admin/facility", names | {"name_en": ""}).status_code == 422
    assert page_client.post("/admin/facility", names).status_code == 303
    assert "Renamed by the board" in page_client.get("/admin/facility").text


def test_what_confirms_itself_is_switched_for_all_for_a_room_and_for_a_company(shared_app: SharedApp) -> None:
    start = shared_app.free_hour()
    session = SessionFactory(room="T-02", start=start, hours=1)
    body = ConsultRequestFactory(title="Advice", sessions=[session | {"headcount": 4}])

    def becomes() -> str:
        answer = shared_app.api_client(REQUESTER).post("/api/v1/bookings", body)
        assert answer.status_code == 201, answer.text
        reference = answer.json["reference"]
        gone = shared_app.api_client(REQUESTER).post(
            f"/api/v1/bookings/{reference}/cancel", {"reason": "Only looking at it"}
        )
        assert gone.status_code == 200
        return answer.json["state"]

    def say(choice: str, **more: str) -> None:
        form = {"kind": "REVIEW", "choice": choice, "room": "", "company": "", "reason": "The board decided so"} | more
        answer = shared_app.page_client(QA).post("/admin/rules/confirming", form)
        assert answer.status_code == 303, answer.text

    assert becomes() == "CONFIRMED"
    say("off")
    assert becomes() == "SUBMITTED"
    say("on", room="T-02")
    assert becomes() == "CONFIRMED"
    say("off", company="GAO")
    assert becomes() == "SUBMITTED"
    page = shared_app.page_client(QA).get("/admin/rules").text
    assert "The board decided so" in page
    say("on")
    say("on", company="GAO")
    for wrong in ({"kind": "CLEANROOM"}, {"choice": "maybe"}, {"room": "T-02", "company": "GAO"}, {"company": "XX"}):
        form = {"kind": "QC", "choice": "on", "room": "", "company": "", "reason": "The board decided so"} | wrong
        assert shared_app.page_client(QA).post("/admin/rules/confirming", form).status_code == 422
