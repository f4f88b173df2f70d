"""From a fresh clone to a running server with `make run`, as root in a closed folder and as an ordinary user."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from gmp_booking.infra.process.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
FIRST_LIMIT_S, SECOND_LIMIT_S = 600, 5
SYSTEM_PYTHON = "/usr/bin/python3"

pytestmark = pytest.mark.long


class Someone:
    """A user of the machine with a folder of their own."""

    def __init__(self, name, folder):
        entry = pwd.getpwnam(name) if name else None
        self.folder, self.entry = folder, entry
        self.options = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []} if entry else {}
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        self.env |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "npm_config_"))}

    def make_run(self, clone, port, data_dir):
        python = [f"PYTHON={SYSTEM_PYTHON}"] if self.entry else []
        argv = ["make", "run", f"PORT={port}", f"GMP_DATA_DIR={data_dir}", *python]
        return subprocess.Popen(
            argv, cwd=clone, env=self.env, **self.options, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip


@pytest.fixture(params=["root", "nobody"])
def someone(request, tmp_path):
    if request.param == "root":
        yield Someone(None, tmp_path)
        return
    if os.geteuid() != 0:
        pytest.skip("the test already runs as an ordinary user")
    if sys.version_info[:2] > (3, 11) and not Path(SYSTEM_PYTHON).exists():
        pytest.skip("there is no Python that everybody may read")
    folder = Path(f"/var/tmp/gmp-clone-{os.getpid()}")
    folder.mkdir()
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
    yield Someone("nobody", folder)
    shutil.rmtree(folder)


def test_make_run_reaches_a_working_page_and_the_second_time_within_seconds(someone):
    clone = someone.folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    if someone.entry:
        subprocess.run(["chown", "-R", f"{someone.entry.pw_uid}:{someone.entry.pw_gid}", str(clone)], check=True)
    data_dir = someone.folder / ("a long path " * 12)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        for limit_s in (FIRST_LIMIT_S, SECOND_LIMIT_S):
            assert seconds_until_welcome(someone.make_run(clone, port, data_dir), port) < limit_s
    finally:
        EmbeddedPostgres(data_dir).destroy()


def seconds_until_welcome(process, port):
    started, said = time.monotonic(), []
    try:
        for line in process.stdout:
            said.append(line)
            if f"http://127.0.0.1:{port}" in line:
                break
        else:
            pytest.fail("".join(said))
        took_s = time.monotonic() - started
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
            assert b"</html>" in page.read()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    assert "Traceback" not in rest
    return took_s
