"""Shared by the page and the API of outages: the password is verified first, outside any transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmp_booking.infra.database.uow import StoredResponse, Uow, UseCaseRequest
from gmp_booking.outages import service
from gmp_booking.outages.service import NewOutage, OutageView
from gmp_booking.signatures.handlers import proof_of


def place_outage(
    request: UseCaseRequest, dump: Callable[[Sequence[OutageView]], StoredResponse], new: NewOutage
) -> StoredResponse:
    """Create an outage and build the response from it, or from each of its series."""

    def act(uow: Uow) -> Sequence[OutageView]:
        return [service.get_outage(uow, outage.id) for outage in service.place(uow, new)]

    return request.answer(dump, act)


def lift_outage(
    request: UseCaseRequest,
    dump: Callable[[OutageView], StoredResponse],
    outage_id: int,
    *,
    reason: str,
    password: str | None,
    revision: int | None,
    following: bool,
) -> StoredResponse:
    """Verify the password if given, then lift in one transaction.

    Errors: those of lifting and signing.
    """
    verified = proof_of(request, password)

    def act(uow: Uow) -> OutageView:
        service.lift(uow, outage_id, reason=reason, revision=revision, verified=verified, following=following)
        return service.get_outage(uow, outage_id)

    return request.answer(dump, act)
