"""The committed description of the REST interface is valid and is what the code gives."""

from __future__ import annotations

import json
import subprocess
import sys

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.conftest import ROOT

COMMITTED = ROOT / "docs" / "openapi.json"


def generated() -> dict[str, object]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return json.loads(json.dumps(schema, default=str))


def test_description__is_up_to_date() -> None:
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == generated(), "run python scripts/openapi.py"


def test_description__is_valid_openapi() -> None:
    validate_schema(json.loads(COMMITTED.read_text(encoding="utf-8")))


def test_every_operation__describes_its_problems() -> None:
    paths = json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]
    assert len(operations) > 25
    for operation in operations:
        assert {"401", "403", "429"} <= set(operation["responses"]), operation["operationId"]


def test_script__gives_the_same_bytes_again() -> None:
    before = COMMITTED.read_bytes()
    try:
        subprocess.run([sys.executable, "scripts/openapi.py"], cwd=ROOT, check=True, capture_output=True)
        assert COMMITTED.read_bytes() == before
    finally:
        COMMITTED.write_bytes(before)
