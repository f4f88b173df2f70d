"""An event leaves the journal as it entered it, whatever its fields are."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gmp_booking.registry
from gmp_booking.bookings.events import BookingAdjusted, Difference, SessionMoved
from gmp_booking.kernel.events import Event, event_class, from_json

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
    columns = {name: getattr(event, name) for name in ("company_id", "booking_id", "reference", "version")}
    assert from_json(event.name, stored, **columns) == event


def _strategy(cls: type[Event], name: str) -> st.SearchStrategy[Any]:
    hint = get_type_hints(cls)[name]
    if hint == dict[str, Any]:
        return st.dictionaries(st.text(), JSON, max_size=3)
    if hint == tuple[Difference, ...]:
        each = st.builds(Difference, st.text(), st.none() | st.integers(), st.text(), JSON, JSON)
        return st.lists(each, max_size=3).map(tuple)
    return st.from_type(hint)


def test_a_field_that_a_class_no_longer_has_is_left_out() -> None:
    event = from_json("BookingConfirmed", {"sessions": []}, booking_id=7)
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
