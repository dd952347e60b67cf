"""Keep the services running: start, notice a death, start again with growing pauses, give up, stop."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launcher import processes
from launcher.errors import LauncherError
from launcher.guard import Guard

_STEADY_SECONDS = 60.0
_FIRST_PAUSE_SECONDS = 1.0
_MOST_DEATHS = 5


@dataclass
class Service:
    """
    One long-running child.

    Parameters
    ----------
    stop_signals
        Each signal with the seconds it is given; after the last, what is left is killed.
    death_signal
        What it is sent if the launcher itself dies. Nobody waits then, so it should end the child at once.
    """

    name: str
    command: Sequence[str | Path]
    log: Path
    environ: Mapping[str, str]
    stop_signals: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10),)
    death_signal: signal.Signals = signal.SIGTERM
    cwd: Path | None = None
    guard: Guard | None = None
    _child: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _is_asked: bool = field(init=False, default=False)
    _started_at: float = field(init=False, default=0.0)
    _deaths: int = field(init=False, default=0)
    _next_start_at: float = field(init=False, default=0.0)

    def status(self) -> int | None:
        """The exit status of a command that has ended."""
        if self._child is None or not processes.has_ended(self._child):
            return None
        return self._bury(self._child)

    def start(self) -> None:
        self._started_at = time.monotonic()
        self._child = processes.start(
            self.command, log=self.log, environ=self.environ, death_signal=self.death_signal, cwd=self.cwd
        )
        if self.guard is not None:
            self.guard.watch(self._child.pid)

    def ask_to_stop(self) -> None:
        """Send the first signal without waiting, once: a second one is an order to some programs."""
        if self._child is not None and not self._is_asked:
            self._is_asked = True
            processes.send(self._child, self.stop_signals[0][0])

    def stop(self) -> None:
        if self._child is None:
            return
        self.ask_to_stop()
        (_first, seconds), *others = self.stop_signals
        processes.wait_for_end(self._child, seconds=seconds)
        processes.signal_in_turn(self._child, *others)
        self._bury(self._child)

    def kill(self) -> None:
        if self._child is not None:
            self._bury(self._child)

    def _bury(self, child: subprocess.Popen[bytes]) -> int:
        if self.guard is not None:
            self.guard.forget(child.pid)
        self._child = None
        return processes.bury(child)

    def tend(self) -> str | None:
        """Look after it once; return a sentence when something happened that a person should know."""
        if self._child is None:
            return self._restart_when_due()
        if not processes.has_ended(self._child):
            if time.monotonic() - self._started_at > _STEADY_SECONDS:
                self._deaths = 0
            return None
        return self._note_death(self._bury(self._child))

    def _note_death(self, status: int) -> str:
        self._deaths += 1
        if self._deaths >= _MOST_DEATHS:
            raise LauncherError(
                f"The {self.name} ended {self._deaths} times in a row, last {_reason(status)}. "
                f"The end of {self.log}:\n{processes.last_lines(self.log)}"
            )
        pause_seconds = _FIRST_PAUSE_SECONDS * 2 ** (self._deaths - 1)
        self._next_start_at = time.monotonic() + pause_seconds
        return f"The {self.name} ended {_reason(status)}; starting it again in {pause_seconds:.0f} s ({self.log})."

    def _restart_when_due(self) -> str | None:
        if not self._next_start_at or time.monotonic() < self._next_start_at:
            return None
        self._next_start_at = 0.0
        self.start()
        return f"The {self.name} is running again."


def _reason(status: int) -> str:
    if status < 0:
        return f"by signal {-status} ({signal.strsignal(-status)})"
    return f"with status {status}"
