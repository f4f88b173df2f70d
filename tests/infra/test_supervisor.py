"""The supervisor starts in order, starts again what dies, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from gmp_booking.infra.process.supervisor import Child, Supervisor, SupervisorError

pytestmark = pytest.mark.heavy

IDLE = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


def wait_until(condition, *, within_s=20):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pid_of(path):
    written = path.read_text() if path.exists() else ""
    return int(written) if written else None


@pytest.fixture
def supervised(tmp_path):
    """A process with a supervisor over two children that write down their pids, one of them with a helper process."""
    program = f"""
        import sys
        from contextlib import suppress
        from pathlib import Path
        from gmp_booking.infra.process.supervisor import Child, StopRequested, Supervisor

        folder = Path({str(tmp_path)!r})
        write = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); "
        helper = "import subprocess; subprocess.Popen([sys.executable, '-c', " + repr(write + "time.sleep(600)") + ", sys.argv[2]]); "
        with suppress(StopRequested), Supervisor() as supervisor:
            for name in ("first", "second"):
                argv = [sys.executable, "-c", write + helper + "time.sleep(600)", str(folder / name), str(folder / (name + "-helper"))]
                supervisor.start(Child(name=name, argv=argv, env={{}}, ready=(folder / name).exists))
            print("up", flush=True)
            supervisor.watch()
        print("down", flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout.readline() == "up\n"
    wait_until(lambda: all(pid_of(tmp_path / name) for name in ("first-helper", "second-helper")))
    yield process, tmp_path
    process.kill()
    for name in ("first-helper", "second-helper"):
        if is_running(pid_of(tmp_path / name)):
            os.kill(pid_of(tmp_path / name), signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_everything_and_leaves_no_orphan(supervised, number):
    process, folder = supervised
    names = ("first", "second", "first-helper", "second-helper")
    pids = [pid_of(folder / name) for name in names]
    assert all(is_running(pid) for pid in pids)
    os.killpg(process.pid, number)  # as the terminal does: to the whole foreground group
    assert process.wait(10) == 0
    assert process.stdout.readline() == "down\n"
    wait_until(lambda: not any(is_running(pid) for pid in pids))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells of a parent's death")
def test_children_do_not_outlive_a_supervisor_that_is_killed(supervised):
    process, folder = supervised
    pids = [pid_of(folder / name) for name in ("first", "second")]
    process.kill()
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_what_dies_is_started_again_and_its_helpers_are_ended(supervised):
    process, folder = supervised
    for _ in range(3):
        before, helper = pid_of(folder / "first"), pid_of(folder / "first-helper")
        started = time.monotonic()
        os.kill(before, signal.SIGKILL)
        wait_until(lambda before=before: pid_of(folder / "first") not in {before, None})
        assert time.monotonic() - started < 4
        wait_until(lambda helper=helper: not is_running(helper))
        wait_until(lambda helper=helper: pid_of(folder / "first-helper") != helper)
    process.terminate()
    assert "first ended (signal SIGKILL); starting it again." in process.communicate()[1]


def test_a_child_that_ends_at_once_is_not_started_in_a_frenzy(tmp_path):
    count = tmp_path / "count"
    program = f"""
        from gmp_booking.infra.process.supervisor import Child, Supervisor
        with Supervisor() as supervisor:
            supervisor.start(Child(name="flicker", argv=["/bin/sh", "-c", "echo x >> {count}; exit 3"], env={{}}))
            supervisor.watch()
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    process.terminate()
    said = process.communicate()[1]
    assert 3 <= len(count.read_text().split()) <= 8
    assert "flicker ended (exit code 3)" in said


def test_a_child_that_does_not_listen_is_killed(tmp_path):
    said = []
    with Supervisor(said.append) as supervisor:
        child = Child(name="deaf", argv=STUBBORN, env={}, stop_within_s=0.5, log=tmp_path / "deaf.log")
        supervisor.start(child)
        wait_until(lambda: "deaf" in (tmp_path / "deaf.log").read_text())
    assert said == ["deaf did not stop within 0.5 s and was killed."]


def test_a_child_that_ends_instead_of_starting_is_named():
    with pytest.raises(SupervisorError, match="web server ended instead of starting"), Supervisor() as supervisor:
        supervisor.start(Child(name="web server", argv=["/bin/false"], env={}, ready=lambda: False))


def test_a_child_that_never_gets_ready_is_named_and_stopped(tmp_path):
    argv = ["/bin/sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 600"]
    child = Child(name="worker", argv=argv, env={}, ready=lambda: False, ready_within_s=0.5)
    with pytest.raises(SupervisorError, match="worker was not ready"), Supervisor() as supervisor:
        supervisor.start(child)
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_children_stop_in_the_opposite_order(tmp_path):
    order = tmp_path / "order"
    script = "trap 'echo {0} >> {1}; exit' TERM; while :; do sleep 0.02; done"
    with Supervisor() as supervisor:
        for name in ("database", "web", "worker"):
            argv = ["/bin/sh", "-c", script.format(name, order)]
            supervisor.start(Child(name=name, argv=argv, env={"PATH": os.environ["PATH"]}))
        time.sleep(0.5)
    assert order.read_text().split() == ["worker", "web", "database"]


def test_signals_mean_again_what_they_meant_before():
    before = signal.getsignal(signal.SIGTERM)
    with Supervisor() as supervisor:
        supervisor.start(Child(name="idle", argv=IDLE, env={}))
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
