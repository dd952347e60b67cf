"""Whether an index still describes the file that it was made from."""

from __future__ import annotations

import os
from pathlib import Path

from kernels.errors import KernelError


def require_fresh_index(index: str | os.PathLike[str], indexed: str | os.PathLike[str]) -> None:
    """Refuse an index that is older than its file.

    Raises
    ------
    KernelError
        `index_stale`.
    """
    if os.stat(index).st_mtime < os.stat(indexed).st_mtime:
        index_name, name = Path(index).name, Path(indexed).name
        raise KernelError(
            "index_stale",
            f"{index_name} is older than {name}: it may describe another file. Index {name} again.",
            index=index_name, file=name,
        )  # fmt: skip


def require_fresh_indexes(path: str | os.PathLike[str], suffixes: tuple[str, ...]) -> None:
    """Apply `require_fresh_index` to every index that lies beside a file."""
    for suffix in suffixes:
        index = f"{os.fspath(path)}{suffix}"
        if os.path.exists(index):
            require_fresh_index(index, path)
