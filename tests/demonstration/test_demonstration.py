"""The demonstration with a real worker: what the simulator planted is what is measured, and nothing is made twice."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.browser.stack import Laboratory, running_laboratory

pytestmark = [pytest.mark.stack, pytest.mark.large]

LIBRARIES = ("SIM001-L1", "SIM001-L2", "SIM001-L3", "SIM001-L4", "SIM001-L5")
DEPTHS = (1, 10, 20, 30, 50, 100)

MEASUREMENTS = """
SELECT metric.code, variant_type, numerator, denominator, value
  FROM lims_measurement measurement
  JOIN lims_metric metric ON metric.id = metric_id
  JOIN lims_runlibrary place ON place.id = run_library_id
  JOIN lims_library library ON library.id = library_id
 WHERE library.code = %s
"""
DOCUMENT = """
SELECT document FROM lims_jobresult result JOIN lims_job job ON job.id = result.job_id
  JOIN lims_runlibrary place ON place.id = job.run_library_id JOIN lims_library library ON library.id = library_id
 WHERE library.code = %s AND job.kind = %s
"""


@dataclass(frozen=True)
class Loaded:
    """A laboratory with the demonstration in it, and what the commands printed."""

    laboratory: Laboratory
    log_ins: str
    judgement: str

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with (
            contextlib.closing(psycopg2.connect(self.laboratory.environ["EXOMARK_DATABASE_URL"])) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(query, values)
            return cursor.fetchall()

    def truth(self, library: str) -> dict[str, Any]:
        folder = Path(self.laboratory.environ["EXOMARK_FILE_ROOTS"]) / "demonstration" / library
        return dict(json.loads((folder / "truth.json").read_text()))

    def counts(self, library: str) -> dict[tuple[str, str], tuple[int, int]]:
        """Return numerator and denominator of each proportion that was measured."""
        rows = self.rows(MEASUREMENTS, library)
        return {(code, kind): (above, below) for code, kind, above, below, _value in rows if below is not None}

    def values(self, library: str) -> dict[str, float]:
        return {code: value for code, kind, _above, _below, value in self.rows(MEASUREMENTS, library) if not kind}

    def document(self, library: str, kind: str) -> dict[str, Any]:
        [(document,)] = self.rows(DOCUMENT, library, kind)
        return dict(document)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    if "EXOMARK_TEST_RUNTIME_URL" not in os.environ:
        pytest.skip("the database server is not ours to make a database in")
    folder = tmp_path_factory.mktemp("demonstration")
    with running_laboratory(folder, database="exomark_demonstration", broker_number=4) as laboratory:
        log_ins = laboratory.manage("load_demo")
        yield Loaded(laboratory, log_ins, laboratory.manage("demo_result", "--wait", "600"))


@pytest.mark.parametrize("library", LIBRARIES)
def test_coverage__recovers_what_was_planted(loaded: Loaded, library: str) -> None:
    planted, values, counts = loaded.truth(library), loaded.values(library), loaded.counts(library)
    selection = planted["hybrid_selection"]
    assert values["mean_target_coverage"] == pytest.approx(selection["MEAN_TARGET_COVERAGE"], rel=1e-9)
    bases = selection["TARGET_TERRITORY"]
    found = {depth: counts[f"target_fraction_{depth}x", ""] for depth in DEPTHS}
    assert found == {depth: (round(bases * selection[f"PCT_TARGET_BASES_{depth}X"]), bases) for depth in DEPTHS}
    flags = planted["flagstat"]["qc_passed"]
    duplicates = next(pair for (code, _kind), pair in counts.items() if "duplicate" in code)
    assert duplicates == (flags["primary_duplicates"], flags["primary_mapped"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_coverage__names_the_targets_that_were_planted_without_reads(loaded: Loaded, library: str) -> None:
    planted = loaded.truth(library)["targets"]
    zero = next(pair for (code, _kind), pair in loaded.counts(library).items() if "zero" in code)
    assert zero == (len(planted["zero_coverage"]), planted["count"])
    assert planted["planted_zero_coverage"] in planted["zero_coverage"]
    assert planted["planted_under_covered"] in planted["mean_below_20"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("filter_name", "calls"), [("all", "all_calls"), ("pass", "passing_calls")])
def test_concordance__recovers_missed_and_extra_calls(
    loaded: Loaded, library: str, filter_name: str, calls: str
) -> None:
    planted, counts = loaded.truth(library)["concordance"][calls], loaded.counts(library)
    # A merged pair is one call, an MNV, in truth.json, and two single-base changes to the kernel's types.
    for ours, theirs in (("SNP", "SNV"), ("INDEL", "INDEL")):
        found, missed = planted["truth_tp"][theirs], planted["truth_fn"][theirs]
        assert counts[f"ppa_{filter_name}", ours] == (found, found + missed)
    right = planted["query_tp"]["SNV"] + planted["query_tp"]["MNV"]
    wrong = planted["query_fp"]["SNV"] + planted["query_fp"]["MNV"]
    assert counts[f"ppv_{filter_name}", "SNP"] == (right, right + wrong)
    right, wrong = planted["query_tp"]["INDEL"], planted["query_fp"]["INDEL"]
    assert counts[f"ppv_{filter_name}", "INDEL"] == (right, right + wrong)


def test_judgement__is_met_in_the_first_study_and_waits_in_the_second(loaded: Loaded) -> None:
    assert loaded.judgement.count(" Met") == 7
    assert "Not met" not in loaded.judgement
    rows = loaded.rows("SELECT title, state FROM validation_study ORDER BY id")
    assert [state for _title, state in rows] == ["approved", "submitted"]
    verdicts = dict(loaded.rows("SELECT verdict, count(*) FROM validation_judgement GROUP BY verdict"))
    assert verdicts["not_met"] >= 1


def test_log_ins__are_printed_and_kept_for_their_owner_alone(loaded: Loaded) -> None:
    path = loaded.laboratory.data_dir.storage / "demonstration-log-ins.json"
    passwords = json.loads(path.read_text())
    assert set(passwords) == {"wang.fang", "chen.jie", "li.wei", "zhao.min", "admin"}
    assert all(f"{password}" in loaded.log_ins for password in passwords.values())
    assert path.stat().st_mode & 0o077 == 0


def test_second_load__makes_nothing_new(loaded: Loaded) -> None:
    before = loaded.rows("SELECT count(*) FROM audit_entry WHERE actor <> 'exomark-system'")
    assert loaded.laboratory.manage("load_demo") == loaded.log_ins
    assert loaded.laboratory.manage("demo_result", "--wait", "60") == loaded.judgement
    assert loaded.rows("SELECT count(*) FROM audit_entry WHERE actor <> 'exomark-system'") == before


def test_audit_trail__of_the_whole_demonstration_is_intact(loaded: Loaded) -> None:
    assert "intact" in loaded.laboratory.manage("verify_audit", "--records")
