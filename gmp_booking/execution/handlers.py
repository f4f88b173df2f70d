"""What pages and API of sessions share: the password is verified first, outside any transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gmp_booking.execution.room_use.still_in_use import IN_USE, record_refusal
from gmp_booking.execution.schemas import session_out
from gmp_booking.execution.service import SessionAction, SessionRow, for_session, perform
from gmp_booking.infra.database.uow import StoredResponse, UseCaseRequest
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Conflict, Refusal
from gmp_booking.requests.handlers import refused_decision
from gmp_booking.signatures.handlers import proof_of


def carry_out(
    request: UseCaseRequest, dump: Callable[[SessionRow], StoredResponse], act: SessionAction, *, password: str | None
) -> StoredResponse:
    """Verify the password if one was given, then perform the action in one transaction.

    Errors: those of the action and of the signature.
    """
    act = replace(act, verified=proof_of(request, password))
    try:
        return request.answer(dump, perform, act)
    except Conflict as conflict:
        _tell_both_sides(request, act, conflict)
        raise refused_decision(conflict, request) from conflict


@dataclass(frozen=True)
class RowResult:
    """The result for one session of a list: its room and state, or the refusal."""

    reference: str
    number: int
    room: str | None = None
    state: str | None = None
    refusal: Refusal | None = None


def carry_out_all(
    request: UseCaseRequest, act: SessionAction, sessions: Sequence[tuple[str, int]], *, password: str | None
) -> list[RowResult]:
    """Perform one action on several sessions, each in its own transaction, so that a refusal does not stop the others.

    Shape: the idempotency key of the request is extended for each session.
    Errors: those of the signature, before anything is written.
    """
    act = replace(act, verified=proof_of(request, password))
    return [_one_of_many(request, for_session(act, reference, number)) for reference, number in sessions]


def _one_of_many(request: UseCaseRequest, act: SessionAction) -> RowResult:
    key = request.idempotency
    if key is not None:
        request = replace(request, idempotency=replace(key, key=f"{key.key} {act.reference}/{act.number}"))
    try:
        answer = request.answer(answer_of, perform, act)
    except Conflict as conflict:
        _tell_both_sides(request, act, conflict)
        return RowResult(act.reference, act.number, refusal=refused_decision(conflict, request))
    except Refusal as refusal:
        return RowResult(act.reference, act.number, refusal=refusal)
    session = json.loads(answer.body)
    return RowResult(act.reference, act.number, session["room"], session["state"])


def _tell_both_sides(request: UseCaseRequest, act: SessionAction, conflict: Conflict) -> None:
    """Record that somebody was refused at check-in: by the system, since neither side may write to the other."""
    if IN_USE in conflict.detail:
        request.database.transact(SYSTEM, record_refusal, act.reference, act.number, conflict.detail[IN_USE])


def answer_of(session: SessionRow) -> StoredResponse:
    """A session as an answer of the API."""
    headers = {"Content-Type": "application/json", "ETag": f'"{session.reference}-{session.revision}"'}
    return StoredResponse(200, json.dumps(session_out(session), ensure_ascii=False).encode(), headers)
