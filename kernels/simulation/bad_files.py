"""Files that a laboratory must refuse: each has one fault, all else in it is sound."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kernels.document import dump
from kernels.io.bgzf_writer import END_OF_FILE_BLOCK, write_bgzf
from kernels.io.raw_bytes import read_bytes, write_bytes
from kernels.simulation.bad_alignments import ALIGNMENT_FAULTS, AlignmentSource
from kernels.simulation.bad_intervals import INTERVAL_FAULTS
from kernels.simulation.bad_variants import VARIANT_FAULTS
from kernels.simulation.exome import SimulatedExome, simulate_exome
from kernels.simulation.plan import ExomePlan, random_stream

GOOD_PLAN = ExomePlan(mean_depth=6)
RANDOM_BYTES = 20_000


@dataclass(frozen=True)
class BadFiles:
    """Faulty files beside the sound exome that they were made from.

    Attributes
    ----------
    good : SimulatedExome
        In the folder `good`.
    faults : mapping of file name to sentence
        What is wrong with each; faults.json holds the same.
    """

    directory: Path
    good: SimulatedExome
    faults: Mapping[str, str]

    def path(self, name: str) -> Path:
        """Return where a faulty file is; a name that is not a fault is a KeyError."""
        self.faults[name]
        return self.directory / name


def write_bad_files(directory: Path) -> BadFiles:
    """Write one file for each fault, and the sound exome; two runs give equal bytes.

    Parameters
    ----------
    directory : Path
        Created if need be.

    Returns
    -------
    BadFiles
    """
    good = simulate_exome(GOOD_PLAN, directory / "good")
    faults: dict[str, str] = {}
    source = AlignmentSource.of(GOOD_PLAN)
    for name, (sentence, write) in ALIGNMENT_FAULTS.items():
        write(source, directory / name)
        faults[name] = sentence
    for name, (sentence, rewrite) in VARIANT_FAULTS.items():
        write_bgzf(directory / name, rewrite(gzip.decompress(read_bytes(good.truth_variants)).decode()).encode())
        faults[name] = sentence
    for name, (sentence, change) in INTERVAL_FAULTS.items():
        write_bytes(directory / name, change(read_bytes(good.targets).decode()).encode())
        faults[name] = sentence
    for name, (sentence, original, damage) in BYTE_FAULTS.items():
        write_bytes(directory / name, damage(read_bytes(getattr(good, original))))
        faults[name] = sentence
    dump({"faults": faults}, directory / "faults.json")
    return BadFiles(directory, good, faults)


def _cut(content: bytes) -> bytes:
    return content[: len(content) * 6 // 10]


def _without_end_block(content: bytes) -> bytes:
    return content.removesuffix(END_OF_FILE_BLOCK)


def _as_plain_gzip(content: bytes) -> bytes:
    return gzip.compress(gzip.decompress(content), mtime=0)


def _with_wrong_checksum(content: bytes) -> bytes:
    """Flip a bit of the CRC of the last block that holds anything."""
    crc = len(content) - len(END_OF_FILE_BLOCK) - 8
    return content[:crc] + bytes([content[crc] ^ 1]) + content[crc + 1 :]


def _random_bytes(content: bytes) -> bytes:
    random = random_stream("reads", len(content))
    return random.integers(0, 256, RANDOM_BYTES).astype(np.uint8).tobytes()


def _nothing(content: bytes) -> bytes:
    return content[:0]


Damage = Callable[[bytes], bytes]
# File name -> what is wrong, which file of the sound exome it was, what was done to its bytes.
BYTE_FAULTS: dict[str, tuple[str, str, Damage]] = {
    "truncated.bam": ("The file ends inside a BGZF block.", "reads", _cut),
    "missing_end_block.bam": ("The end-of-file block is missing.", "reads", _without_end_block),
    "wrong_checksum.bam": ("The checksum of a BGZF block does not fit its content.", "reads", _with_wrong_checksum),
    "gzip_not_bgzf.bam": ("Compressed by gzip, not in BGZF blocks.", "reads", _as_plain_gzip),
    "random_bytes.bam": ("Not a BAM: random bytes.", "reads", _random_bytes),
    "zero_bytes.bam": ("The file has no bytes.", "reads", _nothing),
    "truncated.vcf.gz": ("The file ends inside a BGZF block.", "truth_variants", _cut),
    "gzip_not_bgzf.vcf.gz": ("Compressed by gzip, not in BGZF blocks.", "truth_variants", _as_plain_gzip),
    "zero_bytes.vcf.gz": ("The file has no bytes.", "truth_variants", _nothing),
    "zero_bytes.bed": ("The file has no bytes.", "targets", _nothing),
}
