"""Overrides of findings: who may override, for which version, and what approval still needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import select

from gmp_booking.approvals.models import Override
from gmp_booking.bookings.events import RuleOverridden
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid
from gmp_booking.kernel.labels import ROLES, label_of
from gmp_booking.kernel.text import N_

SHORTEST_REASON = 20


@dataclass(frozen=True)
class OverrideRequest:
    """A rule whose findings the decider overrides, and the reason."""

    rule: str
    reason: str


@dataclass(frozen=True)
class OverrideView:
    """An override as its readers see it: version, rule, role, person and reason."""

    version: int
    rule: str
    role: str
    reason: str
    printed_name: str


@dataclass(frozen=True)
class ResolvedOverride:
    """One override that a decision gives: rule, role and reason."""

    rule: str
    role: str
    reason: str


def resolve_overrides(
    uow: Uow, booking: Booking, verdict: Verdict, *, asked: Sequence[OverrideRequest], later: Iterable[Role]
) -> list[ResolvedOverride]:
    """The overrides that this decision gives, if no SOFT finding is left that no later stage can override.

    Errors: Invalid for a reason that is too short or a rule without a finding to override; Forbidden for a rule that
    the decider may not override; Conflict, naming who may, when a finding stays open.
    """
    needed = {finding.code: set(finding.override) for finding in verdict.open_soft}
    for kept in list_overrides(uow, booking.id):
        if kept.version == booking.version and kept.rule in needed:
            needed[kept.rule].discard(kept.role)
    resolved: list[ResolvedOverride] = []
    for each in {one.rule: one for one in asked}.values():
        resolved += _resolve_one(each, needed, uow.actor.roles)
    for one in resolved:
        needed[one.rule].discard(one.role)
    _require_all_overridden(needed, verdict, later=frozenset(role.value for role in later))
    return resolved


def _resolve_one(
    asked: OverrideRequest, needed: Mapping[str, set[str]], held: frozenset[Role]
) -> list[ResolvedOverride]:
    reason = asked.reason.strip()
    if len(reason) < SHORTEST_REASON or sum(character.isalnum() for character in reason) < SHORTEST_REASON // 2:
        raise Invalid(
            field_errors={"overrides": [N_("Enter a reason of at least 20 characters for overriding the rule.")]}
        )
    if asked.rule not in needed:
        raise Invalid(field_errors={"overrides": [N_("None of the findings needs an override of these rules.")]})
    mine = needed[asked.rule] & {role.value for role in held}
    if needed[asked.rule] and not mine:
        sentence = N_("%(rule)s may be overridden by %(roles)s only.")
        raise Forbidden(sentence, params={"rule": asked.rule, "roles": _role_names(needed[asked.rule])})
    return [ResolvedOverride(asked.rule, role, reason) for role in sorted(mine)]


def _role_names(roles: Iterable[str]) -> str:
    return " + ".join(_(label_of(role, ROLES)) for role in sorted(roles))


def _require_all_overridden(needed: Mapping[str, set[str]], verdict: Verdict, *, later: frozenset[str]) -> None:
    left = {rule: roles - later for rule, roles in needed.items() if roles - later}
    if not left:
        return
    who = ", ".join(f"{rule} ({_role_names(roles)})" for rule, roles in sorted(left.items()))
    raise Conflict(
        N_("These rules must be overridden first, each by the role in brackets: %(who)s."),
        params={"who": who},
        detail={"verdict": verdict},
    )


def save_overrides(
    uow: Uow, booking: Booking, resolved: Sequence[ResolvedOverride], *, signature_id: int | None
) -> None:
    """Store the overrides, bound to this version and to the signature of the decision."""
    assert uow.actor.person_id is not None or not resolved, "only people override"
    for one in resolved:
        uow.session.add(
            Override(
                booking_id=booking.id,
                company_id=booking.company_id,
                version=booking.version,
                rule=one.rule,
                role=one.role,
                reason=one.reason,
                by_id=uow.actor.person_id,
                printed_name=uow.actor.name,
                at=uow.now,
                signature_id=signature_id,
            )
        )
        uow.record(RuleOverridden(**event_fields(booking), rule=one.rule, role=one.role, explanation=one.reason))
    if resolved:
        uow.session.flush()


def list_overrides(uow: Uow, booking_id: int) -> Sequence[OverrideView]:
    """The overrides of all versions of a booking, in the order in which they were given."""
    columns = [getattr(Override, field.name) for field in fields(OverrideView)]
    rows = uow.session.execute(select(*columns).where(Override.booking_id == booking_id).order_by(Override.id))
    return [OverrideView(*row) for row in rows]
