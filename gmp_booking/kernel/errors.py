"""What the product answers when it does not do what was asked.

A refusal is expected: it carries a sentence (an English message id, translated at the door) and never a stack trace.
Anything else that is raised is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class Refusal(Exception):
    """The request was understood and is not carried out; nothing was written."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused."

    def __init__(
        self,
        message: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        field_errors: Mapping[str, Sequence[str]] | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message or self.title)
        self.message = message or self.title
        self.params: Mapping[str, Any] = params or {}
        self.field_errors: Mapping[str, Sequence[str]] = field_errors or {}
        self.detail: Mapping[str, Any] = detail or {}


class Invalid(Refusal):
    """The input itself is wrong; `field_errors` says where."""

    status = 422
    code = "invalid"
    title = "Some entries need correcting."


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    title = "You may not do this."


class NotFound(Refusal):
    """Absent, or not for the reader to know of: the two look the same."""

    status = 404
    code = "not-found"
    title = "There is nothing here."


class Conflict(Refusal):
    """The state of things does not allow it; `detail` may carry findings and alternatives."""

    status = 409
    code = "conflict"
    title = "This cannot be done as things stand."


class Stale(Refusal):
    status = 412
    code = "stale"
    title = "Someone changed this in the meantime. Look at it again before you decide."


def require_revision(current: int, *, seen: int | None) -> None:
    """Errors: Stale when a record is no longer at the revision that was seen; without one nothing is compared."""
    if seen is not None and seen != current:
        raise Stale


class TooSoon(Refusal):
    """Too many attempts; `retry_after_s` says when to come back."""

    status = 429
    code = "too-soon"
    title = "Too many attempts. Please wait a moment."

    def __init__(self, message: str = "", *, retry_after_s: int = 30, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after_s = retry_after_s
