"""What the worker does for notifications at each tick: plan messages, and send those that are due."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from config import Config
from gmp_booking.infra.database import outbox
from gmp_booking.infra.database.consumers import handle_deliveries
from gmp_booking.infra.database.outbox import ClaimedMessage
from gmp_booking.infra.database.queues import always
from gmp_booking.infra.database.uow import Database, Unavailable, Uow
from gmp_booking.infra.mail.smtp import BadMessage, Mail, MailServer, Refused, ServerDown, TryLater, build
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.notifications.planning import handle_next, list_due_schedules, plan_scheduled
from gmp_booking.notifications.rendering import write_mail

BATCH: Final = 20
LEASE_S: Final = outbox.LEASE.total_seconds()
SEND_LIMIT_S: Final = outbox.SEND_LIMIT.total_seconds()
MARK_PAUSE_S: Final = 1.0
SERVER_PAUSE: Final = timedelta(seconds=15)
AT_ONCE: Final = timedelta()

_log = logging.getLogger(__name__)


def plan(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Create messages from the open deliveries."""
    handle_deliveries(database, handle_next, keep_running=keep_running)


def plan_schedules(database: Database) -> None:
    """Add the messages of each mail kind that is created on a schedule and is due now."""
    for name in database.read(SYSTEM, list_due_schedules):
        database.transact(SYSTEM, plan_scheduled, name)


def send(database: Database, config: Config, *, keep_running: Callable[[], bool] = always) -> None:
    """Send whatever is due, batch by batch, until nothing is or the mail server cannot be reached."""
    sender = Sender(database, config)
    try:
        while keep_running() and sender.send_batch(keep_running=keep_running):
            pass
    finally:
        sender.server.leave()


class Sender:
    """One worker's hold on the outbox and on the mail server."""

    def __init__(self, database: Database, config: Config) -> None:
        self.database = database
        self.config = config
        self.server = MailServer(config)

    def send_batch(self, *, keep_running: Callable[[], bool] = always) -> bool:
        """Claim some and send them; whether there may be more that can be sent now."""
        # Read before the claim, so that our lease is never shorter than the database's.
        lease_ends = time.monotonic() + LEASE_S
        claimed = self.database.transact(SYSTEM, outbox.claim, limit=BATCH)
        for message_id in claimed.given_up:
            _log.error("ALARM: message %s is given up after %s attempts", message_id, outbox.MAX_ATTEMPTS)
        for number, message in enumerate(claimed.messages):
            if not keep_running() or time.monotonic() + SEND_LIMIT_S > lease_ends:
                self._hand_back(claimed.messages[number:], None, pause=AT_ONCE)
                return True
            try:
                self._send_one(message, lease_ends=lease_ends)
            except ServerDown as error:
                _log.error("ALARM: the mail server cannot be reached: %s", error)
                self._hand_back(claimed.messages[number:], str(error), pause=SERVER_PAUSE)
                return False
        return bool(claimed.messages)

    def _send_one(self, message: ClaimedMessage, *, lease_ends: float) -> None:
        try:
            mail = self.database.read(SYSTEM, write_mail, message, self.config)
        except Unavailable:
            raise
        except Exception as error:
            reason = repr(error)
            _log.exception("Message %s cannot be written", message.id)
            self._mark(message, lease_ends, lambda uow: outbox.put_off(uow, message, reason))
            return
        if mail is None:
            self._mark(message, lease_ends, lambda uow: outbox.mark_withdrawn(uow, message))
            return
        self._hand_over(message, mail, lease_ends=lease_ends)

    def _hand_over(self, message: ClaimedMessage, mail: Mail, *, lease_ends: float) -> None:
        deadline = min(time.monotonic() + SEND_LIMIT_S, lease_ends)
        try:
            self.server.send(build(mail), recipient=mail.recipient, deadline=deadline)
        except (BadMessage, Refused) as error:
            _log.error("ALARM: message %s is dead: %s", message.id, error)
            reason = str(error)
            self._mark(message, lease_ends, lambda uow: outbox.mark_dead(uow, message, reason))
        except TryLater as error:
            _log.warning("Message %s is put off after attempt %s: %s", message.id, message.attempts, error)
            reason = str(error)
            self._mark(message, lease_ends, lambda uow: outbox.put_off(uow, message, reason))
        else:
            self._mark(message, lease_ends, lambda uow: outbox.mark_sent(uow, message))

    def _mark(self, message: ClaimedMessage, lease_ends: float, mark: Callable[[Uow], bool]) -> None:
        """Write down what came of it, and keep trying while the lease lasts: an unmarked message is sent again."""
        while True:
            try:
                if not self.database.transact(SYSTEM, mark):
                    _log.warning("Message %s was no longer ours to mark", message.id)
                return
            except Unavailable:
                if time.monotonic() + MARK_PAUSE_S > lease_ends:
                    raise
                time.sleep(MARK_PAUSE_S)

    def _hand_back(self, messages: Sequence[ClaimedMessage], error: str | None, *, pause: timedelta) -> None:
        self.database.transact(SYSTEM, outbox.hand_back, messages, error, pause=pause)
