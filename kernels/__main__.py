"""`python -m kernels NAME …`: each kernel from the shell, without the web application.

Exit status: 0 done, 2 the input or the arguments cannot be used (one sentence on standard error).
A kernel may add its own.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from kernels.errors import KernelError

# Name on the command line -> module with `main(arguments: Sequence[str]) -> int`. Imported on use: start-up counts.
COMMANDS = {
    "coverage": "kernels.coverage.cli",
    "concordance": "kernels.concordance.cli",
    "simulate": "kernels.simulation.cli",
    "statistics": "kernels.statistics.cli",
    "control-rules": "kernels.control.cli_rules",
    "immediate-method": "kernels.control.cli_immediate",
    "ewma": "kernels.control.cli_ewma",
    "cusum": "kernels.control.cli_cusum",
}


def main(arguments: Sequence[str]) -> int:
    """Run the kernel named first and return its exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: python -m kernels NAME …\n\nkernels: " + ", ".join(COMMANDS))
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"There is no kernel {name!r}. Choose one of: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    try:
        return int(importlib.import_module(COMMANDS[name]).main(rest))
    except KernelError as error:
        print(error.message, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
