"""A study at each step of its life."""

from __future__ import annotations

import pytest

from lims.models import Metric, RunLibrary, User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import validation as make_study
from validation.actions import evidence, studies
from validation.models import Study


@pytest.fixture
def metric(db: None) -> Metric:
    return make_study.proportion_metric()


@pytest.fixture
def draft(technician: User, metric: Metric) -> Study:
    """The technician's draft with one criterion: at least 95 % of the targets at 20x."""
    return make_study.draft_with(by=technician, demands=[make_study.demand(metric, "0.95")])


@pytest.fixture
def locked(draft: Study, supervisor: User) -> Study:
    studies.lock(by=supervisor, study=draft, password=PASSWORD)
    draft.refresh_from_db()
    return draft


@pytest.fixture
def place(locked: Study) -> RunLibrary:
    return make.run_library(run=make.run(assay_version=locked.assay_version))


@pytest.fixture
def submitted(locked: Study, place: RunLibrary, metric: Metric, technician: User) -> Study:
    """Submitted with 980 of 1000 bases: the criterion is met."""
    evidence.collect(by=technician, study=locked, jobs=[make_study.result(place, metric, counts=(980, 1000))])
    return studies.submit(by=technician, study=locked, conclusion="Fit for use.")


@pytest.fixture
def approved(submitted: Study, director: User) -> Study:
    studies.approve(by=director, study=submitted, password=PASSWORD)
    submitted.refresh_from_db()
    return submitted
