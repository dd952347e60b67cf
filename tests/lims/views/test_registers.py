"""Pages of the registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lims.choices import FileKind
from lims.models import Assay, AssayVersion, ReferenceGenome, ReferenceMaterial, TruthSet, User
from tests.factories import lims as make

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def text(answer: Any) -> str:
    return answer.content.decode()


def test_registers__stand_on_one_page_with_those_in_use_first(
    client_of: ClientOf, auditor: User, supervisor: User
) -> None:
    from lims.actions import registers

    old, new = make.truth_set(version="v3"), make.truth_set(version="v4")
    registers.retire_truth_set(by=supervisor, truth_set=old, reason="replaced")
    make.assay_version()
    answer = client_of(auditor).get("/registers/")

    assert [row.version for row in answer.context["truth_sets"]] == [new.version, old.version]
    assert "+new/" not in text(answer)
    assert "+new/" in text(client_of(supervisor).get("/registers/"))


def test_genome__from_lines_of_a_fai(client_of: ClientOf, supervisor: User) -> None:
    answer = client_of(supervisor).post(
        "/registers/genomes/+new/", {"code": "GRCh38", "contigs": "chr1\t1000\t6\t60\t61\n\nchr2 500\n"}, follow=True
    )
    assert answer.redirect_chain == [("/registers/genomes/GRCh38/", 302)]
    assert ReferenceGenome.objects.get().contigs == [["chr1", 1000], ["chr2", 500]]
    assert "1,000" in text(answer)


def test_genome__from_its_sequence(client_of: ClientOf, supervisor: User) -> None:
    sequence = make.data_file(name="g.fa", kind=FileKind.FASTA, findings={"contigs": [["chr1", 1000]]})
    client_of(supervisor).post("/registers/genomes/+new/", {"code": "b1", "sequence": sequence.public_id})
    genome = ReferenceGenome.objects.get()
    assert (genome.contigs, genome.sequence) == ([["chr1", 1000]], sequence)


@pytest.mark.parametrize(
    ("contigs", "sentence"),
    [
        ("", "Enter the contigs, or choose a sequence that has them."),
        ("chr1 1000\nchr2", "Line 2 is not a name and a length: “chr2”."),
        ("chr1 long", "Line 1 is not a name and a length: “chr1 long”."),
        ("chr1 10\nchr1 10", "These contigs stand twice: chr1."),
    ],
)
def test_genome__that_cannot_be_read_keeps_what_was_entered(
    client_of: ClientOf, supervisor: User, contigs: str, sentence: str
) -> None:
    answer = client_of(supervisor).post("/registers/genomes/+new/", {"code": "GRCh38", "contigs": contigs})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "GRCh38" in text(answer)
    assert contigs in text(answer)
    assert not ReferenceGenome.objects.exists()


def test_reference_material_and_truth_set__are_registered(client_of: ClientOf, supervisor: User) -> None:
    client = client_of(supervisor)
    client.post("/registers/materials/+new/", {"code": "NA12878", "name": "HG001", "supplier": "Coriell"})
    values = {
        "genome": make.genome().code,
        "version": "v4.2.1",
        "variants": make.data_file(name="t.vcf.gz", kind=FileKind.VCF).public_id,
        "confident_regions": make.data_file().public_id,
    }
    answer = client.post("/registers/materials/NA12878/truth-sets/+new/", values, follow=True)

    assert answer.redirect_chain == [("/registers/materials/NA12878/", 302)]
    assert "Truth set NA12878 v4.2.1 is registered." in text(answer)
    assert TruthSet.objects.get().material == ReferenceMaterial.objects.get()


def test_truth_set__of_a_file_of_another_kind_is_refused_at_its_field(client_of: ClientOf, supervisor: User) -> None:
    material = make.reference_material(code="NA12878")
    bed = make.data_file()
    values = {"genome": make.genome().code, "version": "v1", "variants": bed.public_id, "confident_regions": "nonsense"}
    answer = client_of(supervisor).post(f"/registers/materials/{material.code}/truth-sets/+new/", values)
    assert answer.status_code == 422
    assert sorted(answer.context["form"].errors) == ["confident_regions", "variants"]


def test_truth_set__is_retired_with_a_reason(client_of: ClientOf, supervisor: User) -> None:
    truth_set = make.truth_set()
    client = client_of(supervisor)
    path = f"/registers/truth-sets/{truth_set.pk}/retire/"
    assert client.post(path, {"reason": " "}).status_code == 422
    answer = client.post(path, {"reason": "replaced"}, follow=True)

    assert "The truth set is retired." in text(answer)
    truth_set.refresh_from_db()
    assert truth_set.retired_by == supervisor
    assert client.post(path, {"reason": "again"}).status_code == 409


def test_assay_and_version__are_registered(client_of: ClientOf, supervisor: User) -> None:
    client = client_of(supervisor)
    client.post("/registers/assays/+new/", {"code": "EXOME", "name_en": "Exome", "name_zh": "外显子组"})
    values = {
        "version": "v3",
        "genome": make.genome().code,
        "targets": make.data_file().public_id,
        "callable_depth_reads": "30",
    }
    answer = client.post("/registers/assays/EXOME/versions/+new/", values, follow=True)

    assert answer.redirect_chain == [("/registers/assays/EXOME/", 302)]
    assert "Not yet validated" in text(answer)
    version = AssayVersion.objects.get()
    assert (version.assay, version.callable_depth_reads, version.baits) == (Assay.objects.get(), 30, None)


@pytest.mark.parametrize(
    "path",
    [
        "/registers/genomes/+new/",
        "/registers/materials/+new/",
        "/registers/assays/+new/",
        "/registers/materials/RM-X/truth-sets/+new/",
        "/registers/assays/A-X/versions/+new/",
    ],
)
def test_registers__are_not_written_by_technicians(client_of: ClientOf, technician: User, path: str) -> None:
    make.reference_material(code="RM-X")
    Assay.objects.create(code="A-X", name_en="a", name_zh="a", registered_by=make.somebody())
    client = client_of(technician)
    assert client.get(path).status_code == 403
    assert client.post(path, {"code": "X"}).status_code == 403


@pytest.mark.parametrize("path", ["genomes/x/", "materials/x/", "assays/x/", "truth-sets/0/retire/"])
def test_what_is_not_there__is_not_found(client_of: ClientOf, supervisor: User, path: str) -> None:
    assert client_of(supervisor).get(f"/registers/{path}").status_code == 404
