"""Does a file belong to the genome build that it was registered for?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kernels.errors import KernelError


def require_same_build(
    name: str, lengths: Mapping[str, int | None], used: Iterable[str], build: Mapping[str, int]
) -> None:
    """Refuse a file whose contigs contradict a build, or which uses contigs that the build does not have.

    Parameters
    ----------
    name : str
        Name of the file, for the message.
    lengths : mapping of contig to length
        What the file's header declares; None where it states no length.
    used : iterable of str
        Contigs that the file holds something on; others may be unknown to the build.
    build : mapping of contig to length

    Raises
    ------
    KernelError
        `build_contig_length`, `build_contig_naming` or `build_contig_unknown`.
    """
    for contig, length in lengths.items():
        expected = build.get(contig, length)
        if length is not None and length != expected:
            raise KernelError(
                "build_contig_length",
                f"{name} has {contig} with {length} bases, the build has {expected}: it is of another build.",
                file=name, contig=contig, length=length, expected=expected,
            )  # fmt: skip
    for contig in used:
        if contig not in build:
            raise _unknown(name, contig, build)
    if lengths and not any(contig in build for contig in lengths):
        raise _unknown(name, next(iter(lengths)), build)


def _unknown(name: str, contig: str, build: Mapping[str, int]) -> KernelError:
    twin = contig.removeprefix("chr") if contig.startswith("chr") else f"chr{contig}"
    if twin in build:
        return KernelError(
            "build_contig_naming",
            f"{name} says {contig} where the build says {twin}: rename the contigs or choose the other build.",
            file=name, contig=contig, expected=twin,
        )  # fmt: skip
    return KernelError(
        "build_contig_unknown",
        f"{name} holds something on {contig}, which the build does not have: it is of another build.",
        file=name, contig=contig,
    )  # fmt: skip
