"""From a log of calls to what their makers were told."""

from __future__ import annotations

from collections.abc import Iterable

from tests.oracles import Told
from tests.server_harness import Call


def told(calls: Iterable[Call]) -> list[Told]:
    """Every call that was answered with success."""
    return [
        Told(reference=call.reference or "", action=call.action, target=call.target, key=call.key)
        for call in calls
        if call.reply.is_success
    ]
