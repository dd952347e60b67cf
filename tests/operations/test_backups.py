"""Backup and restore between two databases of one server, as the owner runs them, with everything compared."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.db import connection

from lims import backups
from lims.exceptions import InvalidInput
from tests.conftest import ROOT
from tests.factories import lims as make

_OWNER = "exomark_backup_owner"
_FILL = """
import hashlib, pathlib, django
django.setup()
from django.conf import settings
from lims.audit import acting
from lims.choices import FileKind, FileOrigin, Role
from lims.models import AuditEntry, DataFile
from tests.factories import lims as make
who = make.person("technician", Role.TECHNICIAN)
with acting(by=who, action="samples.register", reason="received"):
    make.sample(code="S1", note="全血")
    uploaded = make.data_file(name="a[1].bam", content=b"bytes of an upload", kind=FileKind.BAM)
    beside = pathlib.Path(settings.STORAGE_DIR) / (uploaded.location + ".bai")
    beside.write_bytes(b"its index")
    reads = pathlib.Path(settings.FILE_ROOTS[0]) / "b.bam"
    reads.write_bytes(b"bytes of the sequencer")
    make.data_file(name="b.bam", content=None, kind=FileKind.BAM, origin=FileOrigin.PATH, location=str(reads),
                   size_bytes=22, sha256=hashlib.sha256(b"bytes of the sequencer").hexdigest())
    registered = DataFile.objects.get(name="b.bam")
    linked = pathlib.Path(settings.STORAGE_DIR) / "linked" / str(registered.public_id)
    linked.mkdir(parents=True)
    (linked / "b.bam").symlink_to(reads)
    (linked / "b.bam.bai").write_bytes(b"index that we made")
"""


@dataclass(frozen=True)
class Place:
    """A database with its owner, and the storage folder beside it."""

    url: str
    storage: Path
    incoming: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environ = {
            **os.environ,
            "EXOMARK_DATABASE_URL": self.url,
            "EXOMARK_STORAGE_DIR": str(self.storage),
            "EXOMARK_FILE_ROOTS": str(self.incoming),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", *arguments)

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table as text."""
        tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        with closing(psycopg2.connect(self.url)) as opened, opened.cursor() as cursor:
            cursor.execute(tables)
            found = {}
            for (name,) in cursor.fetchall():
                cursor.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1')
                found[name] = [row for (row,) in cursor.fetchall()]
        return found

    def files(self) -> dict[str, bytes]:
        """Every regular file of the storage folder; links to other people's files are made anew when they are used."""
        paths = [path for path in self.storage.rglob("*") if path.is_file() and not path.is_symlink()]
        return {str(path.relative_to(self.storage)): path.read_bytes() for path in paths}


class Server:
    """Databases of an owner without special rights, made and dropped by the superuser of the throw-away server."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.password = url, folder, secrets.token_hex(16)
        self.names: list[str] = []

    def __enter__(self) -> Server:
        self._execute(f"CREATE ROLE {_OWNER} LOGIN PASSWORD '{self.password}'")
        return self

    def __exit__(self, *_error: object) -> None:
        for name in self.names:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")
        self._execute(f"DROP ROLE {_OWNER}")

    def new_place(self, name: str) -> Place:
        self._execute(f"CREATE DATABASE {name} OWNER {_OWNER}")
        self.names.append(name)
        parts = urlsplit(self.url)
        storage, incoming = self.folder / name, self.folder / "incoming"
        storage.mkdir()
        incoming.mkdir(exist_ok=True)
        return Place(f"postgresql://{_OWNER}:{self.password}@{parts.hostname}:{parts.port}/{name}", storage, incoming)

    def _execute(self, statement: str) -> None:
        with closing(psycopg2.connect(self.url)) as opened:
            opened.autocommit = True
            with opened.cursor() as cursor:
                cursor.execute(statement)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if "EXOMARK_TEST_RUNTIME_URL" not in os.environ:
        pytest.skip("the database server is not ours to make roles in")
    with Server(os.environ["EXOMARK_OWNER_DATABASE_URL"], tmp_path_factory.mktemp("backups")) as server:
        yield server


@pytest.fixture(scope="module")
def source(server: Server) -> Place:
    """A prepared database with a sample, an uploaded file and one registered by path."""
    place = server.new_place("exomark_backup_source")
    for done in (place.manage("prepare_database", "--verbosity=0"), place.run("-c", _FILL)):
        assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def said() -> list[str]:
    """What backup or restore said that it does."""
    return []


@pytest.fixture(scope="module")
def backup(source: Place, server: Server) -> Path:
    folder = server.folder / "backup"
    done = source.manage("backup", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def restored(backup: Path, server: Server) -> tuple[Place, str]:
    """A second database and storage that the backup was restored into, and what was said of it."""
    target = server.new_place("exomark_backup_target")
    done = target.manage("restore", str(backup))
    assert done.returncode == 0, done.stderr
    return target, done.stdout


def test_backup__has_what_it_says(backup: Path, source: Place) -> None:
    manifest = json.loads((backup / "manifest.json").read_text(encoding="utf-8"))
    copied = {each["location"] for each in manifest["files"] if each["copied"]}

    assert copied == set(source.files())
    assert [each["location"] for each in manifest["files"] if not each["copied"]] == [str(source.incoming / "b.bam")]
    assert manifest["audit"]["sequence"] == len(source.rows()["audit_entry"])
    assert not list(backup.parent.glob(".*"))


def test_restore__brings_back_every_row_and_every_byte(restored: tuple[Place, str], source: Place) -> None:
    target, said = restored
    before, after = source.rows(), target.rows()
    # The restore notes its own check of the trail at the end of it; all else is as it was.
    notes = set(after.pop("audit_entry")) - set(before.pop("audit_entry"))
    assert ["audit_trail.note_verification" in note for note in notes] == [True]
    del before["audit_head"], after["audit_head"]
    assert before == after
    assert target.files() == source.files()
    assert "The audit trail is intact" in said
    assert "audited tables agree with the trail" in said


@pytest.mark.usefixtures("restored")
def test_restored_database__still_guards_its_records() -> None:
    url = os.environ["EXOMARK_TEST_RUNTIME_URL"].rpartition("/")[0] + "/exomark_backup_target"
    with closing(psycopg2.connect(url)) as opened, opened.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM lims_sample")
        assert cursor.fetchone() == (1,)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM audit_entry")


@pytest.mark.django_db
def test_restore__into_a_database_that_is_not_empty_is_refused(backup: Path, said: list[str]) -> None:
    with pytest.raises(InvalidInput, match="The database is not empty"):
        backups.restore(backup, say=said.append)
    assert "database" not in said


@pytest.mark.django_db
def test_restore__into_a_storage_that_is_not_empty_is_refused(
    backup: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.data_file()
    monkeypatch.setattr(connection.introspection, "table_names", list)
    with pytest.raises(InvalidInput, match="already holds files"):
        backups.restore(backup, say=said.append)
    assert "database" not in said


@pytest.mark.parametrize("damaged", ["database.dump", "storage/files", "manifest.json"])
def test_restore__of_a_damaged_backup_is_refused_before_the_database_is_asked(
    backup: Path, tmp_path: Path, said: list[str], damaged: str
) -> None:
    copy = shutil.copytree(backup, tmp_path / "copy")
    victim = copy / damaged
    victim = next(victim.rglob("*.bam")) if victim.is_dir() else victim
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 0xFF
    victim.write_bytes(content)

    # Without the mark `django_db` the database cannot be reached.
    with pytest.raises(InvalidInput, match=r"damaged|not a backup") as refused:
        backups.restore(copy, say=said.append)
    assert str(victim if victim.name != "manifest.json" else copy) in str(refused.value)


def test_restore__says_which_files_of_others_are_missing(backup: Path, source: Place) -> None:
    manifest = backups.read_manifest(backup)
    assert backups.missing_registered_files(manifest) == []
    reads = source.incoming / "b.bam"
    reads.rename(reads.with_suffix(".away"))
    try:
        assert backups.missing_registered_files(manifest) == [str(reads)]
    finally:
        reads.with_suffix(".away").rename(reads)


def test_backup__of_a_damaged_file_is_refused_and_leaves_nothing(source: Place, tmp_path: Path) -> None:
    stored = next(path for path in source.storage.rglob("a*.bam"))
    content = stored.read_bytes()
    stored.write_bytes(b"other bytes")
    try:
        done = source.manage("backup", str(tmp_path / "backup"))
    finally:
        stored.write_bytes(content)
    assert done.returncode == 1
    assert "is damaged: its checksum is" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_backup__into_a_folder_that_exists_is_refused(backup: Path, said: list[str]) -> None:
    with pytest.raises(InvalidInput, match="exists already"):
        backups.backup(backup, say=said.append)
    assert said == []
