"""A rule: its sentence, severities, source, parameters and texts.

A rule is a generator over one frozen case: it reads no clock, runs no query, writes no text and changes nothing. Its
module lies in `rules/` and is discovered there; nothing is registered by hand.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from gmp_booking.conflicts import rules as rules_package
from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.finding import Violation
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import DEMONSTRATIONS, Kind, RoomClass, RunType, Severity

H, S, W = Severity.HARD, Severity.SOFT, Severity.WARN

ALWAYS_ENFORCED = frozenset({"RM-01", "EQ-01", "PV-01"})
"""Rules that cannot be switched off: no double booking, no disclosure to competitors."""


class WorkClass(StrEnum):
    """The classes of work that may have different severities; the values are the fields of `SeverityMatrix`."""

    CLIN = "clin"
    ENG = "eng"
    MEDIA_FILL = "media_fill"
    DEVICE = "device"
    SERVICE = "service"
    DEMO = "demo"
    SEATED = "seated"
    CLINICAL_DEMO = "clinical_demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityMatrix:
    """A rule's severity for each class of work; None where it does not apply."""

    clin: Severity | None
    eng: Severity | None
    media_fill: Severity | None
    device: Severity | None
    service: Severity | None
    demo: Severity | None
    seated: Severity | None
    clinical_demo: Severity | None

    def severity_for(self, work_class: WorkClass) -> Severity | None:
        severity: Severity | None = getattr(self, work_class.value)
        return severity


EVERYTHING_HARD = SeverityMatrix(clin=H, eng=H, media_fill=H, device=H, service=H, demo=H, seated=H, clinical_demo=H)

NOT_AVAILABLE = N_("{resource} is not available {period}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A finding's texts for the booking's company, for the facility, and for other companies.

    Shape: without a text of its own the facility reads `own`.
    """

    own: str
    staff: str = ""
    others: str = NOT_AVAILABLE


@dataclass(frozen=True, slots=True)
class Parameter:
    """A limit that the facility may set.

    Shape: `rule` and `name` are its key in the policy; `unit` is the unit of `default`.
    """

    rule: str
    name: str
    unit: str
    default: float
    source: str

    def of(self, case: Case) -> float:
        return case.policy.values.get(self.rule, {}).get(self.name, self.default)


RuleFunction = Callable[[Case], Iterator[Violation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    code: str
    sentence: str
    severities: SeverityMatrix
    override: tuple[str, ...]
    source: str
    texts: Mapping[str, Texts]
    parameters: tuple[Parameter, ...] = ()
    judge: RuleFunction = field(compare=False)

    def __call__(self, case: Case) -> Iterator[Violation]:
        return self.judge(case)


def rule(
    code: str,
    sentence: str,
    *,
    applies: SeverityMatrix,
    source: str,
    texts: Texts | Mapping[str, Texts],
    override: str | tuple[str, ...] | None = None,
    parameters: tuple[Parameter, ...] = (),
) -> Callable[[RuleFunction], Rule]:
    """Declare the decorated generator as a rule.

    Shape: `texts` is one set, or several by the name in a violation's `text`. Several roles in `override` must all
    override.
    """
    roles = (override,) if isinstance(override, str) else override or ()
    by_name = {"": texts} if isinstance(texts, Texts) else dict(texts)

    def declare(judge: RuleFunction) -> Rule:
        return Rule(
            code=code,
            sentence=sentence,
            severities=applies,
            override=roles,
            source=source,
            texts=MappingProxyType(by_name),
            parameters=parameters,
            judge=judge,
        )

    return declare


@cache
def discover() -> Mapping[str, Rule]:
    """All rules by code, in the order of their codes.

    Errors: RuntimeError when a file of `rules/` does not contain exactly the rule it is named after.
    """
    found: dict[str, Rule] = {}
    for module in iter_modules(rules_package.__path__):
        held = vars(import_module(f"{rules_package.__name__}.{module.name}")).values()
        declared = [one for one in held if isinstance(one, Rule)]
        if len(declared) != 1 or declared[0].code.replace("-", "").lower() != module.name.partition("_")[0]:
            raise RuntimeError(f"rules/{module.name}.py does not hold the one rule it is named after")
        if declared[0].code in found:
            raise RuntimeError(f"two files hold {declared[0].code}")
        found[declared[0].code] = declared[0]
    return MappingProxyType(dict(sorted(found.items())))


_BY_ROOM = {RoomClass.SERVICE: WorkClass.SERVICE, RoomClass.DEMO: WorkClass.DEMO, RoomClass.SEATED: WorkClass.SEATED}


def work_class_of(kind: str, run_type: str | None, room_class: str | None) -> WorkClass:
    """The class of work that decides a rule's severity.

    Shape: `room_class` is that of the session's room or of the home room of attended equipment; None for equipment
    that runs alone. A GMP run without a run type counts as clinical, the strictest class.
    """
    if room_class is None:
        return WorkClass.DEVICE
    if kind == Kind.APS:
        return WorkClass.MEDIA_FILL
    if kind == Kind.CLINICAL_DEMO:
        return WorkClass.CLINICAL_DEMO
    if room_class != RoomClass.GMP:
        return _BY_ROOM[RoomClass(room_class)]
    if kind in DEMONSTRATIONS or run_type == RunType.ENG:
        return WorkClass.ENG
    return WorkClass.CLIN
