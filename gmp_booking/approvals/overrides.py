"""Answering for what a rule found: who may, for which version, and what approval still lacks."""

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
class OverrideAsked:
    """A rule whose findings the decider answers for, and why."""

    rule: str
    reason: str


@dataclass(frozen=True)
class OverrideView:
    """An override as its readers see it: which role answered for which rule in which version, who, and why."""

    version: int
    rule: str
    role: str
    reason: str
    printed_name: str


@dataclass(frozen=True)
class Settled:
    """What is answered for with this act: rule, role and reason."""

    rule: str
    role: str
    reason: str


def resolve_overrides(
    uow: Uow, booking: Booking, verdict: Verdict, *, asked: Sequence[OverrideAsked], later: Iterable[Role]
) -> list[Settled]:
    """What this act overrides, once nothing is left that neither it nor a later stage answers for.

    Errors: Invalid for a reason that is too short or a rule with nothing to override; Forbidden for a rule that is not
    the decider's to override; Conflict, naming who may, when something stays open.
    """
    needed = {finding.code: set(finding.override) for finding in verdict.open_soft}
    for kept in list_overrides(uow, booking.id):
        if kept.version == booking.version and kept.rule in needed:
            needed[kept.rule].discard(kept.role)
    settled: list[Settled] = []
    for each in {one.rule: one for one in asked}.values():
        settled += _answered(each, needed, uow.actor.roles)
    for one in settled:
        needed[one.rule].discard(one.role)
    _refuse_what_stays_open(needed, verdict, later=frozenset(role.value for role in later))
    return settled


def _answered(asked: OverrideAsked, needed: Mapping[str, set[str]], held: frozenset[Role]) -> list[Settled]:
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
        raise Forbidden(sentence, params={"rule": asked.rule, "roles": _in_words(needed[asked.rule])})
    return [Settled(asked.rule, role, reason) for role in sorted(mine)]


def _in_words(roles: Iterable[str]) -> str:
    return " + ".join(_(label_of(role, ROLES)) for role in sorted(roles))


def _refuse_what_stays_open(needed: Mapping[str, set[str]], verdict: Verdict, *, later: frozenset[str]) -> None:
    left = {rule: roles - later for rule, roles in needed.items() if roles - later}
    if not left:
        return
    who = ", ".join(f"{rule} ({_in_words(roles)})" for rule, roles in sorted(left.items()))
    raise Conflict(
        N_("These rules must be overridden first, each by the role in brackets: %(who)s."),
        params={"who": who},
        detail={"verdict": verdict},
    )


def keep_overrides(uow: Uow, booking: Booking, settled: Sequence[Settled], *, signature_id: int | None) -> None:
    """Keep what is answered for, bound to this version and to the act's signature."""
    assert uow.actor.person_id is not None or not settled, "only people override"
    for one in settled:
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
    if settled:
        uow.session.flush()


def list_overrides(uow: Uow, booking_id: int) -> Sequence[OverrideView]:
    """Every override of all versions of a booking, in the order they were given."""
    columns = [getattr(Override, field.name) for field in fields(OverrideView)]
    rows = uow.session.execute(select(*columns).where(Override.booking_id == booking_id).order_by(Override.id))
    return [OverrideView(*row) for row in rows]
