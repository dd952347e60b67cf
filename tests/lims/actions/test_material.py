"""Registering samples, libraries and runs: once, by whoever works at the bench, named in the trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from lims.actions import material
from lims.exceptions import InvalidInput, NotPermitted
from lims.models import AuditEntry, Library, Run, RunLibrary, Sample, User
from tests.factories import lims as make

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Case:
    """One action with values that it takes."""

    act: Callable[..., Model]
    model: type[Model]
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"material.{self.act.__name__}"


@pytest.fixture(params=["register_sample", "register_library", "register_run", "load_library"])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "register_sample":
        return Case(material.register_sample, Sample, {"code": "S1", "reference_material": make.reference_material()})
    if request.param == "register_library":
        return Case(material.register_library, Library, {"code": "L1", "sample": make.sample()})
    if request.param == "register_run":
        return Case(material.register_run, Run, {"code": "R1", "assay_version": make.assay_version()})
    return Case(material.load_library, RunLibrary, {"run": make.run(), "library": make.library()})


def entries(name: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=name))


def test_act__makes_one_row_that_the_trail_names(case: Case, technician: User) -> None:
    row = case.act(by=technician, **case.values)

    assert case.model.objects.get() == row
    for name, value in case.values.items():
        assert getattr(row, name) == value
    (entry,) = entries(case.name)
    assert (entry.actor, entry.operation, entry.object_type) == ("technician", "insert", case.model._meta.db_table)
    assert entry.object_id == str(row.pk)


@pytest.mark.parametrize("role", ["director", "auditor", "administrator", "outsider"])
def test_act__is_refused_to_those_who_only_read(case: Case, role: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(NotPermitted, match="Technician"):
        case.act(by=request.getfixturevalue(role), **case.values)
    assert not case.model.objects.exists()
    assert entries(case.name) == []


def test_act__twice_is_refused_and_leaves_the_first(case: Case, technician: User) -> None:
    row = case.act(by=technician, **case.values)
    with pytest.raises(InvalidInput) as refused:
        case.act(by=technician, **case.values)
    assert set(refused.value.fields) <= {"code", "library"}
    assert refused.value.fields
    assert case.model.objects.get() == row


def test_act__inside_a_larger_act_that_fails_leaves_nothing(case: Case, technician: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        case.act(by=technician, **case.values)
        raise RuntimeError
    assert not case.model.objects.exists()
    assert entries(case.name) == []


@pytest.mark.parametrize("code", ["", "with space", "-begins-badly", "a/b", "é", "x" * 65])
def test_codes__stand_in_addresses_and_are_refused_where_they_could_not(technician: User, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        material.register_sample(by=technician, code=code)
    assert list(refused.value.fields) == ["code"]


def test_sample__is_received_now_unless_it_is_said(technician: User) -> None:
    before = timezone.now()
    assert before <= material.register_sample(by=technician, code="S1").received_at <= timezone.now()
    told = material.register_sample(by=technician, code="S2", received_at=before.replace(year=2020))
    assert told.received_at.year == 2020


def test_sample__is_called_in_files_by_its_code_unless_it_is_said(technician: User) -> None:
    assert material.register_sample(by=technician, code="S1").name_in_files == "S1"
    assert material.register_sample(by=technician, code="S2", sequencing_name="HG001").name_in_files == "HG001"


def test_library__has_its_indexes_in_capitals(technician: User) -> None:
    library = material.register_library(
        by=technician, code="L1", sample=make.sample(), index_i7="acgt", index_i5="ttgg", input_ng=Decimal("12.5")
    )
    library.refresh_from_db()
    assert (library.index_i7, library.index_i5, library.input_ng) == ("ACGT", "TTGG", Decimal("12.5"))


def test_run__of_a_retired_assay_version_is_refused(technician: User) -> None:
    version = make.assay_version(retired_at=timezone.now())
    with pytest.raises(InvalidInput, match=f"{version} is retired") as refused:
        material.register_run(by=technician, code="R1", assay_version=version)
    assert list(refused.value.fields) == ["assay_version"]


def test_library__stands_on_a_run_once_whatever_the_lane(technician: User) -> None:
    place = make.run_library(lane=1)
    with pytest.raises(InvalidInput, match="is already on") as refused:
        material.load_library(by=technician, run=place.run, library=place.library, lane=2)
    assert refused.value.code == "already_loaded"
    assert material.load_library(by=technician, run=make.run(), library=place.library).lane is None
