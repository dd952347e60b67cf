"""Child processes that cannot outlive the launcher."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from launcher.accounts import OURSELVES, Account, enter_namespace
from launcher.errors import LauncherError

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str],
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account = OURSELVES,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """
    Start a long-running child that writes to `log` and is sent `death_signal` if we die, however we die.

    It leads its own session, so that Ctrl-C reaches only us and we stop the children in order.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            cwd=cwd,
            start_new_session=True,
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
            preexec_fn=_prepare_child(account, death_signal),  # noqa: PLW1509 - the launcher has one thread
        )


def run(
    command: Sequence[str | Path], *, account: Account = OURSELVES, feed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a short command of a server's installation to its end."""
    return subprocess.run(
        [os.fspath(part) for part in command],
        input=feed,
        capture_output=True,
        text=True,
        check=False,
        env=bare_environ(),
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
        preexec_fn=_prepare_child(account, signal.SIGKILL),
    )


def bare_environ() -> dict[str, str]:
    """For servers: nothing of the caller's PG*, LD_* or locale settings may change what they do."""
    return {"PATH": _SYSTEM_PATH, "LC_ALL": "C", "TZ": "UTC"}


def stop(child: subprocess.Popen[bytes], *signals: tuple[signal.Signals, float]) -> None:
    """Send each signal and wait its seconds, then kill; leave nothing of the child's session behind."""
    signal_in_turn(child, *signals)
    bury(child)


def signal_in_turn(child: subprocess.Popen[bytes], *signals: tuple[signal.Signals, float]) -> None:
    for number, seconds in signals:
        if has_ended(child):
            return
        send(child, number)
        wait_for_end(child, seconds=seconds)


def send(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Unlike `send_signal`, this does not collect a child that has ended: `bury` has yet to look after its session."""
    if child.returncode is None:
        os.kill(child.pid, number)


def wait_for_end(child: subprocess.Popen[bytes], *, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: has_ended(child), seconds=seconds)


def has_ended(child: subprocess.Popen[bytes]) -> bool:
    """True once the child has ended; unlike `poll` it does not yet give its process id back to the system."""
    if child.returncode is not None:
        return True
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def bury(child: subprocess.Popen[bytes]) -> int:
    """Kill what is left of the child's session, then collect it. Its group cannot be anyone else's until then."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


def last_words(
    child: subprocess.Popen[bytes], *, unless: Callable[[], bool], log: Path, since: int, seconds: float = 300
) -> str | None:
    """Wait until the child is up, or return what it wrote after `since` when it ended instead."""
    try:
        wait_until(lambda: has_ended(child) or unless(), seconds=seconds)
    except TimeoutError as error:
        raise LauncherError(f"Not ready within {seconds:.0f} s. The end of {log}:\n{last_lines(log)}") from error
    if not has_ended(child):
        return None
    bury(child)
    return log.read_bytes()[since:].decode(errors="replace").strip()


def size_of(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def wait_until(condition: Callable[[], bool], *, seconds: float, pause_seconds: float = 0.01) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.5, 0.2)


def free_port(preferred: int | None = None, *, host: str = "127.0.0.1") -> int:
    """The preferred port if nobody has it, else any that is free."""
    if preferred and can_bind(preferred, host=host):
        return preferred
    with socket.create_server((host, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def can_bind(port: int, *, host: str = "127.0.0.1") -> bool:
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False


def last_lines(log: Path, count: int = 12) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def _prepare_child(account: Account, death_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        # Changing identity clears the death signal, so that comes first.
        if account.in_namespace:
            enter_namespace()
        tied = _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal.value) == 0
        # The parent may have died before prctl; then nobody would ever send the signal.
        if not tied or os.getppid() != parent:
            os._exit(1)

    return prepare
