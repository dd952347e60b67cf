from __future__ import annotations

import os
from pathlib import Path

import pytest

from launcher import accounts
from launcher import data_dir as data_dirs
from launcher.data_dir import DataDir, State
from launcher.errors import LauncherError


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "deep" / "data")
    with made.locked():
        made.prepare()
    return made


def test_prepare__twice__keeps_the_secrets(data_dir: DataDir) -> None:
    made = data_dir.secrets()
    data_dir.prepare()
    assert data_dir.secrets() == made
    assert len(set(vars(made).values())) == 5


def test_prepare__database_without_its_secrets__is_refused_with_a_way_out(data_dir: DataDir) -> None:
    data_dir.postgres.mkdir()
    (data_dir.path / "secrets.json").unlink()
    data_dir.write_state(State("http://127.0.0.1:8000"))
    with pytest.raises(LauncherError, match=r"secrets.json is missing.*--reset"), data_dir.locked():
        data_dir.prepare()


def test_locked__elsewhere__is_refused_and_free_again_afterwards(data_dir: DataDir) -> None:
    data_dir.write_state(State("http://127.0.0.1:8123"))
    with data_dir.locked():
        assert data_dir.is_locked()
        with pytest.raises(LauncherError, match=r"already running on .*127\.0\.0\.1:8123"), data_dir.locked():
            pass
    assert not data_dir.is_locked()


def test_locked__a_file_in_its_place__is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(LauncherError, match="holds something that is not Exomark's"),
        DataDir(tmp_path / "file").locked(),
    ):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_locked__folder_of_another_account__names_the_account(data_dir: DataDir) -> None:
    os.chown(data_dir.path, accounts.nobody().uid or 0, -1)
    with pytest.raises(LauncherError, match="belongs to the account 'nobody'"), data_dir.locked():
        pass


def test_empty__takes_everything_but_the_lock_and_follows_no_link(data_dir: DataDir, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    (data_dir.path / "link").symlink_to(tmp_path / "mine")
    with data_dir.locked():
        data_dir.empty()
    assert [path.name for path in data_dir.path.iterdir()] == ["lock"]
    assert (tmp_path / "mine" / "thesis.txt").exists()


@pytest.mark.parametrize("content", ["", "{", '{"unknown": 1}', "[]"])
def test_state__unreadable__is_the_state_of_nothing(data_dir: DataDir, content: str) -> None:
    (data_dir.path / "state.json").write_text(content)
    assert data_dir.state() == State()


def test_trim_logs__only_the_large_one_moves_aside(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_dirs, "_LOG_MAX_BYTES", 10)
    data_dir.log("web").write_text("x" * 11)
    data_dir.log("worker").write_text("x" * 10)
    data_dir.trim_logs()
    assert sorted(path.name for path in data_dir.log("web").parent.iterdir()) == ["web.log.1", "worker.log"]
