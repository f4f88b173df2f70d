"""The project speaks of itself alone, and leaves nothing lying about."""

from __future__ import annotations

import re

import pytest

from tests.architecture.sources import texts

# The brackets keep a pattern from finding itself.
ELSEWHERE = (
    r"work[p]lace",
    r"/wo[r]k/",
    r"\bC[E]O\b",
    r"\bhel[p]er (?:session|agent)",
    r"sub[a]gents?\b",
    r"\bA[I]\b",
    r"\bLL[M]s?\b",
    r"\bcl[a]ude\b",
    r"\banth[r]opic\b",
    r"\bchat[g]pt\b",
    r"\bco-authored[-]by\b",
    r"\bour br[i]ef\b",
    r"\b(?:design|domain|guarantees|ecosystem)[.]md\b",
    r"registry\.np[m]js",
    r"py[p]i\.org",
    r"files\.python[h]osted",
    r"artifact[o]ry",
)
IN_CAPITALS = {r"\bC[E]O\b", r"\bA[I]\b", r"\bLL[M]s?\b"}
LEFT_OVER = r"\b(?:TO[D]O|FIX[M]E|HA[C]K|XX[X])\b"
CLAIMS = r"\b(?:is|are|fully|100 ?%) (?:(?:Part 11|Annex 11|GMP|GxP)[- ])?(?:compliant|validated)\b"
SPEAKS_OF_CLAIMS = {"CONTRIBUTING.md": "says that it is never claimed"}


def found(pattern: str, *, flags: int = re.IGNORECASE) -> list[str]:
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1} {match.group()}"
        for name, text in texts().items()
        for match in re.finditer(pattern, text, flags)
    ]


def test_there_is_something_to_read() -> None:
    assert {"README.md", "config.py", "gmp_booking/app.py", "tests/architecture/test_words.py"} <= set(texts())


@pytest.mark.parametrize("pattern", ELSEWHERE)
def test_it_speaks_of_itself_alone(pattern: str) -> None:
    assert not found(pattern, flags=0 if pattern in IN_CAPITALS else re.IGNORECASE)


def test_nothing_is_left_for_later() -> None:
    assert not found(LEFT_OVER, flags=0)


def test_nothing_is_claimed_that_only_its_operator_can_say() -> None:
    places = [place for place in found(CLAIMS) if place.partition(":")[0] not in SPEAKS_OF_CLAIMS]
    assert not places
