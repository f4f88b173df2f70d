"""Refusals: the expected errors of use cases.

A refusal carries a message (an English message id, translated by the handler) and no stack trace. Any other exception
is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from gmp_booking.kernel.text import N_


class Refusal(Exception):
    """The request is valid HTTP but not carried out; nothing was written."""

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
    """The input is invalid; `field_errors` has messages by field."""

    status = 422
    code = "invalid"
    title = N_("Some entries need correcting.")


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    title = N_("You may not do this.")


class NotFound(Refusal):
    """Absent, or not visible to the actor: both look the same, so that nobody can probe for records."""

    status = 404
    code = "not-found"
    title = N_("Not found.")


class Conflict(Refusal):
    """The current state does not allow it; `detail` may hold findings and alternatives."""

    status = 409
    code = "conflict"
    title = N_("This is not possible in the current state.")
    findings: Sequence[Any] = ()
    """The findings as pages show them; `detail` has the same as JSON."""


class Stale(Refusal):
    status = 412
    code = "stale"
    title = N_("Someone changed this in the meantime. Check it again before you decide.")


def require_revision(current: int, *, seen: int | None) -> None:
    """Errors: Stale when the record is no longer at the revision that the client saw; None skips the check."""
    if seen is not None and seen != current:
        raise Stale


class TooSoon(Refusal):
    """Too many attempts; `retry_after_s` is the time until the next one is allowed."""

    status = 429
    code = "too-soon"
    title = N_("Too many attempts. Please wait a moment.")

    def __init__(self, message: str = "", *, retry_after_s: int = 30, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after_s = retry_after_s
