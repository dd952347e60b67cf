"""The door to the queue, as a web server of many threads goes through it."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import ROOT

# A fresh process, because tasks are loaded once in each.
_EIGHT_THREADS_AT_ONCE = """
import threading
import django
django.setup()
from lims import background

start, refused = threading.Barrier(8), []

def ask():
    start.wait()
    try:
        background.queue_of("lims.verify_file")
    except LookupError as error:
        refused.append(str(error))

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(refused)
"""


def test_first_tasks_of_a_web_server__asked_for_by_many_threads_at_once__are_all_found() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _EIGHT_THREADS_AT_ONCE],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
