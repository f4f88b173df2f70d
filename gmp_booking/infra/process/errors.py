"""The error of the embedded database, raised by every module that runs it."""

from __future__ import annotations


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot be used; the message says why and what to do."""
