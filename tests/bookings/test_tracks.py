"""Which approval track a request takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gmp_booking.bookings.lifecycle import tracks
from gmp_booking.kernel.vocabulary import Kind, RunType

TRACK_OF = {
    ("CLEANROOM", "ENG"): "engineering",
    ("CLEANROOM", "CLIN"): "clinical",
    ("CLEANROOM", None): "engineering",
    ("EQUIPMENT", None): "engineering",
    ("APS", None): "engineering",
    ("TECH_DEMO", None): "light",
    ("EDUCATION", None): "light",
    ("TOUR", None): "light",
    ("QC", None): "scheduling",
    ("REVIEW", None): "light",
    ("CLINICAL_DEMO", None): "clinical",
}
CIRCUMSTANCES = [
    # kind, run type, circumstances, track
    ("QC", None, {"needs_no_decision": True}, "none"),
    ("QC", None, {"needs_no_decision": True, "in_gmp_rooms": True}, "engineering"),
    ("REVIEW", None, {"needs_no_decision": True}, "none"),
    ("REVIEW", None, {"needs_no_decision": True, "has_gmp_equipment": True}, "light+qa"),
    ("TOUR", None, {"needs_no_decision": True}, "light"),
    ("TECH_DEMO", None, {"has_live_material": True}, "light+"),
    ("TECH_DEMO", None, {"has_live_material": True, "has_gmp_equipment": True}, "light+bso+qa"),
    ("CLEANROOM", "ENG", {"is_gene_modified": True, "length": timedelta(days=90)}, "engineering"),
    ("CLEANROOM", "CLIN", {"is_gene_modified": True}, "clinical+bso"),
    ("CLEANROOM", "CLIN", {"is_maybe_infectious": True}, "clinical+bso"),
    ("CLEANROOM", "CLIN", {"length": timedelta(days=45)}, "clinical"),
    ("CLEANROOM", "CLIN", {"length": timedelta(days=45, minutes=1)}, "clinical+committee"),
    ("CLINICAL_DEMO", None, {"is_gene_modified": True, "length": timedelta(days=50)}, "clinical+bso+committee"),
]


def track_of(kind: str, run_type: str | None, **facts: Any) -> str:
    run = RunType(run_type) if run_type else None
    return tracks.track_of(Kind(kind), run, tracks.TrackFacts(**facts)).value


def test_a_kind_takes_its_track() -> None:
    assert {(kind, run_type): track_of(kind, run_type) for kind, run_type in TRACK_OF} == TRACK_OF


def test_every_kind_has_a_track() -> None:
    assert {kind for kind, _ in TRACK_OF} == {kind.value for kind in Kind}


def test_circumstances_take_further_roles_in() -> None:
    for kind, run_type, circumstances, track in CIRCUMSTANCES:
        assert track_of(kind, run_type, **circumstances) == track, (kind, run_type, circumstances)
