"""Private calendar links: made by page, by API and by command, read, unchanged, renewed and revoked."""

from __future__ import annotations

import re

from tests.transcript.facility import COMPETITOR, OPERATOR, QA, REQUESTER, SCHEDULER, Cast
from tests.transcript.people import Answer, Person

SCOPES = ("mine", "company", "facility", "resource:B-01", "resource:INC-01")


def _read(cast: Cast, address: str) -> None:
    """As calendar programs read: nobody is signed in, and what is known is not sent again."""
    path = address.partition("booking.example")[2] or address
    reader = Person(cast.world)
    first = reader.get(path)
    reader.get(path, If_None_Match=first.header("ETag"))
    reader.get(path, If_Modified_Since=first.header("Last-Modified"))


def subscribe(cast: Cast) -> None:
    """Calendars of every scope for readers of both sides."""
    for email in (REQUESTER, QA):
        program = cast.program(email)
        for scope in SCOPES:
            made = program.post("/api/v1/feeds", {"scope": scope, "language": "en"})
            if made.status == 201:
                _read(cast, _address_in(made))
        program.get("/api/v1/feeds")
    for language in ("ko", "zh_Hans"):
        made = cast.program(COMPETITOR).post("/api/v1/feeds", {"scope": "facility", "language": language})
        _read(cast, _address_in(made))
    _read(cast, cast.world.installation.call("feed", "create", "--user", SCHEDULER, "--scope", "facility").strip())
    _renew(cast)


def _renew(cast: Cast) -> None:
    operator, program = cast.person(OPERATOR), cast.program(OPERATOR)
    made = operator.submit("/account", "/account/calendars", scope="mine")
    page = operator.get("/account")
    renewed = operator.submit(page, next(form.action for form in page.page.forms if form.action.endswith("/rotate")))
    _read(cast, _address_in(made))
    _read(cast, _address_in(renewed))
    page = operator.get("/account")
    operator.submit(page, next(form.action for form in page.page.forms if form.action.endswith("/revoke")))
    _read(cast, _address_in(renewed))
    feed = program.post("/api/v1/feeds", {"scope": "mine"}).json["id"]
    feed = program.post(f"/api/v1/feeds/{feed}/rotate").json["id"]
    cast.program(COMPETITOR).call("DELETE", f"/api/v1/feeds/{feed}")
    program.call("DELETE", f"/api/v1/feeds/{feed}")
    program.post("/api/v1/feeds", {"scope": "everything"})


def _address_in(answer: Answer) -> str:
    found = re.search(r"/calendars/[\w-]+\.ics", answer.text)
    return found[0] if found else "/calendars/none.ics"
