"""One command starts everything, keeps it running and stops it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gmp_booking.infra.process.embedded import EmbeddedPostgres

pytestmark = pytest.mark.heavy

PROGRAM = Path(sys.executable).with_name("gmp-booking")
ROOT = Path(__file__).resolve().parents[2]


def a_free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children_of(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


class Stack:
    """`gmp-booking run` as somebody would start it."""

    def __init__(self, data_dir, **settings):
        self.data_dir = data_dir
        self.port = settings.pop("GMP_PORT", None) or a_free_port()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GMP_")}
        environment = clean | {
            "GMP_DATA_DIR": str(data_dir),
            "GMP_PORT": str(self.port),
            "GMP_SMTP_PORT": str(a_free_port()),
        }
        self._environment = environment | settings
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "run"],
            env=self._environment, cwd=ROOT, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def wait_for_welcome(self):
        line = self.process.stdout.readline()
        assert f"http://127.0.0.1:{self.port}" in line, line + self.process.stderr.read()

    def child(self, part):
        return next((pid for pid in children_of(self.process.pid) if part in command_of(pid)), None)

    def answers(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextmanager
def stacks_in(folder):
    """Starts stacks, and takes them away with everything they made."""
    stacks = []

    def start(data_dir=folder / "data", **settings):
        stacks.append(Stack(data_dir, **settings))
        return stacks[-1]

    yield start
    for stack in stacks:
        stack.end()
        EmbeddedPostgres(stack.data_dir).destroy()


@pytest.fixture
def run(tmp_path):
    with stacks_in(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One stack for all tests that leave it running."""
    with stacks_in(tmp_path_factory.mktemp("running")) as start:
        stack = start()
        stack.wait_for_welcome()
        yield stack


def wait_until(condition, *, within_s=30):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_ctrl_c_stops_all_of_it_and_the_next_start_is_quick(running):
    everybody = [pid for child in children_of(running.process.pid) for pid in (child, *children_of(child))]
    assert len(everybody) > 5
    _, said = running.end()
    assert running.process.returncode == 0
    assert "Traceback" not in said
    assert not [pid for pid in everybody if Path(f"/proc/{pid}").exists()]
    started = time.monotonic()
    running.start()
    running.wait_for_welcome()
    assert time.monotonic() - started < 30  # under five where nothing else runs, as the test of a fresh clone sees
    assert running.is_ready()


PARTS = ("bin/postgres", "gunicorn", "gmp_booking.worker")


def test_whatever_is_killed_comes_back_by_itself(running):
    assert running.answers()
    for part in PARTS:
        wait_until(lambda part=part: running.child(part))
        before = running.child(part)
        os.kill(before, signal.SIGKILL)
        wait_until(lambda part=part, before=before: running.child(part) not in {None, before})
        wait_until(running.is_ready)
    gunicorn_worker = children_of(running.child("gunicorn"))[0]
    os.kill(gunicorn_worker, signal.SIGKILL)
    wait_until(lambda: len(set(children_of(running.child("gunicorn"))) - {gunicorn_worker}) == 2)
    wait_until(running.is_ready)


def test_web_processes_inherit_no_connection_to_the_database(running):
    assert running.is_ready()
    master = running.child("gunicorn")
    shared = [connections_of(pid) for pid in (master, *children_of(master))]
    assert [len(shared), shared[0]] == [3, set()]
    assert not shared[1] & shared[2]


def connections_of(pid):
    """The ends of UNIX sockets a process holds."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed while we look
            target = str(entry.readlink())
            if target.startswith("socket:"):
                inodes.add(target.removeprefix("socket:[").rstrip("]"))
    listed = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return {line[6] for line in listed if line[6] in inodes}


def test_a_busy_port_is_a_sentence(run, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        stack = run(GMP_PORT=other.getsockname()[1])
        _, said = stack.process.communicate(timeout=30)
    assert stack.process.returncode == 1
    assert said.startswith(f"Port {stack.port} is in use")
    assert not (tmp_path / "data" / "postgres.json").exists()


def test_two_of_them_on_one_data_directory_is_a_sentence(running):
    second = Stack(running.data_dir)
    _, said = second.process.communicate(timeout=30)
    assert (second.process.returncode, running.answers()) == (1, True)
    assert "already running" in said


def test_all_mistakes_in_the_settings_are_shown_and_nothing_starts(run):
    stack = run(GMP_WORKERS="many", GMP_PROT="1")
    out, said = stack.process.communicate(timeout=30)
    assert (stack.process.returncode, out) == (1, "")
    assert said.splitlines() == [
        "GMP_PROT is not a setting; did you mean GMP_PORT?",
        "GMP_WORKERS must be a whole number from 1 to 64.",
    ]
