"""One application for the tests of a module."""

from tests.shared_app import shared_app

__all__ = ["shared_app"]
