"""Names and lengths of GRCh38's chromosomes, and unplaced contigs like those of an analysis set."""

from __future__ import annotations

from kernels.io.alignment_writer import Contig

# GCA_000001405.15, UCSC names.
CHROMOSOME_LENGTHS = {
    "chr1": 248_956_422,
    "chr2": 242_193_529,
    "chr3": 198_295_559,
    "chr4": 190_214_555,
    "chr5": 181_538_259,
    "chr6": 170_805_979,
    "chr7": 159_345_973,
    "chr8": 145_138_636,
    "chr9": 138_394_717,
    "chr10": 133_797_422,
    "chr11": 135_086_622,
    "chr12": 133_275_309,
    "chr13": 114_364_328,
    "chr14": 107_043_718,
    "chr15": 101_991_189,
    "chr16": 90_338_345,
    "chr17": 83_257_441,
    "chr18": 80_373_285,
    "chr19": 58_617_616,
    "chr20": 64_444_167,
    "chr21": 46_709_983,
    "chr22": 50_818_468,
    "chrX": 156_040_895,
    "chrY": 57_227_415,
    "chrM": 16_569,
}
NUCLEAR = tuple(name for name in CHROMOSOME_LENGTHS if name != "chrM")
SMALLEST_UNPLACED_BP = 1_000
LARGEST_UNPLACED_BP = 40_000


def analysis_set(unplaced: int) -> list[Contig]:
    """Return the chromosomes and `unplaced` further contigs of falling length."""
    contigs = [Contig(name, length) for name, length in CHROMOSOME_LENGTHS.items()]
    for number in range(unplaced):
        length = SMALLEST_UNPLACED_BP + (LARGEST_UNPLACED_BP - SMALLEST_UNPLACED_BP) // (number + 1)
        contigs.append(Contig(f"chrUn_SIM{number + 1:06d}v1_decoy", length))
    return contigs
