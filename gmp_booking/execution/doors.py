"""What the pages and the API of sessions share: the password is verified first, outside any transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gmp_booking.bookings.doors import decision_refused
from gmp_booking.execution.service import SessionAct, act_on, for_row
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.uow import Answer, Request
from gmp_booking.kernel.errors import Conflict, Refusal
from gmp_booking.signatures.service import Verified, verify


def carry_out(
    request: Request, dump: Callable[[SessionRow], Answer], act: SessionAct, *, password: str | None
) -> Answer:
    """Verify the password where one was given, then act in one transaction.

    Errors: whatever the act or the signing refuses.
    """
    act = replace(act, verified=_verified(request, password))
    try:
        return request.answer(dump, act_on, act)
    except Conflict as conflict:
        raise decision_refused(conflict, request) from conflict


@dataclass(frozen=True)
class RowResult:
    """What became of one session of a list."""

    reference: str
    number: int
    session: SessionRow | None
    refusal: Refusal | None


def carry_out_all(
    request: Request, act: SessionAct, sessions: Sequence[tuple[str, int]], *, password: str | None
) -> list[RowResult]:
    """One signing act over a list: each session in a transaction of its own, so that one refusal stops no other.

    Errors: whatever the signing refuses, before anything is written.
    """
    verified = _verified(request, password)
    results = []
    for reference, number in sessions:
        row = for_row(replace(act, verified=verified), reference, number)
        try:
            results.append(RowResult(reference, number, request.transact(act_on, row), None))
        except Conflict as conflict:
            results.append(RowResult(reference, number, None, decision_refused(conflict, request)))
        except Refusal as refusal:
            results.append(RowResult(reference, number, None, refusal))
    return results


def _verified(request: Request, password: str | None) -> Verified | None:
    if not password:
        return None
    found = verify(request.database, request.actor, password)
    if isinstance(found, Refusal):
        raise found
    return found
