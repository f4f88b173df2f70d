"""The demonstration as it was seeded: its rows in the database and its pages."""

import re
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from sqlalchemy import text

from gmp_booking.companies.service import find_company
from gmp_booking.consistency.service import verify_data
from gmp_booking.demo.command import seed, seed_if_stale, welcome
from gmp_booking.demo.people import COMPANIES, PASSWORD, SIGN_IN_EXAMPLES, STAFF
from gmp_booking.infra.mail.dev_mail_server import running_sink
from gmp_booking.infra.process.stack import StackError, mail_dir
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.notifications.jobs import send
from gmp_booking.registry import build
from tests.demo.conftest import config_for

pytestmark = pytest.mark.heavy

PUBLIC = [f"{mailbox}@brc.example" for mailbox, *_ in STAFF] + [
    f"{mailbox}@{guest.domain}" for guest in COMPANIES for mailbox in ("requester", "approver", "operator")
]
STARTED_WITHIN_S = 1.0


def scalars(session, statement, **values):
    return session.execute(text(statement), values).scalars().all()


def test_the_checks_of_stored_data_find_nothing(demonstration):
    services = build(demonstration.config)
    found = {result.check.name: result.found for result in verify_data(services.database) if result.found}
    services.database.dispose()
    assert found == {}


def test_no_place_is_taken_twice(seeded):
    slots = seeded.execute(text("SELECT unit_id, starts_at, ends_at, booking_id FROM slot WHERE active")).all()
    by_unit = defaultdict(list)
    for unit_id, starts_at, ends_at, booking_id in slots:
        by_unit[unit_id].append((starts_at, ends_at, booking_id))
    assert len(slots) > 200
    for spans in by_unit.values():
        free_from = datetime.min.replace(tzinfo=UTC)
        for starts_at, ends_at, booking_id in sorted(spans):
            assert starts_at >= free_from, booking_id
            free_from = ends_at


def test_every_company_has_bookings_over_twelve_weeks(seeded):
    rows = seeded.execute(
        text(
            "SELECT c.code, count(*), min(b.starts_at), max(b.ends_at) FROM booking b JOIN company c ON c.id = b.company_id GROUP BY 1"
        )
    ).all()
    assert {code for code, *_ in rows} == {guest.code for guest in COMPANIES} | {"BRC"}
    assert sum(count for _, count, *_ in rows) >= 120
    begins, ends = (pick(row[column] for row in rows if row[column]) for pick, column in ((min, 2), (max, 3)))
    assert ends - begins > timedelta(weeks=11)


def test_every_state_a_booking_can_be_in_is_there(seeded):
    states = set(scalars(seeded, "SELECT DISTINCT state FROM booking"))
    assert states >= {
        "DRAFT", "SUBMITTED", "UNDER_REVIEW", "RETURNED", "REJECTED", "CANCELLED", "CONFIRMED",
    }  # fmt: skip
    assert scalars(seeded, "SELECT count(*) FROM booking WHERE version > 1") != [0]


def test_everything_stands_where_the_facility_allows_it(seeded):
    sessions = (
        "SELECT DISTINCT b.title || ' in ' || r.code FROM booking AS b"
        " JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version"
        " JOIN room ON room.id = s.room_id JOIN resource AS r ON r.id = s.room_id"
        " LEFT JOIN product AS p ON p.id = b.product_id"
        " WHERE p.modality <> ALL (room.allowed_modalities) AND room.allowed_modalities <> '{}'"
        " OR (CASE WHEN b.kind = 'APS' THEN 'APS' WHEN b.kind = 'TOUR' THEN 'TOUR_VIEW'"
        "     WHEN b.kind IN ('TECH_DEMO', 'EDUCATION', 'REVIEW') THEN 'TRAINING'"
        "     WHEN b.run_type = 'CLIN' THEN 'GMP' ELSE 'ENG' END) <> ALL (room.allowed_activities)"
    )
    reservations = (
        "SELECT DISTINCT b.title || ' in ' || r.code FROM booking AS b"
        " JOIN equipment_reservation AS e ON e.booking_id = b.id AND e.version = b.version"
        " JOIN equipment ON equipment.id = e.equipment_id JOIN resource AS r ON r.id = e.equipment_id"
        " WHERE b.product_id IS DISTINCT FROM equipment.dedicated_product_id"
        " AND equipment.dedicated_product_id IS NOT NULL"
    )
    assert scalars(seeded, sessions) == []
    assert scalars(seeded, reservations) == []
    assert scalars(seeded, "SELECT count(*) FROM equipment WHERE dedicated_product_id IS NOT NULL")[0] > 0


def test_what_needs_nobody_was_confirmed_by_itself(seeded):
    left = "SELECT count(*) FROM booking WHERE kind IN ('QC', 'REVIEW') AND track <> 'none' AND state = 'SUBMITTED'"
    assert scalars(seeded, left) == [0]
    assert scalars(seeded, "SELECT count(*) FROM booking WHERE track = 'none' AND state = 'CONFIRMED'")[0] > 5


def test_sessions_that_are_over_were_recorded(seeded):
    over = (
        "SELECT count(*) FROM booking_session AS s JOIN booking AS b ON b.id = s.booking_id AND b.version = s.version"
        " LEFT JOIN session_record AS r ON r.booking_id = s.booking_id AND r.number = s.number"
        " WHERE b.state = 'CONFIRMED' AND s.ends_at < clock_timestamp() - interval '1 hour'"
        " AND s.starts_at > clock_timestamp() - interval '14 days' AND COALESCE(r.state, 'PLANNED') "
    )
    assert scalars(seeded, f"{over} IN ('PLANNED', 'READY', 'IN_USE')") == [0]
    assert scalars(seeded, f"{over} = 'DONE'")[0] > 20


def test_changes_wait_and_time_is_withdrawn(seeded):
    assert len(scalars(seeded, "SELECT id FROM booking_change WHERE state IN ('SUBMITTED', 'UNDER_REVIEW')")) >= 2
    assert scalars(seeded, "SELECT hold_no FROM outage WHERE kind = 'HOLD' AND ends_at IS NULL") != []
    assert scalars(seeded, "SELECT count(*) FROM outage WHERE series IS NOT NULL") == [6]


def test_there_are_notes_about_hours_and_holidays(seeded):
    texts = scalars(
        seeded,
        "SELECT DISTINCT f ->> 'rule' FROM evaluation, jsonb_array_elements(findings) AS f",
    )
    assert "CA-01" in texts


def test_every_holiday_has_a_chinese_name(seeded):
    assert scalars(seeded, "SELECT count(*) FROM holiday")[0] > 50
    assert scalars(seeded, "SELECT name_en FROM holiday WHERE name_zh ~ '[A-Za-z]' OR name_zh = ''") == []


def test_the_past_was_written_in_the_past(seeded):
    assert scalars(seeded, "SELECT count(*) FROM booking WHERE submitted_at >= starts_at") == [0]
    assert scalars(seeded, "SELECT count(*) FROM booking WHERE created_at > clock_timestamp()") == [0]
    [oldest] = scalars(seeded, "SELECT min(at) FROM journal")
    assert datetime.now(UTC) - oldest > timedelta(weeks=6)
    assert scalars(
        seeded,
        "SELECT count(*) FROM booking b JOIN journal j ON j.subject_id = b.id AND j.event = 'BookingConfirmed'"
        " WHERE j.at <> b.confirmed_at",
    ) == [0]
    assert scalars(
        seeded,
        "SELECT count(*) FROM row_history h JOIN booking b ON b.id = h.row_id AND h.table_name = 'booking'"
        " WHERE h.operation = 'INSERT' AND abs(extract(epoch FROM h.at - b.created_at)) > 60",
    ) == [0]


def test_every_confirmed_booking_was_signed_for_by_somebody_signed_in(seeded):
    unsigned = scalars(
        seeded,
        "SELECT reference FROM booking b WHERE state = 'CONFIRMED' AND track = 'engineering' AND NOT EXISTS ("
        " SELECT FROM signature s WHERE s.record_id = b.id AND s.record_version = b.version"
        " AND s.auth_session_id IS NOT NULL)",
    )
    assert unsigned == []
    signers = "SELECT auth_session_id FROM signature"
    assert scalars(seeded, f"SELECT count(*) FROM auth_session WHERE ended_at IS NULL AND id IN ({signers})") == [0]


def test_the_clock_is_the_real_one_again(seeded):
    assert scalars(seeded, "SELECT prosrc FROM pg_proc WHERE proname = 'gmp_now'") == ["SELECT clock_timestamp()"]


def test_seeding_again_while_the_data_is_recent_does_nothing(demonstration, seeded):
    before = scalars(seeded, "SELECT reference FROM booking ORDER BY id")
    seeded.rollback()
    began = time.monotonic()
    seed_if_stale(demonstration.config)
    assert time.monotonic() - began < STARTED_WITHIN_S
    assert scalars(seeded, "SELECT reference FROM booking ORDER BY id") == before


def test_it_is_not_seeded_while_web_or_worker_run(demonstration, monkeypatch):
    monkeypatch.setattr("gmp_booking.demo.command.OTHER_SESSIONS_LIMIT_S", 0.2)
    running = build(demonstration.config).database
    running.read(SYSTEM, find_company, "GAO")
    with pytest.raises(StackError, match="stop it"):
        seed(demonstration.config)
    running.dispose()


def test_it_is_not_seeded_without_the_flag(demonstration):
    with pytest.raises(StackError, match="GMP_DEMO"):
        seed(replace(demonstration.config, demo=False))


def test_somebodys_own_facility_is_never_emptied(place, tmp_path, rows):
    with pytest.raises(StackError, match="GMP_DATA_DIR"):
        seed_if_stale(config_for(place, tmp_path))
    assert rows.execute(text("SELECT count(*) FROM person")).scalar_one() > 0


def test_only_a_handful_of_mail_still_arrives(demonstration, seeded):
    due = scalars(
        seeded,
        "SELECT count(*) FROM outbox_message WHERE due_at <= clock_timestamp() AND sent_at IS NULL AND withdrawn_at IS NULL",
    )
    assert 5 <= due[0] <= 20
    later = "SELECT count(*) FROM outbox_message WHERE due_at > clock_timestamp() AND sent_at IS NULL"
    assert scalars(seeded, later)[0] > 50
    seeded.rollback()
    directory = mail_dir(demonstration.config)
    with running_sink(directory) as port:
        services = build(replace(demonstration.config, smtp_host="127.0.0.1", smtp_port=port))
        send(services.database, services.config)
        services.database.dispose()
    assert len(list(directory.glob("*.eml"))) == due[0]


def test_the_welcome_names_everybody(demonstration):
    lines = "\n".join(welcome())
    assert PASSWORD in lines
    assert "qa" in lines
    for guest in COMPANIES:
        assert guest.domain in lines


def signed_in(app, email):
    client = app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    answer = client.post("/login", data={"email": email, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 303, email
    return client


@pytest.mark.parametrize("email", PUBLIC)
def test_every_public_account_can_sign_in(demo_app, email):
    assert signed_in(demo_app, email).get("/timeline").status_code == 200


def test_the_sign_in_page_offers_the_example_people(demo_app):
    page = demo_app.test_client().get("/login").get_data(as_text=True)
    for _house, _part, email in SIGN_IN_EXAMPLES:
        assert email in page


def test_the_mail_page_shows_what_was_caught(demo_app, demonstration):
    folder = mail_dir(demonstration.config)
    message = EmailMessage()
    message["Subject"], message["To"] = "안내 <b>", "b@gaon.example"
    message["From"] = Address("빛고을 첨단재생의료 공용 GMP·실증센터 운영지원팀", addr_spec="a@brc.example")
    message["Date"] = "Mon, 16 Nov 2026 09:00:00 +0900"
    message.set_content("본문")
    message.add_attachment(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="a.ics")
    name = f"{99:020d}-000000.eml"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(message.as_bytes())
    client = signed_in(demo_app, "auditor@brc.example")
    listed = client.get("/demo/mail?page=9999").get_data(as_text=True)
    shown = client.get(f"/demo/mail/{name}").get_data(as_text=True)
    (folder / name).unlink()
    assert "안내 &lt;b&gt;" in listed
    assert "빛고을 첨단재생의료 공용 GMP·실증센터 운영지원팀 &lt;a@brc.example&gt;" in shown
    assert "본문" in shown
    assert "BEGIN:VCALENDAR" in shown
    assert client.get("/demo/mail/nothing.eml").status_code == 404


@pytest.mark.parametrize("path", ["/demo/mail", "/demo/mail/nothing.eml"])
def test_the_mail_page_is_for_people_signed_in(demo_app, path):
    answer = demo_app.test_client().get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert "/login" in answer.headers["Location"]


def test_nothing_of_the_demonstration_is_reachable_without_the_flag(plain_app):
    page = plain_app.test_client().get("/login").get_data(as_text=True)
    assert PASSWORD not in page
    assert "gaon.example" not in page
    assert not [rule.rule for rule in plain_app.url_map.iter_rules() if "demo" in rule.rule]
    assert signed_in(plain_app, "auditor@brc.example").get("/demo/mail").status_code == 404
