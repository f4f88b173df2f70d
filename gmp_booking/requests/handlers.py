"""What pages and API share: refusals with findings and alternatives in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gmp_booking.bookings.finding_view import findings_out, locale_formatter_for
from gmp_booking.conflicts.alternatives import Alternative, alternative_as_json
from gmp_booking.evaluation.service import examine_with_alternatives
from gmp_booking.infra.database.uow import UseCaseRequest
from gmp_booking.infra.web.i18n import current_language
from gmp_booking.kernel.errors import Conflict


def alternatives_out(alternatives: Sequence[Alternative]) -> list[dict[str, Any]]:
    """Alternatives in the reader's language, each as a booking that can be sent."""
    return [alternative_as_json(alternative, locale_formatter_for(current_language())) for alternative in alternatives]


def refused_with_alternatives(conflict: Conflict, request: UseCaseRequest) -> Conflict:
    """The refusal with findings in the reader's language, and alternatives.

    The search runs in a new, read-only transaction: the refused one was rolled back and held locks.
    """
    verdict, refused = conflict.detail.get("verdict"), conflict.detail.get("request")
    if verdict is None or refused is None:
        return refused_decision(conflict, request)
    searched = request.read(examine_with_alternatives, refused.resolved, booking_id=refused.booking_id)
    findings = searched.verdict.findings if searched.verdict.has_hard else verdict.findings
    return Conflict(
        conflict.message,
        detail={
            "findings": findings_out(findings, request.actor, current_language()),
            "alternatives": alternatives_out(searched.alternatives),
        },
    )


def refused_decision(conflict: Conflict, request: UseCaseRequest) -> Conflict:
    """The refusal of a decision, with findings in the reader's language."""
    verdict = conflict.detail.get("verdict")
    if verdict is None:
        return conflict
    return Conflict(
        conflict.message,
        params=conflict.params,
        detail={"findings": findings_out(verdict.findings, request.actor, current_language())},
    )
