"""Every view of the REST interface says what it needs: to read, to write, and with which scope of a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from rest_framework.permissions import IsAuthenticated

from lims.api.permissions import DenyByDefault
from lims.choices import KeyScope
from lims.permissions import Permission
from tests.meta.test_routes import OWN

READING, WRITING = {"get"}, {"post", "put", "patch", "delete"}


def _views(resolver: URLResolver) -> Iterator[tuple[str, type[Any]]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _views(entry)
        elif isinstance(entry, URLPattern) and (entry.name or "").startswith("api-"):
            callback = getattr(entry.callback, "__wrapped__", entry.callback)
            yield entry.name or "", getattr(callback, "cls", None) or callback.view_class


VIEWS = dict(_views(get_resolver()))
GUARDED = {name: view for name, view in VIEWS.items() if name not in OWN}


def methods_of(view: type[Any]) -> set[str]:
    return {method for method in READING | WRITING if hasattr(view, method)}


@pytest.mark.parametrize("name", sorted(GUARDED))
def test_view__is_refused_by_default_and_says_what_opens_it(name: str) -> None:
    view = GUARDED[name]
    assert all(issubclass(permission, DenyByDefault) for permission in view.permission_classes)
    assert view.permission_classes
    if methods_of(view) & READING:
        assert isinstance(view.read_permission, Permission)
    if methods_of(view) & WRITING:
        assert isinstance(view.write_permission, Permission)
        assert isinstance(view.write_scope, KeyScope)
        assert view.write_scope != KeyScope.READ


@pytest.mark.parametrize("name", sorted(set(VIEWS) & set(OWN)))
def test_view_for_everybody__only_reads(name: str) -> None:
    assert VIEWS[name].permission_classes == [IsAuthenticated]
    assert methods_of(VIEWS[name]) <= READING
