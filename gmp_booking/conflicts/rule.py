"""What a rule is: one sentence, one row of severities, its source, its limits and its texts.

A rule is a generator over one frozen case: no clock, no query, no text, no change. Its module lies in `rules/` and is
found by walking that package; nothing is registered by hand.
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
from gmp_booking.conflicts.finding import Complaint
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import DEMONSTRATIONS, Kind, RoomClass, RunType, Severity

H, S, W = Severity.HARD, Severity.SOFT, Severity.WARN

ALWAYS_ENFORCED = frozenset({"RM-01", "EQ-01", "PV-01"})
"""These cannot be switched off: a place is taken once, and a rival learns nothing."""


class Column(StrEnum):
    """What a rule may judge differently; the values are the names in `Row`."""

    CLIN = "clin"
    ENG = "eng"
    MEDIA_FILL = "media_fill"
    DEVICE = "device"
    SERVICE = "service"
    DEMO = "demo"
    SEATED = "seated"
    CLINICAL_DEMO = "clinical_demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How heavily a rule weighs on what; None where it does not judge."""

    clin: Severity | None
    eng: Severity | None
    media_fill: Severity | None
    device: Severity | None
    service: Severity | None
    demo: Severity | None
    seated: Severity | None
    clinical_demo: Severity | None

    def weight(self, column: Column) -> Severity | None:
        severity: Severity | None = getattr(self, column.value)
        return severity


EVERYTHING_HARD = Row(clin=H, eng=H, media_fill=H, device=H, service=H, demo=H, seated=H, clinical_demo=H)

NOT_AVAILABLE = N_("{resource} is not available {period}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The sentence for whose booking it is, for the facility, and for any other company.

    Shape: without one of its own the facility reads what the owner reads.
    """

    own: str
    staff: str = ""
    others: str = NOT_AVAILABLE


@dataclass(frozen=True, slots=True)
class Parameter:
    """A limit the facility may set.

    Shape: `rule` and `name` are its key in the policy; `unit` belongs to `default`.
    """

    rule: str
    name: str
    unit: str
    default: float
    source: str

    def of(self, case: Case) -> float:
        return case.policy.values.get(self.rule, {}).get(self.name, self.default)


Judge = Callable[[Case], Iterator[Complaint]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    code: str
    sentence: str
    row: Row
    override: tuple[str, ...]
    source: str
    texts: Mapping[str, Texts]
    parameters: tuple[Parameter, ...] = ()
    judge: Judge = field(compare=False)

    def __call__(self, case: Case) -> Iterator[Complaint]:
        return self.judge(case)


def rule(
    code: str,
    sentence: str,
    *,
    applies: Row,
    source: str,
    texts: Texts | Mapping[str, Texts],
    override: str | tuple[str, ...] | None = None,
    parameters: tuple[Parameter, ...] = (),
) -> Callable[[Judge], Rule]:
    """Make a rule of the generator below it.

    Shape: `texts` is one set, or several by the name a complaint gives as `text`. Several roles in `override` act
    together.
    """
    roles = (override,) if isinstance(override, str) else override or ()
    by_name = {"": texts} if isinstance(texts, Texts) else dict(texts)

    def declare(judge: Judge) -> Rule:
        return Rule(
            code=code,
            sentence=sentence,
            row=applies,
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

    Errors: RuntimeError when a file of `rules/` does not hold exactly the rule its name says.
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


_BY_ROOM = {RoomClass.SERVICE: Column.SERVICE, RoomClass.DEMO: Column.DEMO, RoomClass.SEATED: Column.SEATED}


def column(kind: str, run_type: str | None, room_class: str | None) -> Column:
    """Which column of its row a rule is read in.

    Shape: `room_class` is that of the session's room, or of the home room of attended equipment; None for equipment
    that runs alone. A GMP run whose type is not told is judged as clinical, the strictest.
    """
    if room_class is None:
        return Column.DEVICE
    if kind == Kind.APS:
        return Column.MEDIA_FILL
    if kind == Kind.CLINICAL_DEMO:
        return Column.CLINICAL_DEMO
    if room_class != RoomClass.GMP:
        return _BY_ROOM[RoomClass(room_class)]
    if kind in DEMONSTRATIONS or run_type == RunType.ENG:
        return Column.ENG
    return Column.CLIN
