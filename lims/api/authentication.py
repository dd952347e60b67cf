"""Who calls the API: a machine by its key, or a person's browser session."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.request import Request

from lims.actions import machine_keys
from lims.api.throttling import RefusalThrottle
from lims.exceptions import NotPermitted
from lims.middleware import client_address
from lims.models import MachineKey, User


class MachineKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer exm_…` with a key of a machine account."""

    def authenticate(self, request: Request) -> tuple[User, MachineKey] | None:
        scheme, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = machine_keys.authenticate(secret=secret.strip(), address=client_address(request))
        except NotPermitted as error:
            self._slow_down(request)
            raise exceptions.AuthenticationFailed(str(error), code=error.code) from error
        return key.user, key

    def _slow_down(self, request: Request) -> None:
        throttle = RefusalThrottle()
        if not throttle.allow_request(request, None):
            raise exceptions.Throttled(throttle.wait())

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Exomark"'


class BrowserSessionAuthentication(SessionAuthentication):
    """A logged-in person's browser; the log-in must be complete, and writes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found: tuple[User, None] | None = super().authenticate(request)
        if found and request._request.session.get("second_factor_pending"):
            raise exceptions.AuthenticationFailed(_("Enter your one-time code first."))
        if found and found[0].must_change_password:
            raise exceptions.AuthenticationFailed(_("Change the password that was given to you first."))
        return found


class MachineKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description names the key."""

    target_class = MachineKeyAuthentication
    name = "machineKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A machine key: `exm_…`, shown once at creation."}


class BrowserSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description names the session."""

    target_class = BrowserSessionAuthentication
    name = "browserSession"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "exomark_session"}
