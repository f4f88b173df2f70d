"""What pages and API share: refusals with findings and alternatives in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from gmp_booking.bookings.finding_view import finding_views
from gmp_booking.bookings.schemas import alternatives_out
from gmp_booking.conflicts.alternatives import Alternative
from gmp_booking.conflicts.privacy import FindingView, finding_as_json
from gmp_booking.evaluation.service import examine_with_alternatives
from gmp_booking.infra.database.uow import UseCaseRequest
from gmp_booking.infra.web.i18n import current_language
from gmp_booking.kernel.errors import Conflict


class RefusedByRules(Conflict):
    """A refusal with its findings, as the reader may read them.

    Shape: `alternatives` is None where none were searched.
    """

    def __init__(
        self,
        refused: Conflict,
        findings: Sequence[FindingView],
        alternatives: Sequence[Alternative] | None = None,
    ) -> None:
        detail = {"findings": [finding_as_json(each) for each in findings]}
        if alternatives is not None:
            detail["alternatives"] = alternatives_out(alternatives, current_language())
        super().__init__(refused.message, params=refused.params, detail=detail)
        self.findings: Sequence[FindingView] = findings
        self.alternatives = alternatives


def refused_with_alternatives(conflict: Conflict, request: UseCaseRequest) -> Conflict:
    """The refusal with findings in the reader's language, and alternatives.

    The search runs in a new, read-only transaction: the refused one was rolled back and held locks.
    """
    verdict, refused = conflict.detail.get("verdict"), conflict.detail.get("request")
    if verdict is None or refused is None:
        return refused_decision(conflict, request)
    searched = request.read(examine_with_alternatives, refused.resolved, booking_id=refused.booking_id)
    findings = searched.verdict.findings if searched.verdict.has_hard else verdict.findings
    return RefusedByRules(conflict, finding_views(findings, request.actor, current_language()), searched.alternatives)


def refused_decision(conflict: Conflict, request: UseCaseRequest) -> Conflict:
    """The refusal of a decision, with findings in the reader's language."""
    verdict = conflict.detail.get("verdict")
    if verdict is None:
        return conflict
    return RefusedByRules(conflict, finding_views(verdict.findings, request.actor, current_language()))
