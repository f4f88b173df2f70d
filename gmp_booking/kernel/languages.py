"""The languages the product speaks: their keys, as catalogues and people's settings have them, and their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KOREAN: Final = "ko"
ENGLISH: Final = "en"
CHINESE: Final = "zh_Hans"
LANGUAGES: Final = (KOREAN, ENGLISH, CHINESE)
DEFAULT_LANGUAGE: Final = KOREAN
LANGUAGE_NAMES: Final[Mapping[str, str]] = {KOREAN: "한국어", ENGLISH: "English", CHINESE: "中文"}
UNREVIEWED: Final = frozenset({CHINESE})
"""Languages whose catalogue no native speaker has read yet; every page says so in them."""
