"""What the pages and the API of sessions share: the password is verified first, outside any transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gmp_booking.execution.schemas import session_out
from gmp_booking.execution.service import SessionAct, SessionRow, act_on, for_row
from gmp_booking.infra.database.uow import StoredResponse, UseCaseRequest
from gmp_booking.kernel.errors import Conflict, Refusal
from gmp_booking.requests.handlers import decision_refused
from gmp_booking.signatures.handlers import proof_of


def carry_out(
    request: UseCaseRequest, dump: Callable[[SessionRow], StoredResponse], act: SessionAct, *, password: str | None
) -> StoredResponse:
    """Verify the password where one was given, then act in one transaction.

    Errors: whatever the act or the signing refuses.
    """
    act = replace(act, verified=proof_of(request, password))
    try:
        return request.answer(dump, act_on, act)
    except Conflict as conflict:
        raise decision_refused(conflict, request) from conflict


@dataclass(frozen=True)
class RowResult:
    """What became of one session of a list: the session as JSON, or why not."""

    reference: str
    number: int
    session: Mapping[str, Any] | None
    refusal: Refusal | None


def carry_out_all(
    request: UseCaseRequest, act: SessionAct, sessions: Sequence[tuple[str, int]], *, password: str | None
) -> list[RowResult]:
    """One signing act over a list: each session in a transaction of its own, so that one refusal stops no other.

    Shape: an idempotency key of the request holds for each of its sessions.
    Errors: whatever the signing refuses, before anything is written.
    """
    act = replace(act, verified=proof_of(request, password))
    return [_one_of_many(request, for_row(act, reference, number)) for reference, number in sessions]


def _one_of_many(request: UseCaseRequest, act: SessionAct) -> RowResult:
    key = request.idempotency
    if key is not None:
        request = replace(request, idempotency=replace(key, key=f"{key.key} {act.reference}/{act.number}"))
    try:
        answer = request.answer(answer_of, act_on, act)
    except Conflict as conflict:
        return RowResult(act.reference, act.number, None, decision_refused(conflict, request))
    except Refusal as refusal:
        return RowResult(act.reference, act.number, None, refusal)
    return RowResult(act.reference, act.number, json.loads(answer.body), None)


def answer_of(session: SessionRow) -> StoredResponse:
    """A session as the API answers with it."""
    headers = {"Content-Type": "application/json", "ETag": f'"{session.reference}-{session.revision}"'}
    return StoredResponse(200, json.dumps(session_out(session), ensure_ascii=False).encode(), headers)
