"""The regions that a run looks at, laid out contig by contig."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from kernels.coverage.parameters import CoverageRequest
from kernels.coverage.tallies import IntArray, Territory, new_territory
from kernels.intervals import EMPTY, Intervals, intersect_rows, merge
from kernels.io.bed import Regions, read_regions

NAME_SEPARATORS = str.maketrans("|;,", ":::")


class GenePieces(NamedTuple):
    """Parts of genes that lie on targets: `genes[i]` is the gene of piece i."""

    genes: IntArray
    pieces: Intervals


class Genes(NamedTuple):
    """Genes of one contig: names, and int64 arrays of start, end and summed length of the merged exons."""

    names: tuple[str, ...]
    starts: IntArray
    ends: IntArray
    lengths: IntArray


NO_GENES = (Genes((), EMPTY.starts, EMPTY.starts, EMPTY.starts), GenePieces(EMPTY.starts, EMPTY))


def split_name(name: str) -> tuple[str, str]:
    """Return gene and exon of a region's name: `BRCA2:exon11`, also with `|`, `;` or `,` between them."""
    gene, _, exon = name.translate(NAME_SEPARATORS).partition(":")
    return gene.strip(), exon.strip()


@dataclass(frozen=True)
class Assay:
    """Target, bait and gene regions, and the contigs they lie on."""

    contigs: tuple[str, ...]
    lengths_bp: tuple[int, ...]
    targets: Regions
    baits: Regions | None
    genes: Regions | None
    near_distance_bp: int

    @cached_property
    def annotation(self) -> Regions | None:
        """Regions that name genes: the gene file, or else the targets if they have names."""
        if self.genes is not None:
            return self.genes
        return self.targets if any(self.targets.names) else None

    @cached_property
    def _contig_numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.contigs)}

    def contigs_with_targets(self) -> list[int]:
        """Return the numbers of contigs that have targets, in the order of the alignment file."""
        return sorted(self._contig_numbers[name] for name in self.targets.contigs)

    def territory(self, contig: int) -> Territory:
        """Return the layout of a contig; empty for reads without a position."""
        if contig < 0:
            return new_territory(EMPTY, EMPTY, self.near_distance_bp, 0)
        name = self.contigs[contig]
        baits = self.baits.on(name) if self.baits is not None else EMPTY
        return new_territory(self.targets.on(name), baits, self.near_distance_bp, self.lengths_bp[contig])

    def target_rows(self, contig: int) -> IntArray:
        """Return the rows of the target file on a contig, by start, ties in file order."""
        rows = self.targets.rows_on(self.contigs[contig])
        return rows[np.argsort(self.targets.starts[rows], kind="stable")]

    @cached_property
    def _gene_rows(self) -> dict[int, tuple[Genes, GenePieces]]:
        return {} if self.annotation is None else {n: self._lay_out_genes(n) for n in self._annotated_contigs()}

    def _annotated_contigs(self) -> list[int]:
        assert self.annotation is not None
        return sorted(self._contig_numbers[name] for name in self.annotation.contigs)

    def genes_on(self, contig: int) -> tuple[Genes, GenePieces]:
        """Return the genes of a contig, and their parts on targets with the place of each part's gene in the list."""
        return self._gene_rows.get(contig, NO_GENES)

    def annotated_contigs(self) -> list[int]:
        return list(self._gene_rows)

    def _lay_out_genes(self, contig: int) -> tuple[Genes, GenePieces]:
        assert self.annotation is not None
        regions = self.annotation
        rows = [row for row in regions.rows_on(self.contigs[contig]).tolist() if regions.names[row]]
        if not rows:
            return NO_GENES
        numbers: dict[str, int] = {}
        places = np.array(
            [numbers.setdefault(split_name(regions.names[row])[0], len(numbers)) for row in rows], np.int64
        )
        # Give each gene a stretch of its own, so that one merge joins the exons of every gene and of no two.
        stride = self.lengths_bp[contig] + 2
        shift = places * stride
        merged = merge(Intervals(regions.starts[rows] + shift, regions.ends[rows] + shift))
        owner = merged.starts // stride
        exons = Intervals(merged.starts - owner * stride, merged.ends - owner * stride)
        piece_rows, pieces = intersect_rows(exons, self.targets.on(self.contigs[contig]))
        first = np.searchsorted(owner, np.arange(len(numbers)))
        last = np.append(first[1:], len(owner)) - 1
        lengths = np.bincount(owner, weights=exons.ends - exons.starts, minlength=len(numbers)).astype(np.int64)
        genes = Genes(tuple(numbers), exons.starts[first], exons.ends[last], lengths)
        return genes, GenePieces(owner[piece_rows], pieces)


def read_assay(
    request: CoverageRequest, contigs: tuple[str, ...], lengths_bp: tuple[int, ...], owner: str
) -> tuple[Assay, list[str]]:
    """Read the region files of a request and check that they fit the alignment file.

    Returns
    -------
    assay : Assay
    remarks : list of str
        What was left out.
    """
    lengths = dict(zip(contigs, lengths_bp, strict=True))
    # One file often serves as targets and baits: read it once.
    paths = dict.fromkeys(path for path in (request.targets, request.baits, request.genes) if path is not None)
    read = {path: read_regions(path) for path in paths}
    remarks = []
    for regions in read.values():
        regions.require_within(lengths, owner)
        if regions.empty_count:
            remarks.append(f"{regions.source}: {regions.empty_count} region(s) of length 0 were left out.")
    baits, genes = (read[path] if path is not None else None for path in (request.baits, request.genes))
    near_distance_bp = request.params.near_distance_bp
    return Assay(contigs, lengths_bp, read[request.targets], baits, genes, near_distance_bp), remarks
