"""Backup and restore: one folder with the database's dump, the storage's files, and a manifest of their checksums.

The dump and the state of the audit trail written beside it are of the same moment (one exported snapshot). Files that were
registered by path stay with their owner; the manifest names them, so that a restore can say which are missing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
KEPT_STATES = (FileState.VERIFYING, FileState.READY, FileState.REJECTED)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BackedUpFile:
    """A file of the laboratory as the manifest names it; `is_copied` is False for files registered by path."""

    location: str
    size_bytes: int
    sha256: str
    is_copied: bool


def backup(folder: Path, *, say: Say) -> dict[str, Any]:
    """Write a backup into a new folder and return its manifest.

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
    with _snapshot() as (snapshot, head):
        say("database")
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={unfinished / DUMP}")
        files = [_back_up_file(file, unfinished / STORAGE, say) for file in _files()]
    manifest = {
        "format": FORMAT,
        "software_version": settings.VERSION,
        "created_at": timezone.now().isoformat(),
        "database": {"sha256": sha256_of(unfinished / DUMP), "size_bytes": (unfinished / DUMP).stat().st_size},
        "audit": head,
        "files": [
            {"location": each.location, "size_bytes": each.size_bytes, "sha256": each.sha256, "copied": each.is_copied}
            for each in files
        ],
    }
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    unfinished.rename(folder)
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


def _back_up_file(file: DataFile, into: Path, say: Say) -> BackedUpFile:
    if file.origin == FileOrigin.PATH:
        return BackedUpFile(file.location, file.size_bytes or 0, file.sha256, is_copied=False)
    say(file.name)
    source = storage.path_of(file)
    target = into / file.location
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in _with_indexes(source):
        shutil.copy2(path, target.parent / path.name)
    digest = sha256_of(target)
    if file.sha256 and digest != file.sha256:
        raise InvalidInput(f"{source} is damaged: its checksum is {digest}, but {file.sha256} was verified.")
    return BackedUpFile(file.location, target.stat().st_size, digest, is_copied=True)


def _with_indexes(source: Path) -> list[Path]:
    return [source, *(path for path in sorted(source.parent.glob(f"{source.name}.*")) if path.is_file())]


def _check_is_empty() -> None:
    if connection.introspection.table_names():
        raise InvalidInput("The database is not empty. Restore into a new database.")
    if storage.root().exists() and any((storage.root() / "files").glob("*")):
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
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
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
