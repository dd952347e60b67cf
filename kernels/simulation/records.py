"""From simulated reads to the columns of a coordinate-sorted BAM."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kernels.io.alignment_writer import AlignmentColumns, ReadGroup, packed_bases
from kernels.simulation.genome import Genome
from kernels.simulation.plan import SIMULATOR_VERSION
from kernels.simulation.reads import MATE_UNMAPPED, REVERSE, UNMAPPED, Reads, place

I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]

NIBBLES = np.array([1, 2, 4, 8, 15], dtype=np.uint8)
PROGRAM_LINE = f"@PG\tID:exomark-simulate\tPN:exomark-simulate\tVN:{SIMULATOR_VERSION}"
INSTRUMENT = "EXM001"
LANES = 2
TILES = 156
FIRST_TILE = 1101
TILE_SIDE = 20_000
FIRST_COORDINATE = 10_000
# Prime, so that counting in steps of it visits every place on the flow cell before any comes twice.
NAME_STRIDE = 48_271_999_987


def read_groups(sample: str, run: str) -> list[ReadGroup]:
    """Return one read group per lane; the identifiers have one length."""
    return [
        ReadGroup(f"{run}.L{lane}", sample, f"{sample}-LIB1", f"{flow_cell(run)}.{lane}") for lane in (1, 2)[:LANES]
    ]


def flow_cell(run: str) -> str:
    return f"H{run}DSX"


def run_name(seed: int) -> str:
    """Return the name of a simulated run, five characters long for any seed."""
    return f"{seed % 100_000:05d}"


def lanes_and_names(identifiers: I64, run: str) -> tuple[I64, U8]:
    """Return lane and Illumina-style name of each fragment; different identifiers get different names."""
    places = LANES * TILES * TILE_SIDE * TILE_SIDE
    # Python integers of NumPy's 64 bits: the product stays below 2**63 for up to 190 million fragments.
    mixed = (identifiers * NAME_STRIDE) % places
    lane, rest = np.divmod(mixed, TILES * TILE_SIDE * TILE_SIDE)
    tile, rest = np.divmod(rest, TILE_SIDE * TILE_SIDE)
    x, y = np.divmod(rest, TILE_SIDE)
    prefix = np.frombuffer(f"{INSTRUMENT}:1:{flow_cell(run)}:".encode(), dtype=np.uint8)
    parts = [np.broadcast_to(prefix, (len(identifiers), len(prefix)))]
    for number, digits in (
        (lane + 1, 1),
        (_tile_number(tile), 4),
        (x + FIRST_COORDINATE, 5),
        (y + FIRST_COORDINATE, 5),
    ):
        colon = np.full((len(identifiers), 1), ord(":"), dtype=np.uint8)
        parts += [_digits(number, digits), colon]
    return lane, np.concatenate(parts[:-1], axis=1)


def _tile_number(tile: I64) -> I64:
    """Return NovaSeq's tile numbers: surface 1-2, swath 1-6 (here up to 2), tile 01-78."""
    surface, within = np.divmod(tile, TILES // 2)
    return FIRST_TILE + 1000 * surface + within


def _digits(numbers: I64, digits: int) -> U8:
    powers = 10 ** np.arange(digits - 1, -1, -1)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def tags(read_group_names: list[str], group: I64, edit_distance: I64) -> U8:
    """Return the encoded RG and NM fields; read-group identifiers must have one length."""
    names = np.array([list(name.encode()) for name in read_group_names], dtype=np.uint8)
    columns = (
        np.broadcast_to(np.frombuffer(b"RGZ", dtype=np.uint8), (len(group), 3)),
        names[group],
        np.broadcast_to(np.frombuffer(b"\0NMC", dtype=np.uint8), (len(group), 4)),
        np.minimum(edit_distance, 255).astype(np.uint8)[:, None],
    )
    return np.concatenate(columns, axis=1)


def file_order(contig: npt.NDArray[np.int32], position: npt.NDArray[np.int32]) -> I64:
    """Return the order of a coordinate-sorted file: unplaced reads last, ties as drawn."""
    return np.lexsort((position, np.where(contig < 0, np.iinfo(np.int32).max, contig)))


def mismatches(reads: Reads, genome: Genome) -> I64:
    """Return how many placed bases of each read differ from the reference; N always differs."""
    offsets = np.cumsum([0, *(len(bases) for bases in genome.contigs)])
    joined = np.concatenate(genome.contigs)
    is_placed = reads.reference_positions >= 0
    index = np.where(is_placed, reads.reference_positions, 0) + offsets[np.maximum(reads.contig, 0)][:, None]
    return ((joined[index] != reads.bases) & is_placed).sum(axis=1)


def alignment_columns(reads: Reads, genome: Genome, groups: list[ReadGroup], run: str) -> AlignmentColumns:
    """Return the records in file order."""
    placed, contig, position = place(reads)
    lane, names = lanes_and_names(reads.fragment, run)
    edit_distance = mismatches(reads, genome) + placed.indel_bases
    columns = AlignmentColumns(
        contig=contig,
        position=position,
        mapping_quality=reads.mapping_quality,
        flag=reads.flag,
        mate_contig=contig[reads.mate],
        mate_position=position[reads.mate],
        template_length=_template_lengths(reads, contig, position, placed.spans),
        names=names,
        cigar_lengths=placed.cigar_lengths,
        cigars=placed.cigars,
        reference_spans=placed.spans,
        sequences=packed_bases(NIBBLES[reads.bases]),
        qualities=reads.quality,
        tags=tags([group.identifier for group in groups], lane, edit_distance),
    )
    return columns.rows(file_order(contig, position))


def _template_lengths(
    reads: Reads,
    contig: npt.NDArray[np.int32],
    position: npt.NDArray[np.int32],
    spans: npt.NDArray[np.int32],
) -> npt.NDArray[np.int32]:
    """Return TLEN from the 5' ends of the two reads, as htsjdk defines it; 0 without a pair on one contig."""
    five_prime = np.where(reads.has(REVERSE), position + spans - 1, position).astype(np.int64)
    difference = five_prime[reads.mate] - five_prime
    length = difference + np.where(difference >= 0, 1, -1)
    # At equal 5' ends one of the two counts forwards, the other backwards.
    is_pair = ~reads.has(UNMAPPED | MATE_UNMAPPED) & (contig == contig[reads.mate])
    return np.where(is_pair, length, 0).astype(np.int32)
