"""Whether a person has enrolled a second factor."""

from __future__ import annotations

from django_otp.plugins.otp_totp.models import TOTPDevice

from lims.models import User


def is_enrolled(user: User) -> bool:
    """Return whether signing and log-in ask this person for a one-time code."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())
