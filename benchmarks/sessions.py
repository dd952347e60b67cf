"""Many people at once on lists and study pages of the demonstration: how long they wait.

    python benchmarks/sessions.py --sessions 50 --seconds 60 --json sessions.json

Each session logs in by itself, then opens pages one after the other, in an order of its own. Between two pages it rests
`--rest` seconds on average (0: never, which measures the most that the server can answer).
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from laboratory import Laboratory, show

PAGES = (
    "/", "/samples/", "/runs/", "/files/", "/jobs/", "/validation/", "/registers/", "/runs/SIM-RUN-01/",
    "/runs/SIM-RUN-01/SIM001-L1/", "/validation/{0}/", "/validation/{1}/",
)  # fmt: skip
USER = "chen.jie"
LIST_STUDIES = (
    "from validation.models import Study; print(*Study.objects.values_list('code', flat=True).order_by('code'))"
)


@dataclass
class Session(threading.Thread):
    """One person's browser."""

    port: int
    password: str
    pages: list[str]
    rest_seconds: float
    begin: threading.Barrier
    seconds: float
    number: int
    waited: list[tuple[str, float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    log_in_seconds: float = 0.0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._cookies: dict[str, str] = {}
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def __hash__(self) -> int:
        return id(self)

    def log_in(self) -> None:
        began = time.monotonic()
        page = self._ask("GET", "/log-in/")[1]
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "username": USER, "password": self.password}
        status, page = self._ask("POST", "/log-in/", urlencode(form))
        assert status == 302, page[:500]
        self.log_in_seconds = time.monotonic() - began

    def run(self) -> None:
        self.begin.wait()
        dice = random.Random(self.number)
        deadline = time.monotonic() + self.seconds
        time.sleep(dice.uniform(0, self.rest_seconds))
        while time.monotonic() < deadline:
            self._open(dice.choice(self.pages))
            time.sleep(dice.uniform(0.5, 1.5) * self.rest_seconds)

    def _open(self, path: str) -> None:
        began = time.monotonic()
        try:
            status, page = self._ask_as_browsers_do(path)
        except (OSError, http.client.HTTPException) as error:
            self.errors.append(f"{path}: {error!r}")
            self._connection.close()
            return
        self.waited.append((path, time.monotonic() - began))
        if status != 200 or "</html>" not in page:
            self.errors.append(f"{path}: {status}")

    def _ask_as_browsers_do(self, path: str) -> tuple[int, str]:
        """The server may have closed a connection that rested; then the page is asked for on a new one."""
        try:
            return self._ask("GET", path)
        except http.client.RemoteDisconnected:
            self._connection.close()
            return self._ask("GET", path)

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, page


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rest", type=float, default=5.0, help="seconds between pages, on average (default: 5)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="exomark-benchmark-") as folder,
        Laboratory("demo", Path(folder) / "lab") as lab,
    ):
        lab.wait()
        passwords = json.loads((lab.data_dir / "storage" / "demonstration-log-ins.json").read_text())
        studies = lab.manage("shell", "--no-imports", "--verbosity=0", "--command", LIST_STUDIES).split()
        pages = [page.format(*studies) for page in PAGES]
        begin = threading.Barrier(options.sessions)
        sessions = [
            Session(lab.port, passwords[USER], pages, options.rest, begin, options.seconds, number)
            for number in range(options.sessions)
        ]
        for session in sessions:
            session.log_in()
        for session in sessions:
            session.start()
        for session in sessions:
            session.join()
        memory_mb = lab.memory_mb("gunicorn")
    report(sessions, memory_mb, options)


def report(sessions: list[Session], memory_mb: float, options: argparse.Namespace) -> None:
    waited = [seconds for session in sessions for _path, seconds in session.waited]
    errors = [error for session in sessions for error in session.errors]
    by_page: dict[str, list[float]] = {}
    for session in sessions:
        for path, seconds in session.waited:
            by_page.setdefault(path, []).append(seconds)
    document = {
        "sessions": len(sessions), "seconds": options.seconds, "rest_seconds": options.rest, "requests": len(waited),
        "requests_per_second": len(waited) / options.seconds, "p50_seconds": quantile(waited, 0.5),
        "p95_seconds": quantile(waited, 0.95), "p99_seconds": quantile(waited, 0.99), "errors": errors,
        "web_memory_mb": memory_mb,
        "log_in_median_seconds": statistics.median(each.log_in_seconds for each in sessions),
        "p50_by_page": {path: quantile(values, 0.5) for path, values in sorted(by_page.items())},
    }  # fmt: skip
    rows = [
        ("sessions", f"{len(sessions)} for {options.seconds:.0f} s, resting {options.rest:g} s between pages"),
        ("pages", f"{len(waited)}, {document['requests_per_second']:.1f} a second"),
        ("p50, p95, p99", ", ".join(f"{1000 * quantile(waited, share):.0f} ms" for share in (0.5, 0.95, 0.99))),
        ("errors", str(len(errors))),
        ("memory of the web server", f"{memory_mb:.0f} MB"),
        *((path, f"p50 {1000 * quantile(values, 0.5):.0f} ms") for path, values in sorted(by_page.items())),
    ]
    show(rows, document, options.json)
    if errors:
        raise SystemExit("\n".join(errors[:10]))


if __name__ == "__main__":
    main()
