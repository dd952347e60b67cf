"""The production stack without containers: its own entry points and nginx, on PostgreSQL and Redis from Debian."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kernels.simulation import ExomePlan, simulate_exome
from launcher import postgres, processes, valkey
from launcher.processes import free_port
from tests.conftest import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.large]

READY_SECONDS, ANALYSE_SECONDS = 120, 300
PROGRAMS = ("redis-server", "nginx", "openssl")
MAKE_KEY = """
from datetime import timedelta
from django.utils import timezone
from lims.actions import machine_keys, people
from lims.choices import KeyScope, Role
from lims.models import User
administrator = User.objects.get(username="admin")
machine = people.create_machine(by=administrator, username="sequencer", printed_name="Sequencer")
expires_at = timezone.now() + timedelta(hours=1)
key, secret = machine_keys.create(
    by=administrator, user=machine, label="test", scopes=[KeyScope.READ], expires_at=expires_at
)
print("SECRET", secret)
"""


def debian_postgres() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


class Production:
    """Servers of the system, secrets in files, and the parts that docker/entrypoint.sh starts."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.secrets = folder, folder / "secrets"
        self.storage, self.incoming = folder / "storage", folder / "incoming"
        for path in (self.storage, self.incoming, folder / "beat", folder / "static"):
            path.mkdir()
        self.web_port, self.https_port = free_port(), free_port()
        self.cluster = postgres.Cluster(
            postgres.find_installation({"EXOMARK_POSTGRES_BIN": str(programs)}),
            folder=folder / "postgres",
            log=folder / "postgres.log",
        )
        self._make_secrets()
        self.broker = valkey.Broker(
            Path(shutil.which("redis-server") or ""),
            folder=folder / "redis",
            log=folder / "redis.log",
            password=self._secret("redis_password"),
        )
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        superuser = f"CREATE ROLE postgres_admin SUPERUSER LOGIN PASSWORD {postgres.quoted('admin')}"
        self.cluster.create([superuser], durable=False)
        self.cluster.start(death_signal=signal.SIGQUIT)
        self.broker.start()
        self._initialise_roles()
        self._write_urls()
        self.run("sh", "docker/entrypoint.sh", "prepare", database="database_owner_url")
        self.run(sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0")
        for part in ("web", "worker", "scheduler"):
            self._spawn(part, "sh", "docker/entrypoint.sh", part)
        self._start_nginx()

    def stop(self) -> None:
        for child in self._children:
            processes.bury(child)
        self.broker.kill()
        self.cluster.kill()

    def environ(self, database: str = "database_url") -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EXOMARK_")}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "EXOMARK_SECRET_KEY_FILE": str(self.secrets / "secret_key"),
            "EXOMARK_METRICS_KEY_FILE": str(self.secrets / "metrics_key"),
            "EXOMARK_DATABASE_URL_FILE": str(self.secrets / database),
            "EXOMARK_BROKER_URL_FILE": str(self.secrets / "broker_url"),
            "EXOMARK_CACHE_URL_FILE": str(self.secrets / "cache_url"),
            "EXOMARK_ALLOWED_HOSTS": "localhost",
            "EXOMARK_TRUSTED_ORIGINS": f"https://localhost:{self.https_port}",
            "EXOMARK_PROXY_COUNT": "1",
            "EXOMARK_STORAGE_DIR": str(self.storage),
            "EXOMARK_STATIC_ROOT": str(self.folder / "static"),
            "EXOMARK_FILE_ROOTS": str(self.incoming),
            "EXOMARK_ACCEL_REDIRECT_PREFIX": "/protected",
            "EXOMARK_PORT": str(self.web_port),
            "EXOMARK_BEAT_DIR": str(self.folder / "beat"),
            "EXOMARK_WORKER_PROCESSES": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "prometheus"),
        }

    def run(self, *command: str, database: str = "database_url") -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=self.environ(database), capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Ask through nginx, as a browser or a pipeline would."""
        request = urllib.request.Request(f"https://localhost:{self.https_port}{path}", headers=headers)
        context = ssl.create_default_context(cafile=str(self.secrets / "tls_certificate"))
        try:
            with urllib.request.urlopen(request, timeout=20, context=context) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def wait_until_ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + READY_SECONDS
        last: object = None
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                status, _headers, body = self.get("/readyz")
                if status == 200:
                    return dict(json.loads(body))
                last = body
            time.sleep(0.5)
        logs = "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in self.folder.glob("*.log"))
        raise AssertionError(f"not ready: {last!r}\n{logs}")

    def _secret(self, name: str) -> str:
        return (self.secrets / name).read_text()

    def _make_secrets(self) -> None:
        shutil.copy(ROOT / "docker" / "make-secrets.sh", self.folder)
        subprocess.run(["sh", "make-secrets.sh"], cwd=self.folder, check=True, capture_output=True)
        certificate = (
            "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        )
        files = ["-keyout", str(self.secrets / "tls_key"), "-out", str(self.secrets / "tls_certificate")]
        subprocess.run(["openssl", *certificate.split(), *files], check=True, capture_output=True)

    def _initialise_roles(self) -> None:
        script = (ROOT / "docker" / "init-roles.sh").read_text().replace("/run/secrets", str(self.secrets))
        environ = {
            **os.environ,
            "POSTGRES_USER": "postgres_admin",
            "PGPASSWORD": "admin",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.cluster.port),
        }
        subprocess.run(["sh", "-c", script], env=environ, check=True, capture_output=True)

    def _write_urls(self) -> None:
        """The same files as the script's, for servers on this machine instead of in containers."""
        for name in ("database_url", "database_owner_url", "broker_url", "cache_url"):
            url = self._secret(name)
            url = url.replace("@postgres:5432", f"@127.0.0.1:{self.cluster.port}")
            (self.secrets / name).write_text(url.replace("@redis:6379", f"@127.0.0.1:{self.broker.port}"))

    def _start_nginx(self) -> None:
        server = (ROOT / "docker" / "nginx.conf").read_text()
        server = server.replace("web:8000", f"127.0.0.1:{self.web_port}").replace("/run/secrets", str(self.secrets))
        server = server.replace("/var/lib/exomark/storage/", f"{self.storage}/")
        server = re.sub(r"listen 80;", f"listen 127.0.0.1:{free_port()};", server)
        server = re.sub(r"listen 443 ssl;\n\s+http2 on;", f"listen 127.0.0.1:{self.https_port} ssl http2;", server)
        temporary = " ".join(
            f"{kind}_temp_path {self.folder}/nginx-{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""  # the test's folders are the tester's alone
        (self.folder / "nginx.conf").write_text(
            f"daemon off; {user} pid {self.folder}/nginx.pid; error_log {self.folder}/nginx-error.log;\n"
            f"events {{}}\nhttp {{ access_log off; {temporary}\n{server} }}\n"
        )
        self._spawn("nginx", "nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"))

    def _spawn(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self._children.append(
                subprocess.Popen(command, cwd=ROOT, env=self.environ(), stdout=log, stderr=log, start_new_session=True)
            )


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    programs = debian_postgres()
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if programs is None or missing:
        message = f"this test needs Debian's postgresql, {', '.join(PROGRAMS)}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    stack = Production(tmp_path_factory.mktemp("production"), programs)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def test_entry_points__make_a_stack_that_is_ready_behind_nginx(production: Production) -> None:
    assert production.wait_until_ready()

    status, headers, _body = production.get("/")
    assert status == 200  # the log-in, after a redirect
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "script-src 'self'" in headers["Content-Security-Policy"]


def test_metrics__want_the_key(production: Production) -> None:
    production.wait_until_ready()
    key = (production.secrets / "metrics_key").read_text()

    assert production.get("/metrics")[0] in (401, 403)
    assert production.get("/metrics", Authorization=f"Bearer {key}")[0] == 200


def test_main_job__runs_and_nginx_sends_what_only_the_application_allows(production: Production) -> None:
    production.wait_until_ready()
    exome = simulate_exome(ExomePlan(mean_depth=20), production.incoming)
    printed = production.run(
        sys.executable, "manage.py", "analyse", "--bam", str(exome.reads), "--targets", str(exome.targets)
    )
    assert "Mean target coverage" in printed

    production.run(sys.executable, "manage.py", "create_administrator", "admin", "Administrator")
    made = production.run(sys.executable, "manage.py", "shell", "--no-imports", "--command", MAKE_KEY)
    bearer = f"Bearer {made.split('SECRET ')[1].split()[0]}"
    _status, _headers, body = production.get("/api/v1/files/?kind=result", Authorization=bearer)
    file = next(each for each in json.loads(body)["results"] if each["name"] == "hs_metrics.txt")
    path = f"/api/v1/files/{file['id']}/content/"

    status, headers, content = production.get(path, Authorization=bearer)
    assert status == 200
    assert b"MEAN_TARGET_COVERAGE" in content
    assert "X-Accel-Redirect" not in headers
    assert production.get(path)[0] == 401
    assert production.get("/protected/files/")[0] == 404
