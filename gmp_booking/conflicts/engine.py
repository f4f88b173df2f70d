"""Every rule over one case: all findings, always, in one order.

The same engine at preview, submit, each approval, move, nightly look and check-in; what differs is a fact of the case.
"""

from collections.abc import Iterator, Mapping

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.finding import Complaint, Finding
from gmp_booking.conflicts.rule import ALWAYS_ENFORCED, Column, Rule, column, discover
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.kernel.vocabulary import RuleMode, Severity

ENGINE_VERSION = "2"
"""Raised with every change of what the engine finds; kept with each decision."""


def examine(case: Case) -> Verdict:
    """What stands against the case."""
    findings = [finding for rule in discover().values() for finding in _judge(rule, case)]
    findings.sort(key=lambda finding: finding.order)
    return Verdict(tuple(findings))


def _judge(rule: Rule, case: Case) -> Iterator[Finding]:
    mode = RuleMode.ENFORCE if rule.code in ALWAYS_ENFORCED else case.policy.mode_of(rule.code, case.today)
    if mode is RuleMode.OFF:
        return
    for complaint in rule(case):
        severity = rule.row.weight(_column_of(complaint, case))
        if severity is None:
            continue
        if mode is RuleMode.WARN:
            severity = Severity.WARN
        if complaint.at_most is not None:
            severity = severity.at_most(complaint.at_most)
        yield _finding(complaint, rule, severity, names=_names(complaint.resource, case))


def _finding(complaint: Complaint, rule: Rule, severity: Severity, *, names: Mapping[str, str]) -> Finding:
    return Finding(
        code=rule.code,
        severity=severity,
        resource=complaint.resource,
        period=complaint.period,
        session=complaint.session,
        reservation=complaint.reservation,
        text=complaint.text,
        params=complaint.params,
        staff_params=complaint.staff_params,
        remedy=complaint.remedy,
        override=rule.override if severity is Severity.SOFT else (),
        names=names,
    )


def _column_of(complaint: Complaint, case: Case) -> Column:
    booking = case.booking
    if complaint.session is not None:
        room: str | None = case.sessions_by_number[complaint.session].room
    elif complaint.reservation is not None:
        code = case.reservations_by_number[complaint.reservation].equipment
        room = case.equipment[code].takes_room
    else:
        room = case.sessions[0].room if case.sessions else None
    return column(booking.kind, booking.run_type, case.rooms[room].room_class if room else None)


def _names(resource: str, case: Case) -> Mapping[str, str]:
    facts = case.rooms.get(resource) or case.equipment.get(resource)
    return facts.names if facts else {}
