"""Approval tracks: which roles decide on a request, in which order, and what each of them signs; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gmp_booking.kernel.access import Role
from gmp_booking.kernel.vocabulary import DEMONSTRATIONS, Kind, Meaning, RunType


class Track(StrEnum):
    """An approval track: which roles decide, in which order; a suffix names additional roles."""

    NONE = "none"
    SCHEDULING = "scheduling"
    LIGHT = "light"
    LIGHT_PLUS = "light+"
    LIGHT_QA = "light+qa"
    LIGHT_BSO_QA = "light+bso+qa"
    ENGINEERING = "engineering"
    CLINICAL = "clinical"
    CLINICAL_BSO = "clinical+bso"
    CLINICAL_COMMITTEE = "clinical+committee"
    CLINICAL_BSO_COMMITTEE = "clinical+bso+committee"
    MOVE = "session move"


@dataclass(frozen=True)
class Stage:
    """One stage of a track: its role, and the signature meaning (None: a journal entry without a signature)."""

    role: Role
    meaning: Meaning | None = None


_PRODUCTION = Stage(Role.PRODUCTION_MANAGER, Meaning.APPROVED_PRODUCTION)
_QA = Stage(Role.QA, Meaning.APPROVED_QA)
_BSO = Stage(Role.BSO, Meaning.APPROVED_BIOSAFETY)
_COMMITTEE = Stage(Role.COMMITTEE, Meaning.APPROVED_COMMITTEE)
_SCHEDULER, _DEMO_MANAGER = Stage(Role.SCHEDULER), Stage(Role.DEMO_MANAGER)

TRACKS: dict[Track, tuple[Stage, ...]] = {
    Track.NONE: (),
    Track.SCHEDULING: (_SCHEDULER,),
    Track.LIGHT: (_DEMO_MANAGER,),
    Track.LIGHT_PLUS: (_DEMO_MANAGER, _BSO),
    Track.LIGHT_QA: (_DEMO_MANAGER, _QA),
    Track.LIGHT_BSO_QA: (_DEMO_MANAGER, _BSO, _QA),
    Track.ENGINEERING: (_SCHEDULER, _QA),
    Track.CLINICAL: (_SCHEDULER, _PRODUCTION, _QA),
    Track.CLINICAL_BSO: (_SCHEDULER, _PRODUCTION, _BSO, _QA),
    Track.CLINICAL_COMMITTEE: (_SCHEDULER, _PRODUCTION, _QA, _COMMITTEE),
    Track.CLINICAL_BSO_COMMITTEE: (_SCHEDULER, _PRODUCTION, _BSO, _QA, _COMMITTEE),
    Track.MOVE: (_SCHEDULER,),
}

COMMITTEE_ABOVE = timedelta(days=45)


@dataclass(frozen=True, kw_only=True)
class TrackFacts:
    """The properties of a request that add roles to its approval track.

    Shape: `in_gmp_rooms` includes equipment whose home room is a GMP room; `needs_no_decision` is true for a clear
    request of a kind that the policy confirms automatically.
    """

    length: timedelta = timedelta()
    is_gene_modified: bool = False
    is_maybe_infectious: bool = False
    has_live_material: bool = False
    has_gmp_equipment: bool = False
    in_gmp_rooms: bool = False
    needs_no_decision: bool = False


ORDINARY_REQUEST = TrackFacts()


def track_of(kind: Kind, run_type: RunType | None, facts: TrackFacts = ORDINARY_REQUEST) -> Track:
    """The approval track of a request; cleanroom work follows its run type."""
    if kind is Kind.CLINICAL_DEMO or (kind is Kind.CLEANROOM and run_type is RunType.CLIN):
        return _clinical(facts)
    if kind is Kind.QC and not facts.in_gmp_rooms:
        return Track.NONE if facts.needs_no_decision else Track.SCHEDULING
    if kind in DEMONSTRATIONS:
        return _light(kind, facts)
    return Track.ENGINEERING


def _clinical(facts: TrackFacts) -> Track:
    needs_bso = facts.is_gene_modified or facts.is_maybe_infectious
    if facts.length > COMMITTEE_ABOVE:
        return Track.CLINICAL_BSO_COMMITTEE if needs_bso else Track.CLINICAL_COMMITTEE
    return Track.CLINICAL_BSO if needs_bso else Track.CLINICAL


def _light(kind: Kind, facts: TrackFacts) -> Track:
    if facts.has_live_material:
        return Track.LIGHT_BSO_QA if facts.has_gmp_equipment else Track.LIGHT_PLUS
    if facts.has_gmp_equipment:
        return Track.LIGHT_QA
    return Track.NONE if kind is Kind.REVIEW and facts.needs_no_decision else Track.LIGHT


def signs_refusals(track: Track) -> bool:
    """Whether a rejection is signed: on every track that has a signed stage."""
    return any(stage.meaning for stage in TRACKS[track])
