"""Every write goes through an action: keyword-only, `by` first, one transaction. Other public functions say why not."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

APPS = ("lims", "validation", "iqc", "sharing")

# Public functions of actions modules that are no actions, and why.
NOT_ACTIONS = {
    "lims.actions.files.ask_for_verification": "part of the act that received the file",
    "lims.actions.files.clean_sha256": "it reads a value and writes nothing",
    "lims.actions.files.describe": "it reads values and writes nothing",
    "lims.actions.files.is_changed": "it looks and writes nothing",
    "lims.actions.health.record_heartbeat": "a sign of life, of which nothing stands in the trail",
    "lims.actions.jobs.ask_for": "part of the act that needs the job",
    "lims.actions.jobs.fingerprint_of": "it computes and writes nothing",
    "lims.actions.jobs.heartbeat": "a sign of life, of which nothing stands in the trail",
    "lims.actions.results.store": "part of the act that finishes the job",
    "lims.actions.uploads.append": "bytes reach the disk before the row counts them, in a transaction of its own",
    "lims.actions.uploads.expire": "each upload ends in an act of its own",
    "lims.actions.uploads.settle": "it makes row and bytes agree; no act of anybody's",
    "lims.actions.uploads.terminate": "bytes and row end together, in an act within",
    "lims.actions.machine_keys.authenticate": "nobody acts yet: it finds out who does",
    "lims.actions.people.system_account": "it finds the account that acts; making it is written in its own name",
    "lims.actions.reauthentication.confirm": "part of the act that asks for it; a failure is noted after its rollback",
    "lims.actions.second_factor.verify": "a failure must stay counted, so success and failure are acts of their own",
    "lims.actions.sessions.authenticate": "nobody acts yet: it finds out who does",
    "lims.actions.sessions.log_in": "an act whose transaction holds the session's beginning",
    "lims.actions.sessions.log_out": "an act whose transaction holds the session's end",
}


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for app in APPS:
        try:
            package = importlib.import_module(f"{app}.actions")
        except ModuleNotFoundError:
            continue
        for module_info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{module_info.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if not name.startswith("_") and function.__module__ == module.__name__:
                    yield f"{module.__name__}.{name}", function


FUNCTIONS = dict(functions())
ACTIONS = {name: function for name, function in FUNCTIONS.items() if hasattr(function, "is_action")}


def test_walk__finds_the_actions() -> None:
    assert {"lims.actions.signatures.sign", "validation.actions.studies.approve"} <= set(ACTIONS)


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_action__is_keyword_only_and_names_who_acts_first(name: str) -> None:
    parameters = list(inspect.signature(ACTIONS[name]).parameters.values())
    assert parameters[0].name == "by"
    assert {parameter.kind for parameter in parameters} <= {
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    }


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_action__says_what_it_does_and_what_types_it_takes(name: str) -> None:
    signature = inspect.signature(ACTIONS[name])
    assert ACTIONS[name].__doc__
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())


def test_other_public_functions__are_listed_with_a_reason() -> None:
    assert set(FUNCTIONS) - set(ACTIONS) == set(NOT_ACTIONS)
