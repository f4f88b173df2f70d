"""One application and its people for the tests of a module."""

from __future__ import annotations

import pytest

from tests.execution.conftest import ExecutionClient
from tests.lifecycle.scenario import World
from tests.shared_app import SharedApp, shared_app

__all__ = ["shared_app"]


@pytest.fixture
def world(shared_app: SharedApp) -> World:
    return World(shared_app, ExecutionClient(shared_app))
