"""Which contig of each file is which sequence of the reference, and whether they can be of one genome build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kernels.errors import KernelError
from kernels.io.vcf import CallSet, ContigRun

# Lengths of a few large sequences tell the human builds apart.
BUILD_LENGTHS_BP = {
    "GRCh37": {"1": 249250621, "2": 243199373, "7": 159138663, "20": 63025520, "21": 48129895, "X": 155270560},
    "GRCh38": {"1": 248956422, "2": 242193529, "7": 159345973, "20": 64444167, "21": 46709983, "X": 156040895},
    "T2T-CHM13v2": {"1": 248387328, "2": 242696752, "7": 160567428, "20": 66210255, "21": 45090682, "X": 154259566},
}
MITOCHONDRION = "MT"


def bare_name(contig: str) -> str:
    """Return a contig's name without what naming habits add to it."""
    bare = contig[3:] if contig.lower().startswith("chr") else contig
    return MITOCHONDRION if bare in ("M", "MT") else bare


def reference_names(contigs: Iterable[str], reference: Mapping[str, int]) -> dict[str, str]:
    """Return, for every contig that the reference has under any name, the reference's name."""
    by_bare_name: dict[str, str] = {}
    for name in reference:
        by_bare_name.setdefault(bare_name(name), name)
    names = {}
    for contig in contigs:
        found = contig if contig in reference else by_bare_name.get(bare_name(contig))
        if found is not None:
            names[contig] = found
    return names


def place_runs(calls: CallSet, reference: Mapping[str, int], reference_file: str) -> dict[str, ContigRun]:
    """Return a call set's runs by the reference's contig names.

    Raises
    ------
    KernelError
        `contig_unknown`, `contig_twice` or `build_mismatch`.
    """
    names = reference_names((run.name for run in calls.runs), reference)
    placed: dict[str, ContigRun] = {}
    for run in calls.runs:
        if run.first == run.last:
            continue
        if run.name not in names:
            raise KernelError(
                "contig_unknown",
                f"{calls.source} has calls on {run.name!r}, which {reference_file} does not have: "
                "use the reference that the calls were made with.",
                file=calls.source, contig=run.name, reference=reference_file,
            )  # fmt: skip
        if names[run.name] in placed:
            raise KernelError(
                "contig_twice",
                f"{calls.source} has calls on both {placed[names[run.name]].name!r} and {run.name!r}, "
                "which are names of one contig.",
                file=calls.source, contig=run.name, other=placed[names[run.name]].name,
            )  # fmt: skip
        placed[names[run.name]] = run
    _require_build(calls, _builds(reference), reference_file)
    return placed


def require_one_build(truth: CallSet, query: CallSet) -> None:
    """Refuse two call sets whose headers give one contig different lengths.

    Raises
    ------
    KernelError
        `build_mismatch`.
    """
    truth_lengths = {bare_name(name): length for name, length in truth.header.contig_lengths.items()}
    for run in query.runs:
        length = query.header.contig_lengths.get(run.name)
        other = truth_lengths.get(bare_name(run.name))
        if length is not None and other is not None and length != other:
            raise KernelError(
                "build_mismatch",
                f"{query.source} declares {run.name} with {length} bases but {truth.source} with {other}: "
                "they belong to different genome builds.",
                file=query.source, other=truth.source, contig=run.name, length=length, other_length=other,
            )  # fmt: skip


def _builds(lengths: Mapping[str, int]) -> set[str]:
    """Return the builds that at least one length belongs to."""
    bare = {bare_name(name): length for name, length in lengths.items()}
    return {
        build
        for build, known in BUILD_LENGTHS_BP.items()
        if any(bare.get(contig) == length for contig, length in known.items())
    }


def _require_build(calls: CallSet, reference_builds: set[str], reference_file: str) -> None:
    # A reference cut to a region has other lengths than the header declares, so only two known builds contradict.
    declared = _builds(calls.header.contig_lengths)
    if declared and reference_builds and not declared & reference_builds:
        raise KernelError(
            "build_mismatch",
            f"{calls.source} declares the contigs of {_listed(declared)} but {reference_file} holds "
            f"{_listed(reference_builds)}: use the reference that the calls were made with.",
            file=calls.source, declared=_listed(declared), reference=reference_file, found=_listed(reference_builds),
        )  # fmt: skip


def _listed(builds: set[str]) -> str:
    return " or ".join(sorted(builds))
