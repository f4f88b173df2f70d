"""Keeping private links out of the logs: the address of a feed or of a one-time link is its secret."""

from __future__ import annotations

import logging
import re
from typing import Final

LOGGERS: Final = ("gunicorn.access", "gunicorn.error", "werkzeug")
_ADDRESS: Final = re.compile(r"(/(?:calendars|welcome)/)[^\s/?\"'<>]+")


def masked(text: str) -> str:
    """The text with the secret of every private address taken out."""
    return _ADDRESS.sub(r"\1…", text)


class FeedAddressFilter(logging.Filter):
    """Takes the secret out of whatever passes."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = masked(message)
        if hidden != message:
            record.msg, record.args = hidden, None
        return True


def install() -> None:
    """Mask what the web server's own loggers write; once is enough."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, FeedAddressFilter) for each in logger.filters):
            logger.addFilter(FeedAddressFilter())
