"""A company phones, staff enter its booking, and the company confirms it by one tap in a mail or signed in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from gmp_booking.requests.on_behalf import link_secret
from tests.factories.bookings import SubmittedBookingFactory
from tests.factories.form_fields import form_of
from tests.shared_app import SharedApp

SCHEDULER, REQUESTER, APPROVER, OPERATOR, COMPETITOR = (
    "scheduler@brc.example",
    "requester@gaon.example",
    "approver@gaon.example",
    "operator@gaon.example",
    "requester@hanbit.example",
)


def enter(shared_app: SharedApp, booked_for: str, **more: Any) -> str:
    body = shared_app.incubator_body(booked_for=booked_for, **more)
    return SubmittedBookingFactory(app=shared_app, body=body, by=SCHEDULER).reference


def links(shared_app: SharedApp, reference: str) -> dict[str, str]:
    """The address each person's mail carries."""
    pepper = shared_app.app.extensions["gmp"].config.auth_pepper
    rows = shared_app.ask(
        "SELECT p.email, a.nonce FROM acknowledgement a JOIN booking b ON b.id = a.booking_id"
        " JOIN person p ON p.id = a.person_id WHERE b.reference = %s",
        reference,
    )
    return {row["email"]: f"/confirm/{link_secret(row['nonce'], pepper)}" for row in rows}


def people_of(shared_app: SharedApp, reference: str) -> tuple[str, str]:
    (row,) = shared_app.ask(
        "SELECT r.email AS asked, e.email AS entered FROM booking b JOIN person r ON r.id = b.requested_by"
        " JOIN person e ON e.id = b.entered_by WHERE b.reference = %s",
        reference,
    )
    return row["asked"], row["entered"]


def confirmed_by(shared_app: SharedApp, reference: str) -> list[tuple[str, bool]]:
    rows = shared_app.ask(
        "SELECT actor_name, data FROM journal WHERE reference = %s AND event = 'BookingAcknowledged'", reference
    )
    return [(row["actor_name"], row["data"]["by_link"]) for row in rows]


def test_who_phoned_asked_and_who_typed_entered(shared_app: SharedApp) -> None:
    reference = enter(shared_app, REQUESTER)
    assert people_of(shared_app, reference) == (REQUESTER, SCHEDULER)
    assert set(links(shared_app, reference)) == {REQUESTER}
    by_code = enter(shared_app, "GAO")
    assert people_of(shared_app, by_code) == (SCHEDULER, SCHEDULER)
    assert set(links(shared_app, by_code)) == {APPROVER}, "nobody is named, so the signatories are asked"


@pytest.mark.parametrize("booked_for", ["ZZZ", "nobody@gaon.example", f"SAE {REQUESTER}", SCHEDULER, "GAO SAE"])
def test_nobody_is_entered_for_whom_nobody_knows(shared_app: SharedApp, booked_for: str) -> None:
    body = shared_app.incubator_body(booked_for=booked_for)
    answer = shared_app.api_client(SCHEDULER).post("/api/v1/bookings", body)
    assert answer.status_code == 422
    assert "booked_for" in answer.json["errors"]


def test_opening_the_link_confirms_nothing_and_its_one_button_does_once(shared_app: SharedApp) -> None:
    reference = enter(shared_app, REQUESTER)
    link = links(shared_app, reference)[REQUESTER]
    stranger = shared_app.app.test_client()
    for _ in range(2):
        page = stranger.get(link)
        assert page.status_code == 200
        assert "INC-01" in page.text
        assert "Set-Cookie" not in page.headers
    assert confirmed_by(shared_app, reference) == []
    seen = shared_app.page_client(SCHEDULER).get(f"/bookings/{reference}").text
    assert "not yet confirmed by the company" in seen
    assert stranger.post(link).status_code == 303
    assert confirmed_by(shared_app, reference) == [("GAO requester", True)]
    after = stranger.get(link).text
    assert "Thank you." in after
    assert "INC-01" not in after, "a used link tells no more"
    assert stranger.post(link).status_code == 409
    assert "confirmed by the company at" in shared_app.page_client(SCHEDULER).get(f"/bookings/{reference}").text


def test_a_link_that_is_not_right_in_every_sign_opens_nothing(shared_app: SharedApp) -> None:
    reference = enter(shared_app, REQUESTER)
    link = links(shared_app, reference)[REQUESTER]
    stranger = shared_app.app.test_client()
    nonce = link.rsplit("_", 1)[1].split(".")[0]
    for wrong in (
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        link.replace(".", ""),
        f"/confirm/gmpc_{nonce}.x",
        "/confirm/x",
    ):
        assert stranger.get(wrong).status_code == 404
        assert stranger.post(wrong).status_code == 404
    assert confirmed_by(shared_app, reference) == []


def test_a_link_ends_with_its_booking_and_with_its_person(shared_app: SharedApp) -> None:
    reference = enter(shared_app, REQUESTER)
    link = links(shared_app, reference)[REQUESTER]
    cancel = {"reason": "They phoned again and gave it up"}
    assert shared_app.api_client(SCHEDULER).post(f"/api/v1/bookings/{reference}/cancel", cancel).status_code == 200
    stranger = shared_app.app.test_client()
    assert "nothing left to confirm" in stranger.get(link).text
    assert stranger.post(link).status_code == 409
    other = enter(shared_app, "operator3@gaon.example")
    shared_app.ask("UPDATE person SET active = false WHERE email = 'operator3@gaon.example' RETURNING id")
    assert stranger.get(links(shared_app, other)["operator3@gaon.example"]).status_code == 404
    shared_app.ask("UPDATE person SET active = true WHERE email = 'operator3@gaon.example' RETURNING id")


def test_a_form_of_another_site_confirms_nothing(shared_app: SharedApp) -> None:
    reference = enter(shared_app, REQUESTER)
    link = links(shared_app, reference)[REQUESTER]
    answer = shared_app.app.test_client().post(link, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert confirmed_by(shared_app, reference) == []


def test_somebody_of_the_company_confirms_signed_in_and_a_competitor_never(shared_app: SharedApp) -> None:
    reference = enter(shared_app, REQUESTER)
    assert shared_app.page_client(COMPETITOR).post(f"/bookings/{reference}/acknowledge").status_code == 404
    assert shared_app.page_client(OPERATOR).post(f"/bookings/{reference}/acknowledge").status_code == 403
    assert shared_app.page_client(SCHEDULER).post(f"/bookings/{reference}/acknowledge").status_code == 403
    assert "Yes, we asked for this" in shared_app.page_client(APPROVER).get(f"/bookings/{reference}").text
    assert shared_app.page_client(APPROVER).post(f"/bookings/{reference}/acknowledge").status_code == 303
    assert confirmed_by(shared_app, reference) == [("GAO approver", False)]
    assert shared_app.page_client(REQUESTER).post(f"/bookings/{reference}/acknowledge").status_code == 409


def test_who_answers_a_question_has_confirmed_the_rest(shared_app: SharedApp) -> None:
    reference = enter(shared_app, REQUESTER)
    address = f"/api/v1/bookings/{reference}"
    asked = shared_app.api_client(SCHEDULER).post(f"{address}/return", {"reason": "Which shelf is it?"})
    assert asked.status_code == 200
    answered = shared_app.api_client(REQUESTER).post(f"{address}/answer", {"text": "The lowest one"})
    assert answered.status_code == 200, answered.text
    assert confirmed_by(shared_app, reference) == [("GAO requester", False)]


def test_the_form_offers_the_people_and_products_of_the_chosen_company(shared_app: SharedApp) -> None:
    page_client = shared_app.page_client(SCHEDULER)
    page = page_client.post("/bookings/new", form_of(operation="company", company="SAE", product="")).text
    assert re.search(r'<option value="requester@saebyeok.example"', page)
    assert "requester@gaon.example" not in page
    assert "SE-01" in page
    start = shared_app.free_hour()
    part = {"resource": "INC-01", "units": "1", "start": start, "end": start + timedelta(hours=1)}
    common = {"kind": "EQUIPMENT", "product": "", "run_type": "", "company": "SAE"}
    made = page_client.post(
        "/bookings/new", form_of(**common, equipment=[part]) | {"asked_by": "requester@saebyeok.example"}
    )
    assert made.status_code == 303
    reference = made.headers["Location"].split("/")[2].split("?")[0]
    assert people_of(shared_app, reference) == ("requester@saebyeok.example", SCHEDULER)
    wrong = form_of(**common, equipment=[part]) | {"asked_by": REQUESTER}
    assert page_client.post("/bookings/new", wrong).status_code == 422
