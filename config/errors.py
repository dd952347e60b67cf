"""Errors become answers here, once: pages for people, `{message, code, fields}` for machines."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from lims.exceptions import DomainError
from lims.problems import problem, problem_of

log = structlog.get_logger()


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _page(request: HttpRequest, status: int, message: str, code: str) -> HttpResponse:
    if _is_api(request):
        return JsonResponse(problem(message, code), status=status)
    return render(request, f"errors/{status}.html", {"message": message}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself cannot be read."""
    return _page(request, 400, _("The request could not be read."), "bad_request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: refused without a domain error to say more."""
    return _page(request, 403, _("You may not do this."), "not_permitted")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's security token is missing or too old."""
    message = _("The security token of this form is missing or too old. Reload the page and send it again.")
    return _page(request, 403, message, "csrf_failed")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _page(request, 404, _("There is nothing at this address."), "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; the request id lets the log be found."""
    return _page(request, 500, _("Something went wrong on our side. It has been logged."), "server_error")


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Translate every error of an API view into the one problem shape."""
    if isinstance(error, DomainError):
        set_rollback()
        return Response(problem_of(error), status=error.status)
    if isinstance(error, Http404):
        error = drf.NotFound()
    elif isinstance(error, PermissionDenied):
        error = drf.PermissionDenied()
    if not isinstance(error, drf.APIException):
        return None
    set_rollback()
    headers = {"Retry-After": str(int(error.wait))} if isinstance(error, drf.Throttled) and error.wait else {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    return Response(_problem_of_drf(error), status=error.status_code, headers=headers)


def _problem_of_drf(error: drf.APIException) -> dict[str, Any]:
    if isinstance(error, drf.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"": error.detail}
        return problem(_("Some values cannot be used."), "invalid", fields)
    return problem(str(error.detail), str(getattr(error.detail, "code", error.default_code)))
