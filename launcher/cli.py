"""The command line of run.py."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher import bootstrap, check, laboratory
from launcher.data_dir import DataDir
from launcher.errors import LauncherError
from launcher.interrupts import Interrupted
from launcher.stack import Stack, web_port

_DESCRIPTION = """\
Exomark: validation and quality control of clinical exomes.

The first command sets everything up by itself: Python packages into .venv, each checked by its hash, with a database
and a broker among them. Later ones start at once. Nothing outside this folder is changed.
"""
_FILES = {
    "bam": "aligned reads, sorted (BAM or CRAM)",
    "targets": "the regions that the assay must cover (BED)",
    "baits": "the regions that the kit captures (BED)",
    "query-vcf": "the variants that your pipeline called",
    "truth-vcf": "the variants that the reference material is known to have",
    "confident": "the regions where that truth is complete (BED)",
    "reference": "the reference genome (FASTA)",
}
_Commands = argparse._SubParsersAction


def main(argv: Sequence[str]) -> int:
    own, passed_on = _split(argv)
    parser = _parser()
    arguments, unknown = parser.parse_known_args(own)
    if unknown:
        parser.error(f"unknown: {' '.join(unknown)}")
    try:
        if not bootstrap.inside():
            bootstrap.ensure(for_development=arguments.for_development)
            os.execv(bootstrap.PYTHON, [str(bootstrap.PYTHON), str(bootstrap.ROOT / "run.py"), *argv])
        code: int = arguments.act(arguments, passed_on)
        return code
    except LauncherError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Interrupted):
        return 130


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and those that are none of our business: all that follow `test` and `manage COMMAND`."""
    own = list(argv)
    if own[:1] not in (["test"], ["manage"]) or own[1:2] in (["-h"], ["--help"]):
        return own, []
    ours = 1
    if own[0] == "manage" and own[1:2] == ["--data-dir"]:
        ours = 3
    elif own[0] == "manage" and len(own) > 1 and own[1].startswith("--data-dir="):
        ours = 2
    return own[:ours], own[ours:]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run.py", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_start(commands, "demo", "start Exomark with a demonstration laboratory, and stay up", with_demonstration=True)
    _add_start(commands, "start", "start Exomark without the demonstration, and stay up", with_demonstration=False)
    _add_analyse(commands)
    manage = _add(commands, "manage", "run a management command in the laboratory; 'manage help' lists them")
    _add_data_dir(manage)
    manage.set_defaults(act=_manage)
    test = _add(commands, "test", "run the tests on a throw-away database and broker; what follows goes to pytest")
    test.set_defaults(act=_test, for_development=True)
    checks = _add(commands, "check", "check the code: format, style, types, layers, migrations, translations")
    checks.set_defaults(act=_check, for_development=True)
    return parser


def _add(commands: "_Commands[argparse.ArgumentParser]", name: str, purpose: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.", allow_abbrev=False
    )
    parser.set_defaults(for_development=False)
    return parser


def _add_start(
    commands: "_Commands[argparse.ArgumentParser]", name: str, purpose: str, *, with_demonstration: bool
) -> None:
    parser = _add(commands, name, purpose)
    parser.add_argument("--port", type=int, help="where the web server listens (default: 8000, or the next free one)")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 opens it to the network (default: %(default)s)")
    _add_data_dir(parser)
    parser.add_argument("--reset", action="store_true", help="first remove everything in the data directory")
    parser.set_defaults(act=_start, with_demonstration=with_demonstration)


def _add_analyse(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "analyse", "register your files in the running laboratory, wait, and print the numbers")
    for name, meaning in _FILES.items():
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=meaning, required=name in ("bam", "targets"))
    parser.add_argument("--sample", metavar="CODE", help="what to call the sample (default: as the BAM file)")
    _add_data_dir(parser)
    parser.set_defaults(act=_analyse)


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=bootstrap.ROOT / ".exomark",
        metavar="DIR",
        help="where the database, the files and the logs are kept (default: .exomark beside run.py)",
    )


def _start(arguments: argparse.Namespace, _passed_on: list[str]) -> int:
    data_dir = DataDir(arguments.data_dir.absolute())
    with data_dir.locked():
        if arguments.reset:
            _reset(data_dir)
        data_dir.prepare()
        port = web_port(arguments.host, arguments.port)
        Stack(data_dir, host=arguments.host, port=port, with_demonstration=arguments.with_demonstration).run()
    return 0


def _reset(data_dir: DataDir) -> None:
    if sys.stdin.isatty() and data_dir.state().url:
        answer = input(f"This removes the database and every file in {data_dir.path}. Type 'yes' to go on: ")
        if answer.strip().lower() != "yes":
            raise LauncherError("Nothing was removed.")
    data_dir.empty()


def _analyse(arguments: argparse.Namespace, _passed_on: list[str]) -> int:
    files = {name: getattr(arguments, name.replace("-", "_")) for name in _FILES}
    given = {name: path.absolute() for name, path in files.items() if path is not None}
    for path in given.values():
        if not path.is_file():
            raise LauncherError(f"There is no file {path}.")
    options = ["--sample", arguments.sample] if arguments.sample else []
    return laboratory.analyse(DataDir(arguments.data_dir.absolute()), given, options)


def _manage(arguments: argparse.Namespace, passed_on: list[str]) -> int:
    return laboratory.run_command(DataDir(arguments.data_dir.absolute()), passed_on or ["help"])


def _test(_arguments: argparse.Namespace, passed_on: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", *passed_on]
    return subprocess.run(command, cwd=bootstrap.ROOT, check=False).returncode


def _check(_arguments: argparse.Namespace, _passed_on: list[str]) -> int:
    return check.run()
