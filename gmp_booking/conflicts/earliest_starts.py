"""The earliest start of a claim that no rule's forbidden shifts contain."""

from collections.abc import Mapping
from datetime import datetime

from gmp_booking.conflicts.case import ENDLESS, Case
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.free_shifts import earliest_start
from gmp_booking.conflicts.rule import discover


def earliest_start_of(case: Case, claim: Claim) -> Mapping[str, str]:
    """Shape: {"earliest_start": ISO instant} of the session or reservation the claim is of, or nothing."""
    forbidden = [shift for rule in discover().values() for shift in rule.forbidden_shifts(case, claim)]
    start = earliest_start(_start_of(case, claim), forbidden, wanted=claim.period, now=case.now, known=case.known)
    return {} if start is None or start >= ENDLESS else {"earliest_start": start.isoformat()}


def _start_of(case: Case, claim: Claim) -> datetime:
    if claim.session_number is not None:
        return case.sessions_by_number[claim.session_number].period.start
    assert claim.reservation_number is not None
    return case.reservations_by_number[claim.reservation_number].period.start
