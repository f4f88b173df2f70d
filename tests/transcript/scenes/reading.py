"""What can be read: the pages in three languages, the lists, the API, its description, and the answers to mistakes."""

from __future__ import annotations

from tests.transcript.facility import ADMIN, AUDITOR, COMPETITOR, DEMO, OPERATOR, QA, REQUESTER, SCHEDULER, Cast
from tests.transcript.people import Person, Program

PAGES = (
    "/", "/today", "/today?screen=1", "/timeline", "/timeline?date=2027-04-26", "/timeline?date=2027-04-28&view=day",
    "/timeline?date=2027-05-01&view=month", "/timeline?date=2027-05-10&view=agenda",
    "/timeline?date=2027-05-10&room=B-01&room=B-02&equipment=1", "/timeline?date=never",
    "/timeline/free?date=2027-05-10&minutes=180&from=09:00", "/timeline/free?date=2027-05-10&where=B-01",
    "/bookings", "/bookings?when=all", "/bookings?state=CONFIRMED&when=all&page=2", "/bookings?q=harvest&when=all",
    "/account", "/inbox", "/outages", "/holidays", "/roster", "/admin", "/api/v1/docs/",
)  # fmt: skip
WEEK = "from=2027-05-09T15:00:00Z&to=2027-05-16T15:00:00Z"
ADDRESSES = (
    "/api/v1/resources", f"/api/v1/timeline?{WEEK}", f"/api/v1/timeline?{WEEK}&resource=B-01", "/api/v1/timeline",
    f"/api/v1/availability?{WEEK}&resource=B-01&minutes=120", f"/api/v1/availability?{WEEK}&resource=INC-01",
    "/api/v1/availability?resource=Z-99", "/api/v1/bookings?state=NONSENSE", "/api/v1/tokens", "/api/v1/nothing",
)  # fmt: skip


def look_around(cast: Cast) -> None:
    """Every page to readers with different rights, in three languages; the API and its description."""
    for email, language in ((REQUESTER, "ko"), (COMPETITOR, "zh-Hans"), (SCHEDULER, "en"), (OPERATOR, "en")):
        reader = cast.person(email)
        reader.submit("/account", "/language", language=language)
        for page in PAGES:
            reader.get(page)
        reader.submit("/account", "/language", language="en")
    for email in (QA, DEMO, ADMIN, AUDITOR):
        for page in ("/today", "/timeline?date=2027-05-10", "/inbox", "/bookings?when=all"):
            cast.person(email).get(page)
    for email in (REQUESTER, COMPETITOR, SCHEDULER, AUDITOR):
        for address in ADDRESSES:
            cast.program(email).get(address)
    for address in ("/api/v1/openapi.json", "/api/v1/", "/healthz", "/readyz", "/metrics", "/static/nothing.js"):
        Person(cast.world).get(address)


def meet_errors(cast: Cast) -> None:
    """Nobody, somebody without the right, something that never was, and requests that make no sense."""
    nobody, stranger = Person(cast.world), Program(cast.world, "", "")
    for page in ("/bookings/new", "/admin", "/welcome/nothing", "/confirm/nothing", "/calendars/nothing.ics"):
        nobody.get(page)
    for address in ("/api/v1/bookings", "/api/v1/resources", "/api/v1/decisions"):
        stranger.get(address)
    Program(cast.world, "a wrong token", "gmpt_nobody-ever-had-this-token").get("/api/v1/bookings")
    operator, program = cast.person(OPERATOR), cast.program(OPERATOR)
    for page in ("/admin", "/inbox", "/outages", "/bookings/new", "/bookings/BK-ZZZZZZZZ", "/nothing"):
        operator.get(page)
        operator.get(page, Accept="application/json")
    program.post("/api/v1/bookings", {"kind": "EQUIPMENT"})
    program.post("/api/v1/bookings/BK-ZZZZZZZZ/cancel", {"reason": "x"})
    program.post("/api/v1/bookings/BK-ZZZZZZZZ/dance", {})
    program.call("DELETE", "/api/v1/bookings")
    program.call("POST", "/api/v1/bookings", "no object")
    operator.post("/bookings/new", [("csrf_token", "forged")])
    operator.post("/language", [("language", "xx")])
