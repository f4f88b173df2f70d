"""A rule: its sentence, severities, source, parameters and texts.

A rule is a generator over one frozen case: it reads no clock, runs no query, writes no text and changes nothing. Its
module lies in `rules/` and is discovered there; nothing is registered by hand.

Beside its check, a rule may offer `forbidden_shifts`: the shifts of one claim or session after which it would refuse
it. The search for alternatives and the earliest possible start read them, so that no second copy of a rule is needed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from gmp_booking.conflicts import rules as rules_package
from gmp_booking.conflicts.case import Case, SessionFacts
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import ShiftInterval
from gmp_booking.conflicts.parameter import Parameter
from gmp_booking.conflicts.work_class import WorkClass
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity

H, S, W = Severity.HARD, Severity.SOFT, Severity.WARN

ALWAYS_ENFORCED = frozenset({"RM-01", "EQ-01", "PV-01"})
"""Rules that cannot be switched off: no double booking, no disclosure to competitors."""


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


RuleFunction = Callable[[Case], Iterator[Violation]]
Part = Claim | SessionFacts
"""What moves: one claim of a booking, or one of its sessions."""
ShiftFunction = Callable[[Case, Part], Iterable[ShiftInterval]]


def _no_shifts(_case: Case, _part: Part) -> Iterable[ShiftInterval]:
    return ()


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
    forbidden_shifts: ShiftFunction = field(default=_no_shifts, compare=False)

    @property
    def offers_shifts(self) -> bool:
        """Whether it says which shifts of a part it would refuse."""
        return self.forbidden_shifts is not _no_shifts

    @property
    def can_be_overridden(self) -> bool:
        """Whether none of its findings is HARD."""
        return not any(self.severities.severity_for(work_class) is H for work_class in WorkClass)

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
    forbidden_shifts: ShiftFunction = _no_shifts,
) -> Callable[[RuleFunction], Rule]:
    """Declare the decorated generator as a rule.

    Shape: `texts` is one set, or several by the name in a violation's `text`. Several roles in `override` must all
    override. `forbidden_shifts` gives, for a part, the shifts after which the rule would refuse it; it yields nothing
    for parts that the rule does not judge.
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
            forbidden_shifts=forbidden_shifts,
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
