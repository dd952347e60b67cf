"""What the apps above add to pages of this one: `lims` cannot import them, so they offer modules of agreed names."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps


@cache
def modules_named(name: str) -> tuple[ModuleType, ...]:
    """Return `<app>.selectors.<name>` of every installed app that has one, in the order of the settings."""
    packages = [f"{config.name}.selectors" for config in apps.get_app_configs()]
    return tuple(
        import_module(f"{package}.{name}")
        for package in packages
        if find_spec(package) and find_spec(f"{package}.{name}")
    )
