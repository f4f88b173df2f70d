"""An empty facility is set up through its pages alone: a link, the facility, its first administrator, and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from gmp_booking.accounts.links import make_first_link
from gmp_booking.cli import main
from gmp_booking.infra.database.migrate import migrate
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.registry import CONSUMERS
from tests.clients import PASSWORD, PageClient, make_app
from tests.conftest import Place, drop_database, place_of
from tests.zones import SEOUL

FIRST = {
    "code": "NEW",
    "name_ko": "새 센터",
    "name_en": "New Centre",
    "name_zh": "新中心",
    "name": "Kim Ha-eun",
    "email": "kim@new.example",
    "language": "en",
    "password": PASSWORD,
    "again": PASSWORD,
}


@dataclass
class Empty:
    app: Flask
    database: Database
    place: Place


@pytest.fixture
def empty(cluster: Any, tmp_path: Path) -> Iterator[Empty]:
    """A migrated database in which there is nobody."""
    drop_database(cluster, "first_start")
    cluster.ensure_database("first_start")
    place = place_of(cluster, "first_start")
    migrate(place.owner_url)
    database = Database(place.app_url, zone=SEOUL, consumers=CONSUMERS, pool_size=2)
    app = make_app(place.app_url, place.owner_url, tmp_path)
    yield Empty(app, database, place)
    app.extensions["gmp"].database.dispose()
    database.dispose()
    drop_database(cluster, "first_start")


def link(empty: Empty) -> str:
    pepper = empty.app.extensions["gmp"].config.auth_pepper
    return f"/welcome/{empty.database.transact(SYSTEM, make_first_link, pepper=pepper)}"


def test_an_empty_facility_is_made_usable_through_its_pages(empty: Empty) -> None:
    path = link(empty)
    client = empty.app.test_client()
    assert "The facility has no data yet" in client.get(path, headers={"Accept-Language": "en"}).text
    wrong = client.post(path, data=FIRST | {"email": "nobody", "again": "another password"})
    assert wrong.status_code == 422
    assert client.post(path, data=FIRST | {"email": "nobody"}).status_code == 422
    assert client.post(path, data=FIRST).status_code == 303
    assert client.post(path, data=FIRST).status_code == 404, "once"
    admin = PageClient(empty.app, FIRST["email"])
    why = {"reason": "First start"}
    room = {"what": "room", "code": "B-01", "name_ko": "실", "name_en": "Room", "name_zh": "室", "room_class": "GMP"}
    room |= {"grade": "B", "area_m2": "20", "max_occupancy": "4", "recovery_min": "20"}
    company = {"code": "ACM", "name_ko": "아크미", "name_en": "Acme", "name_zh": "艾克米", "country": "KR"}
    person = {
        "name": "Lee",
        "email": "lee@acme.example",
        "company": "ACM",
        "language": "ko",
        "roles": "COMPANY_REQUESTER",
    }
    product = {"code": "AC-1", "name": "Acme one", "modality": "MSC"}
    for address, form in (
        ("/admin/resources", room | why),
        ("/admin/companies", company | {"registration_no": "123-45-67891"}),
        ("/admin/companies/ACM/products", product),
        ("/admin/people", person),
        (
            "/admin/people",
            {"name": "Park", "email": "park@new.example", "company": "-", "language": "ko", "roles": "QA"},
        ),
    ):
        answer = admin.post(address, form)
        assert answer.status_code == 303, (address, answer.text)
    assert "B-01" in admin.get("/timeline").text
    assert 'value="09:00"' in admin.get("/admin/hours").text


def test_who_comes_second_finds_nothing(empty: Empty) -> None:
    first, second = link(empty), link(empty)
    client = empty.app.test_client()
    assert client.get(first).status_code == 404, "a newer link ends the older one"
    assert client.post(second, data=FIRST).status_code == 303
    late = link(empty)
    refused = client.post(late, data=FIRST | {"email": "other@new.example"})
    assert refused.status_code == 409
    with psycopg.connect(empty.place.superuser_url) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (1,)


def test_init_says_where_to_begin_as_long_as_nobody_has(
    empty: Empty, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("GMP_DATABASE_URL", empty.place.app_url)
    monkeypatch.setenv("GMP_OWNER_DATABASE_URL", empty.place.owner_url)
    monkeypatch.setenv("GMP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("GMP_DEMO", "0")
    assert main(["init"]) == 0
    path = re.search(r"http://\S+?(/welcome/\S+)", capsys.readouterr().out)[1]
    assert empty.app.test_client().post(path, data=FIRST).status_code == 303
    assert main(["init"]) == 0
    assert "welcome" not in capsys.readouterr().out
