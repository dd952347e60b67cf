"""One field finds anything."""

from __future__ import annotations

import pytest

from lims.exceptions import NotPermitted
from lims.models import User
from lims.selectors import search
from tests.factories import lims as make
from tests.factories import validation as make_studies

pytestmark = pytest.mark.django_db


def found(user: User, text: str) -> list[str]:
    return [match.name for match in search.matches_for(user=user, text=text)]


def meant(user: User, text: str) -> str | None:
    match = search.the_one_meant(search.matches_for(user=user, text=text))
    return match and match.url


def test_an_exact_code_is_meant_though_others_begin_with_it(technician: User) -> None:
    sample = make.sample(code="NA1")
    make.sample(code="NA10")
    assert found(technician, "NA1") == ["NA1", "NA10"]
    assert meant(technician, "NA1") == sample.get_absolute_url()


@pytest.mark.parametrize("text", ["na12878-03", " NA12878-03\n", "NA12878"])
def test_a_scan_is_read_in_any_case_without_its_line_end_and_by_its_beginning(technician: User, text: str) -> None:
    sample = make.sample(code="NA12878-03")
    assert meant(technician, text) == sample.get_absolute_url()


def test_a_beginning_of_several_codes_means_none_of_them(technician: User) -> None:
    make.sample(code="NA1")
    make.library(code="NA2")
    assert sorted(found(technician, "NA")) == ["NA1", "NA2"]
    assert meant(technician, "NA") is None


def test_the_same_exact_code_of_two_kinds_is_left_to_the_person(technician: User) -> None:
    make.sample(code="X1")
    make.library(code="X1")
    assert meant(technician, "X1") is None


def test_each_kind_is_found(technician: User) -> None:
    library, run, job = make.library(code="LIB-7"), make.run(code="230517_A00123"), make.job()
    file = make.data_file(name="reads.bam", content=b"unlike any other")
    study = make_studies.draft(by=technician)
    for text, record in (
        ("LIB-7", library),
        ("230517_A00123", run),
        (str(job.public_id), job),
        (str(file.public_id), file),
        ("reads.bam", file),
        (file.sha256, file),
        (file.sha256[:12].upper(), file),
        (study.code, study),
    ):
        assert meant(technician, text) == record.get_absolute_url(), text


def test_a_short_beginning_of_a_checksum_is_no_search_by_checksum(technician: User) -> None:
    file = make.data_file(name="reads.bam")
    assert found(technician, file.sha256[: search.SHORTEST_CHECKSUM - 1]) == []


def test_the_unknown_and_the_empty_find_nothing(technician: User) -> None:
    make.sample(code="NA1")
    assert found(technician, "unknown") == []
    assert found(technician, "   ") == []


def test_who_may_not_read_the_laboratory_finds_nothing_of_it(administrator: User, technician: User) -> None:
    make.sample(code="NA1")
    make_studies.draft(by=technician, title="Exome")
    assert found(administrator, "NA1") == []
    assert found(administrator, "VS") == []


def test_the_outsider_is_refused(outsider: User) -> None:
    with pytest.raises(NotPermitted):
        search.matches_for(user=outsider, text="NA1")
