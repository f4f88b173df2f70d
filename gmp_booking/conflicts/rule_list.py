"""The rules as a table, for the documentation and the settings page."""

from dataclasses import dataclass

from gmp_booking.conflicts import privacy
from gmp_booking.conflicts.rule import ALWAYS_ENFORCED, Column, Parameter, Row, discover


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """One rule as it is read by people.

    Shape: `weights` has "HARD", "SOFT", "WARN" or "–" for each column, in the order of `Column`.
    """

    code: str
    sentence: str
    weights: tuple[str, ...]
    override: str
    parameters: tuple[Parameter, ...]
    source: str
    is_switchable: bool


def table() -> list[CatalogueRow]:
    """All rules by code, the privacy rule among them though it judges nothing itself."""
    rows = [
        CatalogueRow(
            code=rule.code,
            sentence=rule.sentence,
            weights=_weights(rule.row),
            override="+".join(rule.override),
            parameters=rule.parameters,
            source=rule.source,
            is_switchable=rule.code not in ALWAYS_ENFORCED,
        )
        for rule in discover().values()
    ]
    rows.append(
        CatalogueRow(
            code=privacy.CODE,
            sentence=privacy.SENTENCE,
            weights=_weights(privacy.APPLIES),
            override="",
            parameters=(),
            source=privacy.SOURCE,
            is_switchable=False,
        )
    )
    return sorted(rows, key=lambda row: row.code)


def markdown() -> str:
    """The table in Markdown, one rule a line."""
    heads = ["Rule", "Sentence", *(column.value.replace("_", " ") for column in Column), "Override", "Limits", "Source"]
    lines = [heads, ["---"] * len(heads)]
    for row in table():
        limits = "; ".join(f"{one.name} {one.default:g} {one.unit} ({one.source})" for one in row.parameters)
        lines.append([row.code, row.sentence, *row.weights, row.override or "–", limits or "–", row.source])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _weights(row: Row) -> tuple[str, ...]:
    weights = (row.weight(column) for column in Column)
    return tuple(weight.value if weight else "–" for weight in weights)
