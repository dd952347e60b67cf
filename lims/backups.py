"""Backup and restore: one folder with the database's dump, the storage's files, and a manifest of their checksums.

The dump and the state of the audit trail written beside it are of the same moment (one exported snapshot). Files that
were registered by path stay with their owner; the manifest names them, so that a restore can say which are missing.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from kernels.document import sha256_of
from lims import storage
from lims.choices import FileOrigin, FileState
from lims.exceptions import InvalidInput
from lims.models import AuditHead, DataFile

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
STORAGE = "storage"
OUR_FOLDERS = ("files", "linked", "quarantine")
KEPT_STATES = (FileState.VERIFYING, FileState.READY, FileState.REJECTED)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BackedUpFile:
    """A file as the manifest names it; `copied` is False for files registered by path."""

    location: str
    size_bytes: int
    sha256: str
    copied: bool


def backup(folder: Path, *, say: Say) -> dict[str, Any]:
    """Write a backup into a new folder and return its manifest; the folder appears when it is whole.

    Raises
    ------
    InvalidInput
        The folder exists already, a file's bytes are not those that were verified, or pg_dump fails.
    """
    if folder.exists():
        raise InvalidInput(f"{folder} exists already. Name a new folder.")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        manifest = _write(unfinished, say)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    unfinished.rename(folder)
    return manifest


def _write(folder: Path, say: Say) -> dict[str, Any]:
    with _snapshot() as (snapshot, head):
        say("database")
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={folder / DUMP}")
        known = _files()
    # Nothing is ever removed from the storage, so that the copying need not hold up the database.
    files = [each for file in known for each in _back_up_file(file, folder / STORAGE, say)]
    manifest = {
        "format": FORMAT,
        "software_version": settings.VERSION,
        "created_at": timezone.now().isoformat(),
        "database": {"sha256": sha256_of(folder / DUMP), "size_bytes": (folder / DUMP).stat().st_size},
        "audit": head,
        "files": [asdict(each) for each in files],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def restore(folder: Path, *, say: Say) -> dict[str, Any]:
    """Bring a backup back into an empty database and an empty storage folder, and return its manifest.

    Everything is checked against the manifest before anything is written.

    Raises
    ------
    InvalidInput
        The backup is damaged or of another format, or database or storage are not empty.
    """
    manifest = read_manifest(folder)
    say("checking the backup")
    check_backup(folder, manifest)
    _check_is_empty()
    say("database")
    _run(
        "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={_name()}", str(folder / DUMP)
    )
    for each in manifest["files"]:
        if each["copied"]:
            say(each["location"])
            target = storage.root() / each["location"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / STORAGE / each["location"], target)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a backup's manifest."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{folder} is not a backup: its {MANIFEST} cannot be read ({error}).") from error
    if manifest.get("format") != FORMAT:
        raise InvalidInput(f"{folder} is a backup of format {manifest.get('format')}; this version reads {FORMAT}.")
    return manifest


def check_backup(folder: Path, manifest: dict[str, Any]) -> None:
    """Refuse a backup whose bytes are not those of its manifest; the first difference is named."""
    if sha256_of(folder / DUMP) != manifest["database"]["sha256"]:
        raise InvalidInput(f"{folder / DUMP} is damaged: its checksum is not the manifest's.")
    for each in manifest["files"]:
        if not each["copied"]:
            continue
        path = folder / STORAGE / each["location"]
        if not path.is_file() or sha256_of(path) != each["sha256"]:
            raise InvalidInput(f"{path} is missing or damaged: its checksum is not the manifest's.")


def missing_registered_files(manifest: dict[str, Any]) -> list[str]:
    """Return the files registered by path that are not where they were."""
    return [
        each["location"] for each in manifest["files"] if not each["copied"] and not Path(each["location"]).is_file()
    ]


def audit_state() -> dict[str, Any]:
    """Return the end of the audit trail's chain."""
    head = AuditHead.objects.first()
    return {"sequence": head.sequence, "hash": head.hash} if head else {"sequence": 0, "hash": ""}


@contextmanager
def _snapshot() -> Iterator[tuple[str, dict[str, Any]]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0], audit_state()


def _files() -> list[DataFile]:
    return list(DataFile.objects.filter(state__in=KEPT_STATES).exclude(location="").order_by("id"))


def _back_up_file(file: DataFile, into: Path, say: Say) -> Iterator[BackedUpFile]:
    """Copy a file with the indexes beside it; of one registered by path only the indexes, which are ours."""
    if file.origin == FileOrigin.PATH:
        yield BackedUpFile(file.location, file.size_bytes or 0, file.sha256, copied=False)
        beside = storage.root() / "linked" / str(file.public_id) / file.name
    else:
        say(file.name)
        beside = storage.path_of(file)
        yield _copy(beside, into, expected=file.sha256)
    for index in sorted(beside.parent.glob(f"{glob.escape(beside.name)}.*")):
        if index.is_file() and not index.is_symlink():
            yield _copy(index, into)


def _copy(source: Path, into: Path, expected: str = "") -> BackedUpFile:
    location = source.relative_to(storage.root())
    target = into / location
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target)
    except FileNotFoundError as error:
        raise InvalidInput(f"{source} is not there, although the records name it.") from error
    digest = sha256_of(target)
    if expected and digest != expected:
        raise InvalidInput(f"{source} is damaged: its checksum is {digest}, but {expected} was verified.")
    return BackedUpFile(str(location), target.stat().st_size, digest, copied=True)


def _check_is_empty() -> None:
    if connection.introspection.table_names():
        raise InvalidInput("The database is not empty. Restore into a new database.")
    if any(folder.is_dir() and any(folder.iterdir()) for folder in map(storage.root().joinpath, OUR_FOLDERS)):
        raise InvalidInput(f"{storage.root()} already holds files. Restore into an empty storage folder.")


def _run(program: str, *arguments: str) -> None:
    options = connection.settings_dict
    environ = {
        **os.environ,
        "PGHOST": options["HOST"],
        "PGPORT": options["PORT"],
        "PGUSER": options["USER"],
        "PGPASSWORD": options["PASSWORD"],
        "PGDATABASE": _name(),
    }
    command = [_program(program), *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InvalidInput(f"{program} failed: {done.stderr.strip()}")


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _program(name: str) -> str:
    folder = settings.POSTGRES_BIN
    found = str(Path(folder) / name) if folder else shutil.which(name)
    if found is None or not Path(found).exists():
        raise InvalidInput(
            f"{name} is not found. Install PostgreSQL's client programs of the server's version, or name their folder "
            "in EXOMARK_POSTGRES_BIN."
        )
    return found
