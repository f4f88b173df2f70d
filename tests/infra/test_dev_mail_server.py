"""The mail sink of the demo keeps what it accepts, in order, and can show it."""

import signal
import smtplib
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import pytest

from gmp_booking.infra.mail.dev_mail_server import list_messages, read_message, running_sink


def a_message(subject="Your booking is confirmed", **more):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "no-reply@brc.example", "Kim <kim@gaon.example>", subject
    message.set_content(more.get("text", "B-01 is yours.\n"))
    return message


def send(port, message, **envelope):
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
        smtp.send_message(message, **envelope)


def test_a_message_arrives_whole_with_its_envelope(tmp_path):
    message = a_message("예약이 확정되었습니다", text="세포배양실 B-01\n.\n..two dots\n")
    message.add_attachment("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", subtype="calendar", filename="booking.ics")
    with running_sink(tmp_path) as port:
        send(port, message, to_addrs=["kim@gaon.example", "hidden@gaon.example"])
    (name,) = list_messages(tmp_path)
    kept = read_message(tmp_path, name)
    assert kept["Subject"] == "예약이 확정되었습니다"
    assert kept.get_body(("plain",)).get_content().replace("\r\n", "\n") == "세포배양실 B-01\n.\n..two dots\n"
    assert [part.get_filename() for part in kept.iter_attachments()] == ["booking.ics"]
    assert (kept["X-MailFrom"], kept["X-RcptTo"]) == ("no-reply@brc.example", "kim@gaon.example, hidden@gaon.example")


def test_messages_are_listed_in_order_of_arrival_across_restarts(tmp_path):
    for start in (0, 5):
        with running_sink(tmp_path) as port:
            for number in range(start, start + 5):
                send(port, a_message(f"number {number}"))
    subjects = [read_message(tmp_path, name)["Subject"] for name in list_messages(tmp_path)]
    assert subjects == [f"number {number}" for number in range(10)]


def test_many_senders_at_once_lose_nothing(tmp_path):
    with running_sink(tmp_path) as port, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: send(port, a_message(f"n{number}")), range(80)))
    subjects = {read_message(tmp_path, name)["Subject"] for name in list_messages(tmp_path)}
    assert subjects == {f"n{number}" for number in range(80)}


def test_the_message_is_on_disk_before_it_is_accepted(tmp_path):
    process, port = a_sink_process(tmp_path)
    for number in range(20):
        send(port, a_message(f"n{number}"))
        if number == 19:
            process.kill()
    process.wait()
    assert len(list_messages(tmp_path)) == 20
    assert not list(tmp_path.glob("*.part"))


def test_the_process_ends_when_told_to(tmp_path):
    process, _ = a_sink_process(tmp_path)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_an_open_connection_does_not_keep_the_sink_from_stopping(tmp_path):
    with running_sink(tmp_path) as port:
        lingering = socket.create_connection(("127.0.0.1", port))
        assert lingering.recv(100).startswith(b"220")
    lingering.close()


def test_a_folder_without_mail_is_empty(tmp_path):
    assert list_messages(tmp_path / "none") == []


@pytest.mark.parametrize(
    "name", ["../secrets.json", "secrets.json", "/etc/passwd", "", "00000000000000000001-000000.eml"]
)
def test_only_names_of_messages_are_read(tmp_path, name):
    (tmp_path.parent / "secrets.json").write_text("{}")
    with pytest.raises(FileNotFoundError):
        read_message(tmp_path, name)


def a_sink_process(directory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [
        sys.executable,
        "-m",
        "gmp_booking.infra.mail.dev_mail_server",
        "--port",
        str(port),
        "--dir",
        str(directory),
    ]
    process = subprocess.Popen(argv)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.05)
    raise AssertionError("the sink did not start")
