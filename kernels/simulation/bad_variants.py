"""VCF files with a fault in their records or header."""

from __future__ import annotations

from collections.abc import Callable

from kernels.simulation.bad_alignments import OTHER_SAMPLE

ANOTHER_BASE = str.maketrans("ACGT", "CGTA")


def _parts(text: str) -> tuple[list[str], list[str]]:
    """Return header lines and records."""
    lines = text.splitlines()
    return [line for line in lines if line.startswith("#")], [line for line in lines if not line.startswith("#")]


def _joined(header: list[str], records: list[str]) -> str:
    return "\n".join([*header, *records]) + "\n"


def _without_genotypes(text: str) -> str:
    header, records = _parts(text)
    header = [line for line in header if not line.startswith("##FORMAT")]
    header[-1] = "\t".join(header[-1].split("\t")[:8])
    return _joined(header, ["\t".join(record.split("\t")[:8]) for record in records])


def _unsorted(text: str) -> str:
    header, records = _parts(text)
    return _joined(header, records[1::2] + records[::2])


def _contradicting_reference(text: str) -> str:
    """Write another base at REF of every record, and keep REF and ALT different."""
    header, records = _parts(text)
    changed = []
    for record in records:
        columns = record.split("\t")
        columns[3:5] = [columns[3].translate(ANOTHER_BASE), columns[4].translate(ANOTHER_BASE)]
        changed.append("\t".join(columns))
    return _joined(header, changed)


def _of_other_sample(text: str) -> str:
    header, records = _parts(text)
    header[-1] = "\t".join([*header[-1].split("\t")[:9], OTHER_SAMPLE])
    return _joined(header, records)


def _with_two_samples(text: str) -> str:
    header, records = _parts(text)
    header[-1] += "\t" + OTHER_SAMPLE
    return _joined(header, [record + "\t" + record.split("\t")[9] for record in records])


def _with_unknown_contigs(text: str) -> str:
    return text.replace("ID=chr", "ID=scaffold").replace("\nchr", "\nscaffold")


def _without_records(text: str) -> str:
    return _joined(_parts(text)[0], [])


VARIANT_FAULTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "no_genotypes.vcf.gz": ("Neither FORMAT nor a sample: sites only.", _without_genotypes),
    "unsorted.vcf.gz": ("The records are not sorted by position.", _unsorted),
    "reference_mismatch.vcf.gz": ("REF is not what the reference has there.", _contradicting_reference),
    "other_sample.vcf.gz": ("The genotypes are of sample OTHER99.", _of_other_sample),
    "two_samples.vcf.gz": ("The genotypes are of two samples.", _with_two_samples),
    "unknown_contigs.vcf.gz": ("The contigs are not those of the reference.", _with_unknown_contigs),
    "no_records.vcf.gz": ("A header without records.", _without_records),
}
