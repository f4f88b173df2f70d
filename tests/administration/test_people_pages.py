"""People on the pages of the administration: added and invited, given and taken roles, and leaving at once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gmp_booking.accounts.links import secret_of
from tests.clients import PageClient
from tests.shared_app import SharedApp

ADMIN = "admin@brc.example"
APPROVER = "approver@gaon.example"


def person_id(shared_app: SharedApp, email: str) -> int:
    return int(shared_app.ask("SELECT id FROM person WHERE email = %s", email)[0]["id"])


def seen_on(page: Any) -> str:
    return re.search(r'name="seen" value="([^"]+)"', page.text)[1]


def new(email: str, **more: Any) -> dict[str, Any]:
    return {"name": "김새봄", "email": email, "phone": "", "language": "en", "company": "GAO"} | more


def latest(shared_app: SharedApp, event: str) -> dict[str, Any]:
    found = shared_app.ask("SELECT actor_name, reason, data FROM journal WHERE event = %s ORDER BY id DESC", event)
    return found[0]


def link_of(shared_app: SharedApp) -> str:
    """The secret of the newest link, as its mail says it."""
    link_id = shared_app.ask("SELECT max(id) AS id FROM one_time_link")[0]["id"]
    return secret_of(link_id, shared_app.app.extensions["gmp"].config.auth_pepper)


def test_a_person_is_added_with_a_role_and_a_mail_waits_for_them(shared_app: SharedApp) -> None:
    made = shared_app.page_client(ADMIN).post("/admin/people", new("bom@gaon.example", roles="OPERATOR"))
    assert made.status_code == 303, made.text
    page = shared_app.page_client(ADMIN).get(made.headers["Location"])
    assert "bom@gaon.example" in page.text
    assert "has not chosen a password" in page.text
    waiting = shared_app.ask("SELECT kind, payload FROM outbox_message WHERE recipient = 'bom@gaon.example'")
    assert [each["kind"] for each in waiting] == ["invitation"]
    assert list(waiting[0]["payload"]) == ["link_id"], "no secret waits in the outbox"
    assert latest(shared_app, "RoleGranted")["data"]["role"] == "OPERATOR"


def test_an_address_belongs_to_one_person_and_the_form_is_not_lost(shared_app: SharedApp) -> None:
    refused = shared_app.page_client(ADMIN).post("/admin/people", new("requester@hanbit.example"))
    assert refused.status_code == 409
    assert "This e-mail address is already in use." in refused.text
    assert 'value="김새봄"' in refused.text
    wrong = shared_app.page_client(ADMIN).post("/admin/people", new("nobody", company="NONE"))
    assert wrong.status_code == 422


def test_a_company_s_signatory_adds_to_the_own_company_and_gives_everyday_roles_alone(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(APPROVER)
    made = page_client.post("/admin/people", new("own@gaon.example", company="HBT", roles="COMPANY_REQUESTER"))
    assert made.status_code == 303, made.text
    row = shared_app.ask(
        "SELECT company.code FROM person JOIN company ON company.id = company_id WHERE email = 'own@gaon.example'"
    )
    assert row[0]["code"] == "GAO"
    assert page_client.post("/admin/people", new("x@gaon.example", roles="COMPANY_APPROVER")).status_code == 403
    assert page_client.post("/admin/people", new("y@gaon.example", roles="QA")).status_code == 403
    taken = page_client.post("/admin/people", new("requester@hanbit.example"))
    assert taken.status_code == 409


def test_nobody_of_a_company_meets_others_there(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(APPROVER)
    for email in ("requester@hanbit.example", "qa@brc.example"):
        assert page_client.get(f"/admin/people/{person_id(shared_app, email)}").status_code == 404
        assert email not in page_client.get("/admin/people").text
    assert shared_app.page_client("requester@gaon.example").get("/admin/people").status_code == 403
    for path in ("/admin/companies", "/admin/resources", "/admin/rules", "/admin/hours", "/admin/facility"):
        assert page_client.get(path).status_code == 403


def test_a_role_is_given_and_taken_with_a_reason_that_stands_in_the_history(shared_app: SharedApp) -> None:
    page_client, address = (
        shared_app.page_client(ADMIN),
        f"/admin/people/{person_id(shared_app, 'engineer@brc.example')}",
    )
    nothing_said = page_client.post(f"{address}/roles", {"op": "give", "role": "QC"})
    assert nothing_said.status_code == 422
    assert "Enter a reason" in nothing_said.text
    asked = {"op": "give", "role": "QC", "reason": "Covers the laboratory in March"}
    assert page_client.post(f"{address}/roles", asked).status_code == 303
    assert page_client.post(f"{address}/roles", asked).status_code == 409
    taken = {"op": "take", "role": "QC", "reason": "March is over"}
    assert page_client.post(f"{address}/roles", taken).status_code == 303
    page = page_client.get(address).text
    assert "Covers the laboratory in March" in page
    assert "March is over" in page
    assert re.search(r"Role removed: <ins>\d{4}-\d\d-\d\d \(\w{3}\) \d\d:\d\d KST", page)
    said = latest(shared_app, "RoleRevoked")
    assert (said["actor_name"], said["reason"]) == ("Staff admin", "March is over")


def test_a_form_from_before_somebody_else_s_change_is_told_so(shared_app: SharedApp) -> None:
    page_client, address = (
        shared_app.page_client(ADMIN),
        f"/admin/people/{person_id(shared_app, 'committee@brc.example')}",
    )
    seen = seen_on(page_client.get(address))
    assert page_client.post(address, {"seen": seen, "name": "First", "language": "en"}).status_code == 303
    late = page_client.post(address, {"seen": seen, "name": "Second", "language": "en"})
    assert late.status_code == 412
    assert 'value="Second"' in late.text
    assert shared_app.ask("SELECT name FROM person WHERE email = 'committee@brc.example'")[0]["name"] == "First"


def test_a_double_click_adds_one_person(shared_app: SharedApp) -> None:
    form = new("twice@gaon.example", idempotency_key="one-click")
    answers = [shared_app.page_client(ADMIN).post("/admin/people", form) for _click in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def test_the_last_administrator_stays(shared_app: SharedApp) -> None:
    address = f"/admin/people/{person_id(shared_app, ADMIN)}"
    page_client = shared_app.page_client(ADMIN)
    taken = page_client.post(f"{address}/roles", {"op": "take", "role": "SYSADMIN", "reason": "I am leaving"})
    assert taken.status_code == 409
    assert "last administrator" in taken.text
    assert page_client.post(f"{address}/access", {"op": "end", "reason": "I am leaving"}).status_code == 409


def test_whoever_administers_the_system_cannot_decide_under_gmp(shared_app: SharedApp) -> None:
    address = f"/admin/people/{person_id(shared_app, ADMIN)}"
    for role in ("QA", "PRODUCTION_MANAGER", "BSO", "COMMITTEE"):
        answer = shared_app.page_client(ADMIN).post(
            f"{address}/roles", {"op": "give", "role": role, "reason": "Small facility"}
        )
        assert answer.status_code == 409, role
    qa = f"/admin/people/{person_id(shared_app, 'qa@brc.example')}"
    answer = shared_app.page_client(ADMIN).post(
        f"{qa}/roles", {"op": "give", "role": "SYSADMIN", "reason": "Small facility"}
    )
    assert answer.status_code == 409


def test_who_leaves_is_out_at_once_everywhere(shared_app: SharedApp) -> None:
    email = "operator2@gaon.example"
    leaver = PageClient(shared_app.app, email)
    api_client = shared_app.api_client(email)
    feed = api_client.post("/api/v1/feeds", {"scope": "mine"}).json["url"]
    path = "/" + feed.split("/", 3)[3]
    assert shared_app.app.test_client().get(path).status_code == 200
    address = f"/admin/people/{person_id(shared_app, email)}"
    gone = shared_app.page_client(ADMIN).post(f"{address}/access", {"op": "end", "reason": "Left the company"})
    assert gone.status_code == 303, gone.text
    assert leaver.get("/account").status_code == 303
    assert api_client.get("/api/v1/bookings").status_code == 401
    assert shared_app.app.test_client().get(path).status_code == 404
    back = shared_app.page_client(ADMIN).post(f"{address}/access", {"op": "return", "reason": "Came back"})
    assert back.status_code == 303
    assert leaver.get("/account").status_code == 303, "an old session does not come back"
    assert api_client.get("/api/v1/bookings").status_code == 401
    assert shared_app.app.test_client().get(path).status_code == 404
    with pytest.raises(AssertionError):
        PageClient(shared_app.app, email)


def test_a_link_chooses_a_password_once_and_signs_nobody_in(shared_app: SharedApp) -> None:
    email = "operator3@gaon.example"
    before = PageClient(shared_app.app, email)
    address = f"/admin/people/{person_id(shared_app, email)}"
    assert shared_app.page_client(ADMIN).post(f"{address}/access", {"op": "link"}).status_code == 303
    secret = link_of(shared_app)
    client = shared_app.app.test_client()
    page = client.get(f"/welcome/{secret}")
    assert page.status_code == 200
    form = {"password": "a new long password", "again": "a new long password"}
    assert client.post(f"/welcome/{secret}", data=form | {"again": "another"}).status_code == 422
    assert client.post(f"/welcome/{secret}", data=form | {"password": "short", "again": "short"}).status_code == 422
    assert before.get("/account").status_code == 200, "looking and failing change nothing"
    chosen = client.post(f"/welcome/{secret}", data=form)
    assert chosen.status_code == 303
    assert chosen.headers["Location"].startswith("/login")
    assert before.get("/account").status_code == 303
    assert client.get("/account").status_code == 303
    assert client.post(f"/welcome/{secret}", data=form).status_code == 404
    assert client.get(f"/welcome/{secret}").status_code == 404
    with pytest.raises(AssertionError):
        PageClient(shared_app.app, email)


def test_a_second_link_ends_the_first(shared_app: SharedApp) -> None:
    address = f"/admin/people/{person_id(shared_app, 'operator@hanbit.example')}"
    shared_app.page_client(ADMIN).post(f"{address}/access", {"op": "link"})
    first = link_of(shared_app)
    shared_app.page_client(ADMIN).post(f"{address}/access", {"op": "link"})
    client = shared_app.app.test_client()
    assert client.get(f"/welcome/{first}").status_code == 404
    assert client.get(f"/welcome/{link_of(shared_app)}").status_code == 200
