"""Days go by: reminders, digests, requests that expire, and what is left at the end."""

from __future__ import annotations

from datetime import timedelta

from tests.transcript.bookings import at
from tests.transcript.facility import AUDITOR, QA, REQUESTER, SCHEDULER, Cast

EXECUTION_DAY = "04-27"


def let_requests_expire(cast: Cast) -> None:
    """Every morning and every evening until the day before the run."""
    world = cast.world
    morning, last = at("04-06", 8, 5), at(EXECUTION_DAY, 0) - timedelta(days=1)
    while morning < last:
        world.wait_until(morning)
        world.wait_until(morning.replace(hour=19))
        morning += timedelta(days=1)
    cast.sign_in_again(REQUESTER, SCHEDULER)
    for email in (REQUESTER, SCHEDULER):
        cast.person(email).get("/bookings?when=all")
    cast.person(SCHEDULER).get("/inbox?stage=all")


def look_back(cast: Cast) -> None:
    """Another month goes by, and the lists are read again."""
    for day in ("04-28", "05-03", "05-12", "05-26", "06-16"):
        cast.world.wait_until(at(day, 8, 5))
    readers = (REQUESTER, SCHEDULER, QA, AUDITOR)
    cast.sign_in_again(*readers)
    for email in readers:
        for page in ("/today", "/bookings?when=all", "/inbox", "/timeline?date=2027-04-26"):
            cast.person(email).get(page)
