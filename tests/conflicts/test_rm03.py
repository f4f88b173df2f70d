"""RM-03: open aseptic work has grade A within grade B."""

import pytest
from conflict_facts import case, room, session

from gmp_booking.conflicts.engine import examine

SEVERITIES = {"RM-03": "H H H – – – – –"}


def findings(grade, exposure, *, step="", **more):
    place = room("X-01", grade=grade)
    wanted = session("9", "12", room="X-01", exposure=exposure, step=step)
    return [one for one in examine(case(wanted, with_rooms=(place,), **more)).findings if one.code == "RM-03"]


@pytest.mark.parametrize("grade", ["C", "D", "mock C", "-"])
@pytest.mark.parametrize("run_type", ["CLIN", "ENG"])
def test_an_open_flask_fill_outside_grade_b_is_refused(grade, run_type):
    (finding,) = findings(grade, "ASEPTIC_OPEN", run_type=run_type)
    assert (finding.severity.value, finding.params) == ("HARD", {"grade": grade})


@pytest.mark.parametrize("grade", ["A", "B"])
def test_in_grade_b_it_passes(grade):
    assert findings(grade, "ASEPTIC_OPEN") == []


@pytest.mark.parametrize("exposure", ["CLOSED", "OPEN"])
def test_a_closed_processor_and_buffer_preparation_may_be_in_grade_c(exposure):
    assert findings("C", exposure) == []


def test_a_media_fill_simulates_the_open_step_and_is_judged_like_it():
    assert [finding.severity.value for finding in findings("C", "ASEPTIC_OPEN", kind="APS")] == ["HARD"]


def test_the_step_is_named_where_it_has_a_name():
    (finding,) = findings("C", "ASEPTIC_OPEN", step="Flask fill")
    assert (finding.text, finding.params["step"]) == ("step", "Flask fill")
