"""What `analyse` refuses before it registers anything, and how its tables line up."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from demonstration import tables
from demonstration.own_files import OwnFiles
from lims.models import DataFile


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    names = ("alignment", "targets", "query", "truth", "confident", "reference")
    for name in names:
        (tmp_path / name).touch()
    return {name: tmp_path / name for name in names}


def own(files: dict[str, Path], *names: str) -> OwnFiles:
    return OwnFiles(**{name: files[name] for name in ("alignment", "targets", *names)})


def test_coverage_alone__needs_reads_and_targets(files: dict[str, Path]) -> None:
    own(files).check()


def test_comparison__with_everything_that_it_needs(files: dict[str, Path]) -> None:
    own(files, "query", "truth", "confident", "reference").check()


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("query", "--query-vcf is needed too"),
        ("truth", "--truth-vcf is needed too"),
        ("confident", "--confident is needed too"),
        ("reference", "--reference is needed too"),
    ],
)
def test_comparison__without_one_of_its_files_is_refused(files: dict[str, Path], missing: str, words: str) -> None:
    names = {"query", "truth", "confident", "reference"} - {missing}
    with pytest.raises(CommandError, match=words):
        own(files, *sorted(names)).check()


@pytest.mark.django_db
def test_analyse__of_a_file_that_is_not_there_registers_nothing(files: dict[str, Path]) -> None:
    with pytest.raises(CommandError, match=r"There is no file at .*missing\.bam"):
        call_command("analyse", bam=files["alignment"].with_name("missing.bam"), targets=files["targets"])
    assert not DataFile.objects.exists()


def test_table__counts_two_columns_for_a_chinese_character() -> None:
    lines = tables.aligned([("指标", "n"), ("mean", "3"), ("平均目标深度", "12")])
    assert lines == ["指标          n", "mean          3", "平均目标深度  12"]
