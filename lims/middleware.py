"""What every request passes: an id for logs and audit, the person's language, and one translation of domain errors."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils import translation

from lims.audit import RequestFacts, request_facts
from lims.exceptions import DomainError

View = Callable[[HttpRequest], HttpResponse]
_CLEAN_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIdMiddleware:
    """Give every request an id (a well-formed `X-Request-ID` is kept) for the logs, the audit trail and the answer."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _CLEAN_REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        token = request_facts.set(RequestFacts(request_id, client_address(request)))
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                response = self.get_response(request)
        finally:
            request_facts.reset(token)
        response["X-Request-ID"] = request_id
        return response


def client_address(request: HttpRequest) -> str:
    """Return the caller's address: the one that the outermost trusted proxy saw."""
    proxies = settings.AXES_IPWARE_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


class UserLanguageMiddleware:
    """Answer in the language that the person chose; else the cookie's; else the browser's; else English."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "") or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class SecondFactorMiddleware:
    """Let a person who enrolled a second factor, or must change the password, do only that until it is done."""

    allowed = ("session-verify", "session-delete", "password-update", "language-update")

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = self._wanted(request)
        if wanted and self._url_name(request) not in self.allowed:
            return redirect(wanted)
        return self.get_response(request)

    def _wanted(self, request: HttpRequest) -> str | None:
        user = request.user
        if not user.is_authenticated or request.path_info.startswith("/api/"):
            return None  # the REST interface refuses by itself, in its own shape
        if request.session.get("second_factor_pending"):
            return "session-verify"
        return "password-update" if user.must_change_password else None

    def _url_name(self, request: HttpRequest) -> str | None:
        try:
            return resolve(request.path_info).url_name
        except Resolver404:
            return None


class DomainErrorMiddleware:
    """Show a domain error that no view caught as its page: 403 names the missing role, 409 and 422 say what to do."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        template = f"errors/{error.status}.html" if error.status in (403, 404) else "errors/refused.html"
        return render(request, template, {"error": error}, status=error.status)
