"""Building mail that cannot be smuggled into, and talking to mail servers that misbehave."""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from config import Config
from gmp_booking.infra.mail.smtp import (
    BadMessage,
    CalendarFile,
    Mail,
    MailServer,
    Refused,
    ServerDown,
    TryLater,
    address,
    build,
    one_line,
)

TO = "kim@gaon.example"


def a_mail(**more) -> Mail:
    values = {
        "recipient": TO,
        "recipient_name": "김가온",
        "sender": "no-reply@brc.example",
        "sender_name": "빛고을 센터",
        "subject": "예약 확정",
        "text": "안녕하세요\n",
        "html": "<p>안녕하세요</p>",
        "language": "ko",
        "message_id": "0123abcd",
        "sent_at": datetime(2027, 3, 2, 1, tzinfo=UTC),
    }
    return Mail(**values | more)


def config_of(port: int, tmp_path: Path, **more: str) -> Config:
    given = {"GMP_SMTP_PORT": str(port), "GMP_DATA_DIR": str(tmp_path), "GMP_MAIL_FROM": "no-reply@brc.example"}
    return Config.from_env(given | more)


# -- building


def test_a_mail_has_text_html_and_a_calendar_file() -> None:
    message = build(a_mail(calendars=[CalendarFile(name="BK-1.ics", method="REQUEST", content=b"BEGIN:VCALENDAR\r\n")]))
    assert message["Subject"] == "예약 확정"
    assert message["Message-ID"] == "<0123abcd@brc.example>"
    assert message.get_body(("plain",)).get_content() == "안녕하세요\n"
    assert message.get_body(("html",)).get_content() == "<p>안녕하세요</p>\n"
    (attached,) = message.iter_attachments()
    assert (attached.get_content_type(), attached["Content-Type"].params["method"]) == ("text/calendar", "REQUEST")
    assert attached.get_filename() == "BK-1.ics"
    bytes(message)


@pytest.mark.parametrize("breaking", ["\r\n", "\n", "\r", "\u2028", "\u2029", "\u0085", "\x00", "\x1b", "\ud800"])
def test_nothing_in_a_subject_or_a_name_begins_a_new_header(breaking: str) -> None:
    words = f"Hello{breaking}Bcc: everybody@example.com"
    message = build(a_mail(subject=words, recipient_name=words, sender_name=words))
    assert message["Subject"] == "Hello Bcc: everybody@example.com"
    assert message["Bcc"] is None
    raw = bytes(message)
    assert b"\nBcc" not in raw
    assert raw.count(b"\nTo:") == 1


def test_a_subject_of_a_megabyte_is_cut() -> None:
    assert len(build(a_mail(subject="x" * 1_000_000))["Subject"]) == 160


def test_a_lone_surrogate_in_the_text_stops_no_mail() -> None:
    assert "a?b" in build(a_mail(text="a\ud800b")).get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "mailbox",
    [
        "",
        "kim",
        "@gaon.example",
        "kim@",
        "kim@gaon.example\r\nBcc: x@y.z",
        "kim @gaon.example",
        "a@b@c",
        "x@a..b",
        "kim@gaon.example, other@gaon.example",
        "kim@gaon.example\u2028",
        "<kim@gaon.example>",
        "a@" + "b" * 64 + ".c",
    ],
)
def test_what_is_no_address_gets_no_mail(mailbox: str) -> None:
    with pytest.raises(BadMessage):
        address(mailbox)


def test_one_line_keeps_the_words() -> None:
    assert one_line("  가\n나\t다\u2028라 ") == "가 나 다 라"


# -- talking


class Moods:
    """A server that answers as told, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.rcpt = self.data = self.mail = ""

    async def handle_MAIL(self, _server, _session, envelope, sender, _options):
        envelope.mail_from = sender
        return self.mail or "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, recipient, _options):
        if not self.rcpt:
            envelope.rcpt_tos.append(recipient)
        return self.rcpt or "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        if not self.data:
            self.taken.append(envelope.content)
        return self.data or "250 OK"


@contextmanager
def a_server(moods: Moods, **options) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(moods, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def handed(server: MailServer, message: EmailMessage, within_s: float = 5) -> None:
    server.send(message, recipient=TO, deadline=time.monotonic() + within_s)


@pytest.mark.parametrize(
    ("where", "answer", "error"),
    [
        ("rcpt", "550 no such user", Refused),
        ("rcpt", "451 greylisted", TryLater),
        ("rcpt", "452 too many", TryLater),
        ("data", "554 looks like spam", Refused),
        ("data", "451 local error", TryLater),
        ("mail", "552 too large", Refused),
        ("mail", "550 who are you", TryLater),
        ("mail", "421 closing", TryLater),
    ],
)
def test_each_answer_has_its_meaning_and_the_next_mail_goes_out(
    tmp_path: Path, where: str, answer: str, error: type[Exception]
) -> None:
    moods = Moods()
    setattr(moods, where, answer)
    with a_server(moods) as port:
        server = MailServer(config_of(port, tmp_path))
        with pytest.raises(error, match=answer[4:]):
            handed(server, build(a_mail()))
        setattr(moods, where, "")
        handed(server, build(a_mail()))
        handed(server, build(a_mail()))
        server.leave()
    assert len(moods.taken) == 2


def test_nobody_there_is_the_servers_fault(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ServerDown):
        handed(MailServer(config_of(port, tmp_path)), build(a_mail()))


def test_a_greeting_that_sends_us_away_is_the_servers_fault(tmp_path: Path) -> None:
    with a_listener(lambda connection: connection.sendall(b"421 not now\r\n")) as port, pytest.raises(ServerDown):
        handed(MailServer(config_of(port, tmp_path)), build(a_mail()))


@contextmanager
def a_listener(answer) -> Iterator[int]:
    """Anything that accepts connections and then does as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                held.append(connection)
                threading.Thread(target=_quietly, args=(answer, connection), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


def _quietly(answer, connection: socket.socket) -> None:
    with suppress(OSError):
        answer(connection)


def _drip(connection: socket.socket) -> None:
    connection.sendall(b"220 hi\r\n")
    connection.recv(1024)
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.05)


def _hang_after_data(connection: socket.socket) -> None:
    connection.sendall(b"220 hi\r\n")
    for reply in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        connection.recv(1024)
        connection.sendall(reply)
    while connection.recv(65536):
        pass


def _close_after_data(connection: socket.socket) -> None:
    connection.sendall(b"220 hi\r\n")
    for reply in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        connection.recv(1024)
        connection.sendall(reply)
    connection.recv(65536)
    connection.sendall(b"25")
    connection.close()


@pytest.mark.parametrize(
    ("manner", "error"), [(_drip, ServerDown), (_hang_after_data, TryLater), (_close_after_data, TryLater)]
)
def test_a_server_that_dawdles_cannot_hold_us_beyond_the_deadline(tmp_path: Path, manner, error) -> None:
    with a_listener(manner) as port:
        began = time.monotonic()
        with pytest.raises(error):
            handed(MailServer(config_of(port, tmp_path)), build(a_mail()), within_s=0.6)
        assert time.monotonic() - began < 2


def test_nothing_is_sent_past_the_deadline(tmp_path: Path) -> None:
    moods = Moods()
    with a_server(moods) as port:
        server = MailServer(config_of(port, tmp_path))
        handed(server, build(a_mail()))
        with pytest.raises(TryLater):
            server.send(build(a_mail()), recipient=TO, deadline=time.monotonic() - 1)
        server.leave()
    assert len(moods.taken) == 1


def test_a_certificate_nobody_vouches_for_gets_no_mail_and_a_known_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A key that opens nothing: it speaks for "localhost", and only this test believes it.
    folder = Path(__file__).parent / "certificates"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "localhost.pem", folder / "localhost.key")
    moods = Moods()
    with a_server(moods, tls_context=context, require_starttls=True) as port:
        config = config_of(port, tmp_path, GMP_SMTP_STARTTLS="1", GMP_SMTP_HOST="localhost")
        with pytest.raises(ServerDown, match="certificate"):
            handed(MailServer(config), build(a_mail()))
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "localhost.pem"))
        server = MailServer(config)
        handed(server, build(a_mail()))
        server.leave()
    assert len(moods.taken) == 1


@pytest.mark.heavy
def test_long_subjects_of_two_scripts_keep_every_space() -> None:
    words = ["DR-Osteo", "지지체", "세포", "HB-Derm", "이중층", "31일", "공정,", "2026.", "23.(월)", "09:00", "KST"]
    seed = 20261122
    print(f"seed {seed}")
    chosen = random.Random(seed)
    for _ in range(300):
        subject = " ".join(chosen.choice(words) for _ in range(chosen.randint(3, 20)))[:150].strip()
        sent = build(a_mail(subject=subject)).as_bytes()
        assert message_from_bytes(sent, policy=default)["Subject"] == subject
        assert max(len(line) for line in sent.split(b"\r\n\r\n")[0].split(b"\r\n")) <= 78
