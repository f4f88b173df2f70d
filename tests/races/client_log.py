"""The calls of a log that succeeded."""

from __future__ import annotations

from collections.abc import Iterable

from tests.oracles import SuccessfulCall
from tests.server_harness import Call


def successful_calls(calls: Iterable[Call]) -> list[SuccessfulCall]:
    """Every call that was answered with success."""
    return [
        SuccessfulCall(reference=call.reference or "", action=call.action, target=call.target, key=call.key)
        for call in calls
        if call.reply.is_success
    ]
