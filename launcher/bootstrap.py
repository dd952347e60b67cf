"""
Make `.venv` with exactly the locked packages, each checked by its hash, with nothing but Python 3.11 to start from.

uv does it in seconds; where there is no uv, the one pinned here is fetched from the package index, and where that
fails, pip does the same more slowly. Runs under the system's Python, so it imports nothing but the standard library.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from launcher import package_index, screen
from launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
RUN_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
_STAMP = ENVIRONMENT / ".exomark.json"


def inside() -> bool:
    """True when this very process runs in the project's environment."""
    return Path(sys.prefix).resolve() == ENVIRONMENT.resolve()


def ensure(*, for_development: bool = False) -> None:
    """
    Make the environment hold the locked packages; at once when it already does.

    The development set contains the other, so an environment that once had it keeps it, and going from one command to
    another never takes packages away. An environment that somebody else made is only ever added to.
    """
    with _one_at_a_time():
        stamp = _read_stamp()
        lock = DEV_LOCK if for_development or stamp.get("development") else RUN_LOCK
        if PYTHON.exists() and stamp.get("lock") == _digest(lock):
            return
        uv = _find_uv()
        ours = bool(stamp.get("ours"))
        if not _usable():
            ours = True
            with screen.step("Making the Python environment"):
                _make_environment(uv)
        elif uv is None and ours:
            _require_pip()
        uv = _keep(uv)
        # Written before the packages too: an environment that we failed to fill is still ours.
        _write_stamp(ours=ours, lock=lock, digest="")
        with screen.step(f"Installing {_count(lock)} locked packages"):
            _install(uv, lock, ours=ours)
        _write_stamp(ours=ours, lock=lock, digest=_digest(lock))


def _usable() -> bool:
    """True when the environment's Python starts and is new enough."""
    if not PYTHON.exists():
        return False
    question = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", question], check=False, capture_output=True).returncode == 0


def _make_environment(uv: Path | None) -> None:
    if uv is None:
        _run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], hint="On Debian: apt install python3-venv.")
    else:
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT])


def _require_pip() -> None:
    if subprocess.run([PYTHON, "-m", "pip", "--version"], check=False, capture_output=True).returncode != 0:
        _make_environment(None)


def _install(uv: Path | None, lock: Path, *, ours: bool) -> None:
    if uv is None:
        _run([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", lock])
    elif ours:
        _run([uv, "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", lock])
    else:
        _run([uv, "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "--requirement", lock])


def _find_uv() -> Path | None:
    """On the PATH, or kept from last time, or fetched now; None when it cannot be had."""
    for candidate in (shutil.which("uv"), ENVIRONMENT / "bin" / "uv"):
        if candidate and _answers(Path(candidate)):
            return Path(candidate)
    try:
        with screen.step("Fetching the installer (uv)"):
            return package_index.fetch_uv()
    except LauncherError as error:
        screen.say(f"    {error}\n    Going on with pip, which takes about a minute longer.")
        return None


def _answers(uv: Path) -> bool:
    try:
        return subprocess.run([uv, "--version"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _keep(uv: Path | None) -> Path | None:
    """Move a fetched uv into the environment, where everything lives that we install."""
    if uv is None or not package_index.is_fetched(uv):
        return uv
    kept = ENVIRONMENT / "bin" / "uv"
    shutil.move(uv, kept)
    uv.parent.rmdir()
    return kept


def _run(command: Sequence[str | Path], *, hint: str = "") -> None:
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", **package_index.for_uv(os.environ)}
    environ.pop("VIRTUAL_ENV", None)
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ, cwd=ROOT)
    if done.returncode != 0:
        what = " ".join(str(part) for part in command)
        raise LauncherError("\n".join(filter(None, [f"This did not work: {what}", done.stderr.strip(), hint])))


def _count(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text().splitlines())


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _read_stamp() -> dict[str, object]:
    try:
        content = json.loads(_STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_stamp(*, ours: bool, lock: Path, digest: str) -> None:
    _STAMP.write_text(json.dumps({"ours": ours, "development": lock == DEV_LOCK, "lock": digest}))


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two commands started together must not install into the same folder; the second waits for the first."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
