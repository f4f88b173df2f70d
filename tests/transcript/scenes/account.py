"""One's own account: tokens, sessions, languages, and the door where nobody guesses passwords."""

from __future__ import annotations

import re

from tests.transcript.facility import COMPETITOR, OPERATOR, SECOND, Cast
from tests.transcript.people import PASSWORD, Person

GUESSES = 8


def look_after_the_account(cast: Cast) -> None:
    """Tokens are made and revoked, another session is ended, somebody signs out, somebody guesses passwords."""
    person = cast.person(OPERATOR)
    person.submit("/account", "/account/tokens", name="", days="30")
    person.submit("/account", "/account/tokens", name="script", days="30")
    page = person.get("/account")
    person.submit(page, next(form.action for form in page.page.forms if "/account/tokens/" in form.action))
    elsewhere = Person(cast.world, OPERATOR)
    elsewhere.sign_in()
    page = person.get("/account")
    ends = [form.action for form in page.page.forms if "/account/sessions/" in form.action]
    if ends:
        person.submit(page, ends[0])
    elsewhere.get("/account")
    elsewhere.sign_in(next_path="/bookings")
    elsewhere.submit("/account", "/logout")
    foreign = re.search(r'"id": ?(\d+)', cast.program(COMPETITOR).get("/api/v1/tokens").text)
    cast.program(OPERATOR).call("DELETE", f"/api/v1/tokens/{foreign[1] if foreign else 0}")
    guesser = Person(cast.world, SECOND)
    for number in range(GUESSES):
        guesser.sign_in(password=f"guess {number}")
    guesser.sign_in(password=PASSWORD)
    Person(cast.world, "nobody@nowhere.example").sign_in()
