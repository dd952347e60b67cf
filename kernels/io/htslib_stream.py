"""Child process of `kernels.io.alignment`: writes a CRAM or SAM file to standard output as uncompressed BAM.

Run as a script, so that it starts fast: it imports nothing but pysam.
"""

from __future__ import annotations

import re
import sys

import pysam


def main(path: str, reference: str, threads: str) -> int:
    """Convert one file; the exit status is htslib's."""
    options = ["-u", "--no-PG", "-@", threads]
    if reference:
        options += ["-T", reference]
    try:
        pysam.view(*options, path, catch_stdout=False)
    except pysam.utils.SamtoolsError as error:
        # What htslib logged, without the paths of this machine.
        logged = re.findall(r"\[E::[^\]]+\] ([^\\\n]+)", str(error))
        print(logged[0].replace(path, "the file") if logged else "htslib stopped", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
