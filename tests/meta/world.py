"""One row of every kind that an address can name, so that every route of the product can be called for real."""

from __future__ import annotations

import re

from lims.choices import Role
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import people as make_people
from tests.factories import validation as make_validation
from tests.lims.actions.test_signatures import sign
from validation.models import Evidence

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def build() -> dict[str, str]:
    """Make the rows; return what stands in an address, by `<segment before>/<parameter>`.

    A parameter that follows another one is found by its own name.
    """
    author, locker = make.person("author", Role.TECHNICIAN), make.person("locker", Role.SUPERVISOR)
    key, _secret = make_people.machine_key()
    place = make.run_library()
    truth = make.truth_set()
    version = make.assay_version()
    metric = make_validation.proportion_metric()
    study = make_validation.locked(
        by=author, locker=locker, password=PASSWORD, demands=[make_validation.demand(metric, "0.95")]
    )
    job = make_validation.result(place, metric, value=0.99)
    evidence = Evidence.objects.create(study=study, job=job, added_by=author)
    uploaded = make.data_file()
    return {
        "people/username": "author",
        "roles/role": Role.TECHNICIAN.value,
        "keys/prefix": key.prefix,
        "samples/code": place.library.sample.code,
        "libraries/code": place.library.code,
        "runs/code": place.run.code,
        "runs/run": place.run.code,
        "library": place.library.code,
        "libraries/library": place.library.code,
        "metrics/code": metric.code,
        "studies/code": study.code,
        "reference-materials/code": truth.material.code,
        "assays/assay": version.assay.code,
        "versions/version": version.version,
        "genomes/code": truth.genome.code,
        "materials/code": truth.material.code,
        "truth-sets/pk": str(truth.pk),
        "assays/code": version.assay.code,
        "validation/code": study.code,
        "criteria/position": "1",
        "evidence/pk": str(evidence.pk),
        "signatures/pk": str(sign(locker).pk),
        "files/public_id": str(uploaded.public_id),
        "uploads/public_id": str(make.upload().public_id),
        "jobs/public_id": str(job.public_id),
        "export/file_format": "csv",
    }


def address_of(route: str, values: dict[str, str]) -> str:
    """Fill the parameters of a route."""
    segments = route.split("/")
    filled = []
    for place, segment in enumerate(segments):
        found = _PARAMETER.search(segment)
        if found is None:
            filled.append(segment)
            continue
        before = segments[place - 1] if place and not _PARAMETER.search(segments[place - 1]) else ""
        key = f"{before}/{found[1]}" if before else found[1]
        if key not in values:
            raise AssertionError(f"tests/meta/world.py does not say what {key!r} is in {route}: add a row for it.")
        filled.append(_PARAMETER.sub(values[key], segment))
    return "/" + "/".join(filled)
