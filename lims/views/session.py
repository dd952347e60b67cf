"""Log-in, second factor and log-out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Say that the account is locked after failed tries, and for how long."""
    return render(request, "errors/locked_out.html", status=429)
