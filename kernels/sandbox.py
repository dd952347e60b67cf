"""Any kernel command with a limit on memory and on time: `python -m kernels.sandbox [limits] -- NAME …`.

The limits are the operating system's, so they hold in compiled code too. Exit status: that of the kernel; 3 if it
needs more memory than it may have. At the deadline the process ends by SIGALRM, whatever it is doing.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
from collections.abc import Sequence

from kernels.__main__ import main as run_kernel

OUT_OF_MEMORY = 3


def limit(memory_bytes: int | None, deadline_seconds: float | None) -> None:
    """Limit this process and its children: address space in bytes, and seconds on the clock from now."""
    # A crash must not fill the disk with an image of somebody's reads.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    if deadline_seconds is not None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, deadline_seconds)


def main(arguments: Sequence[str]) -> int:
    """Run the kernel named after `--` under the limits before it."""
    parser = argparse.ArgumentParser(prog="python -m kernels.sandbox", description=__doc__, allow_abbrev=False)
    parser.add_argument("--memory-bytes", type=int, help="address space, compiled code and stacks included")
    parser.add_argument("--deadline-seconds", type=float)
    parser.add_argument("kernel", nargs=argparse.REMAINDER, metavar="-- NAME …")
    options = parser.parse_args(arguments)
    command = options.kernel[1:] if options.kernel[:1] == ["--"] else options.kernel
    limit(options.memory_bytes, options.deadline_seconds)
    try:
        return run_kernel(command)
    except MemoryError:
        print(f"The kernel needs more than the {options.memory_bytes} bytes of memory allowed.", file=sys.stderr)
        return OUT_OF_MEMORY


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
