"""One version of each kernel: the one that jobs ask for is the one that its documents carry."""

from __future__ import annotations

import subprocess
import sys

from kernels.concordance.request import KERNEL_VERSION as CONCORDANCE_VERSION
from kernels.coverage.result import KERNEL_VERSION as COVERAGE_VERSION
from kernels.versions import KERNEL_VERSIONS


def test_versions__are_those_of_the_documents() -> None:
    assert KERNEL_VERSIONS["coverage"] == COVERAGE_VERSION
    assert KERNEL_VERSIONS["concordance"] == CONCORDANCE_VERSION


def test_versions__are_light_to_import() -> None:
    """The web process asks for them: it must not load NumPy, Numba or pysam for that."""
    heavy = "[name for name in ('numpy', 'numba', 'pysam') if name in sys.modules]"
    code = f"import sys, kernels.versions, kernels.document; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
