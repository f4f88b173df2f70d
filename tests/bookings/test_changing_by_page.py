"""Changing a booking at its pages: the form says what becomes of it, the booking's page shows what waits."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from tests.bookings.changing import GAON, LENGTH, QA, SCHEDULER, booked, confirmed_run, hold_of, patch
from tests.clients import PASSWORD, utc
from tests.factories.form_fields import form_of
from tests.shared_app import SharedApp
from tests.zones import SEOUL


def typed(run: Any, *, operation: str = "submit", **more: Any) -> dict[str, Any]:
    """The change form of a run, as it would be sent."""
    session = {"room": "B-01", "start": run.start, "end": run.end, "headcount": "2"}
    session |= {"people": ["operator@gaon.example"], "exposure": "CLOSED", "setup_min": "0", "teardown_min": "0"}
    incubator = {"resource": "INC-01", "units": "2", "start": run.start, "end": run.end}
    fields = form_of(operation=operation, sessions=[session], equipment=[incubator], purpose="P2 harvest")
    return fields | more


def revision_of(page: Any) -> str:
    found = re.search(r'name="revision" value="(\d+)"', page.text)
    assert found
    return found[1]


def test_the_form_is_filled_says_what_becomes_of_it_and_asks(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    page_client = shared_app.page_client(GAON)
    address = f"/bookings/{run.reference}"
    assert f'href="{address}/change"' in page_client.get(address).text
    form = page_client.get(f"{address}/change")
    assert f'value="{run.start.astimezone(SEOUL):%Y-%m-%d}"' in form.text
    later = run.shifted(days=7)
    seen = page_client.post(f"{address}/change", typed(later, operation="check"))
    assert "stays confirmed, unchanged, until it is decided" in seen.text
    at_once = page_client.post(f"{address}/change/preview", typed(run) | {"purpose": "P3 harvest"})
    assert "The signatures remain valid" in at_once.text
    sent = page_client.post(
        f"{address}/change", typed(later, revision=revision_of(form), explanation="The donor is late")
    )
    assert (sent.status_code, sent.location) == (303, f"{address}?done=change-requested")
    page = page_client.get(sent.location).text
    assert "Requested changes" in page
    assert "The donor is late" in page
    assert "Withdraw the change" in page
    assert hold_of(shared_app, run.reference) == booked(run, later)


def test_what_a_waiting_change_holds_is_not_shown_as_agreed(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    later = run.shifted(days=7)
    patch(shared_app, run.reference, later.body)
    window = urlencode({"from": utc(run.start - LENGTH), "to": utc(later.end + LENGTH), "resource": "B-01"})
    for reader in (GAON, SCHEDULER):
        answer = shared_app.api_client(reader).get(f"/api/v1/timeline?{window}")
        blocks = [each for each in answer.json["blocks"] if each["reference"] == run.reference]
        for resource, places in (("B-01", 1), ("INC-01", 2)):
            states = [each["state"] for each in blocks if each["resource"] == resource]
            assert states == ["CONFIRMED"] * places + ["SUBMITTED"] * places


def test_the_decider_sees_what_would_change_and_signs_for_that_version(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    later = run.shifted(days=7)
    patch(shared_app, run.reference, later.body)
    scheduler, quality = shared_app.page_client(SCHEDULER), shared_app.page_client(QA)
    address = f"/bookings/{run.reference}"
    page = scheduler.get(address)
    assert "Requested changes" in page.text
    passed = scheduler.post(f"{address}/review", {"revision": revision_of(page)})
    assert passed.status_code == 303, passed.text
    page = quality.get(address)
    assert "version 2, with the meaning" in page.text
    signed = quality.post(f"{address}/approve", {"revision": revision_of(page), "password": PASSWORD})
    assert signed.status_code == 303, signed.text
    page = quality.get(address).text
    assert "void for the present version" in page
    assert "Requested changes" not in page


def test_what_was_changed_at_once_can_be_taken_back(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app, equipment=False)
    scheduler = shared_app.page_client(SCHEDULER)
    address = f"/bookings/{run.reference}"
    moved = run.shifted(hours=2)
    times = {
        "start_date": f"{moved.start.astimezone(SEOUL):%Y-%m-%d}",
        "start_time": f"{moved.start.astimezone(SEOUL):%H:%M}",
        "end_date": f"{moved.end.astimezone(SEOUL):%Y-%m-%d}",
        "end_time": f"{moved.end.astimezone(SEOUL):%H:%M}",
    }
    page = scheduler.get(address)
    done = scheduler.post(f"{address}/sessions/1/move", times | {"revision": revision_of(page)})
    assert (done.status_code, done.location) == (303, f"{address}?done=change-moved")
    assert hold_of(shared_app, run.reference) == booked(moved, equipment=False)
    page = scheduler.get(done.location)
    assert "Undo" in page.text
    assert "Undo" not in shared_app.page_client(GAON).get(address).text
    back = scheduler.post(f"{address}/undo", {"revision": revision_of(page)})
    assert back.status_code == 303, back.text
    assert hold_of(shared_app, run.reference) == booked(run, equipment=False)


def test_a_session_given_up_at_the_page_needs_its_reason(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app, sessions=2, equipment=False)
    page_client = shared_app.page_client(GAON)
    address = f"/bookings/{run.reference}"
    page = page_client.get(address)
    refused = page_client.post(f"{address}/sessions/2/give-up", {"revision": revision_of(page)})
    assert refused.status_code == 422
    done = page_client.post(
        f"{address}/sessions/2/give-up", {"revision": revision_of(page), "reason": "The second passage is not needed"}
    )
    assert done.status_code == 303
    assert hold_of(shared_app, run.reference) == booked(run, equipment=False)
    assert "cancelled a session" in page_client.get(address).text


def test_leaving_a_session_out_of_the_form_gives_it_up(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app, sessions=2, equipment=False)
    page_client = shared_app.page_client(GAON)
    address = f"/bookings/{run.reference}/change"
    fields = typed(run) | {"revision": revision_of(page_client.get(address))}
    fields = {name: value for name, value in fields.items() if not name.startswith("equipment-")}
    refused = page_client.post(address, fields)
    assert refused.status_code == 422
    done = page_client.post(address, fields | {"explanation": "The second day is not needed"})
    assert done.status_code == 303, done.text
    assert hold_of(shared_app, run.reference) == booked(run, equipment=False)

    again = shared_app.api_client(GAON).post(
        "/api/v1/bookings", run.shifted(days=1).body | {"sessions": run.body["sessions"][1:]}
    )
    assert again.status_code == 201, again.text
