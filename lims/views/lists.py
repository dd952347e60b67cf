"""How every list page is made: a guarded queryset, its filters, its table."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_filters import FilterSet
from django_tables2 import RequestConfig, Table

ROWS_PER_PAGE = 50


def show(
    request: HttpRequest,
    *,
    rows: QuerySet[Any],
    filters: type[FilterSet],
    table: type[Table],
    template: str,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Answer with one page of the rows that the filters let through."""
    chosen = filters(request.GET, queryset=rows, request=request)
    shown = table(chosen.qs, request=request)
    shown.is_filtered = chosen.form.has_changed()
    RequestConfig(request, paginate={"per_page": ROWS_PER_PAGE}).configure(shown)
    return render(request, template, {"filter": chosen, "table": shown, **(context or {})})
