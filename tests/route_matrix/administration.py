"""What is sent to the pages of the administration in the matrix, and which records they are about."""

from __future__ import annotations

import itertools
from typing import Any

from tests.shared_app import SharedApp

_numbers = itertools.count(1)
_NAMES = {"name_ko": "이름", "name_en": "Name", "name_zh": "名"}
_WHY = {"reason": "As agreed in the meeting"}


def record_of_the_administration(shared_app: SharedApp, route: str, name: str) -> Any:
    """The value of a part of the address that names something there."""
    if name == "code":
        return "T-02" if "resources" in route else "NRU"
    ids = {
        "person_id": "SELECT id FROM person WHERE email = 'operator3@saebyeok.example'",
        "product_id": "SELECT id FROM product WHERE code = 'NR-19'",
    }
    return shared_app.ask(ids[name])[0]["id"]


def administration_form(body: str) -> dict[str, Any]:
    """The fields of a form; where something is added, each time another one."""
    number = next(_numbers)
    company = {"country": "KR", "registration_no": "123-45-67891", "status": "ACTIVE", "pending_room_days_cap": "15"}
    room = {"what": "room", "active": "yes", "grade": "-", "max_occupancy": "24", "recovery_min": "20"}
    forms: dict[str, dict[str, Any]] = {
        "person": {"name": "New", "email": f"new{number}@gaon.example", "company": "GAO", "language": "en"},
        "profile": {"name": f"Name {number}", "phone": "", "language": "en"},
        "role": {"op": "give", "role": "COMPANY_REQUESTER"},
        "link": {"op": "link"},
        "company": {"code": f"CO{number}"} | _NAMES | company,
        "product": {"code": f"P-{number}", "name": "Product", "modality": "MSC", "active": "yes"},
        "zone": {"what": "zone", "code": f"Z{number}", "ahu": "AHU-9"},
        "a_room": room | _NAMES,
        "week": {"resource": "", "opens-0": "08:00", "closes-0": "20:00"},
        "switch": {"rule": "CA-01", "mode": "warn", "from_on": "2035-01-01"},
        "confirming": {"kind": "QC", "choice": "off", "room": "", "company": ""},
        "facility_names": {"code": "BRC"} | _NAMES,
        "password": {"password": "a long password", "again": "a long password"},
    }
    return forms.get(body, {}) | _WHY
