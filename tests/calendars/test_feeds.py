"""Private calendar links on the real database: who sees what, what changes, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from gmp_booking.bookings.content import NamedPerson, ReservationContent, SessionContent
from gmp_booking.calendars.others_time import full_periods
from gmp_booking.calendars.service import MAX_FEEDS, create_feed
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import Kind
from gmp_booking.requests.cancel import cancel
from gmp_booking.requests.submit import submit
from tests.bookings.test_submitting import at, eng
from tests.calendars.conftest import COMPETITOR, OPERATOR, REQUESTER, SCHEDULER
from tests.calendars.readers import READERS, read_with_icalendar
from tests.factories.interfaces import ByApi
from tests.statement_watch import watching

Subscribe = Callable[..., str]
Get = Callable[..., Any]
Sql = Callable[..., list[tuple]]

CANARY = "CANARY-7261"


def by_uid(response: Any) -> dict[str, dict[str, Any]]:
    assert response.status_code == 200, response.text
    events = read_with_icalendar(response.data)
    assert len({event["uid"] for event in events}) == len(events)
    return {event["uid"].partition("@")[0]: event for event in events}


def competitors_booking(room: str = "C-01", start: float = 0, end: float = 4) -> Any:
    """A competitor's booking with a mark in every text it may hold."""
    session = SessionContent(
        room=room,
        start=at(start),
        end=at(end),
        headcount=1,
        step=f"{CANARY} harvest",
        people=(NamedPerson("operator@saebyeok.example", "OPERATOR"),),
    )
    return eng(
        product="SE-01", sessions=(session,), title=f"{CANARY} title", purpose=f"{CANARY} purpose", batch=f"{CANARY}-B"
    )


@pytest.fixture
def booked(database: Database, people: dict[str, Actor]) -> str:
    """Gaon's cleanroom work with an incubator: one session, one reservation."""
    content = eng(equipment=(ReservationContent("INC-01", at(0), at(24 * 20), units=2),))
    return database.transact(people[REQUESTER], submit, content).booking.reference


def test_a_feed_shows_each_session_and_each_reservation(get: Get, subscribe: Subscribe, booked: str) -> None:
    response = get(subscribe(REQUESTER, "mine"))
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert "Content-Disposition" not in response.headers
    assert "Set-Cookie" not in response.headers
    events = by_uid(response)
    assert set(events) == {f"{booked}-s1", f"{booked}-e1"}
    session, reservation = events[f"{booked}-s1"], events[f"{booked}-e1"]
    assert (session["start"], session["end"]) == (at(0).isoformat(), at(4).isoformat())
    assert (session["status"], session["transp"]) == ("TENTATIVE", "OPAQUE")
    assert session["summary"] == f"B-01 · {booked} · Requested"
    assert session["url"] == f"http://booking.example/bookings/{booked}"
    assert reservation["transp"] == "TRANSPARENT"
    assert reservation["end"] == at(24 * 20).isoformat()


@pytest.mark.heavy
@pytest.mark.parametrize("scope", ["mine", "company", "resource:B-01", "resource:INC-01"])
def test_three_programs_read_the_same(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], booked: str, scope: str
) -> None:
    database.transact(people[COMPETITOR], submit, competitors_booking("B-01", 6, 9))
    feed = get(subscribe(REQUESTER, scope)).data
    found = [read(feed) for read in READERS.values()]
    assert found[0] == found[1] == found[2]
    assert found[0]


def test_the_sequence_rises_on_confirmation_and_on_cancellation(
    get: Get,
    subscribe: Subscribe,
    database: Database,
    people: dict[str, Actor],
    booked: str,
    confirm: Callable[[str], None],
) -> None:
    path, uid = subscribe(REQUESTER, "company"), f"{booked}-s1"
    requested = by_uid(get(path))[uid]
    confirm(booked)
    confirmed = by_uid(get(path))[uid]
    database.transact(people[REQUESTER], cancel, booked, reason="the donor withdrew")
    cancelled = by_uid(get(path))[uid]
    assert [each["status"] for each in (requested, confirmed, cancelled)] == ["TENTATIVE", "CONFIRMED", "CANCELLED"]
    assert requested["sequence"] < confirmed["sequence"] < cancelled["sequence"]
    assert requested["changed"] <= confirmed["changed"] <= cancelled["changed"]


def test_the_sequence_rises_when_a_returned_booking_comes_back_at_another_time(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], by_api: ByApi
) -> None:
    path = subscribe(REQUESTER, "mine")
    reference = database.transact(people[REQUESTER], submit, eng()).booking.reference
    before = by_uid(get(path))[f"{reference}-s1"]
    by_api.act(SCHEDULER, reference, "return", reason="Which shelf is it?")
    assert by_uid(get(path))[f"{reference}-s1"]["status"] == "TENTATIVE"
    database.transact(people[REQUESTER], submit, eng(start=5, end=8), reference=reference)
    (after,) = by_uid(get(path)).values()
    assert after["uid"] == before["uid"]
    assert after["start"] > before["start"]
    assert after["sequence"] > before["sequence"]


@pytest.mark.parametrize("scope", ["mine", "company", "resource:B-01", "facility"])
def test_a_cancelled_booking_is_told_for_90_days(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], booked: str, sql: Sql, scope: str
) -> None:
    path = subscribe(SCHEDULER if scope == "facility" else REQUESTER, scope)
    database.transact(people[REQUESTER], cancel, booked, reason="the donor withdrew")
    assert by_uid(get(path))[f"{booked}-s1"]["status"] == "CANCELLED"
    sql("UPDATE booking SET ended_at = ended_at - interval '89 days'")
    assert by_uid(get(path))[f"{booked}-s1"]["status"] == "CANCELLED"
    sql("UPDATE booking SET ended_at = ended_at - interval '3 days'")
    assert by_uid(get(path)) == {}


def test_whoever_is_named_sees_the_session_and_still_hears_that_it_is_cancelled(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], booked: str
) -> None:
    path = subscribe(OPERATOR, "mine")
    assert set(by_uid(get(path))) == {f"{booked}-s1"}
    database.transact(people[REQUESTER], cancel, booked, reason="the donor withdrew")
    assert by_uid(get(path))[f"{booked}-s1"]["status"] == "CANCELLED"


def test_a_requester_who_is_named_sees_the_session_once(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor]
) -> None:
    session = SessionContent(
        room="B-02", start=at(0), end=at(2), headcount=1, people=(NamedPerson(REQUESTER, "OPERATOR"),)
    )
    reference = database.transact(people[REQUESTER], submit, eng(sessions=(session,))).booking.reference
    assert set(by_uid(get(subscribe(REQUESTER, "mine")))) == {f"{reference}-s1"}


def test_old_far_and_unborn_bookings_are_left_out(get: Get, subscribe: Subscribe, booked: str, sql: Sql) -> None:
    path = subscribe(REQUESTER, "company")
    for shift, shown in (("- interval '60 days'", 1), ("+ interval '40 days'", 2), ("+ interval '600 days'", 0)):
        for table in ("booking", "booking_session", "equipment_reservation"):
            sql(f"UPDATE {table} SET starts_at = starts_at {shift}, ends_at = ends_at {shift}")
        assert len(by_uid(get(path))) == shown, shift
    sql("UPDATE booking SET state = 'DRAFT', starts_at = gmp_now(), ends_at = gmp_now() + interval '1 day'")
    assert by_uid(get(path)) == {}


# -- what one company sees of another


def test_a_competitor_learns_that_a_room_is_taken_and_nothing_else(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], booked: str
) -> None:
    reference = database.transact(people[COMPETITOR], submit, competitors_booking("B-01", 6, 9)).booking.reference
    response = get(subscribe(REQUESTER, "resource:B-01"))
    events = by_uid(response)
    (busy,) = [event for uid, event in events.items() if uid.startswith("busy-")]
    assert (busy["summary"], busy["start"], busy["end"]) == ("Reserved", at(6).isoformat(), at(9).isoformat())
    assert (busy["description"], busy["location"], busy["url"], busy["sequence"]) == (None, None, None, 0)
    assert events[f"{booked}-s1"]["summary"].startswith("B-01")
    for word in (CANARY, reference, "SAE", "Saebyeok", "SE-01", "새벽"):
        assert word not in response.text


@pytest.mark.heavy
@pytest.mark.parametrize("scope", ["mine", "company", "facility", "resource:B-01", "resource:C-01", "resource:INC-01"])
def test_no_feed_of_a_company_holds_a_mark_of_a_competitor(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], scope: str
) -> None:
    references = [
        database.transact(people[COMPETITOR], submit, content).booking.reference
        for content in (competitors_booking("B-01", 6, 9), competitors_booking("C-01", 30, 34))
    ]
    for email in (REQUESTER, OPERATOR):
        response = get(subscribe(email, scope))
        assert response.status_code == 200
        assert not [word for word in (CANARY, *references) if word in response.text]
    assert references[0] in get(subscribe(COMPETITOR, "company")).text


def test_touching_times_of_two_competitors_are_one_block(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor]
) -> None:
    for start, end in ((0, 2), (2, 5)):
        content = competitors_booking("B-01", start, end)
        session = replace(content.sessions[0], people=())
        database.transact(people[COMPETITOR], submit, replace(content, sessions=(session,)))
    (busy,) = by_uid(get(subscribe(REQUESTER, "resource:B-01"))).values()
    assert (busy["start"], busy["end"]) == (at(0).isoformat(), at(5).isoformat())


def test_equipment_with_several_places_is_reserved_when_others_leave_none() -> None:
    def hours(start: float, end: float) -> Period:
        return Period(at(start), at(end))

    busy = [(1, hours(0, 4)), (2, hours(2, 6)), (1, hours(4, 5)), (2, hours(8, 9))]
    assert full_periods(busy, places=2) == [hours(2, 5)]
    assert full_periods(busy, places=1) == [hours(0, 6), hours(8, 9)]
    assert full_periods(busy, places=3) == []


def test_the_facility_sees_all(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], booked: str
) -> None:
    reference = database.transact(people[COMPETITOR], submit, competitors_booking("B-01", 6, 9)).booking.reference
    wanted = {f"{booked}-s1", f"{reference}-s1"}
    assert set(by_uid(get(subscribe(SCHEDULER, "resource:B-01")))) == wanted
    assert set(by_uid(get(subscribe(SCHEDULER, "facility")))) == wanted | {f"{booked}-e1"}
    assert by_uid(get(subscribe(SCHEDULER, "mine"))) == {}
    assert CANARY not in get(subscribe(SCHEDULER, "facility")).text


def test_a_room_taken_along_with_attended_equipment_is_in_its_feed(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor]
) -> None:
    content = eng(
        kind=Kind.EQUIPMENT,
        product=None,
        run_type=None,
        sessions=(),
        equipment=(ReservationContent("TFF-01", at(0), at(3)),),
    )
    reference = database.transact(people[REQUESTER], submit, content).booking.reference
    assert set(by_uid(get(subscribe(REQUESTER, "resource:C-01")))) == {f"{reference}-e1"}
    assert set(by_uid(get(subscribe(REQUESTER, "resource:TFF-01")))) == {f"{reference}-e1"}
    (busy,) = by_uid(get(subscribe(COMPETITOR, "resource:C-01"))).values()
    assert busy["summary"] == "Reserved"


# -- making links


def test_each_may_make_what_is_theirs(database: Database, people: dict[str, Actor]) -> None:
    with pytest.raises(Forbidden):
        database.transact(people[SCHEDULER], create_feed, scope="company")
    for scope, field in (
        ("everything", "scope"),
        ("", "scope"),
        ("resource", "resource"),
        ("resource:X-9", "resource"),
    ):
        with pytest.raises(Invalid) as refused:
            database.transact(people[REQUESTER], create_feed, scope=scope)
        assert list(refused.value.field_errors) == [field]


def test_one_person_has_so_many_links_and_no_more(database: Database, people: dict[str, Actor]) -> None:
    for _ in range(MAX_FEEDS):
        database.transact(people[REQUESTER], create_feed, scope="mine")
    with pytest.raises(Conflict):
        database.transact(people[REQUESTER], create_feed, scope="mine")
    database.transact(people[COMPETITOR], create_feed, scope="mine")


def test_the_link_is_kept_as_a_hash_and_nowhere_else(database: Database, people: dict[str, Actor], sql: Sql) -> None:
    made = database.transact(people[REQUESTER], create_feed, scope="resource", resource="B-01")
    assert len(made.secret) >= 48
    assert made.secret.startswith(made.feed.prefix)
    for (table,) in sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        rows = sql(f'SELECT t::text FROM "{table}" AS t')
        assert not [row for (row,) in rows if made.secret in row or made.secret[12:] in row], table
    ((event, data),) = sql("SELECT event, data FROM journal")
    assert event == "CalendarFeedMade"
    assert (data["scope"], data["resource"], data["prefix"]) == ("resource", "B-01", made.feed.prefix)


# -- the end of links


def unnumbered(response: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """An answer without the id of its request."""
    number = response.headers["X-Request-Id"]
    headers = [(name, value) for name, value in response.headers if name != "X-Request-Id"]
    return response.status_code, response.data.replace(number.encode(), b"-"), headers


ENDINGS = {
    "the person is inactive": "UPDATE person SET active = false WHERE email = 'requester@gaon.example'",
    "the account is inactive": "UPDATE account SET active = false WHERE email = 'requester@gaon.example'",
    "the company is suspended": "UPDATE company SET status = 'SUSPENDED' WHERE code = 'GAO'",
    "no role is left": "UPDATE person_role SET revoked_at = gmp_now()",
    "the person went to another company": """
        WITH moved AS (
            UPDATE person SET company_id = (SELECT id FROM company WHERE code = 'SAE')
            WHERE email = 'requester@gaon.example' RETURNING id, company_id
        ), gone AS (
            UPDATE person_role SET revoked_at = gmp_now() WHERE person_id IN (SELECT id FROM moved)
        )
        INSERT INTO person_role (person_id, company_id, role) SELECT id, company_id, 'OPERATOR' FROM moved
    """,
    "the link is revoked": "UPDATE calendar_feed SET revoked_at = gmp_now()",
}


@pytest.mark.heavy
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_dead_link_is_as_unknown_as_an_invented_one(
    get: Get, subscribe: Subscribe, booked: str, sql: Sql, ending: str
) -> None:
    path = subscribe(REQUESTER, "company")
    etag = get(path).headers["ETag"]
    sql(ENDINGS[ending])
    invented = [unnumbered(get(f"/calendars/{name}.ics")) for name in ("gmpf_" + "x" * 43, "x", "%EA%B0%80")]
    assert invented[0][0] == 404
    assert [unnumbered(get(path)), unnumbered(get(path, If_None_Match=etag)), *invented] == [invented[0]] * 5


def test_a_changed_role_does_not_end_a_link(get: Get, subscribe: Subscribe, booked: str, sql: Sql) -> None:
    path = subscribe(REQUESTER, "company")
    sql(
        "UPDATE person_role SET revoked_at = gmp_now() WHERE person_id = (SELECT id FROM person WHERE email = %s)",
        REQUESTER,
    )
    sql(
        "INSERT INTO person_role (person_id, company_id, role)"
        " SELECT id, company_id, 'COMPANY_APPROVER' FROM person WHERE email = %s",
        REQUESTER,
    )
    assert len(by_uid(get(path))) == 2


def test_the_use_of_a_link_is_noted_once_a_minute(get: Get, subscribe: Subscribe, booked: str, sql: Sql) -> None:
    path = subscribe(REQUESTER, "mine")
    assert sql("SELECT last_used_at FROM calendar_feed") == [(None,)]
    etag = get(path).headers["ETag"]
    (first,) = sql("SELECT last_used_at FROM calendar_feed")
    assert first[0] is not None
    get(path, If_None_Match=etag)
    assert sql("SELECT last_used_at FROM calendar_feed") == [first]
    sql("UPDATE calendar_feed SET last_used_at = last_used_at - interval '61 seconds'")
    get(path, If_None_Match=etag)
    assert sql("SELECT last_used_at FROM calendar_feed") > [first]


# -- asking again


@pytest.mark.parametrize("scope", ["mine", "company", "resource:B-01", "facility"])
def test_what_did_not_change_is_not_sent_again(
    get: Get,
    subscribe: Subscribe,
    database: Database,
    people: dict[str, Actor],
    booked: str,
    scope: str,
    confirm: Callable[[str], None],
) -> None:
    path = subscribe(SCHEDULER if scope == "facility" else REQUESTER, scope)
    first, second = get(path), get(path)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    for known in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"x", {first.headers["ETag"]}', "*"):
        again = get(path, If_None_Match=known)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert again.headers["Cache-Control"] == "private, no-cache"
    confirm(booked)
    changed = get(path, If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


CHANGES = {
    "another booking": None,
    "a room's new name": "UPDATE resource SET name_en = 'Suite 1' WHERE code = 'B-01'",
    "a company's new name": "UPDATE company SET name_en = 'Gaon Two' WHERE code = 'GAO'",
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_the_bytes_changes_the_tag(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], booked: str, sql: Sql, change: str
) -> None:
    path = subscribe(REQUESTER, "company")
    before = get(path)
    if CHANGES[change] is None:
        database.transact(people[REQUESTER], submit, eng(start=50, end=52))
    else:
        sql(CHANGES[change])
    after = get(path, If_None_Match=before.headers["ETag"])
    assert after.status_code == 200
    assert after.data != before.data


def test_a_competitors_new_time_changes_the_tag_of_the_resource_only(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], booked: str
) -> None:
    paths = [subscribe(REQUESTER, scope) for scope in ("resource:B-01", "resource:B-02", "company", "mine")]
    tags = [get(path).headers["ETag"] for path in paths]
    database.transact(people[COMPETITOR], submit, competitors_booking("B-01", 6, 9))
    changed = [get(path).headers["ETag"] != tag for path, tag in zip(paths, tags, strict=True)]
    assert changed == [True, False, False, False]


def test_feeds_speak_the_language_of_their_owner(
    get: Get, subscribe: Subscribe, database: Database, people: dict[str, Actor], booked: str
) -> None:
    korean = replace(people[REQUESTER], language="ko")
    secret = database.transact(korean, create_feed, scope="company").secret
    response = get(f"/calendars/{secret}.ics", Accept_Language="en")
    assert re.search(r"SUMMARY;LANGUAGE=ko:", response.text)
    assert "B-01 실" in by_uid(response)[f"{booked}-s1"]["location"]


# -- what it costs


def multiply(sql: Sql, times: int) -> None:
    """So many more bookings like the one there is, each an hour later."""
    sql(
        """
        WITH original AS (SELECT * FROM booking ORDER BY id LIMIT 1), added AS (
            INSERT INTO booking (reference, company_id, kind, state, version, revision, title, track, starts_at, ends_at,
                                 requested_by, entered_by)
            SELECT 'BK-' || lpad(n::text, 8, '0'), company_id, kind, state, version, revision, title, track,
                   starts_at + n * interval '1 hour', ends_at + n * interval '1 hour', requested_by, entered_by
            FROM original, generate_series(1, %s) AS n
            RETURNING id, company_id, starts_at
        )
        INSERT INTO booking_session (booking_id, company_id, version, number, room_id, starts_at, ends_at, headcount)
        SELECT added.id, added.company_id, 1, 1, (SELECT id FROM resource WHERE code = 'B-01'), added.starts_at,
               added.starts_at + interval '1 hour', 1
        FROM added
        """,
        times,
    )


@pytest.mark.heavy
@pytest.mark.parametrize("scope", ["mine", "company", "resource:B-01"])
def test_500_entries_take_as_many_statements_as_5(
    get: Get, subscribe: Subscribe, app: Flask, booked: str, sql: Sql, scope: str
) -> None:
    path = subscribe(REQUESTER, scope)
    get(path)
    with watching(app.extensions["gmp"].database) as watched:
        get(path)
        few = len(watched.statements)
        multiply(sql, 500)
        watched.statements.clear()
        response = get(path)
        assert len(by_uid(response)) == (2 + 500 if scope != "resource:B-01" else 1)
        assert len(watched.statements) == few == (6 if scope.startswith("resource") else 4)
        watched.statements.clear()
        assert get(path, If_None_Match=response.headers["ETag"]).status_code == 304
        assert len(watched.statements) == 2


def test_a_feed_has_a_most(get: Get, subscribe: Subscribe, booked: str, sql: Sql, monkeypatch) -> None:
    monkeypatch.setattr("gmp_booking.calendars.service.MAX_ENTRIES", 10)
    multiply(sql, 30)
    events = by_uid(get(subscribe(REQUESTER, "company")))
    assert len(events) == 10
    assert f"{booked}-s1" in events
