"""The audit trail for auditors, its export, and the state of a signature."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from lims import signing
from lims.actions import audit_trail as actions
from lims.documents import audit_export
from lims.exceptions import NotFound
from lims.filters.audit import AuditFilter
from lims.models import User
from lims.selectors import audit, signatures


@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """Show a page of the trail, newest first, as the filters ask."""
    entries = audit.entries_for(user=_user(request))
    chosen = AuditFilter(request.GET, queryset=entries, request=request)
    page = audit.page_of(
        chosen.qs if chosen.is_valid() else entries.none(),
        older_than=_number(request, "older_than"),
        newer_than=_number(request, "newer_than"),
    )
    context = {
        "filter": chosen,
        "page": page,
        "head": audit.head(),
        "verification": audit.last_verification(),
        "query": _query_of(request),
    }
    return render(request, "lims/audit_list.html", context, status=200 if chosen.is_valid() else 422)


@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Verify the chain from where it was last found intact."""
    report = actions.verify(by=_user(request))
    if report.fault:
        messages.error(request, report.fault)
    else:
        sentence = format_lazy(
            _("The audit trail is intact up to entry {number}."), number=str(report.verified_to.sequence)
        )
        messages.success(request, sentence)
    return redirect("audit-list")


@require_safe
def audit_export_view(request: HttpRequest, file_format: str) -> StreamingHttpResponse:
    """Carry the filtered trail out as CSV or JSON; that this was done is written into the trail."""
    user = _user(request)
    entries = audit.entries_for(user=user)
    writer = audit_export.WRITERS.get(file_format)
    if writer is None:
        raise NotFound(_("The audit trail is exported as csv or json."))
    chosen = AuditFilter(request.GET, queryset=entries, request=request)
    rows = chosen.qs.order_by("id") if chosen.is_valid() else entries.none()
    actions.note_export(by=user, filters=_filters_of(request), file_format=file_format)
    return StreamingHttpResponse(
        writer.write(rows.iterator(chunk_size=2000)),
        content_type=writer.content_type,
        headers={"Content-Disposition": f'attachment; filename="audit-trail.{file_format}"'},
    )


@require_safe
def signature_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a signature and whether what was signed still stands."""
    signature = signatures.get_for(user=_user(request), pk=pk)
    record = signing.find(signature.record_type)
    context = {
        "signature": signature,
        "state": signatures.current_state(signature),
        "record_label": record.label if record else signature.record_type,
        "record_url": record.url(signature.record_id) if record else "",
    }
    return render(request, "lims/signature_detail.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() else None


def _filters_of(request: HttpRequest) -> dict[str, Any]:
    return {name: value for name, value in request.GET.items() if value and name in AuditFilter.base_filters}


def _query_of(request: HttpRequest) -> str:
    """Return the filters as the query that the links to other pages and to the export carry on."""
    parameters = request.GET.copy()
    for name in ("older_than", "newer_than"):
        parameters.pop(name, None)
    return parameters.urlencode()


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
