"""Queues in the database: a worker processes one item after another, each in its own transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy.exc import InterfaceError, OperationalError

from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import SYSTEM

_log = logging.getLogger(__name__)


class ItemFailed(Exception):
    """An item of a queue could not be processed; other items may still be."""

    def __init__(self, item_id: int) -> None:
        super().__init__(item_id)
        self.item_id = item_id


class ProcessNext(Protocol):
    """Processes the next item that is not skipped; returns its id, or None when the queue is empty."""

    def __call__(self, uow: Uow, *, skip_ids: Collection[int]) -> int | None: ...


def always() -> bool:
    return True


@contextmanager
def processing(item_id: int) -> Iterator[None]:
    """Errors: ItemFailed for any error of the block but a serialization failure or a lost connection."""
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise ItemFailed(item_id) from error


def process_queue(
    database: Database,
    process_next: ProcessNext,
    note_failure: Callable[[Uow, int, str], bool],
    *,
    name: str,
    keep_running: Callable[[], bool] = always,
) -> None:
    """Process items until the queue is empty; one that fails is skipped until the next call.

    Shape: `note_failure` returns whether the item is given up; `name` names an item of the queue in the log.
    """
    failed: list[int] = []
    while keep_running():
        try:
            if database.transact(SYSTEM, process_next, skip_ids=failed) is None:
                return
        except ItemFailed as error:
            failed.append(error.item_id)
            if database.transact(SYSTEM, note_failure, error.item_id, repr(error.__cause__)):
                _log.error("ALARM: %s %s is given up", name, error.item_id, exc_info=error)
