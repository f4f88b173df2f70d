"""What rooms and equipment may be used for, and what products are made of: set, shown, and kept in their history."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.administration.test_records_pages import ADMIN, ENGINEER, QA, room
from tests.clients import PageClient
from tests.shared_app import SharedApp

FIT = {
    "bsl_max": "2",
    "pressure_mode": "NEGATIVE",
    "allowed_activities": ["GMP", "ENG"],
    "allowed_modalities": ["CART", "MSC"],
    "shared": "yes",
}


def incubator(**more: Any) -> dict[str, Any]:
    names = {"name_ko": "배양기", "name_en": "Incubator", "name_zh": "培养箱", "home_room": "B-01", "active": "yes"}
    form = {"what": "equipment", "status": "AVAILABLE", "places": "8", "share_policy": "DEDICATED_BATCH"}
    return form | names | {"reason": "Cleaned for one product"} | more


@pytest.fixture
def korean(shared_app: SharedApp) -> PageClient:
    """An administrator who reads Korean."""
    page_client = shared_app.page_client(ADMIN)
    assert page_client.post("/language", {"language": "ko", "next": "/"}).status_code == 303
    return page_client


def ticked_in(page: str, name: str) -> set[str]:
    return set(re.findall(rf'name="{name}" value="([^"]+)"\s+checked', page))


def chosen_in(page: str, name: str) -> str:
    options = re.search(rf'<select[^>]* name="{name}".*?</select>', page, re.DOTALL)[0]
    return "".join(re.findall(r'value="([^"]+)" selected', options))


def test_what_a_room_is_fit_for_is_set_shown_and_kept_in_its_history(shared_app: SharedApp) -> None:
    address = "/admin/resources/B-01"
    page_client = shared_app.page_client(ENGINEER)
    assert page_client.post(address, room(**FIT)).status_code == 303
    page = page_client.get(address).text
    assert chosen_in(page, "bsl_max") == "2"
    assert chosen_in(page, "pressure_mode") == "NEGATIVE"
    assert ticked_in(page, "allowed_activities") == {"GMP", "ENG"}
    assert ticked_in(page, "allowed_modalities") == {"CART", "MSC"}
    assert ticked_in(page, "shared") == {"yes"}
    assert "Pressure: <ins>Negative pressure</ins>" in page
    assert "Allowed activities: <ins>Engineering runs, GMP manufacturing</ins>" in page
    assert "Allowed modalities: <ins>CAR-T cells, Mesenchymal stromal cells</ins>" in page
    assert page_client.post(address, room(reason="Not known after all")).status_code == 303
    emptied = page_client.get(address).text
    assert not ticked_in(emptied, "allowed_activities")
    assert not ticked_in(emptied, "shared")
    assert chosen_in(emptied, "pressure_mode") == ""
    assert "Pressure: <del>Negative pressure</del> → <ins>–</ins>" in emptied


def test_what_is_ticked_in_another_order_is_no_change(shared_app: SharedApp) -> None:
    address = "/admin/resources/C-02"
    page_client = shared_app.page_client(ENGINEER)
    stored = (
        "UPDATE room SET allowed_modalities = '{SKIN,CART}' FROM resource AS r WHERE r.id = room.id AND r.code = 'C-02'"
    )
    shared_app.ask(f"{stored} RETURNING room.id")
    before = page_client.get(address).text.count("Allowed modalities:")
    assert page_client.post(address, room(allowed_modalities=["CART", "SKIN"])).status_code == 303
    assert page_client.get(address).text.count("Allowed modalities:") == before


def test_a_modality_of_a_product_may_be_allowed_though_it_has_no_label(shared_app: SharedApp) -> None:
    new = {"code": "GS-N1", "name": "Neural cells", "modality": "NEURAL"}
    assert shared_app.page_client(QA).post("/admin/companies/GAO/products", new).status_code == 303
    page_client, address = shared_app.page_client(ENGINEER), "/admin/resources/L-01"
    assert 'value="NEURAL"' in page_client.get(address).text
    assert page_client.post(address, room(allowed_modalities=["NEURAL"])).status_code == 303
    assert ticked_in(page_client.get(address).text, "allowed_modalities") == {"NEURAL"}


def test_a_new_room_says_what_it_is_fit_for(shared_app: SharedApp) -> None:
    new = room(code="V-09", room_class="GMP", area_m2="20", **FIT)
    page_client = shared_app.page_client(ADMIN)
    refused = page_client.post("/admin/resources", new | {"bsl_max": "5"})
    assert refused.status_code == 422
    assert ticked_in(refused.text, "allowed_modalities") == {"CART", "MSC"}
    assert page_client.post("/admin/resources", new).status_code == 303
    shown = page_client.get("/admin/resources/V-09").text
    assert chosen_in(shown, "pressure_mode") == "NEGATIVE"
    assert ticked_in(shown, "allowed_activities") == {"GMP", "ENG"}


def test_what_equipment_is_shared_by_and_dedicated_to(shared_app: SharedApp) -> None:
    address = "/admin/resources/INC-02"
    page_client = shared_app.page_client(ENGINEER)
    form = incubator(share_policy="SHARED_SEGREGATED", dedicated_product="GAO/GS-M1")
    assert page_client.post(address, form).status_code == 303
    page = page_client.get(address).text
    assert chosen_in(page, "share_policy") == "SHARED_SEGREGATED"
    assert chosen_in(page, "dedicated_product") == "GAO/GS-M1"
    assert "Shared by: <del>one batch at a time</del> → <ins>several batches, kept apart</ins>" in page
    assert re.search(r"Dedicated product \(number\): <ins>\d+</ins>", page)
    assert page_client.post(address, incubator()).status_code == 303
    assert chosen_in(page_client.get(address).text, "dedicated_product") == ""


def test_a_dedicated_product_out_of_use_stays_chosen(shared_app: SharedApp) -> None:
    quality, engineer = shared_app.page_client(QA), shared_app.page_client(ENGINEER)
    new = {"code": "GS-OLD", "name": "Given up", "modality": "MSC"}
    assert quality.post("/admin/companies/GAO/products", new).status_code == 303
    form = incubator(dedicated_product="GAO/GS-OLD")
    assert engineer.post("/admin/resources/INC-03", form).status_code == 303
    product = shared_app.ask("SELECT id FROM product WHERE code = 'GS-OLD'")[0]["id"]
    gone = {"name": "Given up", "modality": "MSC", "reason": "Given up"}
    assert quality.post(f"/admin/companies/GAO/products/{product}", gone).status_code == 303
    assert chosen_in(engineer.get("/admin/resources/INC-03").text, "dedicated_product") == "GAO/GS-OLD"


def test_what_a_product_is_made_of_is_set_shown_and_kept_in_its_history(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(QA)
    new = {"code": "NR-77", "name": "CAR-T", "modality": "CART", "vector": "LV", "lmo_grade": "2"}
    assert page_client.post("/admin/companies/NRU/products", new).status_code == 303
    product = shared_app.ask("SELECT id, vector, lmo_grade, donor_type FROM product WHERE code = 'NR-77'")[0]
    assert (product["vector"], product["lmo_grade"], product["donor_type"]) == ("LV", 2, None)
    change = {"name": "CAR-T", "modality": "CART", "active": "yes", "lmo_grade": "2", "reason": "Without a virus"}
    address = f"/admin/companies/NRU/products/{product['id']}"
    assert page_client.post(address, change | {"vector": "NON_VIRAL", "donor_type": "AUTOLOGOUS"}).status_code == 303
    page = page_client.get("/admin/companies/NRU").text
    form = page[page.index(f'action="{address}"') :]
    assert [chosen_in(form, name) for name in ("vector", "lmo_grade", "donor_type")] == ["NON_VIRAL", "2", "AUTOLOGOUS"]
    assert "Vector: <del>Lentiviral vector</del> → <ins>Non-viral vector</ins>" in page
    assert "Donor: <ins>Autologous</ins>" in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("bsl_max", "5", "1부터 4까지의 생물안전등급을 입력하십시오."),
        ("bsl_max", "two", "숫자를 입력하십시오."),
        ("pressure_mode", "UP", "선택할 수 있는 값이 아닙니다."),
        ("allowed_activities", ["GMP", "PARTY"], "선택할 수 있는 값이 아닙니다."),
        ("allowed_modalities", ["M" * 41], "치료기술 유형은 1자 이상 40자 이하입니다."),
    ],
)
def test_a_wrong_value_of_a_room_is_refused_in_the_readers_language(
    korean: PageClient, field: str, value: object, says: str
) -> None:
    refused = korean.post("/admin/resources/B-03", room(**FIT | {field: value}))
    assert refused.status_code == 422
    assert says in refused.text
    assert f'id="f-{field}-error"' in refused.text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("share_policy", "", "선택할 수 있는 값이 아닙니다."),
        ("dedicated_product", "GAO/NONE", "해당 제품이 없습니다."),
        ("dedicated_product", "GS-M1", "해당 제품이 없습니다."),
    ],
)
def test_a_wrong_value_of_equipment_is_refused_in_the_readers_language(
    korean: PageClient, field: str, value: str, says: str
) -> None:
    refused = korean.post("/admin/resources/INC-01", incubator(**{field: value}))
    assert refused.status_code == 422
    assert says in refused.text
    assert f'id="f-{field}-error"' in refused.text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("vector", "XX", "선택할 수 있는 값이 아닙니다."),
        ("lmo_grade", "5", "1부터 4까지의 등급을 입력하십시오."),
        ("lmo_grade", "two", "숫자를 입력하십시오."),
        ("donor_type", "NOBODY", "선택할 수 있는 값이 아닙니다."),
    ],
)
def test_a_wrong_value_of_a_product_is_refused_in_the_readers_language(
    korean: PageClient, field: str, value: str, says: str
) -> None:
    new = {"code": "GS-BAD", "name": "Bad", "modality": "MSC", field: value}
    refused = korean.post("/admin/companies/GAO/products", new)
    assert refused.status_code == 422
    assert says in refused.text
    assert f'id="f-{field}-new-error"' in refused.text


def test_who_may_not_change_it_reads_what_it_is_fit_for(shared_app: SharedApp) -> None:
    engineer = shared_app.page_client(ENGINEER)
    assert engineer.post("/admin/resources/C-01", room(**FIT)).status_code == 303
    assert engineer.post("/admin/resources/INC-01", incubator(dedicated_product="GAO/GS-M1")).status_code == 303
    reader = shared_app.page_client(QA)
    shown = reader.get("/admin/resources/C-01").text
    assert "<dd>Engineering runs, GMP manufacturing</dd>" in shown
    assert "<dd>Negative pressure</dd>" in shown
    assert "<dd>GAO/GS-M1</dd>" in reader.get("/admin/resources/INC-01").text


def test_the_answers_of_the_api_stay_as_they_are(shared_app: SharedApp) -> None:
    resources = shared_app.api_client(ENGINEER).get("/api/v1/resources").json["resources"]
    assert not {"pressure_mode", "allowed_activities", "allowed_modalities", "dedicated_product"} & set(resources[0])
