"""Time is withdrawn: what it hits is shown before, marked after, and clear again once the outage is lifted."""

from __future__ import annotations

from tests.transcript.bookings import SIGNED, at, confirmed, run_body
from tests.transcript.facility import AUDITOR, ENGINEER, QA, REQUESTER, SCHEDULER, Cast
from tests.transcript.people import PASSWORD

REPAIR = {"subject": "ROOM:B-01", "kind": "MAINTENANCE", "reason": "Filters are changed"}
SERIES = {"subject": "EQUIPMENT:TFF-01", "kind": "CALIBRATION", "reason": "Sensors", "every_days": "28", "times": "3"}


def place_by_page(cast: Cast) -> None:
    """Maintenance over a confirmed run and a series of calibrations, placed, read and lifted by page."""
    engineer, requester = cast.person(ENGINEER), cast.person(REQUESTER)
    reference = confirmed(cast, run_body(at("06-10", 9), places=1))
    times = {"start_date": "2027-06-10", "start_time": "08:00", "end_date": "2027-06-10", "end_time": "12:00"}
    new = "/outages/new"
    engineer.get(f"{new}?subject=ROOM%3AB-01&kind=MAINTENANCE")
    engineer.submit(new, new, **REPAIR, start_date="soon", op="look")
    engineer.submit(new, new, **REPAIR, **times, op="look")
    placed = engineer.submit(new, new, **REPAIR, **times, breach="1", op="place")
    for reader in (requester, engineer, cast.person(SCHEDULER)):
        reader.get(f"/bookings/{reference}")
    outage = placed.header("Location").partition("?")[0] or "/outages/1"
    engineer.get(outage)
    for query in ("", "?when=all", "?when=coming&kind=MAINTENANCE", "?when=past"):
        cast.person(AUDITOR).get(f"/outages{query}")
    engineer.submit(outage, f"{outage}/lift", reason="")
    engineer.submit(outage, f"{outage}/lift", reason="Done early")
    requester.get(f"/bookings/{reference}")
    calibrations = times | {"start_date": "2027-06-15", "end_date": "2027-06-15"}
    series = engineer.submit(new, new, **SERIES, **calibrations, op="place").header("Location").partition("?")[0]
    if series.startswith("/outages/"):
        engineer.submit(series, f"{series}/lift", reason="Sent away instead", following="1")


def place_by_api(cast: Cast) -> None:
    """A quality hold without an end, its impact, the mails to those it hits, and its end under a signature."""
    quality, engineer, requester = (cast.program(email) for email in (QA, ENGINEER, REQUESTER))
    reference = confirmed(cast, run_body(at("06-14", 9), room="B-02"))
    confirmed(cast, run_body(at("06-15", 9), room="B-02", product="SE-01"), by="requester@saebyeok.example")
    hold = {"subject": {"room": "B-02"}, "kind": "HOLD", "reason": "Particle counts above the action limit"}
    quality.get("/api/v1/outages/impact?subject_kind=ROOM&subject=B-02&kind=HOLD")
    requester.post("/api/v1/outages", hold)
    engineer.post("/api/v1/outages", hold | {"kind": "PARTY"})
    placed = quality.post("/api/v1/outages", hold).json["outages"][0]
    address = f"/api/v1/outages/{placed['id']}"
    quality.get(address)
    requester.get(f"/api/v1/bookings/{reference}")
    cast.person(REQUESTER).get(f"/bookings/{reference}")
    cast.person(REQUESTER).get("/timeline?date=2027-06-14&view=week")
    requester.post("/api/v1/bookings/preview", run_body(at("06-16", 9), room="B-02"))
    for query in ("", "?when=all", "?kind=HOLD&page_size=1"):
        quality.get(f"/api/v1/outages{query}")
    quality.post(f"{address}/lift", {"reason": "The requalification has passed"})
    cast.person(QA).submit(f"/outages/{placed['id']}", f"/outages/{placed['id']}/lift", reason="Passed", password="no")
    quality.post(f"{address}/lift", {"reason": "The requalification has passed"} | SIGNED)
    quality.post(f"{address}/lift", {"reason": "Again"} | {"signature": {"password": PASSWORD}})
    quality.get("/api/v1/outages/987654321")
    requester.get(f"/api/v1/bookings/{reference}/history")
