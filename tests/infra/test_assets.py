"""The front-end bundle is built once, from pinned packages, and its absence stops nobody."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gmp_booking.infra.web import assets
from gmp_booking.infra.web.assets import ROOT, NoAssetsError, build_assets

pytestmark = pytest.mark.heavy


@pytest.fixture
def clone(tmp_path):
    """The front-end sources alone, as in a fresh clone."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "frontend", tmp_path / "frontend")
    return tmp_path


def test_versions_are_pinned_and_the_lock_names_no_registry():
    package = json.loads((ROOT / "package.json").read_text())
    pinned = package["dependencies"] | package["devDependencies"]
    assert pinned["htmx.org"] == "2.0.11"
    assert all(version[0].isdigit() for version in pinned.values())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)


def test_without_node_a_warning_is_enough(clone, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(assets, "find_spec", lambda _: None)
    monkeypatch.setattr(assets, "build_assets", lambda: build_assets(clone, tmp_path / "vendor"))
    assets.main()
    assert "neither Node 18 or newer nor the wheel" in capsys.readouterr().err


def test_node_of_the_wheel_does_where_the_machine_has_none(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    npm, node = assets._find_node()
    assert subprocess.run([*npm, "--version"], capture_output=True, check=True).stdout.strip()
    assert assets._major(node) >= 18


def test_an_old_node_is_passed_over(tmp_path, monkeypatch):
    for name in ("npm", "node"):
        (tmp_path / name).write_text("#!/bin/sh\necho v12.22.0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    npm, node = assets._find_node()
    assert str(tmp_path) not in f"{npm} {node}"


def test_a_failing_installation_keeps_what_was_built_before(clone, tmp_path, monkeypatch):
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "htmx.js").write_text("built before")
    (clone / "package-lock.json").write_text("{}")
    with pytest.raises(NoAssetsError, match="ci"):
        build_assets(clone, vendor)
    assert (vendor / "htmx.js").read_text() == "built before"


@pytest.mark.long
def test_the_bundle_is_built_once_and_again_when_something_changed(clone, tmp_path):
    vendor = tmp_path / "static" / "vendor"
    assert build_assets(clone, vendor)
    assert not build_assets(clone, vendor)
    (clone / "frontend" / "htmx.js").write_text('import "htmx.org";\n')
    assert build_assets(clone, vendor)


def test_what_was_built_for_the_project_fits_the_content_security_policy():
    if not (assets.VENDOR / "htmx.js").exists():
        subprocess.run([sys.executable, "-m", "gmp_booking.infra.web.assets"], check=True, cwd=ROOT)
    if not (assets.VENDOR / "htmx.js").exists():
        pytest.skip("the front-end assets cannot be built here")
    script = (assets.VENDOR / "htmx.js").read_text()
    for setting in ("allowEval=!1", "includeIndicatorStyles=!1", "selfRequestsOnly=!0"):
        assert setting in script
    styles = (assets.VENDOR / "pretendard.css").read_text()
    pieces = {part.split('"')[0] for part in styles.split('url("./')[1:]}
    assert len(pieces) == 92
    assert all((assets.VENDOR / Path(piece).name).exists() for piece in pieces)
    assert "http" not in styles.split("/*!")[0]
