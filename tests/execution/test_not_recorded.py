"""Sessions that nobody recorded are listed until somebody says what happened."""

from __future__ import annotations

import re

import pytest

from tests.execution.conftest import OPERATOR, PRODUCTION, QA, SCHEDULER, ExecutionClient


def counted(execution: ExecutionClient, email: str) -> str | None:
    """The number beside the page in the navigation."""
    page = execution.shared_app.page_client(email).get("/timeline").text
    found = re.search(r'href="/not-recorded".*?</a>', page, re.DOTALL)
    number = re.search(r'<span class="count">\s*(?:<span[^>]*>)?(\d+)', found.group()) if found else None
    return number.group(1) if number else None


def test_k1_10_past_sessions_that_nobody_recorded_are_listed(execution: ExecutionClient) -> None:
    long_ago = execution.confirmed(2, room="C-01", starts_in=-40 * 24)
    late = execution.confirmed(2, room="B-02", starts_in=-6 * 24)
    today = execution.released(3, starts_in=-1.1)
    early = execution.confirmed(3, room="B-03", starts_in=-0.9)
    page = execution.shared_app.page_client(SCHEDULER).get("/not-recorded").text
    assert [late in page, today in page, early in page] == [True, True, False]
    assert page.index(late) < page.index(today)
    assert counted(execution, SCHEDULER) == counted(execution, PRODUCTION) == "2"
    only = execution.shared_app.page_client(SCHEDULER).get("/not-recorded?room=B-02").text
    assert [late in only, today in only] == [True, False]
    assert long_ago not in page
    assert long_ago in execution.shared_app.page_client(SCHEDULER).get("/not-recorded?older=yes").text


def test_k1_10_the_scheduler_confirms_with_one_tap(execution: ExecutionClient) -> None:
    reference = execution.confirmed(2, starts_in=-30)
    client = execution.shared_app.page_client(SCHEDULER)
    page = client.get("/not-recorded").text
    form = re.search(rf'action="(/bookings/{reference}/sessions/1/missed)".*?</form>', page, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="([^"]+)"\s+value="([^"]*)"', form.group()))
    answer = client.post(form.group(1), fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/not-recorded")
    assert execution.session(reference)["state"] == "MISSED"
    assert reference not in client.get("/not-recorded").text
    assert counted(execution, SCHEDULER) is None


def test_k1_10_production_reads_the_list_and_records_what_happened(execution: ExecutionClient) -> None:
    reference = execution.confirmed(2, starts_in=-30)
    page = execution.shared_app.page_client(PRODUCTION).get("/not-recorded").text
    assert f"/bookings/{reference}/sessions/1" in page
    assert f"/bookings/{reference}/sessions/1/missed" not in page


@pytest.mark.parametrize("email", [OPERATOR, QA])
def test_k1_10_nobody_else_reads_it(execution: ExecutionClient, email: str) -> None:
    client = execution.shared_app.page_client(email)
    assert client.get("/not-recorded").status_code == 403
    assert "/not-recorded" not in client.get("/timeline").text
