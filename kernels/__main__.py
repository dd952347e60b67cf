"""`python -m kernels [--error-json FILE] NAME …`: each kernel from the shell, without the web application.

Exit status: 0 done, 2 the input or the arguments cannot be used (one sentence on standard error; its code and the
values that it names in the file of `--error-json`). A kernel may add its own.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from kernels.errors import KernelError

# Name on the command line -> module with `main(arguments: Sequence[str]) -> int`. Imported on use: start-up counts.
COMMANDS = {
    "coverage": "kernels.coverage.cli",
    "concordance": "kernels.concordance.cli",
    "simulate": "kernels.simulation.cli",
    "verify": "kernels.verification.cli",
    "statistics": "kernels.statistics.cli",
    "control-rules": "kernels.control.cli_rules",
    "immediate-method": "kernels.control.cli_immediate",
    "ewma": "kernels.control.cli_ewma",
    "cusum": "kernels.control.cli_cusum",
}


def main(arguments: Sequence[str]) -> int:
    """Run the kernel named first and return its exit status."""
    error_file = arguments[1] if len(arguments) > 1 and arguments[0] == "--error-json" else None
    if error_file is not None:
        arguments = arguments[2:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: python -m kernels [--error-json FILE] NAME …\n\nkernels: " + ", ".join(COMMANDS))
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"There is no kernel {name!r}. Choose one of: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    try:
        return int(importlib.import_module(COMMANDS[name]).main(rest))
    except KernelError as error:
        print(error.message, file=sys.stderr)
        if error_file is not None:
            described = {"code": error.code, "message": error.message, "where": error.where}
            Path(error_file).write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
