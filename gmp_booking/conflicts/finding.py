"""What a rule complains of, and what becomes of it once its weight is known."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a rule noticed, before the engine knows how much it weighs.

    Shape: `params` may be read by whoever owns the booking, so nothing of another company is in it; what only the
    facility may read is in `staff_params`. `text` names one of the rule's texts. `at_most` caps the severity where
    the rule lacks a limit the facility has not set.
    """

    resource: str
    period: Period | None
    session: int | None = None
    reservation: int | None = None
    text: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    staff_params: Mapping[str, Any] = field(default_factory=dict)
    remedy: Mapping[str, Any] = field(default_factory=dict)
    at_most: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A complaint with its rule and its weight.

    Shape: `params`, `staff_params` and `remedy` are plain JSON, instants in ISO 8601; `names` is the resource's name
    by language; `override` names the roles that may override it together, empty unless SOFT.
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
    remedy: Mapping[str, Any] = field(default_factory=dict)
    override: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> tuple[Any, ...]:
        """Heaviest first, then by rule, resource and time; complete, so that the order never depends on chance."""
        start = self.period.start.isoformat() if self.period else ""
        end = self.period.end.isoformat() if self.period else ""
        params = json.dumps(self.params, sort_keys=True, default=str)
        subject = (self.session or 0, self.reservation or 0)
        return (self.severity.rank, self.code, self.resource, start, end, *subject, self.text, params)

    @property
    def subject(self) -> tuple[str, int | None, int | None]:
        """Which rule complains of which part of the booking, wherever that part lies."""
        return self.code, self.session, self.reservation

    def as_dict(self) -> dict[str, Any]:
        """The finding as its company may keep it: plain JSON, without what only the facility reads."""
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
        """The whole finding, for the table only the facility reads."""
        return {**self.as_dict(), "staff_params": dict(self.staff_params)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Finding":
        """The finding again from either of its kept forms."""
        bounds = kept["start"], kept["end"]
        return cls(
            code=kept["rule"],
            severity=Severity(kept["severity"]),
            resource=kept["resource"],
            period=Period(*map(datetime.fromisoformat, bounds)) if all(bounds) else None,
            session=kept["session"],
            reservation=kept["reservation"],
            text=kept["text"],
            params=dict(kept["params"]),
            staff_params=dict(kept.get("staff_params", {})),
            remedy=dict(kept["remedy"]),
            override=tuple(kept["override"]),
            names=dict(kept["names"]),
        )
