"""Violations, as rules yield them, and findings, with rule and severity."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gmp_booking.conflicts.claims import Claim
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What a rule reports, before the engine adds the severity.

    Shape: the booking's company may read `params`, so they name nothing of another company; only the facility may read
    `staff_params`. `text` names one of the rule's texts. `at_most` caps the severity, for example where the facility
    has not set a limit. `moved` is the claim for which the engine finds the earliest possible start.
    """

    resource: str
    period: Period | None
    session: int | None = None
    reservation: int | None = None
    text: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    staff_params: Mapping[str, Any] = field(default_factory=dict)
    moved: Claim | None = None
    at_most: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A violation with its rule and severity.

    Shape: `params`, `staff_params` and `remedy` are plain JSON, instants in ISO 8601; `names` is the resource's name
    by language; `override` names the roles that must override it together, empty unless SOFT.
    """

    code: str
    severity: Severity
    resource: str
    period: Period | None
    session: int | None = None
    reservation: int | None = None
    text: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    staff_params: Mapping[str, Any] = field(default_factory=dict)
    remedy: Mapping[str, str] = field(default_factory=dict)
    override: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> tuple[Any, ...]:
        """Most severe first, then by rule, resource and time; a total order, so that results are deterministic."""
        start = self.period.start.isoformat() if self.period else ""
        end = self.period.end.isoformat() if self.period else ""
        params = json.dumps(self.params, sort_keys=True, default=str)
        subject = (self.session or 0, self.reservation or 0)
        return (self.severity.rank, self.code, self.resource, start, end, *subject, self.text, params)

    @property
    def subject(self) -> tuple[str, int | None, int | None]:
        """Rule, session and reservation: the same before and after the part is moved."""
        return self.code, self.session, self.reservation

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON for the booking's company, without `staff_params`."""
        return {
            "rule": self.code,
            "severity": self.severity.value,
            "resource": self.resource,
            "names": dict(self.names),
            "start": self.period.start.isoformat() if self.period else None,
            "end": self.period.end.isoformat() if self.period else None,
            "session": self.session,
            "reservation": self.reservation,
            "override": list(self.override),
            "remedy": dict(self.remedy),
            "text": self.text,
            "params": dict(self.params),
        }

    def as_evidence(self) -> dict[str, Any]:
        """The whole finding, for a table that only the facility reads."""
        return {**self.as_dict(), "staff_params": dict(self.staff_params)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Finding":
        """The finding from the result of `as_dict` or `as_evidence`."""
        bounds = stored["start"], stored["end"]
        return cls(
            code=stored["rule"],
            severity=Severity(stored["severity"]),
            resource=stored["resource"],
            period=Period(*map(datetime.fromisoformat, bounds)) if all(bounds) else None,
            session=stored["session"],
            reservation=stored["reservation"],
            text=stored["text"],
            params=dict(stored["params"]),
            staff_params=dict(stored.get("staff_params", {})),
            remedy=dict(stored["remedy"]),
            override=tuple(stored["override"]),
            names=dict(stored["names"]),
        )
