"""Names that were given up for the field's own terms do not come back (`old_names.txt`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT, Module, modules

LIST = Path(__file__).with_name("old_names.txt")


def old_names() -> tuple[set[str], set[str]]:
    """Modules, and names as `module:name`."""
    lines = [line for line in LIST.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {line for line in lines if ":" not in line}, {line for line in lines if ":" in line}


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def defined(module: Module) -> Iterator[str]:
    """The names a module defines at its top level, as `module:name`."""
    for node in module.tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield f"{dotted(module.name)}:{name}"
            case ast.Assign(targets=targets):
                yield from (f"{dotted(module.name)}:{each.id}" for each in targets if isinstance(each, ast.Name))


def imported(module: Module) -> Iterator[tuple[str, str]]:
    """What a module imports: as a module, and as `module:name`."""
    for name in module.imports():
        parent, _, last = name.rpartition(".")
        yield name, f"{parent}:{last}"


def suite() -> Iterator[Module]:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        yield Module(str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8")))


def test_no_old_name_is_defined_or_imported() -> None:
    old_modules, old_symbols = old_names()
    found = []
    for module in (*modules(), *suite()):
        if dotted(module.name) in old_modules:
            found.append(f"{module.name} is an old module name")
        found += [f"{module.name} defines {name}" for name in defined(module) if name in old_symbols]
        found += [
            f"{module.name} imports {name}"
            for name, symbol in imported(module)
            if name in old_modules or symbol in old_symbols
        ]
    assert not found, "\n".join(found)


def test_the_check_finds_an_old_name() -> None:
    _modules, symbols = old_names()
    planted = Module("gmp_booking/conflicts/case.py", ast.parse("class Busy: ...\n"))
    assert set(defined(planted)) <= symbols
