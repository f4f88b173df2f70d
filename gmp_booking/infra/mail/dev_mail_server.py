"""A mail sink for the demo and tests: an SMTP server that stores each message as a file and delivers none.

`python -m gmp_booking.infra.mail.dev_mail_server --port 1025 --dir mail`
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

SIZE_LIMIT_BYTES = 32 * 1024 * 1024
_NAME = re.compile(r"[0-9]{20}-[0-9]{6}\.eml")


class _MessageStore:
    """Stores each message durably before it is acknowledged."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._last = (0, 0)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        await asyncio.to_thread(self._store, envelope)
        return "250 kept"

    def _store(self, envelope: Envelope) -> None:
        head = f"X-MailFrom: {envelope.mail_from}\r\nX-RcptTo: {', '.join(envelope.rcpt_tos)}\r\n"
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        target = self._directory / self._next_name()
        draft = target.with_suffix(".part")
        with draft.open("xb") as file:
            file.write(head.encode("utf-8", "surrogateescape") + content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
        folder = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _next_name(self) -> str:
        """File names sort by arrival, even when the clock goes back."""
        with self._lock:
            now = time.time_ns()
            last, count = self._last
            self._last = (now, 0) if now > last else (last, count + 1)
            return f"{self._last[0]:020d}-{self._last[1]:06d}.eml"


@contextmanager
def running_sink(directory: Path, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Run the server for the block; yields its port (0 chooses a free one)."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = _MessageStore(directory)
    loop = asyncio.new_event_loop()

    def session() -> SMTP:
        return SMTP(store, data_size_limit=SIZE_LIMIT_BYTES, enable_SMTPUTF8=True, ident="mail sink", loop=loop)

    server = loop.run_until_complete(loop.create_server(session, host, port))
    thread = threading.Thread(target=loop.run_forever, name="mail sink", daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    sessions = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in sessions:
        task.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)


def list_messages(directory: Path) -> list[str]:
    """The names of the messages received, in order of arrival."""
    return sorted(path.name for path in directory.glob("*.eml")) if directory.exists() else []


def read_message(directory: Path, name: str) -> EmailMessage:
    """One message. `X-MailFrom` and `X-RcptTo` hold the addresses of the envelope.

    Errors: FileNotFoundError for any name that `list_messages` did not give.
    """
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(name)
    return email.message_from_bytes((directory / name).read_bytes(), policy=email.policy.default)


def main() -> None:
    """Run until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    given = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with running_sink(given.dir, host=given.host, port=given.port):
        stopped.wait()


if __name__ == "__main__":
    main()
