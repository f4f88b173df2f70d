"""DM-01: demonstrations stay out of rooms used under GMP."""

from dataclasses import replace

import pytest
from conflict_facts import case, room, session

from gmp_booking.conflicts.engine import examine

# In a GMP room a demonstration is evaluated in the column of engineering runs.
SEVERITIES = {"DM-01": "– H – – H H – –"}

KINDS = ["TECH_DEMO", "EDUCATION", "TOUR", "REVIEW"]


def findings(kind, room_class, *, is_gmp, run_type=None):
    place = replace(room("X-01", room_class=room_class, maximum=20), is_gmp=is_gmp)
    facts = case(session("9", "12", room="X-01"), kind=kind, run_type=run_type, with_rooms=(place,))
    return [one.severity.value for one in examine(facts).findings if one.code == "DM-01"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("room_class", ["GMP", "SERVICE", "DEMO"])
def test_a_training_in_a_room_used_under_gmp_is_refused(kind, room_class):
    assert findings(kind, room_class, is_gmp=True) == ["HARD"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("room_class", ["DEMO", "SEATED"])
def test_a_training_in_the_demonstration_rooms_passes(kind, room_class):
    assert findings(kind, room_class, is_gmp=False) == []


@pytest.mark.parametrize("kind, run_type", [("CLEANROOM", "ENG"), ("CLEANROOM", "CLIN"), ("APS", None), ("QC", None),
                                            ("CLINICAL_DEMO", None)])  # fmt: skip
def test_the_work_the_room_is_for_is_not_judged(kind, run_type):
    assert findings(kind, "GMP", is_gmp=True, run_type=run_type) == []
