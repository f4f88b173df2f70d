"""What all forms of the administration share: a reason, idempotency, and errors beside the fields."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from gmp_booking.accounts import sessions
from gmp_booking.accounts.request_context import current_request, idempotency_of_form
from gmp_booking.infra.database.uow import StoredResponse, Uow
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Actor, Permission, require
from gmp_booking.kernel.errors import Conflict, Invalid, Refusal, Stale
from gmp_booking.kernel.text import N_

P = ParamSpec("P")
R = TypeVar("R")
Page = Callable[[dict[str, str], int], Response]

LONGEST_REASON = 500
ON = "yes"

admin = Blueprint("admin", __name__, url_prefix="/admin")


def readable_by(permission: Permission) -> Actor:
    """The signed-in person, who may read this. Errors: NotSignedIn; Forbidden."""
    actor = sessions.require_actor()
    require(actor, permission)
    return actor


class Form:
    """A sent form: performed once, or shown again with errors."""

    def __init__(
        self, page: Page, *, needs_reason: bool = False, reading: Permission = Permission.MASTER_DATA_READ
    ) -> None:
        readable_by(reading)
        self._page, self._needs_reason = page, needs_reason

    def act(
        self,
        to: str | Callable[[R], str],
        use_case: Callable[Concatenate[Uow, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Response:
        """Run the use case and redirect; a refusal shows the form again with its errors."""

        def dump(result: R) -> StoredResponse:
            address = to if isinstance(to, str) else to(result)
            return StoredResponse(303, b"", {"Location": address, "Content-Type": "text/html; charset=utf-8"})

        try:
            call = current_request(reason=self._reason(), idempotency=idempotency_of_form())
            return send(call.answer(dump, use_case, *args, **kwargs))
        except (Invalid, Conflict, Stale) as refusal:
            return self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> Response:
        """The same page with the typed values and the errors."""
        return self._page(errors_of(refusal), refusal.status)

    def _reason(self) -> str | None:
        reason = " ".join(request.form.get("reason", "").split())
        if len(reason) > LONGEST_REASON:
            raise Invalid(field_errors={"reason": [N_("A reason has at most 500 characters.")]})
        if self._needs_reason and not reason:
            raise Invalid(field_errors={"reason": [N_("Enter a reason; it is recorded.")]})
        return reason or None


def errors_of(refusal: Refusal) -> dict[str, str]:
    """The first message of each field; an error without a field has an empty name."""
    found = {name: _(sentences[0], **refusal.params) for name, sentences in refusal.field_errors.items()}
    return found or {"": _(refusal.message, **refusal.params)}


def number(name: str) -> int:
    """A number from the form. Errors: Invalid."""
    typed = request.form.get(name, "").strip()
    if not typed.isdecimal() or len(typed) > 9:
        raise Invalid(field_errors={name: [N_("Enter a number.")]})
    return int(typed)


def number_if_any(name: str) -> int | None:
    """A number from the form, None for an empty field. Errors: Invalid."""
    return number(name) if request.form.get(name, "").strip() else None


def words(name: str) -> str:
    return request.form.get(name, "").strip()


def words_if_any(name: str) -> str | None:
    return words(name) or None


def many(name: str) -> tuple[str, ...]:
    """What was ticked or chosen under one name, sorted, each once."""
    return tuple(sorted(set(request.form.getlist(name))))


def labelled(choices: Mapping[str, str]) -> list[tuple[str, str]]:
    """Options of a form: (value, label in the reader's language)."""
    return [(value, _(label)) for value, label in choices.items()]


def ticked(name: str) -> bool:
    return request.form.get(name) == ON


def page(template: str, errors: dict[str, str], status: int, **context: Any) -> Response:
    """A page of the administration.

    Shape: `typed` are the sent values, which a refused form shows again; `key` is its idempotency key.
    """
    typed = request.form if request.method == "POST" else {}
    body = render_template(f"admin/{template}", errors=errors, typed=typed, key=secrets.token_hex(12), **context)
    return make_response(body, status)
