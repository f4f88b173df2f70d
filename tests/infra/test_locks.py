"""The lock files hold what setup.cfg asks for, in versions it allows, and nothing of the machine they were made on."""

import re
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
ENTRY = re.compile(r"(?P<name>\S+)==(?P<version>\S+)(?: ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n")


def entries_of(lock):
    """Shape: {name: version}."""
    return {entry["name"]: entry["version"] for entry in ENTRY.finditer((ROOT / lock).read_text("utf-8"))}


def required_by(lock):
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = setup["options"]["install_requires"].split("\n")
    lines += tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    if lock == DEVELOPMENT:
        lines += setup["options.extras_require"]["dev"].split("\n")
    return [Requirement(line) for line in lines if line]


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_every_requirement_is_locked_in_a_version_that_is_allowed(lock):
    locked = entries_of(lock)
    unmet = [
        f"{requirement}, locked: {locked.get(canonicalize_name(requirement.name))}: run make upgrade"
        for requirement in required_by(lock)
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))
    ]
    assert unmet == []


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_a_lock_has_nothing_but_versions_and_hashes(lock):
    written = (ROOT / lock).read_text("utf-8").splitlines(keepends=True)
    assert ENTRY.sub("", "".join(line for line in written if not line.startswith("#"))) == ""


def test_the_product_is_locked_as_it_was_tested():
    assert entries_of(RUNTIME).items() <= entries_of(DEVELOPMENT).items()
