"""Every rule is complete, and the engine is pure."""

import ast
import sys
from pathlib import Path

import pytest

import gmp_booking.conflicts
from gmp_booking.conflicts import rule as rule_module
from gmp_booking.conflicts.rule import ALWAYS_ENFORCED, discover
from gmp_booking.conflicts.rule_list import markdown, table

HERE = Path(__file__).parent
ENGINE = Path(gmp_booking.conflicts.__file__).parent


def test_every_rule_has_a_test_file():
    for code in (*discover(), "PV-01"):
        plain = code.replace("-", "").lower()
        assert list(HERE.glob(f"test_{plain}.py")) + list(HERE.glob(f"test_*_{plain}.py")), code


@pytest.mark.parametrize("rule", discover().values(), ids=lambda rule: rule.code)
def test_every_rule_has_a_sentence_texts_a_source_and_one_file(rule):
    assert rule.sentence
    assert rule.source
    assert rule.texts
    for texts in rule.texts.values():
        assert texts.own.endswith(".")
        assert texts.others == "{resource} is not available {period}."
    assert len(list((ENGINE / "rules").glob(f"{rule.code.replace('-', '').lower()}_*.py"))) == 1
    for parameter in rule.parameters:
        assert parameter.rule == rule.code
        assert parameter.unit
        assert parameter.source


def test_only_what_can_be_soft_names_who_may_override():
    for rule in discover().values():
        can_be_soft = any(severity == "SOFT" for row in table() if row.code == rule.code for severity in row.severities)
        assert bool(rule.override) == can_be_soft


def test_the_first_six_rules_are_there():
    assert {row.code for row in table()} >= {"RM-01", "RM-04", "EQ-01", "PE-03", "CA-01", "PV-01"}
    assert {row.code for row in table() if not row.is_switchable} == ALWAYS_ENFORCED


def test_the_table_of_rules_can_be_printed():
    lines = markdown().splitlines()
    assert len(lines) == len(table()) + 2
    assert len({line.count("|") for line in lines}) == 1
    assert "gowning_min 20 min" in markdown()


def test_a_file_that_does_not_hold_its_rule_is_refused(tmp_path, monkeypatch):
    (tmp_path / "rm99_empty.py").write_text("")
    monkeypatch.setattr(rule_module.rules_package, "__path__", [str(tmp_path)])
    discover.cache_clear()
    try:
        with pytest.raises(RuntimeError, match="rm99_empty"):
            discover()
    finally:
        sys.modules.pop("gmp_booking.conflicts.rules.rm99_empty", None)
        monkeypatch.undo()
        discover.cache_clear()
    assert "RM-01" in discover()


MODULES = sorted(ENGINE.rglob("*.py"))


def imported_by(path):
    for node in ast.walk(ast.parse(path.read_text())):
        yield from [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_the_engine_imports_the_kernel_and_the_standard_library_alone():
    for path in MODULES:
        for name in imported_by(path):
            allowed = name.startswith(("gmp_booking.conflicts", "gmp_booking.kernel"))
            assert allowed or name.partition(".")[0] in sys.stdlib_module_names, f"{path.name} imports {name}"


def test_no_rule_reads_a_clock():
    for path in sorted((ENGINE / "rules").glob("*_*.py")):
        calls = [node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
        assert not {"utcnow", "today", "monotonic"} & set(calls), path.name
        assert "datetime.now" not in path.read_text(), path.name
