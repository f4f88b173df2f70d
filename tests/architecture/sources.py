"""The product's own files, read once: its modules as syntax trees, its text files as they are tracked."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gmp_booking"
NOT_WRITTEN_HERE = ("gmp_booking/static/vendor/", "package-lock.json")
NO_TEXT = {".png", ".ico", ".pem", ".key", ".woff2"}


@dataclass(frozen=True)
class Module:
    """One file of the product; `name` is its path from the repository's root."""

    name: str
    tree: ast.Module

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def strings(self) -> Iterator[tuple[int, str]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.lineno, node.value

    def imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the product."""
    return _parsed([*sorted(PACKAGE.rglob("*.py")), ROOT / "config.py", ROOT / "wsgi.py"])


@cache
def migrations() -> tuple[Module, ...]:
    return _parsed(sorted((ROOT / "migrations" / "versions").glob("*.py")))


def _parsed(paths: Iterable[Path]) -> tuple[Module, ...]:
    return tuple(Module(str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in paths)


@cache
def texts() -> dict[str, str]:
    """Every text file of the project by its path; outside a repository, what lies in the usual places."""
    kept = {}
    for name in _tracked():
        path = ROOT / name
        if not name.startswith(NOT_WRITTEN_HERE) and path.suffix not in NO_TEXT and path.is_file():
            kept[name] = path.read_text("utf-8")
    return kept


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        return [name for name in listed.stdout.split("\0") if name]
    folders = ("gmp_booking", "tests", "migrations", "docs", "benchmarks", "frontend")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    written = [path for path in found if not re.search(r"__pycache__|\.mo$", str(path))]
    return [str(path.relative_to(ROOT)) for path in [*ROOT.iterdir(), *written] if path.is_file()]


def method(call: ast.Call) -> str:
    """The name that is called: `session.commit()` → commit."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
