"""How every form page is made: the input is kept, what is wrong stands at its field, a refused form answers 422."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise

from lims.exceptions import InvalidInput

Done = tuple[str, str | Promise]


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, also where that is nothing; None where it is only shown."""
    return request.POST if request.method == "POST" else None


def add_errors(form: Form, error: InvalidInput) -> None:
    """Put an action's refusal onto the form: sentences at their fields, the rest on top."""
    at_fields = {name: sentence for name, sentence in error.fields.items() if name in form.fields}
    for name, sentence in at_fields.items():
        form.add_error(name, str(sentence))
    if not at_fields:
        form.add_error(None, str(error))


def enter(
    request: HttpRequest,
    *,
    form: Form,
    act: Callable[[dict[str, Any]], Done],
    template: str,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a form, or hand its values to `act`, which returns where to go and what to say.

    Parameters
    ----------
    form : Form
        Bound when the request carries values.
    act : callable
        Takes the cleaned values; its `InvalidInput` goes back to the fields.
    """
    if form.is_bound and form.is_valid():
        try:
            url, sentence = act(form.cleaned_data)
        except InvalidInput as error:
            add_errors(form, error)
        else:
            messages.success(request, sentence)
            return HttpResponseRedirect(url)
    return render(request, template, {"form": form, **(context or {})}, status=422 if form.is_bound else 200)
