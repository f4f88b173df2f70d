"""`gmp-booking verify-data`: what it prints, and its exit code; the nightly job and its page."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from gmp_booking.cli import main
from gmp_booking.consistency.jobs import verify_nightly
from tests.conftest import Place
from tests.consistency.diary import Diary
from tests.shared_app import SharedApp


@pytest.fixture
def settings(diary_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GMP_DATABASE_URL": diary_place.app_url,
        "GMP_OWNER_DATABASE_URL": diary_place.owner_url,
        "GMP_DATA_DIR": str(tmp_path),
        "GMP_TESTING": "1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def altered(diary: Diary, diary_place: Place) -> Iterator[str]:
    """The reference of a booking whose signed text was altered in the database."""
    booking = diary.ids["confirmed"][0]
    with psycopg.connect(diary_place.superuser_url, autocommit=True) as connection:
        statement = "UPDATE booking_version SET content_hash = %s || substr(content_hash, 2) WHERE booking_id = %s"
        [(first,)] = connection.execute(
            "SELECT left(content_hash, 1) FROM booking_version WHERE booking_id = %s", [booking]
        ).fetchall()
        connection.execute(statement, ["0" if first != "0" else "1", booking])
        yield diary.references[booking]
        connection.execute(statement, [first, booking])


@pytest.mark.usefixtures("settings")
def test_nothing_is_found_in_a_healthy_diary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-data"]) == 0
    assert "All 16 checks passed." in capsys.readouterr().out


@pytest.mark.usefixtures("settings")
def test_a_fault_is_printed_with_its_reference_and_fails_the_command(
    altered: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify-data"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if line.startswith("signed-text-altered ")] == [
        ["signed-text-altered", "1", altered]
    ]
    assert f"  {altered}: version 1: the text does not have the stored hash" in lines
    assert lines[-1] == "2 of 16 checks found 2 faults."


@pytest.mark.usefixtures("settings")
def test_every_fault_is_in_the_json(altered: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-data", "--json"]) == 1
    results = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert [each["reference"] for each in results["signature-of-other-text"]["found"]] == [altered]
    assert results["slots-overlap"] == {
        "name": "slots-overlap",
        "sentence": "No unit is taken twice at the same time.",
        "found": [],
        "unchecked": 0,
    }


@pytest.mark.usefixtures("settings")
def test_text_whose_bytes_are_not_kept_is_counted_apart(
    diary: Diary, diary_place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    booking = diary.ids["done"][0]
    with psycopg.connect(diary_place.superuser_url, autocommit=True) as connection:
        [(kept,)] = connection.execute(
            "SELECT canonical FROM booking_version WHERE booking_id = %s", [booking]
        ).fetchall()
        change = "UPDATE booking_version SET canonical = %s WHERE booking_id = %s"
        connection.execute(change, [None, booking])
        assert main(["verify-data"]) == 0
        connection.execute(change, [kept, booking])
    assert "(1 not checkable)" in capsys.readouterr().out


# -- every night


def nights(shared_app: SharedApp) -> list[dict[str, object]]:
    return shared_app.ask("SELECT night, finished_at IS NOT NULL AS is_finished FROM verification_run ORDER BY night")


def test_the_data_is_verified_once_a_night_and_a_fault_raises_an_alarm(
    shared_app: SharedApp, caplog: pytest.LogCaptureFixture
) -> None:
    evening = datetime.now(UTC).replace(hour=3) + timedelta(days=30)
    page = shared_app.page_client("auditor@brc.example")
    assert "The first check runs in the night" in page.get("/admin/data-checks").get_data(as_text=True)
    with shared_app.clock_at(evening):
        verify_nightly(shared_app.database)
        verify_nightly(shared_app.database)
    assert [each["is_finished"] for each in nights(shared_app)] == [True]
    assert "No fault was found." in page.get("/admin/data-checks").get_data(as_text=True)
    assert caplog.records == []

    reference = shared_app.ask(
        "INSERT INTO booking (reference, company_id, kind, state, track, requested_by, entered_by)"
        " SELECT 'BK-FAULT', min(company_id), 'TOUR', 'CONFIRMED', 'light', min(id), min(id) FROM person"
        " WHERE company_id IS NOT NULL RETURNING reference"
    )[0]["reference"]
    with shared_app.clock_at(evening + timedelta(days=1)), caplog.at_level(logging.ERROR):
        verify_nightly(shared_app.database)
    assert len(nights(shared_app)) == 2
    assert [(each.levelname, reference in each.getMessage()) for each in caplog.records] == [("ERROR", True)]
    shown = page.get("/admin/data-checks").get_data(as_text=True)
    assert "2 faults were found." in shown
    assert reference in shown


def test_a_night_that_another_worker_began_is_left_to_it_for_an_hour(shared_app: SharedApp) -> None:
    noon = datetime.now(UTC).replace(hour=3) + timedelta(days=60)
    with shared_app.clock_at(noon):
        shared_app.ask(
            "INSERT INTO verification_run (night, started_at) VALUES (%s, gmp_now()) RETURNING id", noon.date()
        )
        verify_nightly(shared_app.database)
        assert not nights(shared_app)[-1]["is_finished"]
    with shared_app.clock_at(noon + timedelta(minutes=61)):
        verify_nightly(shared_app.database)
        assert nights(shared_app)[-1]["is_finished"]
