"""Masks private links in logs: the address of a feed or one-time link is its secret."""

from __future__ import annotations

import logging
import re
from typing import Final

LOGGERS: Final = ("gunicorn.access", "gunicorn.error", "werkzeug")
_ADDRESS: Final = re.compile(r"(/(?:calendars|welcome)/)[^\s/?\"'<>]+")


def masked(text: str) -> str:
    """The text without the secrets of private addresses."""
    return _ADDRESS.sub(r"\1…", text)


class FeedAddressFilter(logging.Filter):
    """Masks secrets in log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = masked(message)
        if hidden != message:
            record.msg, record.args = hidden, None
        return True


def install() -> None:
    """Add the filter to the web server's loggers, once."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, FeedAddressFilter) for each in logger.filters):
            logger.addFilter(FeedAddressFilter())
