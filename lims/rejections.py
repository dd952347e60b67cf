"""Why a file was rejected or a job failed, in the reader's language: kernels give codes and values, here are words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_DAMAGED = _(
    "{file} is damaged near byte {offset}: a compressed block does not hold what it says. Copy the file again."
)

SENTENCES: dict[str, Promise] = {
    # the file as a whole
    "file_empty": _("{file} has no content: its size is 0 bytes. Copy it again."),
    "file_unreadable": _("{file} cannot be read. Check that it exists and may be read."),
    "file_missing": _("{file} is no longer where it was registered."),
    "still_changing": _("The file changed while it was read. Wait until it is complete, then add it again."),
    "checksum_differs": _("{file} has the SHA-256 {found}, but {expected} was given: it is damaged or another file."),
    "wrong_kind": _("{file} was registered as {expected} but holds {found}."),
    "bgzf_truncated": _("{file} is cut off: its last block is missing or incomplete. Copy or make it again."),
    "end_marker_missing": _(
        "{file} lacks the empty block at its end: the program that wrote it was probably interrupted. Make it again."
    ),
    "bgzf_corrupt": _DAMAGED,
    "gzip_corrupt": _("{file} is damaged: its gzip stream cannot be read. Copy it again."),
    "gzip_truncated": _("{file} is cut off: its gzip stream does not end. Copy or make it again."),
    "gzip_not_bgzf": _("{file} is compressed with plain gzip, not in the blocks of a BAM file. Make it with samtools."),
    "not_indexable": _("{file} cannot be indexed ({reason}). Sort it or make it again."),
    "index_stale": _("{index} is older than {file}: it may describe another file. Add the file again."),
    "index_unusable": _("The index of {file} does not fit it. Add the file again."),
    # alignments
    "alignment_format": _("{file} is neither BAM nor CRAM."),
    "alignment_unreadable": _("{file} cannot be decoded ({reason}). Check the file and its reference."),
    "alignment_unsorted": _("{file} is not sorted by coordinate. Sort it (samtools sort)."),
    "unsorted": _(
        "{file} is not sorted: the read after {contig}:{position} belongs before it. "
        "Sort it by coordinate (samtools sort)."
    ),
    "bam_header": _("{file} has no usable BAM header."),
    "bam_record_corrupt": _("{file} holds a damaged record. Copy or make it again."),
    "bam_truncated": _("{file} ends in the middle of a record. Copy or make it again."),
    "cram_truncated": _("{file} is cut off: its end marker is missing. Copy it again."),
    "reference_missing": _("{file} is a CRAM file: it cannot be read before its build has a sequence (FASTA)."),
    "no_read_group": _("{file} has no read group that names its sample. Add one (samtools addreplacerg)."),
    "no_reads": _("{file} holds no reads."),
    "no_reads_on_targets": _("{file} has no read on any target of {targets}. Is it of this assay?"),
    "pairs_unresolved": _("{file} holds mate positions that are not real."),
    # build and sample
    "build_contig_length": _(
        "{file} has {contig} with {length} bases, the build has {expected}: it is of another build."
    ),
    "build_contig_naming": _("{file} says {contig} where the build says {expected}. Rename the contigs."),
    "build_contig_unknown": _("{file} holds something on {contig}, which the build does not have."),
    "build_mismatch": _("{file} declares contigs that the reference does not hold: they are of different builds."),
    "sample_differs": _("{file} names the sample {found}, but it was registered for {expected}. Is it the right file?"),
    "samples_several": _("{file} holds {count} samples ({samples}). Split it, so that each file is of one sample."),
    "sample_ambiguous": _("{file} holds several samples ({samples}), and none is named for the comparison."),
    "sample_unknown": _("{file} has no sample {sample}; it has {samples}."),
    # variants
    "vcf_header": _("{file} is not a VCF: its #CHROM line is missing or incomplete."),
    "vcf_no_samples": _("{file} has no sample column: a list of sites has no genotypes."),
    "no_calls_on_targets": _("{file} has no call on any target of {targets}. Is it of this assay?"),
    "record_columns": _("{file} line {line} has fewer columns than a VCF record."),
    "record_position": _("{file} line {line} ({contig}) has a position that is not a whole number from 1."),
    "record_reference_allele": _("{file} line {line} ({contig}:{position}) has a REF that is not a sequence of bases."),
    "record_no_genotype": _("{file} line {line} ({contig}:{position}) has no genotype (GT) for the sample."),
    "record_genotype": _("{file} line {line} ({contig}:{position}) has a genotype that cannot be read."),
    "record_ploidy": _("{file} line {line} ({contig}:{position}) has a genotype of more than two alleles."),
    "record_allele_number": _("{file} line {line} ({contig}:{position}) names an allele that ALT does not list."),
    "record_unsorted": _("{file} is not sorted: records of {contig} are out of order. Sort it."),
    "position_beyond_contig": _("{file}: {contig}:{position} lies beyond the {length} bases of the reference."),
    "reference_contradicted": _("{file}: {contig}:{position} has REF {allele} but the reference has {found} there."),
    "truth_empty": _("{file} has no variant of sample {sample}: there is nothing to find."),
    "contig_twice": _("{file} uses two names for one contig."),
    # regions
    "regions_unreadable": _("{file} cannot be read. Check that it is complete."),
    "regions_empty": _("{file} lists no regions."),
    "region_columns": _("{file} line {line} lacks a column: contig, start and end are needed."),
    "region_coordinate": _(
        "{file} line {line}: “{text}” is not a position (a whole number from 0). Begin a heading with #."
    ),
    "region_inverted": _("{file} line {line} runs from {start} to {end}: the end lies before the start."),
    "interval_beyond_contig": _("{file} line {line} ends at {contig}:{end}, beyond the {length} bases of {contig}."),
    "contig_length": _("{file} declares {contig} with {declared} bases, but it has {actual}: another build."),
    "contig_naming": _("{file} line {line} says {contig} where it should say {other}. Rename the contigs."),
    "contig_unknown": _("{file} names the contig {contig}, which the build does not have."),
    # sequences
    "fasta_plain_gzip": _(
        "{file} is compressed with gzip, which cannot be read in the middle. Compress it with bgzip."
    ),
    "fasta_letter": _("{file} line {line}: “{letter}” is not the letter of a base."),
    "fasta_contig_name": _("{file} line {line}: the contig “{contig}” has no name, or stands twice."),
    "fasta_empty_contig": _("{file}: {contig} has no bases."),
    "reference_unreadable": _("The reference {file} cannot be used."),
    # strata and parameters
    "strata_unreadable": _("{file}, the list of strata, cannot be read."),
    "strata_line": _("{file} line {line} is not a name, a tab and the path of a BED."),
    "strata_duplicate": _("{file} line {line} names the stratum {stratum} a second time."),
    "score_field": _("“{score_field}” is not a score: use QUAL, GQ, INFO.<key> or FORMAT.<key>."),
    "parameter_unusable": _("The parameters cannot be used: {reason}."),
    "expectation_unusable": _("What {file} should be compared with (targets or build) cannot be read itself."),
    "output_unwritable": _("{file} cannot be written. Look whether the storage has room."),
    # the job
    "input_changed": _("{file} is no longer the file that was verified. Add it again."),
    "worker_error": _("The worker met an error of its own. Its log says more under the number of this job."),
    "worker_lost": _("The worker was lost in each of {attempts} attempts. Look at its log, then run the job again."),
    "deadline": _("The computation did not end within {seconds} seconds."),
    "memory_limit": _("The computation needed more than its {limit_bytes} bytes of memory."),
    "kernel_crashed": _("The computation ended without a result (status {status}): {last_line}"),
    "kernel_version_differs": _("The worker runs another version of the kernel than the job asks for. Run it again."),
    "result_contradictory": _("The computation's counts contradict each other; nothing was stored."),
}


class _Named(dict[str, Any]):
    """Values by name; one that a code was not given shows as a dash instead of failing the page."""

    def __missing__(self, key: str) -> str:
        return "–"


def sentence(code: str, where: Mapping[str, Any], fallback: str = "") -> str:
    """Return why, in the active language; the kernel's own English where there are no words for its code."""
    words = SENTENCES.get(code)
    if words is None:
        return fallback or code
    return str(words).format_map(_Named(where))
