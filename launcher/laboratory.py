"""Management commands in the laboratory that a data directory holds, whether it is running or not."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launcher import environment
from launcher.data_dir import DataDir
from launcher.errors import LauncherError
from launcher.interrupts import interruptible
from launcher.servers import Servers


def run_command(data_dir: DataDir, arguments: list[str]) -> int:
    """Run it in the running laboratory, or with the database and the broker started for just that long."""
    if data_dir.is_locked():
        return _run_in_running(data_dir, arguments)
    data_dir.prepare()
    with data_dir.locked(), interruptible():
        servers = Servers.wanted(data_dir)
        try:
            servers.start_database()
            servers.start_broker()
            return _run(data_dir, arguments, servers.database_port, servers.broker_port)
        finally:
            servers.stop()


def analyse(data_dir: DataDir, files: Mapping[str, Path], options: list[str]) -> int:
    if not (data_dir.is_locked() and data_dir.state().is_serving):
        raise LauncherError(f"Exomark is not running on {data_dir.path}. Start it first: python3 run.py demo")
    arguments = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    return _run_in_running(data_dir, ["analyse", *arguments, *options], file_roots=files.values())


def _run_in_running(data_dir: DataDir, arguments: list[str]) -> int:
    state = data_dir.state()
    return _run(data_dir, arguments, state.database_port, state.broker_port)


def _run(data_dir: DataDir, arguments: list[str], database_port: int, broker_port: int) -> int:
    environ = environment.for_stack(data_dir, database_port=database_port, broker_port=broker_port, host="127.0.0.1")
    if arguments[0] in environment.OWNER_COMMANDS:
        environ = environment.as_owner(environ)
    return subprocess.run(environment.django(*arguments), env=environ, check=False).returncode
