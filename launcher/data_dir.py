"""The folder that holds everything a running laboratory owns: database, files, secrets, logs."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from launcher.accounts import open_ground
from launcher.errors import LauncherError

_LOG_MAX_BYTES = 20 * 1024**2


@dataclass(frozen=True)
class Secrets:
    """Made once, at random; nobody ever types them."""

    secret_key: str
    metrics_key: str
    owner_password: str
    runtime_password: str
    broker_password: str


@dataclass(frozen=True)
class State:
    """Where the laboratory is, or last was, to be found."""

    url: str = ""
    database_port: int = 0
    broker_port: int = 0
    is_serving: bool = False


@dataclass(frozen=True)
class DataDir:
    path: Path

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def storage(self) -> Path:
        return self.path / "storage"

    @property
    def incoming(self) -> Path:
        return self.path / "incoming"

    @property
    def static(self) -> Path:
        return self.path / "static"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def prepare(self) -> None:
        """Make what belongs in the folder; call it while it is locked."""
        for folder in (self.storage, self.incoming, self.static, self.path / "logs"):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not self._secrets_file.exists():
            self._make_secrets()

    def _refuse_foreign(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir() or (any(self.path.iterdir()) and not self._is_ours()):
            raise LauncherError(f"{self.path} holds something that is not Exomark's. Choose another --data-dir.")
        if self.path.stat().st_uid != os.geteuid():
            raise LauncherError(
                f"{self.path} belongs to the account '{self.path.owner()}'. Start Exomark as that account, "
                "or choose another --data-dir."
            )

    def _is_ours(self) -> bool:
        names = {entry.name for entry in self.path.iterdir()}
        return names <= {"lock"} or not names.isdisjoint({"secrets.json", "state.json"})

    def empty(self) -> None:
        """Remove everything but the lock, which the caller holds."""
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()
        shutil.rmtree(open_ground(self.postgres), ignore_errors=True)

    @property
    def _secrets_file(self) -> Path:
        return self.path / "secrets.json"

    def _make_secrets(self) -> None:
        if self.postgres.exists():
            raise LauncherError(
                f"{self._secrets_file} is missing, so the database beside it cannot be opened. Put the file back from "
                "a backup, or start with --reset to remove everything and begin afresh."
            )
        made = Secrets(*(secrets.token_hex(size) for size in (32, 24, 24, 24, 24)))
        _write_privately(self._secrets_file, asdict(made))

    def secrets(self) -> Secrets:
        return Secrets(**json.loads(self._secrets_file.read_text()))

    def state(self) -> State:
        try:
            return State(**json.loads((self.path / "state.json").read_text()))
        except (OSError, ValueError, TypeError):
            return State()

    def write_state(self, state: State) -> None:
        _write_privately(self.path / "state.json", asdict(state))

    def prepared_for(self) -> str:
        """The code that the database and the pages were last prepared for."""
        return self._prepared_file.read_text() if self._prepared_file.exists() else ""

    def note_prepared_for(self, digest: str) -> None:
        self._prepared_file.write_text(digest)

    @property
    def _prepared_file(self) -> Path:
        return self.path / "prepared-for"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone; the system lets go of it however the process ends."""
        self._refuse_foreign()
        # Root's database runs as another account, which has to pass through; the secrets inside are closed to it.
        self.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        with self._lock_file() as file:
            if not _take(file):
                where = self.state().url or "another process"
                raise LauncherError(
                    f"Exomark is already running on {self.path} ({where}). Stop it first (Ctrl-C in its terminal), "
                    "or choose another --data-dir."
                )
            yield

    def is_locked(self) -> bool:
        if not (self.path / "lock").exists():
            return False
        with self._lock_file() as file:
            return not _take(file)

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[int]:
        file = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield file
        finally:
            os.close(file)

    def trim_logs(self) -> None:
        """Keep one earlier file of each log that has grown large."""
        for log in (self.path / "logs").glob("*.log"):
            if log.stat().st_size > _LOG_MAX_BYTES:
                log.replace(log.with_suffix(".log.1"))


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_privately(path: Path, content: object) -> None:
    """Whole or not at all, and readable by its owner only from the first byte on."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
