from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher import processes, supervision
from launcher.errors import LauncherError
from launcher.guard import Guard
from launcher.supervision import Service
from tests.launcher.conftest import eventually

Make = Callable[..., Service]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(supervision, "_FIRST_PAUSE_SECONDS", 0.01)
    made: list[Service] = []

    def service(program: str, **fields: object) -> Service:
        one = Service("worker", [sys.executable, "-c", program], tmp_path / "worker.log", os.environ, **fields)  # type: ignore[arg-type]
        made.append(one)
        return one

    yield service
    for one in made:
        one.kill()


def events_of(service: Service, count: int) -> list[str]:
    events: list[str] = []

    def enough() -> bool:
        event = service.tend()
        events.extend([event] if event else [])
        return len(events) >= count

    assert eventually(enough)
    return events


def test_tend__service_runs__says_nothing(make: Make) -> None:
    service = make("import time; time.sleep(60)")
    service.start()
    assert service.tend() is None


def test_tend__service_dies__names_status_log_and_pause(make: Make, tmp_path: Path) -> None:
    service = make("raise SystemExit(3)")
    service.start()
    died, again = events_of(service, 2)
    assert died.startswith("The worker ended with status 3; starting it again in")
    assert str(tmp_path / "worker.log") in died
    assert again == "The worker is running again."


def test_tend__dies_every_time__pauses_double_and_then_gives_up_with_the_log(make: Make) -> None:
    service = make("print('no such queue'); raise SystemExit(1)")
    service.start()
    with pytest.raises(LauncherError, match=r"ended 5 times in a row(.|\n)*no such queue"):
        events_of(service, 100)


def test_tend__dies_after_a_steady_time__is_not_counted_with_earlier_deaths(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "_STEADY_SECONDS", 0.0)
    service = make("import time; time.sleep(0.2)")
    service.start()
    assert len(events_of(service, 14)) == 14


def test_stop__service_that_ignores_the_first_signal__gets_the_second(make: Make, tmp_path: Path) -> None:
    program = (
        "import signal, time, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('not yet', flush=True))\n"
        "signal.signal(signal.SIGQUIT, lambda *_: sys.exit(print('now', flush=True)))\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(0.01)\n"
    )
    service = make(program, stop_signals=((signal.SIGTERM, 0.3), (signal.SIGQUIT, 10)))
    service.start()
    assert eventually(lambda: "up" in (tmp_path / "worker.log").read_text())
    service.stop()
    assert (tmp_path / "worker.log").read_text().split("\n") == ["up", "not yet", "now", ""]


def test_stop__service_that_ignores_everything__is_killed(make: Make, tmp_path: Path) -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    service = make(program, stop_signals=((signal.SIGTERM, 0.2),))
    service.start()
    assert eventually(lambda: "up" in (tmp_path / "worker.log").read_text())
    began = time.monotonic()
    service.stop()
    assert time.monotonic() - began < 5
    assert service.tend() is None


def test_stop__service_that_had_died_unnoticed__takes_its_children_along(make: Make, tmp_path: Path) -> None:
    note = tmp_path / "child"
    service = make("")
    service.command = ["/bin/sh", "-c", f"sleep 600 & echo $! > {note}"]
    service.start()
    assert eventually(lambda: note.exists() and note.read_text().endswith("\n"))
    assert eventually(lambda: service._child is not None and processes.has_ended(service._child))
    service.stop()
    assert eventually(lambda: not _lives(int(note.read_text())))


def test_guard__we_are_gone__ends_what_the_leader_left(tmp_path: Path) -> None:
    """The leader ends by itself; its child, which nobody told, is found by the session."""
    note = tmp_path / "child"
    launcher = os.fork()
    if launcher == 0:
        guard = Guard()
        command = ["/bin/sh", "-c", f"sleep 600 & echo $! > {note}; wait"]
        service = Service("worker", command, tmp_path / "log", os.environ, guard=guard)
        service.start()
        eventually(lambda: note.exists() and note.read_text().endswith("\n"))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(launcher, 0)
    child = int(note.read_text())
    assert eventually(lambda: not _lives(child))


def test_guard__dismissed__kills_nothing(make: Make) -> None:
    guard = Guard()
    service = make("import time; time.sleep(60)", guard=guard)
    service.start()
    service.stop()
    survivor = make("import time; time.sleep(60)")
    survivor.start()
    guard.dismiss()
    assert survivor.tend() is None


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
