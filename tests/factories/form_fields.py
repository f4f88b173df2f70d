"""Fields of the booking form, as the people of the test facility send them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.zones import SEOUL

Parts = Sequence[Mapping[str, Any]]


def form_of(*, operation: str = "submit", sessions: Parts = (), equipment: Parts = (), **plain: str) -> dict[str, Any]:
    """The booking form's fields; `start` and `end` of a part become its four texts."""
    fields: dict[str, Any] = {"op": operation, "idempotency_key": secrets.token_hex(8)}
    fields |= {"kind": "CLEANROOM", "product": "GS-M1", "run_type": "ENG"} | plain
    for kind, parts in (("sessions", sessions), ("equipment", equipment)):
        for index, part in enumerate(parts):
            for name, value in part.items():
                at = f"{kind}-{index}-{name}"
                if isinstance(value, datetime):
                    fields[f"{at}_date"] = f"{value.astimezone(SEOUL):%Y-%m-%d}"
                    fields[f"{at}_time"] = f"{value.astimezone(SEOUL):%H:%M}"
                else:
                    fields[at] = value
    return fields
