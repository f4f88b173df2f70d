"""Placeholders for what differs between two runs of one version: the same value gets the same placeholder.

References are counted over the whole transcript. Everything else is counted anew in each file: one more token must not
change every file that follows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

_REAL_DAYS = 4
_TOKEN = r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[A-Za-z0-9_-]{32,}(?![\w-])"


def _real_time() -> str:
    """Instants of the machine's own clock, which no setting of the database moves."""
    today = datetime.now(UTC)
    days = [f"{today + timedelta(days=number):%Y-%m-%d}" for number in range(-1, _REAL_DAYS)]
    return rf"\b(?:{'|'.join(days)})(?:(?: \(\w+\))?[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?"


PATTERNS: tuple[tuple[str, str], ...] = (
    ("secret", r"\bgmp[a-z]_[A-Za-z0-9_-]{6,}"),
    ("reference", r"\bBK-[0-9A-Z]{8}\b"),
    ("password hash", r"(?<=\$)[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}"),
    ("uuid", r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    ("hash", r"(?<![0-9A-Za-z])(?:\\x)?[0-9a-f]{12,}(?![0-9A-Za-z])"),
    ("key", r"""(?<=name="idempotency_key" type="hidden" value=")[^"]+|(?<=idempotency_key = ')[^']+"""),
    ("drawing of a link", r'(?<=class="qrline" d=")[^"]+'),
    ("token", _TOKEN),
    ("id", r"(?<=people/)\d+|(?<=products/)\d+|(?<=outages/)\d+|(?<=feeds/)\d+|(?<=tokens/)\d+|(?<=calendars/)\d+"),
    ("id", r"(?<=account/sessions/)\d+|(?<=holidays/)\d+|(?<=roster/)\d+"),
    ("real time", _real_time()),
    ("real time", r"(?<=Expires=)[^;]+"),
)
_COUNTED_OVER_ALL = ("reference",)


class Masks:
    """Shape: `<reference 3>` is the third reference that came up in all files, `<hash 3>` the third in this one."""

    def __init__(self) -> None:
        self._patterns = [(kind, re.compile(pattern)) for kind, pattern in PATTERNS]
        self._known: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def placeholder(self, kind: str, value: str) -> str:
        known = self._known[kind]
        return known.setdefault(value, f"<{kind} {len(known) + 1}>")

    def apply(self, text: str) -> str:
        for kind, pattern in self._patterns:
            text = pattern.sub(self._replacing(kind), text)
        return text

    def _replacing(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda found: "<real time>" if kind == "real time" else self.placeholder(kind, found[0])

    def file(self, lines: Iterable[str]) -> str:
        """The text of one file, masked."""
        self._known = defaultdict(dict, {kind: self._known[kind] for kind in _COUNTED_OVER_ALL})
        return self.apply("\n".join(lines).rstrip() + "\n")
