"""The page Today, the search field's answers, and the choice of language: the frame's own pages."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from lims.actions import preferences
from lims.exceptions import InvalidInput
from lims.models import User
from lims.selectors import search as search_selector
from lims.selectors import today as today_selector


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person and what is under way; the jobs' part refreshes itself."""
    user = cast("User", request.user)
    today_selector.check_has_role(user)
    jobs = today_selector.unfinished_jobs_for(user=user)[: today_selector.MOST_ROWS]
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "lims/today.html#jobs", {"jobs": jobs})
    context = {
        "failures": today_selector.failures_for(user=user),
        "signatures": today_selector.signatures_for(user=user),
        "jobs": jobs,
    }
    return render(request, "lims/today.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Go straight to the one record that the text means; else list what it may mean, or say that it is unknown."""
    text = request.GET.get("q", "").strip()
    matches = search_selector.matches_for(user=cast("User", request.user), text=text)
    meant = search_selector.the_one_meant(matches)
    if meant is not None:
        return redirect(meant.url)
    status = 200 if matches or not text else 404
    return render(request, "lims/search.html", {"matches": matches, "search_text": text}, status=status)


@login_not_required
@require_POST
def language_update(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language: on the account of who is logged in, and in the browser."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated:
        preferences.choose_language(by=request.user, language=language)
    elif language not in dict(settings.LANGUAGES):
        raise InvalidInput("This language is not offered.")
    response = HttpResponseRedirect(_local_address(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def _local_address(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_local = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_local else "/"
