"""Whether code has changed since something was last made from it."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from launcher import environment

# What the database and the pages are made of; packages change with the lock.
SERVED = ("config", "lims", "validation", "iqc", "sharing", "demonstration", "static", "requirements.lock")


def digest_of(*parts: str) -> str:
    """A digest of the names, sizes and times of the files in these parts of the project; a few milliseconds."""
    digest = hashlib.sha256()
    for path in sorted(path for part in parts for path in _files(environment.ROOT / part)):
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _files(part: Path) -> Iterator[Path]:
    if part.is_file():
        yield part
    for folder, subfolders, names in os.walk(part):
        subfolders[:] = [name for name in subfolders if name != "__pycache__"]
        yield from (Path(folder) / name for name in names)
