"""Signs of life for whatever watches the application; no person looks at them."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from lims import observation
from lims.selectors import health


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Everything that work needs is there; else 503 and what is not."""
    parts = health.readiness()
    is_ready = all(outcome == "ok" for outcome in parts.values())
    body = {"status": "ok" if is_ready else "not ready", "parts": parts}
    return JsonResponse(body, status=200 if is_ready else 503)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics for Prometheus, for whoever has the key; without a configured key for nobody."""
    offered = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_KEY or not hmac.compare_digest(offered.encode(), settings.METRICS_KEY.encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="Exomark metrics"'})
    return HttpResponse(observation.exposition(), content_type=CONTENT_TYPE_LATEST)
