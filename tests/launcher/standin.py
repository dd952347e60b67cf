"""
run.py with the web application replaced by the smallest programs that behave like it.

`python standin.py demo …` is the launcher itself, with the real PostgreSQL and Valkey; it starts this same file as
`web`, `worker`, `beat` and, in the place of manage.py, as the management commands.
"""

import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def launch(argv: list[str]) -> int:
    from launcher import bootstrap, cli, environment, stack, supervision

    def services(environ, data_dir, *, host, port):  # type: ignore[no-untyped-def]
        def service(name: str, *arguments: str) -> supervision.Service:
            command = [sys.executable, __file__, name, *arguments]
            return supervision.Service(name, command, data_dir.log(name), environ)

        return [service("web", str(port)), service("worker"), service("beat")]

    bootstrap.inside = lambda: True
    environment.ROOT = Path(__file__).parent
    environment.django = lambda *arguments: [sys.executable, __file__, *arguments]
    stack.services = services
    stack.warming.is_done = lambda: True
    return cli.main(argv)


def web(port: str) -> None:
    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

    ThreadingHTTPServer(("127.0.0.1", int(port)), Ready).serve_forever()


def worker() -> None:
    """Like a pool: the child would live on if nobody ended it too."""
    child = subprocess.Popen(["sleep", "600"])
    print(f"child {child.pid}", flush=True)
    time.sleep(600)


def beat() -> None:
    time.sleep(600)


def prepare_database() -> None:
    """Make a table and remember in it, and in the broker, that we were here."""
    with _database() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS visit (id serial)")
        cursor.execute("GRANT SELECT ON visit TO exomark_app")
        cursor.execute("INSERT INTO visit DEFAULT VALUES")
    _broker().incr("visits")


def collectstatic(*_options: str) -> None:
    pass


def load_demo() -> None:
    print("director   correct-horse")


def demo_result(*_options: str) -> None:
    print("visits", _visits())


def report() -> None:
    """What this process sees of the laboratory."""
    with _database() as cursor:
        cursor.execute("SELECT current_user")
        user = cursor.fetchone()[0]
    roots = os.environ["EXOMARK_FILE_ROOTS"].split(os.pathsep)
    print(json.dumps({"user": user, "visits": _visits(), "roots": roots}))


def analyse(*arguments: str) -> None:
    print(json.dumps({"arguments": arguments, "roots": os.environ["EXOMARK_FILE_ROOTS"].split(os.pathsep)}))


def _visits() -> list[int]:
    with _database() as cursor:
        cursor.execute("SELECT count(*) FROM visit")
        return [cursor.fetchone()[0], int(_broker().get("visits"))]


def _database():  # type: ignore[no-untyped-def]
    import contextlib

    import psycopg2

    @contextlib.contextmanager
    def transaction():  # type: ignore[no-untyped-def]
        connection = psycopg2.connect(os.environ["EXOMARK_DATABASE_URL"])
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    return transaction()


def _broker():  # type: ignore[no-untyped-def]
    import redis

    return redis.Redis.from_url(os.environ["EXOMARK_BROKER_URL"])


PROGRAMS = {
    function.__name__: function
    for function in (web, worker, beat, prepare_database, collectstatic, load_demo, demo_result, report)
}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    started_as_command = os.environ.get("DJANGO_SETTINGS_MODULE") is not None
    if name == "analyse" and started_as_command:
        analyse(*arguments)
    elif name in PROGRAMS:
        PROGRAMS[name](*arguments)
    else:
        sys.exit(launch(sys.argv[1:]))
