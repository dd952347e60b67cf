"""How often one key, person or address may call."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from lims.middleware import client_address


class KeyThrottle(SimpleRateThrottle):
    """One allowance per machine key or person; a small one per address for callers without either."""

    scope = "key"

    def get_rate(self) -> str:
        return str(self.THROTTLE_RATES["key"])

    def get_cache_key(self, request: Request, view: Any) -> str:
        if request.user and request.user.is_authenticated:
            return f"throttle:user:{request.user.pk}"
        self.num_requests, self.duration = self.parse_rate(self.THROTTLE_RATES["anonymous"])
        return f"throttle:address:{client_address(request)}"
