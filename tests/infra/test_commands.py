"""What `make` and `.ci/run` say and do, with stand-ins for the slow programs they call."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("run", "test", "quick", "test-long", "bench", "check", "upgrade", "sbom", "help")


@pytest.fixture
def clone(tmp_path):
    """A folder with the Makefile, and stand-ins that write down how they were called."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    shutil.copy(ROOT / "Makefile", folder / "Makefile")
    for name in ("setup.cfg", "pyproject.toml", "requirements-dev.lock"):
        (folder / name).touch()
    for venv in (".venv", ".venv-newest"):
        (folder / venv / "bin").mkdir(parents=True)
    (folder / "bin").mkdir()
    settings = "port=$GMP_PORT data=$GMP_DATA_DIR demo=$GMP_DEMO"
    for program in (
        ".venv/bin/python",
        ".venv/bin/pip",
        ".venv-newest/bin/python",
        ".venv-newest/bin/pip",
        ".venv/bin/gmp-booking",
        ".venv/bin/lint-imports",
        "bin/chromium",
    ):
        write_stub(folder / program, f'echo "{Path(program).name} $* [{settings}]" >> {tmp_path}/calls')
    return folder


def write_stub(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def make(clone, *arguments, path=None, **environment):
    settings = {
        name: value for name, value in os.environ.items() if not name.startswith(("GMP_", "MAKE", "PORT", "NEWEST"))
    }
    settings |= {"PATH": path or f"{clone}/bin:{os.environ['PATH']}"} | environment
    return subprocess.run(
        ["/usr/bin/make", *arguments], cwd=clone, env=settings, capture_output=True, text=True, check=False
    )


def calls(clone):
    return (clone.parent / "calls").read_text().splitlines()


def test_help_names_every_command_and_setting(clone):
    shown = make(clone, "help").stdout
    assert all(f"make {command} " in shown for command in COMMANDS)
    assert all(setting in shown for setting in ("PORT=", "GMP_DATA_DIR=", "DEMO=0"))
    assert make(clone).stdout == shown


def test_run_serves_the_demo_unless_told_otherwise(clone):
    assert make(clone, "run").returncode == 0
    assert calls(clone)[-1] == "gmp-booking run [port= data= demo=1]"
    make(clone, "run", "PORT=8010", "GMP_DATA_DIR=/some/where", "DEMO=0")
    assert calls(clone)[-1] == "gmp-booking run [port=8010 data=/some/where demo=0]"


def test_settings_may_come_from_the_environment(clone):
    make(clone, "run", PORT="8011", GMP_DATA_DIR="/else/where", DEMO="0")
    assert calls(clone)[-1] == "gmp-booking run [port=8011 data=/else/where demo=0]"
    make(clone, "run", GMP_PORT="8012", GMP_DEMO="0")
    assert calls(clone)[-1] == "gmp-booking run [port=8012 data= demo=0]"


def test_packages_are_installed_once_and_again_when_the_requirements_change(clone):
    def installations():
        return len([call for call in calls(clone) if "--editable" in call])

    make(clone, "install")
    make(clone, "install")
    assert installations() == 1
    for number, name in enumerate(("setup.cfg", "requirements-dev.lock"), start=2):
        os.utime(clone / name, (4e9, 4e9))
        make(clone, "install")
        assert installations() == number
        os.utime(clone / name, (1e9, 1e9))


def test_packages_come_from_the_lock_unless_the_newest_are_asked_for(clone):
    def installed(*arguments):
        (clone.parent / "calls").unlink(missing_ok=True)
        make(clone, "install", *arguments)
        return [call.partition("install")[2].split(" [port")[0] for call in calls(clone) if "pip install" in call]

    locked = installed()
    assert any("--require-hashes --requirement requirements-dev.lock" in call for call in locked)
    assert all("--require-hashes" in call or "--no-deps --no-build-isolation --editable ." in call for call in locked)
    (clone / "requirements.lock").touch()
    of_a_server = installed("LOCK=requirements.lock")
    assert any("--require-hashes --requirement requirements.lock" in call for call in of_a_server)
    assert not any("requirements-dev.lock" in call for call in of_a_server)
    newest = installed("NEWEST=1")
    assert newest[-1].endswith("--editable .[dev]")
    assert not any("--require-hashes" in call for call in newest)


def test_a_clone_that_was_moved_is_installed_again(clone):
    make(clone, "install")
    moved = clone.rename(clone.with_name("moved"))
    make(moved, "install")
    assert len([call for call in calls(moved) if "--editable" in call]) == 2


def test_without_python_or_its_venv_module_a_sentence_says_what_to_install(clone):
    shutil.rmtree(clone / ".venv")
    answer = make(clone, "run", "PYTHON=")
    assert answer.returncode != 0
    assert "Python 3.11 or newer is needed" in answer.stderr
    write_stub(clone / "bin" / "bare-python", "exit 1")
    answer = make(clone, "run", "PYTHON=bare-python")
    assert answer.returncode != 0
    assert "install python3-venv" in answer.stderr


@pytest.fixture
def without_chromium(clone):
    """A search path with the ordinary tools and no browser."""
    tools = clone / "tools"
    tools.mkdir()
    for tool in ("sh", "sed", "awk", "touch", "rm", "cksum", "cut", "test", "echo"):
        (tools / tool).symlink_to(shutil.which(tool))
    (tools / "python3").symlink_to(sys._base_executable)
    return tools


def test_without_chromium_an_ordinary_user_is_told_what_to_install(clone, without_chromium):
    write_stub(without_chromium / "id", "echo 1000")
    answer = make(clone, "test", path=str(without_chromium))
    assert answer.returncode != 0
    assert "sudo apt-get install chromium fonts-noto-cjk" in answer.stderr
    assert not [call for call in calls(clone) if "pytest" in call]


def test_without_chromium_root_has_it_installed(clone, without_chromium):
    write_stub(without_chromium / "id", "echo 0")
    write_stub(without_chromium / "apt-get", f'echo "apt-get $*" >> {clone.parent}/calls')
    assert make(clone, "test", path=str(without_chromium)).returncode == 0
    assert any("apt-get install" in call and "chromium fonts-noto-cjk" in call for call in calls(clone))
    assert "pytest" in calls(clone)[-1]


def test_continuous_integration_ends_with_the_closing_line_and_the_status_of_the_tests(clone):
    write_stub(clone / "bin" / "make", 'echo "== 1 failed, 3 passed in 1.20s =="; echo "make: *** Error 1"; exit 2')
    environment = os.environ | {"PATH": f"{clone}/bin:{os.environ['PATH']}"}
    finished = subprocess.run([clone / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)
    assert finished.stdout.splitlines()[-1] == "== 1 failed, 3 passed in 1.20s =="
    assert finished.returncode == 2
