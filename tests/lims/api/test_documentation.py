"""docs/api.md and the example client do what they say, against a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from lims.choices import KeyScope
from lims.models import AssayVersion, Library, Run, RunLibrary, Sample
from tests.conftest import ROOT
from tests.factories import lims as make
from tests.factories import people as make_people
from tests.factories import validation as make_validation

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture
def assay_version(transactional_db: None) -> AssayVersion:
    make.reference_material(code="NA12878")
    assay = make.assay_version().assay
    assay.code = "EXOME"
    assay.save()
    return make.assay_version(assay=assay, version="v3")


@pytest.fixture
def environ(assay_version: AssayVersion, live_server: Any) -> dict[str, str]:
    _key, secret = make_people.machine_key(scopes=(KeyScope.READ, KeyScope.RUNS_WRITE, KeyScope.FILES_WRITE))
    return {**os.environ, "EXOMARK_URL": live_server.url, "EXOMARK_KEY": secret}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


def test_page__every_line_of_it_works(environ: dict[str, str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    answers = [
        subprocess.run(["bash", "-euc", block], env=environ, capture_output=True, text=True, check=False)
        for block in blocks("sh")
    ]

    assert [answer.returncode for answer in answers] == [0] * len(answers), [each.stdout for each in answers]
    me, registered, differing, read = (answer.stdout for answer in answers)
    assert json.loads(me)["key"]["scopes"] == ["read", "runs:write", "files:write"]
    once, again = registered.splitlines()[-2:]
    assert once == again
    body, status = differing.rsplit("}", 1)
    assert status.strip() == "409"
    assert json.loads(body + "}") == json.loads(blocks("json")[0])
    assert [len(json.loads(line)["results"]) for line in read.splitlines()] == [1, 1, 1, 0]


def test_page__names_every_filter_that_lists_have() -> None:
    description = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    page = re.sub(r"<(\w+)>", r"{\1}", PAGE)
    rows = re.findall(r"^\| (`.*?/`.*?) \| (.*?)\|$", page, re.M)
    said = {
        f"/api/v1/{path}": set(re.findall(r"`(\w+)`", filters))
        for paths, filters in rows
        for path in re.findall(r"`(.*?)`", paths)
    }
    offered = {
        path: {each["name"] for each in methods["get"]["parameters"] if each["in"] == "query"} - {"cursor", "page_size"}
        for path, methods in description["paths"].items()
        if any(each["name"] == "cursor" for each in methods.get("get", {}).get("parameters", []))
    }
    assert said == offered


def client(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(ROOT / "scripts" / "example_client.py"), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


WANTED = ("--sample", "S1", "--library", "L1", "--run", "R1", "--assay", "EXOME", "--assay-version", "v3")


def test_example_client__registers_once_and_prints_what_was_measured(environ: dict[str, str]) -> None:
    first = client(environ, *WANTED)
    assert (first.returncode, first.stdout) == (0, ""), first.stderr
    place = RunLibrary.objects.get()
    make_validation.result(place, make_validation.proportion_metric(), counts=(970, 1000))
    second = client(environ, *WANTED)

    assert (second.returncode, second.stdout) == (0, "target_fraction_20x\t\t0.97\t\t970 / 1000\n"), second.stderr
    assert (Sample.objects.count(), Library.objects.count(), Run.objects.count()) == (1, 1, 1)


def test_example_client__says_what_the_laboratory_refuses(environ: dict[str, str]) -> None:
    refused = client(environ, *WANTED[:-1], "v9")
    assert refused.returncode == 1
    assert "assay_version: There is no version v9 of EXOME." in refused.stderr
