"""The whole laboratory on this machine: what is started, in which order, and how it ends."""

import contextlib
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from launcher import environment, freshness, processes, screen, warming
from launcher.data_dir import DataDir, State
from launcher.errors import LauncherError
from launcher.guard import Guard
from launcher.interrupts import Interrupted, interruptible
from launcher.servers import Servers
from launcher.supervision import Service

_READY_SECONDS = 120
_DEMO_RESULT_SECONDS = 900
_MOST_WORKERS = 4


@dataclass
class Stack:
    data_dir: DataDir
    host: str
    port: int
    with_demonstration: bool
    _servers: Servers | None = field(init=False, default=None)
    _guard: Guard | None = field(init=False, default=None)
    _services: list[Service] = field(init=False, default_factory=list)
    _warming: Service | None = field(init=False, default=None)

    @property
    def url(self) -> str:
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}"

    def run(self) -> None:
        """Start everything, stay until told to stop, stop everything."""
        with interruptible(), self._stopped_in_the_end():
            began = time.monotonic()
            environ = self._start()
            notes = self._show_demonstration(environ) if self.with_demonstration else []
            self._announce(notes, time.monotonic() - began)
            self._supervise()

    def _start(self) -> dict[str, str]:
        self.data_dir.trim_logs()
        self._guard = Guard()
        self._servers = Servers.wanted(self.data_dir)
        with screen.step("Starting the database"):
            self._servers.start_database()
        with screen.step("Starting the broker"):
            self._servers.start_broker()
        self._write_state(is_serving=False)
        environ = self._environ()
        self._warm_up(environ)
        self._prepare(environ)
        with screen.step("Starting the web server, worker and scheduler"):
            self._services = services(environ, self.data_dir, host=self.host, port=self.port)
            for service in self._services:
                service.guard = self._guard
                service.start()
            self._wait_until_ready()
        self._write_state(is_serving=True)
        return environ

    def _environ(self) -> dict[str, str]:
        servers = self._require_servers()
        return environment.for_stack(
            self.data_dir, database_port=servers.database_port, broker_port=servers.broker_port, host=self.host
        )

    def _write_state(self, *, is_serving: bool) -> None:
        servers = self._require_servers()
        self.data_dir.write_state(State(self.url, servers.database_port, servers.broker_port, is_serving))

    def _require_servers(self) -> Servers:
        if self._servers is None:
            raise LauncherError("The servers have not been started.")
        return self._servers

    def _warm_up(self, environ: Mapping[str, str]) -> None:
        if not warming.is_done():
            self._warming = warming.service(environ, self.data_dir)
            self._warming.guard = self._guard
            self._warming.start()

    def _prepare(self, environ: Mapping[str, str]) -> None:
        """Migrate and collect the pages' files, unless this very code has done so on this very database."""
        digest = freshness.digest_of(*freshness.SERVED)
        if self._require_servers().database and self.data_dir.prepared_for() == digest:
            return
        with screen.step("Preparing the database and the pages"):
            self._run_together(
                self._command("prepare_database", environment.as_owner(environ)),
                self._command("collectstatic", environ, "--noinput", "--verbosity=0"),
            )
        self.data_dir.note_prepared_for(digest)

    def _command(self, name: str, environ: Mapping[str, str], *arguments: str) -> Service:
        log = self.data_dir.log(name)
        log.unlink(missing_ok=True)
        return Service(
            name, environment.django(name, *arguments), log, environ, cwd=environment.ROOT, guard=self._guard
        )

    def _run_together(self, *commands: Service) -> None:
        """Run commands side by side to their ends, and keep an eye on everything else meanwhile."""
        try:
            for command in commands:
                command.start()
            for command in commands:
                while (status := command.status()) is None:
                    self._look_after()
                    time.sleep(0.05)
                if status != 0:
                    what = processes.last_lines(command.log, 1)
                    raise LauncherError(f"{command.name} did not work: {what}\nMore in {command.log}")
        finally:
            for command in commands:
                command.kill()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while (obstacle := _obstacle(f"{self.url}/readyz")) is not None:
            self._look_after()
            if time.monotonic() > deadline:
                raise LauncherError(
                    f"{self.url}/readyz did not become ready in {_READY_SECONDS} s: {obstacle}. "
                    f"The logs are in {self.data_dir.log('web').parent}."
                )
            time.sleep(0.1)

    def _show_demonstration(self, environ: Mapping[str, str]) -> list[str]:
        loading = self._command("load_demo", environ)
        with screen.step("Loading the demonstration laboratory"):
            self._run_together(loading)
        result = self._command("demo_result", environ, "--wait", str(_DEMO_RESULT_SECONDS))
        with screen.step("Running its main job"):
            self._run_together(result)
        screen.say()
        screen.say(result.log.read_text().rstrip())
        return loading.log.read_text().rstrip().splitlines()

    def _announce(self, notes: list[str], seconds: float) -> None:
        screen.box(
            [
                f"Exomark is running: {self.url}/    (after {seconds:.0f} s)",
                *(["", *notes] if notes else []),
                "",
                f"Data and logs: {self.data_dir.path}",
                "Stop it with Ctrl-C. The data stays for the next start.",
            ]
        )

    def _supervise(self) -> None:
        while True:
            self._look_after()
            time.sleep(0.5)

    def _look_after(self) -> None:
        self._require_servers().require_running()
        for service in self._services:
            event = service.tend()
            if event:
                screen.say(f"  {time.strftime('%H:%M:%S')} {event}")

    @contextlib.contextmanager
    def _stopped_in_the_end(self) -> Iterator[None]:
        try:
            yield
        except Interrupted:
            screen.say()
        finally:
            with screen.step("Stopping"):
                self._stop()

    def _stop(self) -> None:
        """In order; a second Ctrl-C means at once."""
        parts: list[Service | Servers] = [*self._services, *([self._servers] if self._servers else [])]
        try:
            if self._warming:
                self._warming.kill()
            for service in self._services:
                service.ask_to_stop()
            for part in parts:
                part.stop()
        except Interrupted:
            for part in parts:
                part.kill()
        if self._servers:
            self._write_state(is_serving=False)
        if self._guard:
            self._guard.dismiss()


def services(environ: Mapping[str, str], data_dir: DataDir, *, host: str, port: int) -> list[Service]:
    """The web server, the worker and the scheduler, in the order in which they are stopped."""
    web = ["gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--preload"]
    web += [
        "--graceful-timeout",
        "10",
        "--bind",
        f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "config.wsgi",
    ]
    celery = ["celery", "-A", "config"]
    worker = ["worker", "-Q", "default,files,compute,release", "--concurrency", str(_concurrency())]
    worker += ["--prefetch-multiplier", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    # An empty pidfile: our own lock on the data directory already keeps a second scheduler away.
    beat = ["beat", "--pidfile", "", "--schedule", str(data_dir.path / "schedule"), "--loglevel", "INFO"]

    def service(
        name: str,
        arguments: list[str],
        *stop_signals: tuple[signal.Signals, float],
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> Service:
        # Through `-m`: installed scripts name their interpreter in a line that breaks on a path with spaces.
        return Service(
            name=name,
            command=[sys.executable, "-m", *arguments],
            log=data_dir.log(name),
            environ=environ,
            stop_signals=stop_signals,
            death_signal=death_signal,
            cwd=environment.ROOT,
        )

    return [
        service("web", web, (signal.SIGTERM, 12), death_signal=signal.SIGQUIT),
        # A job that does not end in time is run again at the next start; a polite end would only take longer.
        service("worker", [*celery, *worker], (signal.SIGTERM, 10), (signal.SIGQUIT, 3), death_signal=signal.SIGKILL),
        service("beat", [*celery, *beat], (signal.SIGTERM, 5)),
    ]


def _obstacle(url: str) -> str | None:
    """What keeps the address from answering 200; None when nothing does."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return None
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read(500).decode(errors='replace')}"
    except OSError as error:
        return str(error)


def _concurrency() -> int:
    return max(1, min(os.cpu_count() or 1, _MOST_WORKERS))


def web_port(host: str, wanted: int | None) -> int:
    """The port that was asked for, or 8000, or the next free one when 8000 was only the default."""
    if wanted is not None:
        if not processes.can_bind(wanted, host=host):
            raise LauncherError(f"Port {wanted} on {host} is taken or not allowed. Choose another with --port.")
        return wanted
    for port in range(8000, 8100):
        if processes.can_bind(port, host=host):
            return port
    raise LauncherError("No free port between 8000 and 8099. Choose one with --port.")
