"""Damages alignment files at random and runs the kernel on them: `python -m tests.kernels.coverage.fuzz_coverage`.

Each damaged file must give a result or a `KernelError`. Run as a process of its own: a crash then is an exit status,
and NUMBA_BOUNDSCHECK=1 turns an access outside an array into an IndexError.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pysam

from kernels.coverage import CoverageParams, CoverageRequest, run
from kernels.errors import KernelError
from kernels.io.bgzf_writer import BgzfWriter

INTERESTING = (0, 1, 2, 4, 15, 0x7F, 0x80, 0xFF)
WIDE = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x10000000, 0xFFFF)


def inflated(path: Path) -> bytes:
    with pysam.BGZFile(str(path), "rb") as stream:
        return bytes(stream.read())


def damage_content(content: bytearray, dice: random.Random, header_bytes: int) -> None:
    """Change bytes of records: the checksums of the file written from them are right."""
    for _ in range(dice.choice((1, 1, 2, 8, 64))):
        at = dice.randrange(header_bytes if dice.random() < 0.9 else 0, len(content) - 4)
        if dice.random() < 0.4:
            content[at : at + 4] = dice.choice(WIDE).to_bytes(4, "little")
        else:
            content[at] = dice.choice((*INTERESTING, dice.randrange(256)))
    if dice.random() < 0.2:
        del content[dice.randrange(header_bytes, len(content)) :]


def damage_file(path: Path, dice: random.Random) -> None:
    """Change or cut the compressed bytes."""
    raw = bytearray(path.read_bytes())
    for _ in range(dice.choice((1, 3))):
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    if dice.random() < 0.3:
        del raw[dice.randrange(len(raw)) :]
    path.write_bytes(raw)


def attempt(path: Path, bed: Path, dice: random.Random) -> str:
    params = CoverageParams(is_fast_depth=dice.random() < 0.2, is_depth_only=dice.random() < 0.2)
    request = CoverageRequest(path, bed, bed, params=params, threads=dice.choice((1, 2)))
    try:
        run(request).document()
    except KernelError as error:
        return error.code
    return "result"


def main(alignment: str, targets: str, rounds: int, seed: int) -> int:
    dice, outcomes = random.Random(seed), Counter[str]()
    content = inflated(Path(alignment))
    header_bytes = content.index(b"\0\0", 200) if len(content) > 400 else 50
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.bam"
        for _ in range(rounds):
            changed = bytearray(content)
            if dice.random() < 0.8:
                damage_content(changed, dice, header_bytes)
            with BgzfWriter(path) as stream:
                stream.write(bytes(changed))
            if dice.random() < 0.3:
                damage_file(path, dice)
            outcomes[attempt(path, Path(targets), dice)] += 1
    print(dict(outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
