"""Studies over REST: read by people who may read studies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from lims.models import User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import people as make_people
from tests.factories import validation as make_study
from validation.actions import evidence
from validation.models import Study

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(technician: User, supervisor: User) -> Study:
    """One criterion that 970 of 1000 meets, and one that nothing answers."""
    metric, silent = make_study.proportion_metric(), make_study.proportion_metric("ppa_all")
    demands = [make_study.demand(metric, "0.95"), make_study.demand(silent, "0.99", variant_type="SNP")]
    study = make_study.locked(by=technician, locker=supervisor, password=PASSWORD, demands=demands)
    place = make.run_library(run=make.run(assay_version=study.assay_version))
    job = make_study.result(place, metric, counts=(970, 1000))
    evidence.collect(by=technician, study=study, jobs=[job])
    return study


def test_detail__carries_judgement_and_evidence(
    client_of: Callable[[User], Client], auditor: User, judged: Study
) -> None:
    shown = client_of(auditor).get(f"/api/v1/studies/{judged.code}/").json()

    assert (shown["state"], shown["assay"], shown["locked_by"]) == (
        "locked",
        judged.assay_version.assay.code,
        "supervisor",
    )
    silent, met = shown["judgement"]  # what is not met comes first
    assert (silent["metric"], silent["verdict"], silent["value"]) == ("ppa_all", "not_evaluated", None)
    assert (met["metric"], met["verdict"], met["numerator"], met["denominator"]) == (
        "target_fraction_20x",
        "met",
        970,
        1000,
    )
    assert (met["limit"], met["value"]) == ("0.95", 0.97)
    (item,) = shown["evidence"]
    assert (item["kind"], item["excluded_at"]) == ("coverage", None)


def test_list__is_filtered(client_of: Callable[[User], Client], auditor: User, judged: Study) -> None:
    client = client_of(auditor)

    def codes(query: str) -> list[str]:
        return [row["code"] for row in client.get(f"/api/v1/studies/{query}").json()["results"]]

    assert codes("") == codes("?state=locked") == codes(f"?assay={judged.assay_version.assay.code}") == [judged.code]
    assert codes("?state=approved") == codes("?assay=another") == []


def test_studies__are_not_for_machines(judged: Study) -> None:
    _key, secret = make_people.machine_key()
    answer = Client(headers={"Authorization": f"Bearer {secret}"}).get(f"/api/v1/studies/{judged.code}/")
    assert answer.status_code == 403
