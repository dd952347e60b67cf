"""Compilation of numeric functions, with a cache on disk that is never stale.

Numba forgets a cached function when its own file changes, but not when a function that it calls in another file does:
an upgrade could then go on computing with old code. So the cache lives in a folder named by the digest of every source
file that may be compiled.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., object])

PACKAGE = Path(__file__).parent
IMPORT_LINE = b"from kernels.compiled import"


def source_digest() -> str:
    """Return a digest of every module of `kernels` that holds compiled functions."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_bytes()
        if IMPORT_LINE in source:
            digest.update(os.fsencode(path.relative_to(PACKAGE)) + b"\0" + source)
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return a folder for compiled code that only this user can write to; NUMBA_CACHE_DIR chooses its parent."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    chosen = os.environ.get("NUMBA_CACHE_DIR") or os.path.join(home, "exomark", "numba")
    folder = Path(chosen) / source_digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    # A predictable name under /tmp could be prepared by somebody else: compiled code is loaded from here.
    return Path(tempfile.mkdtemp(prefix="exomark-numba-"))


numba.config.CACHE_DIR = os.fspath(cache_folder())  # type: ignore[attr-defined]


def compiled(function: Function) -> Function:
    """Compile a function on first use, cache it, and release the interpreter lock while it runs."""
    result: Function = numba.njit(cache=True, nogil=True)(function)  # type: ignore[assignment]
    return result
