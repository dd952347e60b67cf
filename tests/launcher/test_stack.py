"""The whole launcher, with real servers and a stand-in for the web application: started, killed, started again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher.data_dir import DataDir
from tests.launcher.conftest import STANDIN, Launched, clean_environ, eventually

pytestmark = pytest.mark.stack
Launch = Callable[..., Launched]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, STANDIN, *arguments], env=clean_environ(), capture_output=True, text=True, check=False
    )


def test_demo__starts_everything_and_says_where(launch: Launch) -> None:
    launched = launch("demo")
    output = launched.wait_for("Stop it with Ctrl-C")
    url = re.search(r"Exomark is running: (http://127.0.0.1:\d+/)", output)
    assert url is not None, output
    with urllib.request.urlopen(f"{url[1]}readyz", timeout=5) as answer:
        assert answer.status == 200
    assert "director   correct-horse" in output
    assert "visits [1, 1]" in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_demo__told_to_stop__ends_well_and_leaves_no_process(launch: Launch, number: signal.Signals) -> None:
    launched = launch("demo")
    launched.wait_for("Stop it with Ctrl-C")
    assert launched.end(number) == 0
    assert "Stopping" in launched.output
    assert launched.living() == {}
    assert "database system is shut down" in DataDir(launched.data_dir).log("postgres").read_text()


def test_demo__killed_outright__leaves_no_process_and_keeps_the_data(launch: Launch) -> None:
    first = launch("demo")
    first.wait_for("Stop it with Ctrl-C")
    assert len(first.living()) > 5
    run("manage", "--data-dir", first.data_dir, "prepare_database")
    first.end(signal.SIGKILL)
    assert eventually(lambda: not first.living()), first.living()
    ports = DataDir(first.data_dir).state()
    second = launch("demo")
    assert "visits [2, 2]" in second.wait_for("Stop it with Ctrl-C")
    again = DataDir(first.data_dir).state()
    assert (again.database_port, again.broker_port) == (ports.database_port, ports.broker_port)


def test_demo__killed_and_started_again_at_once__waits_for_the_old_database(launch: Launch) -> None:
    first = launch("demo")
    first.wait_for("Stop it with Ctrl-C")
    run("manage", "--data-dir", first.data_dir, "prepare_database")
    first.process.kill()
    second = launch("demo")
    assert "visits [2, 2]" in second.wait_for("Stop it with Ctrl-C")


@pytest.mark.parametrize("words", ["Starting the database", "Starting the broker"])
def test_demo__killed_while_starting__starts_the_next_time(launch: Launch, words: str) -> None:
    first = launch("demo")
    if words == "Starting the database":  # said at its end; so before
        assert eventually(lambda: any("initdb" in command for command in first.living().values()))
    else:
        first.wait_for(words)
    first.end(signal.SIGKILL)
    assert eventually(lambda: not first.living()), first.living()
    assert "visits [1, 1]" in launch("demo").wait_for("Stop it with Ctrl-C")


def test_demo__started_twice__refuses_the_second_in_a_sentence(launch: Launch) -> None:
    first = launch("demo")
    first.wait_for("Stop it with Ctrl-C")
    second = run("demo", "--data-dir", first.data_dir)
    assert second.returncode == 1
    assert "Exomark is already running on" in second.stderr
    assert "Traceback" not in second.stderr
    assert len(first.living()) > 5


def test_demo__second_start_of_the_same_code__is_not_prepared_again(launch: Launch) -> None:
    first = launch("start")
    assert "Preparing the database" in first.wait_for("Stop it with Ctrl-C")
    first.end(signal.SIGINT)
    second = launch("start")
    assert "Preparing the database" not in second.wait_for("Stop it with Ctrl-C")
    second.end(signal.SIGINT)
    (first.data_dir / "prepared-for").write_text("older code")
    assert "Preparing the database" in launch("start").wait_for("Stop it with Ctrl-C")


def test_demo__with_reset__begins_afresh(launch: Launch) -> None:
    first = launch("demo")
    first.wait_for("visits [1, 1]")
    first.end(signal.SIGTERM)
    run("manage", "--data-dir", first.data_dir, "prepare_database")
    launch("demo", "--reset").wait_for("visits [1, 1]")


def test_demo__port_taken__says_so(launch: Launch) -> None:
    first = launch("demo")
    url = re.search(r":(\d+)/", first.wait_for("Stop it with Ctrl-C"))
    assert url is not None
    second = run("demo", "--port", url[1], "--data-dir", first.data_dir.parent / "other")
    assert second.returncode == 1
    assert f"Port {url[1]} on 127.0.0.1 is taken" in second.stderr


def test_demo__foreign_folder__is_refused_and_untouched(open_folder: Path) -> None:
    (open_folder / "thesis.txt").write_text("mine")
    refused = run("demo", "--reset", "--data-dir", open_folder)
    assert refused.returncode == 1
    assert "holds something that is not Exomark's" in refused.stderr
    assert [path.name for path in open_folder.iterdir()] == ["thesis.txt"]


def test_service__that_dies__is_started_again_and_its_children_are_not_left(launch: Launch) -> None:
    launched = launch("demo")
    launched.wait_for("Stop it with Ctrl-C")
    worker, child = launched.pid_of("standin.py worker"), launched.pid_of("sleep 600")
    os.kill(worker, signal.SIGKILL)
    launched.wait_for("The worker ended by signal 9 (Killed)")
    launched.wait_for("The worker is running again")
    assert eventually(lambda: child not in launched.living())
    assert launched.pid_of("standin.py worker") != worker


def test_database__that_dies__ends_the_stack_with_its_name_and_recovers_at_the_next_start(launch: Launch) -> None:
    launched = launch("demo")
    launched.wait_for("Stop it with Ctrl-C")
    os.kill(launched.pid_of("postgres -D"), signal.SIGKILL)
    launched.wait_for("The database ended")
    assert launched.process.wait(timeout=30) == 1
    assert eventually(lambda: not launched.living()), launched.living()
    again = launch("demo")
    assert "visits [1, 1]" in again.wait_for("Stop it with Ctrl-C")
    assert again.end(signal.SIGINT) == 0


def test_manage__works_in_the_running_laboratory_and_in_a_stopped_one(launch: Launch) -> None:
    launched = launch("demo")
    launched.wait_for("Stop it with Ctrl-C")
    running = run("manage", "--data-dir", launched.data_dir, "report")
    launched.end(signal.SIGINT)
    stopped = run("manage", "--data-dir", launched.data_dir, "report")
    assert json.loads(running.stdout) == json.loads(stopped.stdout)
    assert json.loads(stopped.stdout)["user"] == "exomark_app"
    assert launched.living() == {}


def test_analyse__nothing_running__says_how_to_start(open_folder: Path) -> None:
    (open_folder / "x.bam").touch()
    (open_folder / "x.bed").touch()
    files = ["--bam", open_folder / "x.bam", "--targets", open_folder / "x.bed"]
    refused = run("analyse", *files, "--data-dir", open_folder / "data")
    assert refused.returncode == 1
    assert "Start it first: python3 run.py demo" in refused.stderr
    assert not (open_folder / "data").exists()


def test_analyse__passes_the_files_on_and_may_read_their_folder(launch: Launch, open_folder: Path) -> None:
    launched = launch("demo")
    launched.wait_for("Stop it with Ctrl-C")
    bam, bed = open_folder / "x.bam", open_folder / "x.bed"
    bam.touch()
    bed.touch()
    done = run("analyse", "--data-dir", launched.data_dir, "--bam", bam, "--targets", bed, "--sample", "NA12878")
    seen = json.loads(done.stdout)
    url = DataDir(launched.data_dir).state().url
    assert seen["arguments"] == ["--bam", str(bam), "--targets", str(bed), "--url", url, "--sample", "NA12878"]
    assert str(open_folder) in seen["roots"]


def test_secrets__are_readable_by_their_owner_only(launch: Launch) -> None:
    launched = launch("start")
    launched.wait_for("Stop it with Ctrl-C")
    for name in ("secrets.json", "state.json", "valkey/valkey.conf"):
        assert (launched.data_dir / name).stat().st_mode & 0o077 == 0
    password = DataDir(launched.data_dir).secrets().owner_password
    assert password not in str(launched.living())
