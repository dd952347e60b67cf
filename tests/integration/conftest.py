"""The stack that hard tests kill parts of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    started = Stack(tmp_path_factory.mktemp("stack"))
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def in_stack(stack: Stack, django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """The test's own code acts in the stack's laboratory."""
    with django_db_blocker.unblock(), stack.as_this_process():
        yield stack
