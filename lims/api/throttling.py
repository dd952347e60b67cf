"""How often one key or person may call, and how often one address may try keys that are refused."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from lims.middleware import client_address
from lims.models import MachineKey


class RateThrottle(SimpleRateThrottle):
    """Counts in the shared cache, so that all web processes count together; the rate is read at each call."""

    def get_rate(self) -> str:
        return str(api_settings.DEFAULT_THROTTLE_RATES[self.scope])


class KeyThrottle(RateThrottle):
    """One allowance for each machine key, and one for each person."""

    scope = "key"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if isinstance(request.auth, MachineKey):
            return f"throttle:key:{request.auth.pk}"
        return f"throttle:user:{request.user.pk}" if request.user.is_authenticated else None


class RefusalThrottle(RateThrottle):
    """One allowance for each address of calls whose key is refused."""

    scope = "anonymous"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"throttle:refused:{client_address(request)}"
