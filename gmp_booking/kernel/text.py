"""Marks texts for translation."""

from typing import Final

__all__ = ["CONTEXT_END", "NC_", "N_"]

CONTEXT_END: Final = "\x04"
"""Separates context and text in a message id, as in compiled catalogues of gettext."""


def N_(message: str) -> str:  # noqa: N802
    """The text itself; the catalogue extractor finds it by this call, and handlers translate it."""
    return message


def NC_(context: str, message: str) -> str:  # noqa: N802
    """A text that is translated differently in this context; in English it is the text itself."""
    return f"{context}{CONTEXT_END}{message}"
