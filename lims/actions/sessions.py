"""Log-in and log-out, and what is written of them."""

from __future__ import annotations

from django.contrib import auth
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from lims.audit import acting, record_event
from lims.choices import AccountKind
from lims.exceptions import InvalidInput
from lims.models import User

# In whose name a try is written before anybody has shown who they are; no account can have this name.
NOBODY = User(username="(anonymous)", printed_name="")


def authenticate(*, request: HttpRequest, username: str, password: str) -> User:
    """Return the person whose name and password these are; failures are counted and written.

    Raises
    ------
    InvalidInput
        Wrong, in one sentence that does not tell which of the two. After too many, the answer to the request becomes
        the page of the lock-out whatever the view returns.
    """
    user = auth.authenticate(request, username=username, password=password)
    if user is None or user.kind != AccountKind.PERSON:
        _note_refusal(request, username)
        raise InvalidInput(_("The user name or the password is not right."), code="credentials_invalid")
    return user


def log_in(*, request: HttpRequest, user: User, needs_code: bool) -> None:
    """Begin the session; where a second factor is enrolled, everything but entering its code stays closed."""
    with acting(by=user, action="sessions.log_in"):
        auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        request.session["second_factor_pending"] = needs_code
        record_event("lims_user", str(user.pk), {"second_factor_pending": needs_code})


def log_out(*, by: User, request: HttpRequest) -> None:
    """End the session."""
    with acting(by=by, action="sessions.log_out"):
        record_event("lims_user", str(by.pk))
        auth.logout(request)


def _note_refusal(request: HttpRequest, username: str) -> None:
    """Write the try; a name that is no account's is not kept: people type passwords into that field."""
    known = User.objects.filter(username=username).first()
    facts = {
        "username": known.username if known else "",
        "locked_out": bool(getattr(request, "axes_locked_out", False)),
    }
    with acting(by=NOBODY, action="sessions.refuse"):
        record_event("lims_user", str(known.pk) if known else "", facts)
