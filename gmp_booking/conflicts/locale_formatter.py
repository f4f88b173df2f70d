"""Formats texts in the reader's language; passed in, because the engine knows no language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gmp_booking.kernel.korean import escape_markers, resolve_particles
from gmp_booking.kernel.period import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class LocaleFormatter:
    """One reader's language.

    Shape: `gettext` translates a message id; `language` picks names of resources and holidays ("ko", "en", "zh" or a
    longer tag that begins so).
    """

    language: str
    gettext: Callable[[str], str]
    instant: Callable[[datetime], str]
    period: Callable[[Period], str]
    day: Callable[[date], str]

    def sentence(self, message: str, params: Mapping[str, Any]) -> str:
        """The message in the language, with its `{fields}` filled in."""
        return resolve_particles(escape_markers(self.gettext(message)).format_map(params))

    def name(self, names: Mapping[str, str]) -> str:
        """The name in the language, else in English, else in any."""
        for tag in (self.language, self.language[:2], "en"):
            if tag in names:
                return names[tag]
        return next(iter(names.values()), "")
