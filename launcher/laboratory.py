"""Management commands in the laboratory that a data directory holds, whether it is running or not."""

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
        return _run(arguments, _environ_of_running(data_dir))
    with data_dir.locked(), interruptible():
        data_dir.prepare()
        servers = Servers.wanted(data_dir)
        try:
            servers.start_database()
            servers.start_broker()
            return _run(arguments, _environ_of(servers))
        finally:
            servers.stop()


def analyse(data_dir: DataDir, files: Mapping[str, Path], options: list[str]) -> int:
    """Register the files in the running laboratory, wait for the numbers and print them."""
    if not (data_dir.is_locked() and data_dir.state().is_serving):
        raise LauncherError(f"Exomark is not running on {data_dir.path}. Start it first: python3 run.py demo")
    # The folder of what a link leads to, because that is the one that registration looks at.
    folders = (path.resolve().parent for path in files.values())
    environ = environment.with_file_roots(_environ_of_running(data_dir), folders)
    arguments = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    return _run(["analyse", *arguments, "--url", data_dir.state().url, *options], environ)


def _environ_of_running(data_dir: DataDir) -> dict[str, str]:
    state = data_dir.state()
    return environment.for_stack(
        data_dir, database_port=state.database_port, broker_port=state.broker_port, host="127.0.0.1"
    )


def _environ_of(servers: Servers) -> dict[str, str]:
    return environment.for_stack(
        servers.data_dir, database_port=servers.database_port, broker_port=servers.broker_port, host="127.0.0.1"
    )


def _run(arguments: list[str], environ: Mapping[str, str]) -> int:
    if arguments[0] in environment.OWNER_COMMANDS:
        environ = environment.as_owner(environ)
    return subprocess.run(environment.django(*arguments), env=dict(environ), check=False).returncode
