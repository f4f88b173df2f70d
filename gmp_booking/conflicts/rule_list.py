"""The rules as a table, for the documentation and the settings page."""

from dataclasses import dataclass

from gmp_booking.conflicts import privacy
from gmp_booking.conflicts.parameter import Parameter
from gmp_booking.conflicts.rule import ALWAYS_ENFORCED, SeverityMatrix, discover
from gmp_booking.conflicts.work_class import WorkClass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleListRow:
    """One rule as a row of text.

    Shape: `severities` has "HARD", "SOFT", "WARN" or "–" for each class of work, in the order of `WorkClass`.
    `offers_shifts` tells whether the search for alternatives leaves out the times that the rule would refuse.
    """

    code: str
    sentence: str
    severities: tuple[str, ...]
    override: str
    parameters: tuple[Parameter, ...]
    source: str
    is_switchable: bool
    offers_shifts: bool


def table() -> list[RuleListRow]:
    """All rules by code, with the privacy rule, which is no rule of the engine."""
    rows = [
        RuleListRow(
            code=rule.code,
            sentence=rule.sentence,
            severities=_severities(rule.severities),
            override="+".join(rule.override),
            parameters=rule.parameters,
            source=rule.source,
            is_switchable=rule.code not in ALWAYS_ENFORCED,
            offers_shifts=rule.offers_shifts,
        )
        for rule in discover().values()
    ]
    rows.append(
        RuleListRow(
            code=privacy.CODE,
            sentence=privacy.SENTENCE,
            severities=_severities(privacy.APPLIES),
            override="",
            parameters=(),
            source=privacy.SOURCE,
            is_switchable=False,
            offers_shifts=False,
        )
    )
    return sorted(rows, key=lambda row: row.code)


def markdown() -> str:
    """The table in Markdown, one rule a line."""
    heads = [
        "Rule",
        "Sentence",
        *(work_class.value.replace("_", " ") for work_class in WorkClass),
        "Override",
        "Limits",
        "Forbidden shifts",
        "Source",
    ]
    lines = [heads, ["---"] * len(heads)]
    for row in table():
        limits = "; ".join(f"{one.name} {one.default:g} {one.unit} ({one.source})" for one in row.parameters)
        shifts = "yes" if row.offers_shifts else "–"
        lines.append([row.code, row.sentence, *row.severities, row.override or "–", limits or "–", shifts, row.source])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _severities(row: SeverityMatrix) -> tuple[str, ...]:
    severities = (row.severity_for(work_class) for work_class in WorkClass)
    return tuple(severity.value if severity else "–" for severity in severities)
