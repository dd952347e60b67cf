"""Pages and API lists ask the database as often for thirty rows as for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lims.choices import FileKind, Role
from lims.models import User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import validation as make_study
from validation.actions import criteria, evidence
from validation.actions import studies as study_actions
from validation.models import Study

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
MANY = 30


def samples(count: int) -> None:
    material = make.reference_material()
    for _number in range(count):
        make.library(sample=make.sample(reference_material=material))


def runs(count: int) -> None:
    for _number in range(count):
        make.run_library()


def on_one_run(count: int) -> None:
    """Libraries of one sample on one run, each with files, a job and results."""
    run = _the("run", lambda: make.run(code="THE-RUN"))
    sample = _the("sample", lambda: make.sample(code="THE-SAMPLE", reference_material=make.reference_material()))
    metric = make_study.proportion_metric()
    for _number in range(count):
        place = make.run_library(run=run, library=make.library(sample=sample))
        make.data_file(run_library=place, kind=FileKind.BAM)
        make_study.result(place, metric, counts=(9, 10))


def on_one_library(count: int) -> None:
    """One library on a run with many files, jobs and metrics."""
    place = _the("place", lambda: make.run_library(run=make.run(code="THE-RUN"), library=make.library(code="THE-LIB")))
    for _number in range(count):
        make.data_file(run_library=place, kind=FileKind.BAM)
        make_study.result(place, make.metric(), value=1.0)


def registers(count: int) -> None:
    for _number in range(count):
        make.truth_set()
        make.assay_version()


def studies(count: int) -> None:
    author = _the("author", lambda: make.person("author", Role.TECHNICIAN))
    for _number in range(count):
        make_study.draft(by=author)


def in_one_study(count: int) -> None:
    """A study with many criteria, results and judgements."""
    author = _the("author", lambda: make.person("author", Role.TECHNICIAN))
    locker = _the("locker", lambda: make.person("locker", Role.SUPERVISOR))
    metrics = [make_study.proportion_metric(f"metric-{number}") for number in range(count)]
    study = make_study.draft(by=author, title="The study")
    for metric in metrics:
        criteria.add(by=author, study=study, demand=make_study.demand(metric, "0.5"))
    study_actions.lock(by=locker, study=study, password=PASSWORD)
    run = make.run(assay_version=study.assay_version)
    jobs = [make_study.result(make.run_library(run=run), metric, counts=(9, 10)) for metric in metrics]
    evidence.collect(by=author, study=study, jobs=jobs)


_made: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def _nothing_made_yet() -> None:
    _made.clear()


def _the(name: str, maker: Callable[[], Any]) -> Any:
    if name not in _made:
        _made[name] = maker()
    return _made[name]


PAGES: dict[str, tuple[Callable[[int], None], Callable[[], str]]] = {
    "samples": (samples, lambda: "/samples/"),
    "sample": (on_one_run, lambda: "/samples/THE-SAMPLE/"),
    "runs": (runs, lambda: "/runs/"),
    "run": (on_one_run, lambda: "/runs/THE-RUN/"),
    "results": (on_one_library, lambda: "/runs/THE-RUN/THE-LIB/"),
    "registers": (registers, lambda: "/registers/"),
    "studies": (studies, lambda: "/validation/"),
    "study": (in_one_study, lambda: Study.objects.filter(title="The study").latest("id").get_absolute_url()),
    "API samples": (samples, lambda: "/api/v1/samples/"),
    "API libraries": (samples, lambda: "/api/v1/libraries/"),
    "API runs": (runs, lambda: "/api/v1/runs/"),
    "API libraries of a run": (on_one_run, lambda: "/api/v1/runs/THE-RUN/libraries/"),
    "API measurements": (on_one_run, lambda: "/api/v1/measurements/"),
    "API assays": (registers, lambda: "/api/v1/assays/"),
    "API truth sets": (registers, lambda: "/api/v1/truth-sets/"),
    "API genomes": (registers, lambda: "/api/v1/genomes/"),
    "API studies": (studies, lambda: "/api/v1/studies/"),
    "API study": (
        in_one_study,
        lambda: f"/api/v1/studies/{Study.objects.filter(title='The study').latest('id').code}/",
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_page__asks_as_often_for_many_rows_as_for_one(name: str, client_of: ClientOf, auditor: User) -> None:
    make_rows, address = PAGES[name]
    client = client_of(auditor)

    def queries() -> list[str]:
        client.get(address())  # once for what is read once per process
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address())
        assert answer.status_code == 200
        return [query["sql"] for query in captured]

    make_rows(1)
    few = queries()
    make_rows(MANY)
    many = queries()

    assert len(many) == len(few), "\n".join(sorted(set(many) - set(few)))
