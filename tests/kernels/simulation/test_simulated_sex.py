"""The sex that the simulator plants is the one that the coverage kernel infers."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernels.coverage import CoverageParams, CoverageRequest, run
from kernels.simulation import ExomePlan, Sex, simulate_exome


@pytest.mark.parametrize("sex", list(Sex))
def test_coverage__infers_the_planted_sex(sex: Sex, tmp_path: Path) -> None:
    exome = simulate_exome(ExomePlan(sex=sex, mean_depth=40), tmp_path)

    found = run(CoverageRequest(alignment=exome.reads, targets=exome.targets, params=CoverageParams()))

    inferred = found.document()["sex"]
    assert inferred["inferred"] == sex.value
    assert inferred["confidence"] > 0.9
