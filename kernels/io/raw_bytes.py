"""Whole small files as bytes."""

from __future__ import annotations

import os
from pathlib import Path


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return a whole file."""
    return Path(path).read_bytes()


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a whole file."""
    Path(path).write_bytes(content)
