"""Where bytes lie: the storage folder that is ours, and the folders of others whose files are only registered.

files/<id>/<name>        uploads and what jobs made, with their indexes
linked/<id>/<name>       a link to a file that was registered by path, with the indexes that we made for it
quarantine/<id>/<name>   uploads that verification rejected
work/<job>/<attempt>/    what a running attempt writes; moved to files/ when it is done
"""

from __future__ import annotations

import os
import shutil
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.choices import FileOrigin
from lims.exceptions import InvalidInput, NotFound, Sentence
from lims.models import DataFile

NAME_MAX_BYTES = 200
FOLDER_LISTING_MAX = 2000
INDEX_SUFFIXES = (".bai", ".csi", ".crai", ".tbi", ".fai", ".gzi")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells cheaply that a file is still the one that was read."""

    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One entry of a folder that may be registered from."""

    name: str
    path: str
    is_folder: bool
    size_bytes: int | None


def root() -> Path:
    return Path(settings.STORAGE_DIR)


def location_of_upload(public_id: uuid.UUID, name: str) -> str:
    """Return where an upload's bytes go, relative to the storage folder."""
    return f"files/{public_id}/{name}"


def path_of(file: DataFile) -> Path:
    """Return where the bytes of a file are."""
    return root() / file.location


def working_path(file: DataFile) -> Path:
    """Return a path to the bytes in a folder of ours, so that indexes can lie beside it."""
    if file.origin != FileOrigin.PATH:
        _take_back_from_quarantine(file)
        return path_of(file)
    link = root() / "linked" / str(file.public_id) / file.name
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        unfinished = link.with_name(f".{uuid.uuid4().hex}")
        unfinished.symlink_to(file.location)
        unfinished.replace(link)
    return link


def store_content(public_id: uuid.UUID, name: str, content: bytes) -> str:
    """Write bytes that were made here to their place, whole or not at all, and return the location."""
    location = f"files/{public_id}/{name}"
    target = root() / location
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{uuid.uuid4().hex}")
    with unfinished.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(target)
    return location


def stamp_of(path: Path) -> Stamp:
    found = path.stat()
    return Stamp(found.st_size, found.st_mtime_ns)


def refresh_indexes(path: Path) -> None:
    """Make our indexes newer than a file whose time changed though its content did not: readers compare the two."""
    for suffix in INDEX_SUFFIXES:
        index = path.with_name(path.name + suffix)
        if index.exists():
            os.utime(index)


def quarantine(file: DataFile) -> str:
    """Move an upload aside, and return where it is now; what was registered by path stays where its owner keeps it."""
    if file.origin == FileOrigin.PATH:
        return file.location
    location = f"quarantine/{file.public_id}/{file.name}"
    target = root() / location
    if not target.exists():
        target.parent.parent.mkdir(parents=True, exist_ok=True)
        path_of(file).parent.replace(target.parent)
    return location


def _take_back_from_quarantine(file: DataFile) -> None:
    """Undo a move whose transaction was lost."""
    moved = root() / "quarantine" / str(file.public_id)
    if not path_of(file).exists() and moved.exists() and not file.location.startswith("quarantine/"):
        moved.replace(path_of(file).parent)


def work_folder(job_id: uuid.UUID, attempt: uuid.UUID) -> Path:
    """Make the folder in which one attempt of a job writes."""
    folder = root() / "work" / str(job_id) / str(attempt)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def remove_work(job_id: uuid.UUID) -> None:
    shutil.rmtree(root() / "work" / str(job_id), ignore_errors=True)


def adopt_results(job_id: uuid.UUID, folder: Path) -> list[tuple[str, Path]]:
    """Move what an attempt made to its place, and return each file's location and path."""
    target = root() / "files" / str(job_id)
    if target.exists():  # an earlier attempt moved its files, then lost its transaction
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.replace(target)
    paths = sorted(path for path in target.rglob("*") if path.is_file() and not path.is_symlink())
    return [(str(path.relative_to(root())), path) for path in paths]


def safe_name(name: str) -> str:
    """Return the last part of a file name without anything that a shell, header or file system could trip over.

    Raises
    ------
    InvalidInput
        Nothing is left of it.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip().lstrip(".")
    while len(kept.encode()) > NAME_MAX_BYTES:
        kept = kept[1:]
    if not kept:
        raise InvalidInput(_("The file needs a name."), fields={"name": _("A name is needed.")})
    return kept


def allowed_roots() -> list[Path]:
    """Return the folders from which files may be registered, links resolved."""
    return [Path(os.path.realpath(folder)) for folder in settings.FILE_ROOTS]


def registrable(path: str) -> Path:
    """Return the real path of a file that may be registered.

    Raises
    ------
    InvalidInput
        It lies outside the allowed folders, is not a regular file, or cannot be read.
    """
    real = _inside_roots(path)
    if not real.is_file():
        raise _refused(format_lazy(_("There is no file at {path}."), path=path))
    if not os.access(real, os.R_OK):
        raise _refused(format_lazy(_("{path} may not be read by the account that Exomark runs as."), path=path))
    return real


def list_folder(path: str) -> tuple[Path | None, list[FolderEntry]]:
    """Return an allowed folder and what is in it; without a path, the allowed folders themselves.

    Raises
    ------
    NotFound
        The folder does not exist, may not be read, or lies outside.
    """
    if not path:
        roots = allowed_roots()
        return None, [FolderEntry(str(folder), str(folder), True, None) for folder in roots if folder.is_dir()]
    try:
        folder = _inside_roots(path)
        entries = sorted(_entries(folder), key=lambda entry: (not entry.is_folder, entry.name))
    except (InvalidInput, OSError) as error:
        raise NotFound(format_lazy(_("There is no folder {path} that may be registered from."), path=path)) from error
    return folder, entries[:FOLDER_LISTING_MAX]


def parent_of(folder: Path) -> str:
    """Return the folder above, or nothing at an allowed root: there the list of roots comes next."""
    return "" if folder in allowed_roots() else str(folder.parent)


def _entries(folder: Path) -> Iterator[FolderEntry]:
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith(".") or not _lies_inside(Path(os.path.realpath(entry.path))):
                continue
            if entry.is_dir():
                yield FolderEntry(entry.name, entry.path, True, None)
            elif entry.is_file():
                yield FolderEntry(entry.name, entry.path, False, entry.stat().st_size)


def _lies_inside(real: Path) -> bool:
    own = Path(os.path.realpath(root()))
    return not real.is_relative_to(own) and any(real.is_relative_to(folder) for folder in allowed_roots())


def _inside_roots(path: str) -> Path:
    if "\0" in path or not os.path.isabs(path):
        raise _refused(_("Give the whole path, from the root of the file system."))
    real = Path(os.path.realpath(path))
    if not _lies_inside(real):
        raise _refused(
            format_lazy(
                _("{path} lies outside the folders that files may be registered from: {roots}."),
                path=path,
                roots=", ".join(map(str, allowed_roots())) or "–",
            )
        )
    return real


def _refused(message: Sentence) -> InvalidInput:
    return InvalidInput(message, fields={"path": message})


def free_bytes() -> int:
    """Return the room that is left in the storage folder."""
    return shutil.disk_usage(root()).free


def sync_folder(folder: Path) -> None:
    """Make a folder's new entries survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
