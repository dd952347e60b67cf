#!/usr/bin/env python3
"""The one command of Exomark: `python3 run.py demo` sets everything up and starts it; `--help` says what else."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python ends up
    version = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    sys.exit("Exomark needs Python 3.11 or newer; this is Python " + version + ". Try: python3.11 run.py demo")

from launcher.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
