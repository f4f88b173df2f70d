"""The day itself: rooms cleared and released, work begun, prolonged, interrupted and ended, records closed."""

from __future__ import annotations

from tests.transcript.bookings import REASON, SIGNED, at, confirmed, run_body
from tests.transcript.facility import DEMO, OPERATOR, PRODUCTION, QA, REQUESTER, SCHEDULER, SECOND, Cast
from tests.transcript.people import PASSWORD, Person
from tests.transcript.scenes.time_passing import EXECUTION_DAY

POINTS = ["papers", "previous_out", "status", "surfaces", "waste_out"]


def _act(person: Person, reference: str, action: str, **fields: object) -> None:
    """One act at the page of a session; its fields carry the name of the act."""
    page = f"/bookings/{reference}/sessions/1"
    named = {f"{action}__{name}": value for name, value in fields.items()}
    person.submit(page, f"{page}/{action}", **named)
    person.get(page)


def work_through_a_day(cast: Cast) -> None:
    """One session by page from clearance to verification, the room released on the board of the day."""
    day = EXECUTION_DAY
    first = confirmed(cast, run_body(at(day, 10), hours=3))
    second = confirmed(cast, run_body(at(day, 10), hours=2, room="B-02", operator=SECOND))
    operator, other, production, quality = (cast.person(each) for each in (OPERATOR, SECOND, PRODUCTION, QA))
    cast.world.wait_until(at(day, 8, 10))
    cast.sign_in_again(OPERATOR, SECOND, REQUESTER, PRODUCTION, QA, SCHEDULER, DEMO)
    for reader in (operator, production, quality, cast.person(SCHEDULER), cast.person(DEMO)):
        reader.get("/today")
    _act(operator, first, "clear", items=POINTS[:2])
    _act(operator, first, "clear", items=POINTS)
    _act(other, first, "verify-clearance")
    _act(production, first, "ready", password="wrong")
    cast.program(OPERATOR).post(f"/api/v1/bookings/{second}/sessions/1/clear", {"items": POINTS})
    cast.program(PRODUCTION).post(f"/api/v1/bookings/{second}/sessions/1/verify-clearance", {})
    production.submit("/today", "/today/release", password="wrong")
    production.submit("/today", "/today/release", password=PASSWORD)
    cast.world.wait_until(at(day, 10, 5))
    _act(operator, first, "check-in")
    operator.get("/today?screen=1")
    _act(operator, first, "takes-until", until_time="14:00", until_date=f"2027-{day}")
    _work_by_api(cast, second)
    cast.world.wait_until(at(day, 14, 10))
    _act(operator, first, "complete", headcount="2", note="As planned")
    _act(other, first, "verify")
    cast.person(REQUESTER).get(f"/bookings/{first}")
    cast.person(QA).submit(f"/bookings/{first}", f"/bookings/{first}/close", password=PASSWORD)
    cast.program(REQUESTER).get(f"/api/v1/bookings/{first}/history")


def _work_by_api(cast: Cast, reference: str) -> None:
    """Begun, interrupted, resumed and ended by API, with entries made late."""
    address = f"/api/v1/bookings/{reference}/sessions/1"
    operator, quality = cast.program(OPERATOR), cast.program(QA)
    operator.post(f"{address}/check-in", {"at": at(EXECUTION_DAY, 9, 58).isoformat()})
    operator.post(f"{address}/check-in", {})
    quality.post(f"{address}/suspend", SIGNED | {"reason": REASON})
    operator.post(f"{address}/takes-until", {"until": at(EXECUTION_DAY, 13).isoformat()})
    quality.post(f"{address}/resume", SIGNED | {"reason": REASON})
    operator.post(f"{address}/complete", {"headcount": 2})
    cast.program(SECOND).post(f"{address}/verify", {})
    operator.get(address)
    quality.post(f"/api/v1/bookings/{reference}/close", SIGNED)
    operator.post(f"{address}/missed", {})


def meet_trouble(cast: Cast) -> None:
    """A run that overruns into the next one, one that is missed, one that is aborted."""
    day = EXECUTION_DAY
    late, next_one = (confirmed(cast, run_body(at(day, hour), hours=2)) for hour in (15, 18))
    missed = confirmed(cast, run_body(at(day, 15), hours=2, room="B-02", operator=SECOND))
    operator, quality, scheduler = (cast.program(each) for each in (OPERATOR, QA, SCHEDULER))
    for reference in (late, next_one):
        address = f"/api/v1/bookings/{reference}/sessions/1"
        operator.post(f"{address}/clear", {"items": POINTS})
        cast.program(SECOND).post(f"{address}/verify-clearance", {})
        quality.post(f"{address}/ready", SIGNED)
    cast.world.wait_until(at(day, 15, 2))
    operator.post(f"/api/v1/bookings/{late}/sessions/1/check-in", {})
    scheduler.post(f"/api/v1/bookings/{missed}/sessions/1/missed", {})
    cast.world.wait_until(at(day, 17, 30))
    scheduler.post(f"/api/v1/bookings/{missed}/sessions/1/missed", {})
    operator.post(f"/api/v1/bookings/{late}/sessions/1/takes-until", {"until": at(day, 19).isoformat()})
    for email in (REQUESTER, SCHEDULER, OPERATOR):
        cast.person(email).get("/today")
        cast.person(email).get(f"/bookings/{next_one}")
    abort = SIGNED | {"reason": REASON, "deviation_no": "DEV-27-001"}
    quality.post(f"/api/v1/bookings/{late}/sessions/1/abort", SIGNED | {"reason": REASON})
    quality.post(f"/api/v1/bookings/{late}/sessions/1/abort", abort)
    cast.world.wait_until(at(day, 18, 5))
    operator.post(f"/api/v1/bookings/{next_one}/sessions/1/check-in", {})
    cast.world.wait_until(at(day, 21))
    cast.person(SCHEDULER).get("/today")
    for reference in (late, next_one, missed):
        cast.person(REQUESTER).get(f"/bookings/{reference}")
