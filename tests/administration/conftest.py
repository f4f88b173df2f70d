"""One application for the tests of a module."""

from tests.standing import standing

__all__ = ["standing"]
