"""Compiled templates for all applications of a test process.

Hundreds of tests create an application of their own. Each would parse and compile its templates again, which takes longer
than most of these tests do.
"""

from __future__ import annotations

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledTemplates(BytecodeCache):
    """Keeps the code of a template as long as its source is the same."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


def share_compiled_templates() -> None:
    """Let every application that is created from now on use the same compiled templates."""
    Flask.jinja_options = Flask.jinja_options | {"bytecode_cache": CompiledTemplates()}
