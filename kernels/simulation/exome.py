"""One simulated exome as files: reference, design, truth, query, reads, and a document of all that is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kernels.document import dump
from kernels.io.alignment_writer import (
    AlignmentColumns,
    AlignmentWriter,
    Contig,
    ReadGroup,
    header_text,
    index_alignments,
)
from kernels.io.interval_writer import write_bed
from kernels.io.reference_writer import described_contigs, write_reference
from kernels.io.variant_writer import VariantRow, variant_text, write_variants
from kernels.simulation import expectations
from kernels.simulation.calls import LOW_QUALITY, Call, is_written, simulated_calls
from kernels.simulation.design import (
    DUPLICATED_TARGET,
    HALF_CONFIDENT_TARGET,
    TARGET_PADDING_BP,
    UNDER_COVERED_TARGET,
    ZERO_COVERAGE_TARGET,
    CaptureDesign,
    Target,
    capture_design,
)
from kernels.simulation.fragments import Fragments, draw_fragments, without_reads
from kernels.simulation.genome import Genome, reference_genome
from kernels.simulation.haplotypes import build_haplotypes
from kernels.simulation.plan import ASSEMBLY, SIMULATOR_VERSION, ExomePlan, random_stream
from kernels.simulation.reads import Reads, sequence_fragments
from kernels.simulation.records import PROGRAM_LINE, alignment_columns, read_groups, run_name
from kernels.simulation.variants import Individual, Variant, individual

# Added to the individual's seed: the one whose DNA contaminates.
CONTAMINANT = 1_000_003
GENOTYPE_HEADER = '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">'
QUERY_HEADER = (
    '##FILTER=<ID=PASS,Description="All filters passed">',
    f'##FILTER=<ID={LOW_QUALITY},Description="Quality below 30">',
    GENOTYPE_HEADER,
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth, mates counted once">',
)
PASSING_QUALITY = 60
FAILING_QUALITY = 12


@dataclass(frozen=True)
class SimulatedExome:
    """Where the files of a simulated exome are, and what is in them.

    Attributes
    ----------
    expectations : mapping
        What truth.json holds.
    """

    directory: Path
    expectations: Mapping[str, Any]

    @property
    def reference(self) -> Path:
        return self.directory / "reference.fa.gz"

    @property
    def targets(self) -> Path:
        return self.directory / "targets.bed"

    @property
    def baits(self) -> Path:
        return self.directory / "baits.bed"

    @property
    def genes(self) -> Path:
        return self.directory / "genes.bed"

    @property
    def confident(self) -> Path:
        return self.directory / "confident.bed"

    @property
    def truth_variants(self) -> Path:
        return self.directory / "truth.vcf.gz"

    @property
    def query_variants(self) -> Path:
        return self.directory / "query.vcf.gz"

    @property
    def reads(self) -> Path:
        return self.directory / "reads.bam"

    @property
    def truth_document(self) -> Path:
        return self.directory / "truth.json"


def simulate_exome(plan: ExomePlan, directory: Path) -> SimulatedExome:
    """Write one simulated exome.

    Parameters
    ----------
    plan : ExomePlan
        What to draw.
    directory : Path
        Where the files go; created if need be, files of the same names are replaced.

    Returns
    -------
    SimulatedExome
        The paths and the expectations. Equal plans give equal bytes.

    Raises
    ------
    KernelError
        When the plan is out of range.
    """
    directory.mkdir(parents=True, exist_ok=True)
    design = capture_design(plan.genome_seed)
    genome = reference_genome(design, plan.genome_seed)
    person = individual(plan, design, genome, individual_seed=plan.individual_seed)
    fragments, silent = _draw_fragments(plan, design)
    reads = _sequence(plan, design, genome, person, fragments)
    calls = simulated_calls(random_stream("calls", plan.seed), plan, genome, person, silent)
    territory = expectations.Territory(design)
    depth = expectations.fragment_depth(reads, territory)
    exome = SimulatedExome(
        directory,
        {
            "simulator": {"name": "exomark-simulate", "version": SIMULATOR_VERSION},
            "plan": asdict(plan),
            "assembly": ASSEMBLY,
            **_read_expectations(reads, fragments, territory, depth, silent, plan),
            **_call_expectations(calls, design),
        },
    )
    contigs = _write_reference(exome, design, genome)
    _write_design(exome, design)
    _write_variants(exome, plan, contigs, person, calls, territory, depth)
    _write_reads(exome, plan, contigs, reads, genome)
    dump(dict(exome.expectations), exome.truth_document)
    return exome


def prepared_alignments(plan: ExomePlan) -> tuple[list[Contig], list[ReadGroup], AlignmentColumns]:
    """Return what `simulate_exome` would write as reads.bam, for files that differ from it by a fault."""
    design = capture_design(plan.genome_seed)
    genome = reference_genome(design, plan.genome_seed)
    person = individual(plan, design, genome, individual_seed=plan.individual_seed)
    fragments, _ = _draw_fragments(plan, design)
    reads = _sequence(plan, design, genome, person, fragments)
    groups = read_groups(plan.sample, run_name(plan.seed))
    contigs = described_contigs(_sequences(design, genome), ASSEMBLY)
    return contigs, groups, alignment_columns(reads, genome, groups, run_name(plan.seed))


def _sequences(design: CaptureDesign, genome: Genome) -> dict[str, str]:
    return {name: genome.masked_text(contig) for contig, name in enumerate(design.contig_names)}


def _draw_fragments(plan: ExomePlan, design: CaptureDesign) -> tuple[Fragments, list[Target]]:
    random = random_stream("fragments", plan.seed)
    silent = without_reads(random, plan, design)
    return draw_fragments(random, plan, design, silent), silent


def _sequence(
    plan: ExomePlan, design: CaptureDesign, genome: Genome, person: Individual, fragments: Fragments
) -> Reads:
    carried: list[tuple[Variant, ...]] = [person.variants]
    if plan.contamination_fraction:
        stranger = individual(plan, design, genome, individual_seed=plan.individual_seed + CONTAMINANT)
        carried.append(stranger.variants)
    haplotypes = build_haplotypes(genome, carried)
    return sequence_fragments(random_stream("reads", plan.seed), fragments, haplotypes, design)


def _read_expectations(
    reads: Reads,
    fragments: Fragments,
    territory: expectations.Territory,
    depth: expectations.Depth,
    silent: list[Target],
    plan: ExomePlan,
) -> dict[str, Any]:
    row_depth = territory.depth(*_placed_bases(reads))
    on_targets = territory.on_targets(depth)
    return {
        "fragments": _fragment_counts(fragments),
        "flagstat": expectations.flag_counts(reads),
        "hybrid_selection": expectations.hybrid_selection(reads, territory, row_depth),
        "depth": {
            "planned_autosome_mean": plan.mean_depth,
            "target_mean": float(on_targets.mean()),
            "target_bases_20x": int((on_targets >= 20).sum()),
        },
        "sex": {"planted": plan.sex.value, **expectations.sex_evidence(territory, depth)},
        "targets": _target_expectations(territory, depth, row_depth, silent),
    }


def _placed_bases(reads: Reads) -> Any:
    counted = expectations.high_quality_bases(reads)
    row, column = counted.nonzero()
    return reads.contig[row], reads.reference_positions[row, column]


def _fragment_counts(fragments: Fragments) -> dict[str, int]:
    return {
        "total": len(fragments),
        "duplicates": int(fragments.is_duplicate.sum()),
        "from_baits": int((fragments.is_on_target & ~fragments.is_duplicate).sum()),
        "from_background": int((~fragments.is_on_target & ~fragments.is_duplicate).sum()),
        "from_contaminant": int(((fragments.haplotype > 1) & ~fragments.is_duplicate).sum()),
        "qc_failed": int(fragments.is_qc_fail.sum()),
    }


def _target_expectations(
    territory: expectations.Territory,
    depth: expectations.Depth,
    high_quality: expectations.Depth,
    silent: list[Target],
) -> dict[str, Any]:
    rows = expectations.target_rows(territory, depth, high_quality)
    return {
        "count": len(rows),
        "territory_bp": sum(row["end"] - row["start"] for row in rows),
        "planted_zero_coverage": ZERO_COVERAGE_TARGET,
        "planted_under_covered": UNDER_COVERED_TARGET,
        "planted_low_mapping_quality": DUPLICATED_TARGET,
        "planted_half_confident": HALF_CONFIDENT_TARGET,
        "planted_without_reads": [target.name for target in silent],
        "zero_coverage": [row["name"] for row in rows if row["mean_depth"] == 0],
        "mean_below_20": [row["name"] for row in rows if row["mean_depth"] < 20],
        "rows": rows,
    }


def _call_expectations(calls: list[Call], design: CaptureDesign) -> dict[str, Any]:
    return {
        "concordance": {
            "all_calls": expectations.concordance(calls, passing_only=False),
            "passing_calls": expectations.concordance(calls, passing_only=True),
            "truth_records": sum(call.truth is not None for call in calls),
            "query_records": sum(is_written(call) for call in calls),
            "kinds": dict(sorted(Counter(call.kind.value for call in calls).items())),
        },
        "planted_calls": expectations.planted_calls(calls, design.contig_names),
    }


def _write_reference(exome: SimulatedExome, design: CaptureDesign, genome: Genome) -> list[Contig]:
    sequences = _sequences(design, genome)
    contigs = described_contigs(sequences, ASSEMBLY)
    write_reference(exome.reference, sequences, contigs)
    return contigs


def _write_design(exome: SimulatedExome, design: CaptureDesign) -> None:
    names = design.contig_names
    write_bed(exome.targets, ((names[t.contig], t.start, t.end, t.name) for t in design.targets))
    write_bed(exome.baits, ((names[b.contig], b.start, b.end, b.name) for b in design.baits()))
    coding = TARGET_PADDING_BP
    rows = ((names[t.contig], t.start + coding, t.end - coding, t.name) for t in design.targets)
    write_bed(exome.genes, rows)
    write_bed(exome.confident, ((names[contig], start, end) for contig, start, end in design.confident()))


def _write_variants(
    exome: SimulatedExome,
    plan: ExomePlan,
    contigs: list[Contig],
    person: Individual,
    calls: list[Call],
    territory: expectations.Territory,
    depth: expectations.Depth,
) -> None:
    truth = [_truth_row(variant, contigs) for variant in person.variants]
    query = [_query_row(call, contigs, territory, depth) for call in calls if is_written(call)]
    for path, rows, header in (
        (exome.truth_variants, truth, (GENOTYPE_HEADER,)),
        (exome.query_variants, query, QUERY_HEADER),
    ):
        write_variants(path, variant_text(rows, contigs=contigs, sample=plan.sample, header_lines=header))


def _truth_row(variant: Variant, contigs: list[Contig]) -> VariantRow:
    genotype = "|".join(str(allele) for allele in variant.alleles)
    name = contigs[variant.contig].name
    return VariantRow(name, variant.position, variant.reference, variant.alternates, {"GT": genotype})


def _query_row(
    call: Call, contigs: list[Contig], territory: expectations.Territory, depth: expectations.Depth
) -> VariantRow:
    here = int(depth[territory.offsets[call.contig] + call.position])
    return VariantRow(
        contigs[call.contig].name,
        call.position,
        call.reference,
        call.alternates,
        {"GT": call.genotype, "DP": str(here)},
        quality=FAILING_QUALITY if call.is_filtered else PASSING_QUALITY,
        filter_status=LOW_QUALITY if call.is_filtered else "PASS",
    )


def _write_reads(exome: SimulatedExome, plan: ExomePlan, contigs: list[Contig], reads: Reads, genome: Genome) -> None:
    run = run_name(plan.seed)
    groups = read_groups(plan.sample, run)
    text = header_text(contigs, groups, PROGRAM_LINE)
    with AlignmentWriter(exome.reads, text=text, contigs=contigs) as writer:
        writer.append(alignment_columns(reads, genome, groups, run))
    index_alignments(exome.reads)
