"""Runs every rule over one case: always all findings, in a fixed order.

Preview, submission, approval, move, revalidation and check-in use the same engine; only the facts differ.
"""

from collections.abc import Iterator, Mapping

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.earliest_starts import earliest_start_of
from gmp_booking.conflicts.finding import Finding, Violation
from gmp_booking.conflicts.rule import ALWAYS_ENFORCED, Rule, discover
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.conflicts.work_class import WorkClass, work_class_of
from gmp_booking.kernel.vocabulary import RuleMode, Severity

ENGINE_VERSION = "3"
"""Increased with every change of the engine's results; stored with each decision."""


def examine(case: Case) -> Verdict:
    """The findings of all rules."""
    findings = [finding for rule in discover().values() for finding in _judge(rule, case)]
    findings.sort(key=lambda finding: finding.order)
    return Verdict(tuple(findings))


def _judge(rule: Rule, case: Case) -> Iterator[Finding]:
    mode = RuleMode.ENFORCE if rule.code in ALWAYS_ENFORCED else case.policy.mode_of(rule.code, case.today)
    if mode is RuleMode.OFF:
        return
    for violation in rule(case):
        severity = rule.severities.severity_for(_work_class_of(violation, case))
        if severity is None:
            continue
        if mode is RuleMode.WARN:
            severity = Severity.WARN
        if violation.at_most is not None:
            severity = severity.at_most(violation.at_most)
        yield _finding(violation, rule, severity, case=case)


def _finding(violation: Violation, rule: Rule, severity: Severity, *, case: Case) -> Finding:
    return Finding(
        code=rule.code,
        severity=severity,
        resource=violation.resource,
        period=violation.period,
        session=violation.session,
        reservation=violation.reservation,
        text=violation.text,
        params=violation.params,
        staff_params=violation.staff_params,
        remedy=earliest_start_of(case, violation.moved) if violation.moved else {},
        override=rule.override if severity is Severity.SOFT else (),
        names=_names(violation.resource, case),
    )


def _work_class_of(violation: Violation, case: Case) -> WorkClass:
    booking = case.booking
    if violation.session is not None:
        room: str | None = case.sessions_by_number[violation.session].room
    elif violation.reservation is not None:
        code = case.reservations_by_number[violation.reservation].equipment
        room = case.equipment[code].takes_room
    else:
        room = case.sessions[0].room if case.sessions else None
    return work_class_of(booking.kind, booking.run_type, case.rooms[room].room_class if room else None)


def _names(resource: str, case: Case) -> Mapping[str, str]:
    facts = case.rooms.get(resource) or case.equipment.get(resource)
    return facts.names if facts else {}
