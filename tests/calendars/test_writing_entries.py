"""The text of entries, against the library that would write the same more slowly."""

from __future__ import annotations

import itertools
import random
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gmp_booking.bookings.ical import CalendarPart, calendar_of
from gmp_booking.bookings.vtimezone import vtimezone
from gmp_booking.calendars.ics import LINE_OCTETS, address, escape, feed_of, fold, tidy
from tests.calendars.readers import READERS
from tests.zones import BERLIN, SEOUL

pytestmark = pytest.mark.heavy

AT = datetime(2027, 3, 2, 0, 0, tzinfo=UTC)
PART = CalendarPart(
    uid="BK-7Q4K9D2M-s1@booking.example",
    sequence=2,
    status="CONFIRMED",
    start=AT,
    end=AT + timedelta(hours=7),
    summary="B-01 · BK-7Q4K9D2M · 확정",
    description="무균 작업실 1\nhttps://booking.example/bookings/BK-7Q4K9D2M",
    location="B-01 무균 작업실 1",
    transparent=False,
    changed_at=AT - timedelta(days=9, seconds=13),
    url="https://booking.example/bookings/BK-7Q4K9D2M",
)
HOSTILE = {
    "line feed": "first\nSTATUS:CANCELLED",
    "carriage return": "first\rSTATUS:CANCELLED",
    "both": "first\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:planted",
    "separators": 'a,b;c:d=e"f\\g\\',
    "escapes": r"\n is not a break, \; and \, and \\ are not marks",
    "emoji": "🧬👩‍🔬" * 40,
    "hangul": "가나다라마바사" * 40,
    "combining": "e\u0301" * 200,
    "line separator": "first\u2028second\u2029third\x85fourth\x0bfifth",
    "controls": "a\x00b\x07c\x1bd\x7fe\x9bf",
    "lone surrogate": "a\ud800b",
    "blank start": " leading blank and a tab\t",
    "empty": "",
    "megabyte": "제목 title, " * 70_000,
}


def plainly(texts: CalendarPart) -> CalendarPart:
    """The part as its text may stand in any calendar."""
    return texts._replace(**{name: tidy(getattr(texts, name)) for name in ("summary", "description", "location")})


@pytest.mark.parametrize("reader", READERS)
def test_hostile_text_stays_text(reader: str) -> None:
    hostile = [PART._replace(uid=name, summary=text, description=text, location=text) for name, text in HOSTILE.items()]
    parts = [part for each in hostile for part in (PART, each)]
    found = READERS[reader](feed_of(parts, name="\r\nX:" + HOSTILE["separators"], language="ko", zone=SEOUL))
    plain, read_back = found[::2], found[1::2]
    assert [event["uid"] for event in read_back] == list(HOSTILE)
    for event in read_back:
        text = tidy(HOSTILE[event["uid"]])
        assert event["summary"] == text, event["uid"]
        assert (event["description"] or "", event["location"] or "") == (text, text), event["uid"]
        assert event["status"] == "CONFIRMED"
    assert all(event == plain[0] for event in plain)


def test_the_three_readers_find_the_same() -> None:
    parts = [
        PART._replace(uid=name, description=text, url=None if len(text) % 2 else PART.url)
        for name, text in HOSTILE.items()
    ]
    found = [read(feed_of(parts, name="x", language="en", zone=SEOUL)) for read in READERS.values()]
    assert found[0] == found[1] == found[2]
    assert found[0][0]["start"] == "2027-03-02T00:00:00+00:00"
    assert found[0][0]["changed"] == "2027-02-20T23:59:47+00:00"


def test_it_says_what_the_library_would_have_written() -> None:
    parts = [
        plainly(PART._replace(uid=name, summary=text, location=text))
        for name, text in HOSTILE.items()
        if name != "megabyte"
    ]
    for read in READERS.values():
        ours, theirs = (
            feed_of(parts, name="x", language="ko", zone=SEOUL),
            calendar_of(parts, name="x", language="ko", zone=SEOUL),
        )
        assert read(ours) == read(theirs)


def test_random_parts_say_what_the_library_would_have_written() -> None:
    seed = random.randrange(10**9)
    print("seed", seed)
    dice = random.Random(seed)
    letters = "aB ,;:\\\"'=\t\n\r가나🧬é\u2028%-"
    for _ in range(150):
        words = ["".join(dice.choices(letters, k=dice.choice((0, 1, 30, 74, 75, 76, 150, 400)))) for _ in range(3)]
        start = AT + timedelta(minutes=dice.randrange(10**6))
        part = plainly(
            CalendarPart(
                uid=f"u{dice.random()}",
                sequence=dice.randrange(9),
                status=dice.choice(("TENTATIVE", "CONFIRMED", "CANCELLED")),
                start=start,
                end=start + timedelta(minutes=dice.randrange(1, 10**5)),
                summary=words[0],
                description=words[1],
                location=words[2],
                transparent=dice.random() < 0.5,
                changed_at=AT + timedelta(seconds=dice.random() * 10**6),
                url=dice.choice((None, "https://booking.example/" + "x" * dice.randrange(200))),
            )
        )
        ours, theirs = (
            feed_of([part], name="x", language="en", zone=SEOUL),
            calendar_of([part], name="x", language="en", zone=SEOUL),
        )
        for read in (READERS["icalendar"], READERS["vobject"]):
            assert read(ours) == read(theirs), (seed, part)


def test_no_line_is_longer_than_75_octets_or_cut_within_a_character() -> None:
    parts = [PART._replace(summary=text, location=text) for text in HOSTILE.values()]
    feed = feed_of(parts, name="가" * 100, language="zh_Hans", zone=SEOUL)
    assert feed.endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")
    lines = feed.split(b"\r\n")
    assert feed.decode().splitlines() == feed.decode().split("\r\n")[:-1]
    assert max(map(len, lines)) <= LINE_OCTETS
    for line in lines:
        line.decode()
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)


def test_folding_loses_nothing() -> None:
    for length, letter in itertools.product(range(60, 240), "a가🧬"):
        line = "SUMMARY:" + letter * length
        assert fold(line).replace("\r\n ", "") == line, (length, letter)


def test_escaping_is_the_four_marks_of_the_format() -> None:
    assert escape("a\\b;c,d\ne\r\nf") == r"a\\b\;c\,d\ne\nf"
    assert escape("가 · 나") == "가 · 나"


def test_an_entry_with_an_impossible_address_is_left_out_and_the_others_stand(caplog: pytest.LogCaptureFixture) -> None:
    parts = [PART, PART._replace(uid="bad", url="https://x/\r\nATTENDEE:mailto:a@b"), PART._replace(uid="third")]
    found = READERS["icalendar"](feed_of(parts, name="x", language="en", zone=SEOUL))
    assert [event["uid"] for event in found] == [PART.uid, "third"]
    assert "'bad'" in caplog.text
    with pytest.raises(ValueError):
        address("https://x/ y")


def test_an_empty_feed_is_a_calendar() -> None:
    assert READERS["icalendar"](feed_of([], name="x", language="en", zone=SEOUL)) == []
    assert READERS["ical.js"](feed_of([], name="x", language="en", zone=SEOUL)) == []


CHANGES = ["2027-03-28T01:00", "2027-10-31T01:00"]
"""When the clocks change in Berlin, in UTC."""


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("reader", READERS)
def test_every_instant_around_a_clock_change_is_read_as_it_was(reader: str, change: str) -> None:
    middle = datetime.fromisoformat(change).replace(tzinfo=UTC)
    starts = [middle + timedelta(minutes=15 * number) for number in range(-12, 12)]
    parts = [PART._replace(uid=at.isoformat(), start=at, end=at + timedelta(hours=1)) for at in starts]
    for written in (
        feed_of(parts, name="x", language="en", zone=BERLIN),
        calendar_of(parts, name="x", language="en", zone=BERLIN),
    ):
        found = READERS[reader](written)
        assert [event["start"] for event in found] == [at.isoformat() for at in starts]
        assert [event["end"] for event in found] == [(at + timedelta(hours=1)).isoformat() for at in starts]


def test_a_zone_that_keeps_its_clocks_has_one_offset_and_another_its_yearly_rules() -> None:
    assert vtimezone(SEOUL).to_ical().decode().split("\r\n")[1:-1] == [
        "TZID:Asia/Seoul",
        "BEGIN:STANDARD",
        "DTSTART:19881009T030000",
        "TZNAME:KST",
        "TZOFFSETFROM:+0900",
        "TZOFFSETTO:+0900",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    daylight, standard = vtimezone(BERLIN).subcomponents
    assert daylight.to_ical().decode().split("\r\n")[1:-1] == [
        "DTSTART:20200329T020000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
    ]
    assert standard.name == "STANDARD"


@pytest.mark.parametrize("name", ["America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "America/Sao_Paulo"])
def test_other_zones_are_read_by_their_definition(name: str) -> None:
    zone = ZoneInfo(name)
    starts = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number) for number in range(0, 3000, 5)]
    parts = [PART._replace(uid=at.isoformat(), start=at, end=at + timedelta(hours=1)) for at in starts]
    # Under another name, so that a reader has nothing but the definition to go by.
    written = feed_of(parts, name="x", language="en", zone=zone).replace(name.encode(), b"Test/Zone")
    assert [event["start"] for event in READERS["ical.js"](written)] == [at.isoformat() for at in starts]
