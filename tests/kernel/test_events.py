"""An event leaves the journal as it entered it, whatever its fields are."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gmp_booking.registry
from gmp_booking.bookings.events import BookingAdjusted, BookingConfirmed, Difference, SessionMoved
from gmp_booking.companies.events import CompanyAdded
from gmp_booking.kernel.events import Event, RecordRef, event_class, from_json
from gmp_booking.kernel.vocabulary import RecordKind
from gmp_booking.people.events import PersonDeactivated
from gmp_booking.policies.events import HolidayWithdrawn

assert gmp_booking.registry
INSTANTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
JSON = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())
st.register_type_strategy(datetime, INSTANTS)


def _events() -> list[type[Event]]:
    return sorted((each for each in Event.__subclasses__() if each.__module__.startswith("gmp_booking")), key=str)


@pytest.mark.parametrize("cls", _events(), ids=lambda cls: cls.__name__)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_each_event_comes_back_as_it_was(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(st.builds(cls, **{field.name: _strategy(cls, field.name) for field in fields(cls)}))
    stored = json.loads(json.dumps(event.data()))
    columns = {name: getattr(event, name) for name in ("company_id", "reference", "version")}
    record = None if event.booking_id is None else RecordRef(RecordKind.BOOKING, event.booking_id)
    assert from_json(event.name, stored, record=record, **columns) == event


def _strategy(cls: type[Event], name: str) -> st.SearchStrategy[Any]:
    hint = get_type_hints(cls)[name]
    if hint == dict[str, Any]:
        return st.dictionaries(st.text(), JSON, max_size=3)
    if hint == tuple[Difference, ...]:
        each = st.builds(Difference, st.text(), st.none() | st.integers(), st.text(), JSON, JSON)
        return st.lists(each, max_size=3).map(tuple)
    return st.from_type(hint)


def test_a_field_that_a_class_no_longer_has_is_left_out() -> None:
    event = from_json("BookingConfirmed", {"sessions": []}, record=RecordRef(RecordKind.BOOKING, 7))
    assert (event.name, event.booking_id) == ("BookingConfirmed", 7)


def test_instants_and_parts_are_typed() -> None:
    moved = from_json(
        "SessionMoved",
        {
            "session": 1,
            "room": "B-01",
            "before": ["2027-03-02T00:00:00+00:00"] * 2,
            "after": ["2027-03-02T01:00:00Z"] * 2,
        },
    )
    assert isinstance(moved, SessionMoved)
    assert moved.after[0] == datetime(2027, 3, 2, 1, tzinfo=UTC)
    change = {"part": "booking", "number": None, "field": "title", "before": "a", "after": "b"}
    adjusted = from_json("BookingAdjusted", {"changed": [change]})
    assert isinstance(adjusted, BookingAdjusted)
    assert adjusted.changed == (Difference("booking", None, "title", "a", "b"),)


def test_an_unknown_event_is_an_error() -> None:
    with pytest.raises(LookupError):
        event_class("BookingTeleported")


def test_an_entry_of_an_older_schema_is_upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionMoved, "schema", 2)
    monkeypatch.setattr(
        SessionMoved, "upgraded", lambda data, schema: {**data, "room": f"{data['room']} since {schema}"}
    )
    data = {"session": 1, "room": "B-01", "before": ["2027-03-02T00:00:00Z"] * 2, "after": ["2027-03-02T01:00:00Z"] * 2}
    old, new = (from_json("SessionMoved", data, schema=schema) for schema in (1, 2))
    assert isinstance(old, SessionMoved)
    assert isinstance(new, SessionMoved)
    assert (old.room, new.room) == ("B-01 since 1", "B-01")


def test_an_event_names_the_record_it_is_about() -> None:
    assert BookingConfirmed(booking_id=7).record == RecordRef(RecordKind.BOOKING, 7)
    assert PersonDeactivated(person_id=3, company_id=1).record == RecordRef(RecordKind.PERSON, 3)
    assert CompanyAdded(company_id=4, code="GAO").record == RecordRef(RecordKind.COMPANY, 4)
    assert HolidayWithdrawn(on_date=date(2027, 1, 1), kind="PUBLIC").record is None
