"""The registers: what is entered must fit together, and does not change once results lean on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from lims.actions import laboratory, metrics, registers
from lims.catalogue import METRICS, MetricDefinition
from lims.choices import Direction, FileKind, FileState
from lims.exceptions import InvalidInput, InvalidTransition, NotPermitted
from lims.models import (
    Assay,
    AssayVersion,
    AuditEntry,
    DataFile,
    Laboratory,
    Metric,
    ReferenceGenome,
    ReferenceMaterial,
    TruthSet,
    User,
)
from tests.factories import lims as make

pytestmark = pytest.mark.django_db

CONTIGS = [("chr1", 1000), ("chr2", 500)]


def vcf(**fields: Any) -> DataFile:
    return make.data_file(name="truth.vcf.gz", kind=FileKind.VCF, **fields)


def fasta(**fields: Any) -> DataFile:
    return make.data_file(name="genome.fa", kind=FileKind.FASTA, **fields)


def values_of(act: str) -> dict[str, Any]:
    """What an action takes, made of valid rows."""
    genome = make.genome()
    return {
        "register_genome": {"code": "b1", "contigs": CONTIGS},
        "register_reference_material": {"code": "NA12878", "name": "HG001"},
        "register_truth_set": {
            "material": make.reference_material(),
            "genome": genome,
            "version": "v4.2.1",
            "variants": vcf(),
            "confident_regions": make.data_file(genome=genome),
        },
        "register_assay": {"code": "EXOME", "name_en": "Clinical exome", "name_zh": "临床外显子组"},
        "register_assay_version": {
            "assay": Assay.objects.create(code="A1", name_en="a", name_zh="a", registered_by=make.somebody()),
            "version": "v1",
            "genome": genome,
            "targets": make.data_file(),
        },
    }[act]


MODELS: dict[str, type[Model]] = {
    "register_genome": ReferenceGenome,
    "register_reference_material": ReferenceMaterial,
    "register_truth_set": TruthSet,
    "register_assay": Assay,
    "register_assay_version": AssayVersion,
}


@pytest.fixture(params=sorted(MODELS))
def act(request: pytest.FixtureRequest) -> str:
    return request.param


def entries(act: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=f"registers.{act}"))


def test_register__makes_one_row_that_the_trail_names(act: str, supervisor: User) -> None:
    row = getattr(registers, act)(by=supervisor, **values_of(act))

    assert MODELS[act].objects.filter(pk=row.pk).exists()
    (entry,) = entries(act)
    assert (entry.actor, entry.operation, entry.object_id) == ("supervisor", "insert", str(row.pk))


@pytest.mark.parametrize("other", ["technician", "auditor", "administrator"])
def test_register__is_refused_to_other_roles(act: str, other: str, request: pytest.FixtureRequest) -> None:
    values = values_of(act)
    with pytest.raises(NotPermitted, match="Technical supervisor"):
        getattr(registers, act)(by=request.getfixturevalue(other), **values)
    assert entries(act) == []


def test_register__twice_is_refused(act: str, supervisor: User) -> None:
    values = values_of(act)
    getattr(registers, act)(by=supervisor, **values)
    with pytest.raises(InvalidInput):
        getattr(registers, act)(by=supervisor, **values)
    assert len(entries(act)) == 1


def test_register__inside_a_larger_act_that_fails_leaves_nothing(act: str, supervisor: User) -> None:
    values = values_of(act)
    before = MODELS[act].objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        getattr(registers, act)(by=supervisor, **values)
        raise RuntimeError
    assert MODELS[act].objects.count() == before


@pytest.mark.parametrize(
    ("contigs", "sentence"),
    [
        ([], "at least one contig"),
        ([("chr1", 10), ("chr2", 5), ("chr1", 7)], "stand twice: chr1"),
        ([("chr1", 0)], "above 0"),
    ],
)
def test_genome__needs_contigs_that_make_sense(supervisor: User, contigs: list[tuple[str, int]], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as refused:
        registers.register_genome(by=supervisor, code="b1", contigs=contigs)
    assert list(refused.value.fields) == ["contigs"]


def test_genome__takes_its_sequence_once(supervisor: User) -> None:
    genome = registers.register_genome(by=supervisor, code="b1", contigs=CONTIGS)
    sequence = fasta(findings={"contigs": [["chr1", 1000], ["chr2", 500]]})
    registers.set_genome_sequence(by=supervisor, genome=genome, sequence=sequence)

    genome.refresh_from_db()
    assert genome.sequence == sequence
    with pytest.raises(InvalidTransition, match="already has its sequence"):
        registers.set_genome_sequence(by=supervisor, genome=genome, sequence=sequence)


def test_genome__refuses_a_sequence_of_other_contigs(supervisor: User, technician: User) -> None:
    genome = registers.register_genome(by=supervisor, code="b1", contigs=CONTIGS)
    other = fasta(findings={"contigs": [["1", 1000], ["2", 500]]})
    with pytest.raises(InvalidInput, match="are not those of the build"):
        registers.set_genome_sequence(by=supervisor, genome=genome, sequence=other)
    with pytest.raises(InvalidInput, match="are not those of the build"):
        registers.register_genome(by=supervisor, code="b2", contigs=CONTIGS, sequence=other)
    with pytest.raises(NotPermitted):
        registers.set_genome_sequence(by=technician, genome=genome, sequence=fasta())


@pytest.mark.parametrize(
    ("field", "file", "sentence"),
    [
        ("variants", make.data_file, "is not a VCF file"),
        ("confident_regions", vcf, "is not a BED file"),
        ("variants", lambda: vcf(genome=make.genome()), "is of another build"),
    ],
)
def test_truth_set__refuses_files_that_do_not_fit(
    supervisor: User, field: str, file: Callable[[], DataFile], sentence: str
) -> None:
    values = {**values_of("register_truth_set"), field: file()}
    with pytest.raises(InvalidInput, match=sentence) as refused:
        registers.register_truth_set(by=supervisor, **values)
    assert list(refused.value.fields) == [field]


def test_truth_set__refuses_a_file_that_is_not_verified(supervisor: User) -> None:
    waiting = vcf(state=FileState.VERIFYING)
    with pytest.raises(InvalidTransition, match="Only a verified file can be used"):
        registers.register_truth_set(by=supervisor, **{**values_of("register_truth_set"), "variants": waiting})


def test_truth_set__is_retired_with_a_reason_once(supervisor: User, technician: User) -> None:
    truth_set = make.truth_set()
    with pytest.raises(NotPermitted):
        registers.retire_truth_set(by=technician, truth_set=truth_set, reason="newer one")
    with pytest.raises(InvalidInput, match="Say why") as refused:
        registers.retire_truth_set(by=supervisor, truth_set=truth_set, reason="  ")
    assert list(refused.value.fields) == ["reason"]
    registers.retire_truth_set(by=supervisor, truth_set=truth_set, reason="v4.2.1 replaces it")

    truth_set.refresh_from_db()
    assert truth_set.retired_by == supervisor
    (entry,) = entries("retire_truth_set")
    assert entry.reason == "v4.2.1 replaces it"
    with pytest.raises(InvalidTransition, match="already retired"):
        registers.retire_truth_set(by=supervisor, truth_set=truth_set, reason="again")


@pytest.mark.parametrize("field", ["targets", "baits"])
def test_assay_version__refuses_regions_of_another_build(supervisor: User, field: str) -> None:
    values = {**values_of("register_assay_version"), field: make.data_file(genome=make.genome())}
    with pytest.raises(InvalidInput, match="is of another build") as refused:
        registers.register_assay_version(by=supervisor, **values)
    assert list(refused.value.fields) == [field]


def test_assay_version__needs_a_depth_of_one_or_more(supervisor: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        registers.register_assay_version(by=supervisor, **values_of("register_assay_version"), callable_depth_reads=0)
    assert list(refused.value.fields) == ["callable_depth_reads"]


def test_effective__is_one_version_of_an_assay_at_a_time(director: User, supervisor: User) -> None:
    first = make.assay_version()
    second = make.assay_version(assay=first.assay, version="v2")
    elsewhere = make.assay_version()
    for version in (first, elsewhere, second):
        registers.make_effective(by=director, version=version)
    registers.make_effective(by=director, version=second)  # again: nothing happens

    for version in (first, second, elsewhere):
        version.refresh_from_db()
    assert first.retired_at is not None
    assert (second.retired_at, elsewhere.retired_at) == (None, None)
    assert second.effective_from is not None
    assert len(entries("make_effective")) == 4  # three became effective, one retired
    with pytest.raises(InvalidTransition, match="is retired and cannot become effective"):
        registers.make_effective(by=director, version=first)
    with pytest.raises(NotPermitted, match="Laboratory director"):
        registers.make_effective(by=supervisor, version=second)


def test_effective__that_fails_half_way_retires_nothing(director: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make.assay_version(effective_from=timezone.now())
    second = make.assay_version(assay=first.assay, version="v2")

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(AssayVersion, "save", fail)
    with pytest.raises(RuntimeError):
        registers.make_effective(by=director, version=second)

    first.refresh_from_db()
    assert first.retired_at is None
    assert entries("make_effective") == []


DEFINITION = MetricDefinition("m1", "One", "一", "The one.", "这个一。", Direction.HIGHER)


def test_catalogue__is_loaded_once_and_brought_up_to_date(supervisor: User) -> None:
    assert metrics.load_catalogue(by=supervisor, definitions=[DEFINITION]) == 1
    assert metrics.load_catalogue(by=supervisor, definitions=[DEFINITION]) == 0
    changed = MetricDefinition("m1", "One", "一", "The one and only.", "这个一。", Direction.HIGHER)
    assert metrics.load_catalogue(by=supervisor, definitions=[changed]) == 1

    assert Metric.objects.get(code="m1").definition_en == "The one and only."
    operations = AuditEntry.objects.filter(action="metrics.load_catalogue").order_by("id")
    assert [entry.operation for entry in operations] == ["insert", "update"]


def test_catalogue__is_refused_to_a_technician(technician: User) -> None:
    with pytest.raises(NotPermitted):
        metrics.load_catalogue(by=technician)
    assert not Metric.objects.filter(code=METRICS[0].code).exists()


def test_catalogue__names_each_metric_once_in_both_languages() -> None:
    codes = [definition.code for definition in METRICS]
    assert len(set(codes)) == len(codes)
    for definition in METRICS:
        texts = (definition.name_en, definition.name_zh, definition.definition_en, definition.definition_zh)
        assert all(texts), definition.code
        assert any("一" <= letter <= "鿿" for letter in definition.name_zh), definition.code


def test_laboratory__is_described_by_an_administrator(administrator: User, director: User) -> None:
    with pytest.raises(NotPermitted):
        laboratory.describe(by=director, name_en="A", name_zh="甲")
    laboratory.describe(by=administrator, name_en="A", name_zh="甲")
    laboratory.describe(by=administrator, name_en="B", name_zh="乙", is_demonstration=True)

    only = Laboratory.objects.get()
    assert (only.name_in("en"), only.name_in("zh-hans"), only.is_demonstration) == ("B", "乙", True)
    assert AuditEntry.objects.filter(action="laboratory.describe").count() == 2
