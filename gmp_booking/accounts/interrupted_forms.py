"""Forms submitted after the session ended: carried through the sign-in page and shown again afterwards.

The server stores nothing of them, and nothing is submitted without a new click of the user.
"""

from __future__ import annotations

import json
from typing import Any, Final

from flask import current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from gmp_booking.infra.web import app_setup

MAX_FORM_LENGTH: Final = 200_000
EXCLUDED_FIELDS: Final = frozenset({"csrf_token", "op", "fill"})


def has_restorable_form() -> bool:
    """Whether the request submits a form whose view can show it again."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method == "POST" and bool(getattr(view, "strips_control_characters", False))


def encode_form() -> str:
    """The fields of the submitted form, as JSON pairs."""
    fields, _unfit = app_setup.form_without_control_characters()
    return json.dumps([[name, text] for name, text in fields.items(multi=True) if name not in EXCLUDED_FIELDS])


def decode_form(kept: str) -> list[tuple[str, str]]:
    """The pairs of an encoded form; empty for invalid input."""
    try:
        pairs: Any = json.loads(kept[: MAX_FORM_LENGTH + 1]) if len(kept) <= MAX_FORM_LENGTH else []
        return [(str(name), str(text)) for name, text in pairs]
    except (ValueError, TypeError, RecursionError):
        return []


def signed_out_panel() -> Response:
    """The fragment for an htmx request without a session."""
    return make_response(render_template("accounts/signed_out.html"))


def restore_page(target: str, kept: str) -> Response:
    """A page that posts the fields back into the form."""
    return make_response(render_template("accounts/form_kept.html", target=target, fields=decode_form(kept)))
