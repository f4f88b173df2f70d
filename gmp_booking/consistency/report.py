"""The result of the checks as text and as JSON, for the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from gmp_booking.consistency.service import MOST_REFERENCES, CheckResult


def as_table(results: Sequence[CheckResult]) -> Iterator[str]:
    """One line a check, with its count and references; the faults of each check below."""
    width = max(len(result.check.name) for result in results)
    yield f"{'check':<{width}}  found  references"
    for result in results:
        yield f"{result.check.name:<{width}}  {len(result.found):>5}  {_references(result)}".rstrip()
    for result in results:
        if result.found:
            yield f"\n{result.check.name}: {result.check.sentence}"
            yield from (f"  {each.reference}: {each.detail}" for each in result.found[:MOST_REFERENCES])
    yield ""
    yield _summary(results)


def _references(result: CheckResult) -> str:
    shown = " ".join(result.references[:MOST_REFERENCES])
    more = len(result.references) - MOST_REFERENCES
    parts = [shown, f"and {more} more" if more > 0 else ""]
    parts.append(f"({result.unchecked} not checkable)" if result.unchecked else "")
    return " ".join(part for part in parts if part)


def _summary(results: Sequence[CheckResult]) -> str:
    found = sum(len(result.found) for result in results)
    failed = sum(bool(result.found) for result in results)
    if not found:
        return f"All {len(results)} checks passed."
    return f"{failed} of {len(results)} checks found {found} {'fault' if found == 1 else 'faults'}."


def as_json_text(results: Sequence[CheckResult]) -> str:
    """Every fault of every check."""
    return json.dumps(
        [
            {
                "name": result.check.name,
                "sentence": result.check.sentence,
                "found": [{"reference": each.reference, "detail": each.detail} for each in result.found],
                "unchecked": result.unchecked,
            }
            for result in results
        ],
        ensure_ascii=False,
        indent=2,
    )
