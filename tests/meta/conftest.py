"""The runtime role's rights, for the tests that hold for all tables."""

from tests.lims.conftest import runtime_role

__all__ = ["runtime_role"]
