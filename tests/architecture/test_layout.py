"""Where things are: sizes of folders and modules, who may import what by the name of a file, one name for one class."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tests.architecture.sources import PACKAGE, Module, modules

MOST_MODULES = 20
MOST_LINES = 400
LARGEST_SHARE = 0.14
ONE_FILE_A_THING = {"gmp_booking/conflicts/rules", "gmp_booking/notifications/kinds"}
"""Folders in which each file is one rule or one kind of mail: they may grow."""
HANDLER = re.compile(r"^(?:pages|api|feeds|handlers|\w+_pages|\w+_page|\w+_api)$")
STORED = re.compile(r"^gmp_booking(?:\.\w+)+\.(?:store|models|\w+_store)(?:\.|$)")


def is_handler(module: Module) -> bool:
    path = PurePosixPath(module.name)
    return path.parts[:2] == ("gmp_booking", "pages") or bool(HANDLER.match(path.stem))


def reads_storage(module: Module) -> list[str]:
    return [f"{module.name} imports {name}" for name in module.imports() if STORED.match(name)]


def test_handlers_import_services_and_views_never_stores_or_models() -> None:
    found = [each for module in modules() if is_handler(module) for each in reads_storage(module)]
    assert not found, "\n".join(found)


def test_the_check_of_handlers_finds_one_that_reads_storage() -> None:
    planted = Module("gmp_booking/approvals/inbox_pages.py", ast.parse("from gmp_booking.bookings import store"))
    assert is_handler(planted)
    assert reads_storage(planted)


def exported(module: Module) -> Iterator[str]:
    for node in module.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=names) | ast.Tuple(elts=names)):
                yield from (each.value for each in names if isinstance(each, ast.Constant))


def test_no_service_exports_a_model() -> None:
    found = []
    for module in modules():
        if PurePosixPath(module.name).stem != "service":
            continue
        of_models = {name.rpartition(".")[2] for name in module.imports() if ".models." in name}
        found += [f"{module.name} exports {name}" for name in exported(module) if name in of_models]
    assert not found, "\n".join(found)


def test_no_folder_holds_too_many_modules() -> None:
    counted: Counter[str] = Counter()
    for module in modules():
        path = PurePosixPath(module.name)
        if path.stem != "__init__" and str(path.parent) not in ONE_FILE_A_THING:
            counted[str(path.parent)] += 1
    assert not {folder: count for folder, count in counted.items() if count > MOST_MODULES}


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_no_module_is_too_long() -> None:
    lengths = {str(path.relative_to(PACKAGE)): lines_of(path) for path in PACKAGE.rglob("*.py")}
    assert not {name: length for name, length in lengths.items() if length > MOST_LINES}


def test_no_package_is_too_large_a_part_of_the_code() -> None:
    sizes = {
        folder.name: sum(lines_of(path) for path in folder.rglob("*.py"))
        for folder in PACKAGE.iterdir()
        if folder.is_dir()
    }
    whole = sum(sizes.values())
    assert not {name: f"{size / whole:.0%}" for name, size in sizes.items() if size > LARGEST_SHARE * whole}


def test_each_class_has_a_name_of_its_own() -> None:
    defined: defaultdict[str, list[str]] = defaultdict(list)
    for module in modules():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                defined[node.name].append(module.name)
    found = {name: where for name, where in defined.items() if len(where) > 1}
    assert not found, found
