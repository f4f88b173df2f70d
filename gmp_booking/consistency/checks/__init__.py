"""Every check, in the order in which they run.

The queries are an oracle: they are written from the rules and import nothing of the code that writes the rows, so the
states are typed here as words.
"""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.consistency.checks import changes, crew, reminders, requests, rooms, sequences, slots, states, texts

CHECKS: Final[tuple[Check, ...]] = (
    *slots.CHECKS,
    *rooms.CHECKS,
    *states.CHECKS,
    *requests.CHECKS,
    *changes.CHECKS,
    *crew.CHECKS,
    *reminders.CHECKS,
    *sequences.CHECKS,
    *texts.CHECKS,
)
