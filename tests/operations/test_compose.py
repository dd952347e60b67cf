"""The production stack's description: valid by the Compose specification, and true to what the code needs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import ComposeSpecification, PyCompose

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
OURS = ("prepare", "web", "worker", "scheduler")


def interpolated(text: str) -> str:
    """Fill the variables as `docker compose` would: with their default, or a host name where they must be given."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{\w+:\?[^}]*\}", "exomark.example.org", text)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(TEXT)


def test_compose_file__follows_the_specification(compose: dict[str, Any]) -> None:
    PyCompose.from_yaml(interpolated(yaml.safe_dump(compose)))  # anchors resolved
    ComposeSpecification.model_validate({key: value for key, value in compose.items() if not key.startswith("x-")})


def test_specification__refuses_what_it_does_not_know(compose: dict[str, Any]) -> None:
    """The check above can fail."""
    compose = {key: value for key, value in compose.items() if not key.startswith("x-")}
    compose["services"]["web"]["depends_on"] = 3
    with pytest.raises(ValueError, match="depends_on"):
        ComposeSpecification.model_validate(compose)


def test_every_secret__is_declared_and_made_by_the_script(compose: dict[str, Any]) -> None:
    used = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert used == set(compose["secrets"])

    script = (ROOT / "docker" / "make-secrets.sh").read_text(encoding="utf-8")
    assert all(name in script for name in used)


def test_no_secret__stands_in_the_file(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in (service.get("environment") or {}).items():
            if re.search(r"PASSWORD|KEY|SECRET|URL", name):
                assert name.endswith("_FILE"), name
                assert str(value).startswith("/run/secrets/")


def test_our_services__run_without_rights(compose: dict[str, Any]) -> None:
    for name in OURS:
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    assert re.search(r"^USER exomark$", (ROOT / "docker" / "Dockerfile").read_text(), re.M)


def test_our_services__call_parts_that_the_entry_point_has(compose: dict[str, Any]) -> None:
    entry_point = (ROOT / "docker" / "entrypoint.sh").read_text(encoding="utf-8")
    for name in OURS:
        (command,) = compose["services"][name]["command"]
        assert f"  {command})" in entry_point


def test_every_variable__is_one_that_the_settings_read(compose: dict[str, Any]) -> None:
    settings = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    for name in OURS:
        for variable in compose["services"][name]["environment"]:
            assert f'"{variable.removesuffix("_FILE")}"' in settings, variable


def test_postgres_client__is_of_the_servers_major_version(compose: dict[str, Any]) -> None:
    major = compose["services"]["postgres"]["image"].partition(":")[2]
    assert f"postgresql-client-{major}" in (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")


def test_secrets_script__makes_urls_that_fit_the_passwords(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_text((ROOT / "docker" / "make-secrets.sh").read_text())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    made = tmp_path / "secrets"
    password = (made / "database_app_password").read_text()
    assert len(password) == 64
    assert (made / "database_url").read_text() == f"postgresql://exomark_app:{password}@postgres:5432/exomark"

    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    assert (made / "database_app_password").read_text() == password
