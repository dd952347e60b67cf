"""The envelope that every kernel's JSON shares: which kernel, which version, which parameters, which inputs."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

CHUNK_BYTES = 1 << 20


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as lower-case hex."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def describe_input(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return name, size in bytes and SHA-256 of an input file."""
    return {"name": Path(path).name, "size": os.path.getsize(path), "sha256": sha256_of(path)}


def without_nan(value: Any) -> Any:
    """Return `value` with every NaN and infinity, at any depth, as None: JSON has neither."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    return value


def dump(document: dict[str, Any], path: str | os.PathLike[str] | None) -> str:
    """Return a result document as JSON text, and write it to `path` whole or not at all."""
    text = json.dumps(without_nan(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if path is not None:
        partial = Path(f"{os.fspath(path)}.partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    return text
