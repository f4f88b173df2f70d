"""What waits for a decision: listed, decided several at once, and entered for a company that phoned."""

from __future__ import annotations

from urllib.parse import urlencode

from tests.transcript.bookings import SIGNED, asked, at, reference_in, run_body
from tests.transcript.facility import QA, REQUESTER, SCHEDULER, Cast
from tests.transcript.people import PASSWORD, Answer, Person


def _items(cast: Cast, references: list[str]) -> list[str]:
    rows = [cast.program(SCHEDULER).get(f"/api/v1/bookings/{each}").json for each in references]
    return [f"{row['reference']}:{row['revision']}" for row in rows]


def decide_several(cast: Cast) -> None:
    """Several requests are decided in one act: passed on by API, approved and rejected by page under one signature."""
    scheduler, quality = cast.program(SCHEDULER), cast.program(QA)
    references = [asked(cast, run_body(at(day, 15), hours=2, room="B-02")) for day in ("05-24", "05-25", "05-26")]
    for query in ("", "?stage=all", "?company=GAO&kind=CLEANROOM&room=B-02&sort=due", "?late=1", "?q=GS", "?page=2"):
        scheduler.get(f"/api/v1/decisions{query}")
        cast.person(SCHEDULER).get(f"/inbox{query}")
    items = [{"reference": each, "action": "review", "revision": 1} for each in references]
    scheduler.post("/api/v1/decisions", {"items": [*items, items[0] | {"reference": "BK-ZZZZZZZZ"}]})
    quality.get("/api/v1/decisions")
    items = _items(cast, references)
    quality.post("/api/v1/decisions", {"items": [_item(items[0], "approve")]})
    quality.post("/api/v1/decisions", {"items": [_item(items[0], "approve")], **SIGNED})
    page = cast.person(QA).get("/inbox/decide?" + urlencode({"item": items}, doseq=True))
    _decide(cast.person(QA), page, action="reject", reason="", password=PASSWORD)
    _decide(cast.person(QA), page, action="forward", password="wrong")
    _decide(cast.person(QA), page, action="forward", password=PASSWORD)
    cast.person(QA).get("/inbox")


def _item(item: str, action: str) -> dict[str, object]:
    reference, _colon, revision = item.partition(":")
    return {"reference": reference, "action": action, "revision": int(revision)}


def _decide(person: Person, page: Answer, **fields: str) -> None:
    person.submit(page, "/inbox/decide", **fields)


def enter_for_a_company(cast: Cast) -> None:
    """Staff enter what a company said on the telephone; the company confirms by the link of the mail or signed in."""
    scheduler, requester, nobody = cast.person(SCHEDULER), cast.person(REQUESTER), Person(cast.world)
    first = asked(cast, run_body(at("05-27", 9), room="B-02", booked_for=REQUESTER), by=SCHEDULER)
    link = cast.world.link_to(REQUESTER, r"/confirm/\S+")
    scheduler.get(f"/bookings/{first}")
    confirm = nobody.get(link)
    nobody.submit(confirm, link)
    nobody.get(link)
    nobody.post(link, [])
    nobody.get(link[:-1] + "x")
    scheduler.get(f"/bookings/{first}")
    body = run_body(at("05-28", 9), room="B-02", booked_for="GAO")
    second = reference_in(cast.program(SCHEDULER).post("/api/v1/bookings", body))
    requester.submit(f"/bookings/{second}", f"/bookings/{second}/acknowledge")
    requester.get(f"/bookings/{second}")
    cast.program(SCHEDULER).post("/api/v1/bookings", body | {"booked_for": "ZZZ"})
