"""The outcome of all findings together."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from gmp_booking.conflicts.finding import Finding
from gmp_booking.kernel.vocabulary import Severity


class Outcome(StrEnum):
    CLEAR = "clear"
    NEEDS_OVERRIDE = "needs_override"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Verdict:
    """All findings of one examination, in their order."""

    findings: tuple[Finding, ...] = ()

    @cached_property
    def outcome(self) -> Outcome:
        if self.has_hard:
            return Outcome.BLOCKED
        return Outcome.NEEDS_OVERRIDE if self.open_soft else Outcome.CLEAR

    @property
    def is_clear(self) -> bool:
        return self.outcome is Outcome.CLEAR

    @cached_property
    def has_hard(self) -> bool:
        return any(finding.severity is Severity.HARD for finding in self.findings)

    @cached_property
    def open_soft(self) -> tuple[Finding, ...]:
        """The findings that an approval must override."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.SOFT)
