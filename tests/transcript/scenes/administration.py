"""The records of the facility are corrected and its house is set up, by page."""

from __future__ import annotations

import re

from tests.transcript.facility import ADMIN, DEMO, QA, REQUESTER, SCHEDULER, SECOND, WHY, Cast
from tests.transcript.people import PASSWORD, Person

PAGES = (
    "",
    "/people",
    "/people?q=gaon&company=GAO&role=OPERATOR",
    "/companies",
    "/resources",
    "/hours",
    "/rules",
    "/facility",
)


def correct_records(cast: Cast) -> None:
    """Companies, products, people, rooms and equipment are corrected, with refusals on the way."""
    admin = cast.person(ADMIN)
    for page in PAGES:
        admin.get(f"/admin{page}")
    company = "/admin/companies/GAO"
    admin.submit(company, company, pending_room_days_cap="100", reason="")
    admin.submit(company, company, pending_room_days_cap="100", reason=WHY)
    shown = admin.get(company)
    product = next(form.action for form in shown.page.forms if re.search(r"/products/\d+$", form.action))
    admin.submit(shown, product, name="Adipose cells, batch of ten", reason=WHY)
    for code, changes in (("T-01", {"max_occupancy": "12"}), ("INC-01", {"places": "6"}), ("TFF-01", {"places": "0"})):
        admin.submit(f"/admin/resources/{code}", f"/admin/resources/{code}", reason=WHY, **changes)
    _correct_a_person(admin)
    back, path = cast.person(SECOND), cast.world.link_to(SECOND, r"/welcome/\S+")
    back.submit(path, "", password=PASSWORD, again=PASSWORD)
    back.sign_in()


def _correct_a_person(admin: Person) -> None:
    found = admin.get("/admin/people?q=second%40gaon").text
    match = re.search(r'href="(/admin/people/\d+)"', found)
    if not match:
        raise LookupError("The list of people has no link to the second operator.")
    page = match[1]
    stale = admin.get(page)
    admin.submit(stale, page, name="Second Operator", phone="+82 62 000 0000")
    admin.submit(stale, page, name="Somebody Else")
    admin.submit(page, f"{page}/roles", {"op": "give"}, role="COMPANY_REQUESTER", reason=WHY)
    admin.submit(page, f"{page}/roles", {"op": "take", "role": "COMPANY_REQUESTER"}, reason=WHY)
    admin.submit(page, f"{page}/access", {"op": "link"})
    admin.submit(page, f"{page}/access", {"op": "end"}, reason="")
    admin.submit(page, f"{page}/access", {"op": "end"}, reason=WHY)
    admin.submit(page, f"{page}/access", {"op": "return"}, reason=WHY)
    admin.get(page)


def set_up_facility(cast: Cast) -> None:
    """Opening hours, rules, kinds confirmed without a decision, the facility's names, holidays and the roster."""
    scheduler, quality, admin = cast.person(SCHEDULER), cast.person(QA), cast.person(ADMIN)
    week = {f"{edge}__{day}": time for day in range(5) for edge, time in (("opens", "08:00"), ("closes", "20:00"))}
    scheduler.submit("/admin/hours", "/admin/hours", **week | {"opens__0": "8"}, reason=WHY)
    scheduler.submit("/admin/hours", "/admin/hours", **week, reason=WHY)
    scheduler.submit("/admin/hours?resource=VC-01", "/admin/hours", opens__5="10:00", closes__5="16:00", reason=WHY)
    scheduler.get("/admin/hours?resource=VC-01")
    rule = {"rule": "CA-01", "from_on": "2027-05-01"}
    quality.submit("/admin/rules", "/admin/rules", **rule, mode="", reason=WHY)
    quality.submit("/admin/rules", "/admin/rules", **rule, mode="warn", reason=WHY)
    quality.submit("/admin/rules", "/admin/rules/confirming", kind="QC", choice="off", room="", company="", reason=WHY)
    quality.submit("/admin/rules", "/admin/rules/confirming", kind="QC", choice="on", room="", company="", reason=WHY)
    admin.submit("/admin/facility", "/admin/facility", name_en="Bitgoeul Centre for Regenerative Medicine", reason=WHY)
    cast.world.installation.restart()
    cast.person(REQUESTER).get("/admin")
    _set_days_off(scheduler)
    _set_the_roster(scheduler)
    for reader in (DEMO, REQUESTER):
        cast.person(reader).get("/holidays?year=2027")
        cast.person(reader).get("/roster")


def _set_days_off(scheduler: Person) -> None:
    day = {"kind": "FACILITY", "name_ko": "개원 기념일", "name_en": "Founding day", "name_zh": "院庆日"}
    scheduler.submit("/holidays?year=2027", "/holidays", **day | {"on_date": "soon"})
    scheduler.submit("/holidays?year=2027", "/holidays", **day | {"on_date": "2027-05-20"})
    scheduler.submit("/holidays?year=2027", "/holidays", **day | {"on_date": "2027-05-21"})
    shown = scheduler.get("/holidays?year=2027")
    withdrawal = next(form.action for form in reversed(shown.page.forms) if form.action.endswith("/withdraw"))
    scheduler.submit(shown, withdrawal)


def _set_the_roster(scheduler: Person) -> None:
    duty = {"email": "engineer@brc.example", "role": "ENGINEER", "from_time": "18:00", "until_time": "08:00"}
    scheduler.submit("/roster", "/roster", **duty)
    scheduler.submit("/roster", "/roster", **duty, weekday="1")
    scheduler.submit("/roster", "/roster", **duty, on_date="2027-04-30")
    shown = scheduler.get("/roster")
    scheduler.submit(shown, next(form.action for form in shown.page.forms if form.action.endswith("/end")))
