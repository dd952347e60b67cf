"""What a file must agree with, and the one shape in which its verification is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernels.errors import KernelError
from kernels.io.bed import Regions

Findings = dict[str, Any]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Expectation:
    """What a file was registered as.

    Attributes
    ----------
    build : mapping of contig to length, or None
        None where no build is registered for it.
    sample : str or None
    targets : Regions or None
        Something of the file must lie on them.
    reference : str or None
        FASTA that a CRAM file was made with.
    is_indexed : bool
        Whether to make an index beside the file.
    threads : int
    """

    build: Mapping[str, int] | None = None
    sample: str | None = None
    targets: Regions | None = None
    reference: str | None = None
    is_indexed: bool = False
    threads: int = 1

    def require_sample(self, path: Path, found: tuple[str, ...]) -> None:
        """Refuse several samples, and another one than was registered.

        Raises
        ------
        KernelError
            `samples_several` or `sample_differs`.
        """
        name, listed = path.name, ", ".join(found[:10]) + (", …" if len(found) > 10 else "")
        if len(found) > 1:
            raise KernelError(
                "samples_several",
                f"{name} holds {len(found)} samples ({listed}): split it, so that each file is of one sample.",
                file=name, count=len(found), samples=listed,
            )  # fmt: skip
        if self.sample is not None and found != (self.sample,):
            raise KernelError(
                "sample_differs",
                f"{name} names the sample {listed!r}, but it was registered for {self.sample!r}: is it the right file?",
                file=name, found=listed, expected=self.sample,
            )  # fmt: skip
