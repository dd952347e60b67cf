"""A laboratory to measure: `run.py` in a process of its own, what it says, what it holds in memory, its end."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MARK = "EXOMARK_BENCHMARK_MARK"
READY = "Stop it with Ctrl-C"


class Laboratory:
    """`python run.py demo` or `start` on a data directory."""

    def __init__(self, command: str, data_dir: Path, *, root: Path = ROOT) -> None:
        self.root, self.data_dir, self.mark = root, data_dir, secrets.token_hex(8)
        self.port, self.log = _free_port(), data_dir.with_suffix(".log")
        self._began = time.monotonic()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "run.py", command, "--port", str(self.port), "--data-dir", str(data_dir)],
                cwd=root,
                env={**_clean_environ(), MARK: self.mark, "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Laboratory:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self, seconds: float = 1800) -> float:
        """Wait until it says that it is up; return the seconds since it was started."""
        while READY not in self.log.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() - self._began > seconds:
                raise SystemExit(f"It did not start:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.2)
        return time.monotonic() - self._began

    def manage(self, *arguments: str) -> str:
        """Run a management command in it."""
        command = [sys.executable, "run.py", "manage", "--data-dir", str(self.data_dir), *arguments]
        environ = _clean_environ()
        done = subprocess.run(command, cwd=self.root, env=environ, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def processes(self, words: str = "") -> dict[int, str]:
        """Return its processes by number, those whose command line has these words."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_text().replace("\0", " ").strip()
                marked = f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes()
                inside = Path(os.readlink(folder / "cwd")).is_relative_to(self.data_dir)
                if (marked or inside) and words in command:
                    found[int(folder.name)] = command
        return found

    def memory_mb(self, words: str = "") -> float:
        """Return what these processes hold together: shared pages count once (PSS)."""
        return sum(map(_pss_mb, self.processes(words)))

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(60)
        self._process.kill()
        self._process.wait()


def _pss_mb(process: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _clean_environ() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith(("EXOMARK_", "DJANGO_"))}


def machine() -> dict[str, Any]:
    """Return what the numbers belong to, with how busy the machine was besides."""
    return {
        "processors": os.cpu_count(),
        "load_average": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def show(rows: Sequence[tuple[str, str]], document: dict[str, Any], json_path: Path | None) -> None:
    """Print a table; write the document where a path is given."""
    width = max(len(name) for name, _value in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
    document = {**document, "machine": machine()}
    busy = ", ".join(f"{load:.1f}" for load in document["machine"]["load_average"])
    print(f"\n{document['machine']['processors']} processors; load average at the end {busy}")
    if json_path is None:
        print(json.dumps(document))
    else:
        json_path.write_text(json.dumps(document, indent=1) + "\n")
