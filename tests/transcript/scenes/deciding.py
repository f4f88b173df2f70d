"""Requests are passed on, questioned, approved, rejected and cancelled, by page and by API."""

from __future__ import annotations

from tests.transcript.bookings import REASON, SIGNED, asked, at, confirmed, etag_of, run_body
from tests.transcript.facility import APPROVER, AUDITOR, COMPETITOR, OPERATOR, QA, REQUESTER, SCHEDULER, Cast
from tests.transcript.people import PASSWORD, Person


def _act(person: Person, reference: str, action: str, **fields: str) -> None:
    address = f"/bookings/{reference}"
    person.submit(address, f"{address}/{action}", **fields)
    person.get(address)


def decide_by_page(cast: Cast) -> None:
    """One request is returned, asked about, answered and approved; one is rejected; one is cancelled."""
    requester, scheduler, quality = (cast.person(email) for email in (REQUESTER, SCHEDULER, QA))
    reference = asked(cast, run_body(at("04-28", 9), places=2))
    scheduler.get("/inbox")
    _act(scheduler, reference, "return", reason="")
    _act(scheduler, reference, "return", reason="Which incubator shelf is it?")
    _act(scheduler, reference, "ask", reason="And who brings the medium?")
    _act(requester, reference, "answer", reason="The upper one; we bring it ourselves.")
    _act(scheduler, reference, "return", reason="Please name the second operator.")
    edit = f"/bookings/{reference}/edit"
    requester.submit(edit, edit, answer="Named.", sessions__0__people=[OPERATOR, "second@gaon.example"], op="submit")
    requester.get(f"/bookings/{reference}")
    _act(scheduler, reference, "review")
    _act(quality, reference, "approve", password="wrong")
    _act(quality, reference, "approve", password=PASSWORD)
    for reader in (REQUESTER, APPROVER, OPERATOR, AUDITOR, COMPETITOR):
        cast.person(reader).get(f"/bookings/{reference}")
    rejected = asked(cast, run_body(at("04-29", 9)))
    _act(scheduler, rejected, "review")
    _act(quality, rejected, "reject", reason="The certificate is missing.", password=PASSWORD)
    cancelled = asked(cast, run_body(at("04-30", 9)))
    _act(requester, cancelled, "cancel", reason=" . ")
    _act(requester, cancelled, "cancel", reason=REASON)


def decide_by_api(cast: Cast) -> None:
    """The same by API: preview, idempotent creation, lists, decisions, history, stale and foreign requests."""
    requester, scheduler, quality, competitor = (
        cast.program(email) for email in (REQUESTER, SCHEDULER, QA, COMPETITOR)
    )
    body = run_body(at("05-03", 9), at("05-04", 9), places=1, batch="GS-2703", title="By API")
    requester.post("/api/v1/bookings/preview", body)
    made = requester.post("/api/v1/bookings", body, Idempotency_Key="once")
    requester.post("/api/v1/bookings", body, Idempotency_Key="once")
    requester.post("/api/v1/bookings", body | {"title": "Another"}, Idempotency_Key="once")
    reference = made.json["reference"]
    address = f"/api/v1/bookings/{reference}"
    for program in (requester, scheduler, competitor):
        program.get(address)
        program.get(f"{address}/history")
    scheduler.post(f"{address}/return", {"reason": "Which shelf?"})
    scheduler.post(f"{address}/ask", {"text": "And from when?"})
    requester.post(f"{address}/answer", {"text": "The lower one."})
    scheduler.post(f"{address}/return", {"reason": "Please shorten the first session."})
    requester.post(f"{address}/submit", run_body(at("05-03", 10), at("05-04", 9), hours=2, batch="GS-2703"))
    scheduler.post(f"{address}/review", {}, If_Match=f'"{reference}-1"')
    scheduler.post(f"{address}/review", {}, If_Match=etag_of(cast, reference))
    quality.post(f"{address}/approve")
    quality.post(f"{address}/approve", SIGNED | {"reason": "In order"})
    requester.get(address)
    requester.get(f"{address}/history")
    quality.post(f"{address}/approve", SIGNED)
    rejected = asked(cast, run_body(at("05-06", 9)))
    for signature in ({}, SIGNED):
        scheduler.post(f"/api/v1/bookings/{rejected}/reject", {"reason": "Not this quarter"} | signature)
    cancelled = confirmed(cast, run_body(at("05-07", 9)))
    requester.post(f"/api/v1/bookings/{cancelled}/cancel", {"reason": REASON}, If_Match=etag_of(cast, cancelled))
    for query in (
        "",
        "?state=CONFIRMED",
        "?from=2027-05-01T00:00:00Z&to=2027-05-31T00:00:00Z",
        "?resource=B-01&page=2",
    ):
        requester.get(f"/api/v1/bookings{query}")
        scheduler.get(f"/api/v1/bookings{query}")


def meet_refusals(cast: Cast) -> None:
    """What the rules have against a request, in three languages and to two companies; what the shapes refuse."""
    requester, competitor = cast.program(REQUESTER), cast.program(COMPETITOR)
    confirmed(cast, run_body(at("05-10", 9), places=3))
    bodies = {
        "taken": run_body(at("05-10", 10), product="SE-01"),
        "shortly after": run_body(at("05-10", 12), product="SE-01"),
        "too late": run_body(at("04-06", 9), product="SE-01"),
        "crowded": run_body(at("05-12", 9), product="SE-01"),
        "at night": run_body(at("05-12", 22), product="SE-01", places=6),
        "a wrong room": run_body(at("05-12", 9), product="SE-01", room="T-01"),
    }
    bodies["crowded"]["sessions"][0]["headcount"] = 9
    for body in bodies.values():
        for language in ("ko", "en", "zh-Hans"):
            competitor.call("POST", "/api/v1/bookings/preview", body, Accept_Language=language)
        competitor.post("/api/v1/bookings", body)
    requester.post("/api/v1/bookings/preview", run_body(at("05-10", 9), places=2))
    for wrong in (
        {}, {"kind": "PARTY"}, run_body(at("05-12", 9)) | {"colour": "blue"}, run_body(at("05-12", 9), room="Z-99"),
        run_body(at("05-12", 9), product="SE-01"), run_body(at("05-12", 9), title="x" * 300),
        {"kind": "CLEANROOM", "sessions": [{"room": "B-01", "start": "2027-05-12T09:00", "end": "never"}]},
    ):  # fmt: skip
        requester.post("/api/v1/bookings", wrong)
