"""A kernel in a child process of its own: limited in memory and time, watched, and gone when its worker is gone."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
_KEPT_LINES = 30
_OUT_OF_MEMORY = ("MemoryError", "Cannot allocate memory", "Unable to allocate", "out of memory", "bad_alloc")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a kernel gave no result: a code to translate by, an English sentence, and the values that it names."""

    code: str
    message: str
    where: dict[str, Any] = field(default_factory=dict)


class KernelRun:
    """One run of `python -m kernels …` in a folder of its own.

    Parameters
    ----------
    arguments : sequence of str
        The kernel's name and arguments.
    folder : Path
        Where it may write; also its folder for temporary files.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self.fraction = 0.0
        self._error_file = folder / "error.json"
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._deadline = time.monotonic() + settings.JOB_DEADLINE_SECONDS
        self._is_overdue = False
        self._child = subprocess.Popen(
            [sys.executable, "-m", "kernels", "--error-json", str(self._error_file), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(folder),
            cwd=settings.BASE_DIR,
            start_new_session=True,
            preexec_fn=_child_preparation(settings.JOB_MEMORY_BYTES),  # noqa: PLW1509 - it only calls the kernel
        )
        assert self._child.stderr is not None
        self._listener = threading.Thread(target=self._listen, args=(self._child.stderr,), daemon=True)
        self._listener.start()

    def wait(self, seconds: float) -> bool:
        """Wait up to some seconds; True once the kernel has ended. One past its deadline is ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(min(seconds, max(self._deadline - time.monotonic(), 0.0)))
        if self._child.returncode is None and time.monotonic() >= self._deadline:
            self._is_overdue = True
            self.kill()
        return self._child.returncode is not None

    def kill(self) -> None:
        """End the kernel and whatever it started."""
        if self._child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def failure(self) -> Failure | None:
        """Return why the ended kernel gave no result; None when it did."""
        self._listener.join(timeout=5)
        if self._is_overdue:
            seconds = settings.JOB_DEADLINE_SECONDS
            return Failure("deadline", f"The kernel did not end within {seconds} seconds.", {"seconds": seconds})
        if self._child.returncode == 0:
            return None
        return self._stated_failure() or self._memory_failure() or self._crash()

    def _stated_failure(self) -> Failure | None:
        with contextlib.suppress(OSError, ValueError):
            stated = json.loads(self._error_file.read_text(encoding="utf-8"))
            return Failure(stated["code"], stated["message"], stated["where"])
        return None

    def _memory_failure(self) -> Failure | None:
        if not any(sign in line for line in self._lines for sign in _OUT_OF_MEMORY):
            return None
        limit = settings.JOB_MEMORY_BYTES
        return Failure("memory_limit", f"The kernel needed more than {limit} bytes of memory.", {"limit_bytes": limit})

    def _crash(self) -> Failure:
        status = self._child.returncode
        last = self._lines[-1] if self._lines else ""
        where = {"status": status, "last_line": last}
        return Failure("kernel_crashed", f"The kernel ended with status {status}: {last}", where)

    def _listen(self, stream: IO[bytes]) -> None:
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip()
            word, _blank, rest = line.partition(" ")
            if word == "progress":
                with contextlib.suppress(ValueError):
                    self.fraction = min(max(float(rest), self.fraction), 1.0)
            elif line:
                self._lines.append(line[:1000])


def _environment(folder: Path) -> dict[str, str]:
    """Only what a computation needs: no password of ours, no server that htslib could ask for a reference."""
    threads = str(settings.JOB_THREADS)
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "TMPDIR": str(folder),
        "REF_PATH": os.devnull,
        "OMP_NUM_THREADS": threads,
        "NUMBA_NUM_THREADS": threads,
        "PYTHONUNBUFFERED": "1",
    }


def _child_preparation(memory_bytes: int) -> Any:
    parent = os.getpid()

    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL.value)
        if os.getppid() != parent:  # the worker died before the child was tied to it
            os._exit(1)

    return prepare
