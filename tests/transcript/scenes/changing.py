"""What is confirmed is changed: at once, after a decision, or not after all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.transcript.bookings import REASON, SIGNED, at, confirmed, etag_of, run_body, typed_session
from tests.transcript.facility import QA, REQUESTER, SCHEDULER, Cast
from tests.transcript.people import PASSWORD, Person


def _move(person: Person, reference: str, number: int, start: datetime, *, hours: int = 3) -> None:
    times = {"start": start, "end": start + timedelta(hours=hours)}
    fields = {f"{name}_date": f"{value:%Y-%m-%d}" for name, value in times.items()}
    fields |= {f"{name}_time": f"{value:%H:%M}" for name, value in times.items()}
    address = f"/bookings/{reference}"
    person.submit(address, f"{address}/sessions/{number}/move", **fields)
    person.get(address)


def change_by_page(cast: Cast) -> None:
    """A note at once; another time that waits, is withdrawn, waits again and is approved; sessions moved and given up."""
    requester, scheduler, quality = (cast.person(email) for email in (REQUESTER, SCHEDULER, QA))
    reference = confirmed(cast, run_body(at("06-01", 9), at("06-02", 9), places=1))
    address, form = f"/bookings/{reference}", f"/bookings/{reference}/change"
    requester.submit(form, form, purpose="P3 harvest", op="check")
    requester.submit(form, form, purpose="P3 harvest", op="submit")
    stale = requester.get(form)
    later = typed_session(0, at("06-03", 9))
    checked = requester.submit(form, form, **later, op="check")
    requester.submit(checked, form, op="submit")
    requester.submit(checked, form, explanation="The donor is late", op="submit")
    requester.submit(stale, form, purpose="P4 harvest", op="submit")
    requester.submit(address, f"{address}/withdraw")
    requester.submit(form, form, **later, explanation="The donor is late after all", op="submit")
    scheduler.submit(address, f"{address}/review")
    quality.submit(address, f"{address}/approve", password=PASSWORD)
    for reader in (requester, scheduler, quality):
        reader.get(address)
    _move(scheduler, reference, 1, at("06-03", 11))
    scheduler.submit(address, f"{address}/undo")
    requester.submit(address, f"{address}/sessions/2/give-up", reason="")
    requester.submit(address, f"{address}/sessions/2/give-up", reason="It is not needed")
    requester.get(address)


def change_by_api(cast: Cast) -> None:
    """The same by API, with a change that is returned and one that is rejected."""
    requester, scheduler, quality = (cast.program(email) for email in (REQUESTER, SCHEDULER, QA))
    body = run_body(at("06-07", 9), at("06-08", 9), room="B-02")
    reference = confirmed(cast, body)
    address = f"/api/v1/bookings/{reference}"

    def patch(change: dict[str, Any], etag: str) -> None:
        requester.call("PATCH", address, change, If_Match=etag)

    patch(body | {"purpose": "P5 harvest"}, etag_of(cast, reference))
    patch(body | {"purpose": "P6 harvest"}, f'"{reference}-1"')
    later = run_body(at("06-09", 9), at("06-08", 9), room="B-02", purpose="P5 harvest")
    patch(later, etag_of(cast, reference))
    patch(later | {"reason": REASON}, etag_of(cast, reference))
    for program in (requester, scheduler):
        program.get(f"{address}/change")
        program.get(address)
    scheduler.get("/api/v1/decisions?changes=1")
    scheduler.post(f"{address}/return", {"reason": "Which batch is it now?"})
    requester.get(f"{address}/change")
    requester.post(f"{address}/withdraw", {})
    requester.get(f"{address}/change")
    patch(later | {"reason": REASON}, etag_of(cast, reference))
    scheduler.post(f"{address}/review", {})
    quality.post(f"{address}/reject", SIGNED | {"reason": "The week is full."})
    _change_single_sessions(cast, reference)
    requester.get(f"{address}/history")
    requester.call("PATCH", "/api/v1/bookings/BK-ZZZZZZZZ", body)


def _change_single_sessions(cast: Cast, reference: str) -> None:
    requester, scheduler = cast.program(REQUESTER), cast.program(SCHEDULER)
    address = f"/api/v1/bookings/{reference}/sessions"
    times = {"start": at("06-08", 13).isoformat(), "end": at("06-08", 15).isoformat()}
    scheduler.post(f"{address}/2/move", times)
    scheduler.post(f"{address}/9/move", times)
    requester.post(f"{address}/2/cancel", {"reason": ""})
    requester.post(f"{address}/2/cancel", {"reason": REASON})
    requester.post(f"{address}/1/cancel", {"reason": REASON})
