"""The laboratory that this instance serves."""

from __future__ import annotations

from lims.audit import action
from lims.models import Laboratory, User
from lims.permissions import Permission
from lims.policies import check_has


@action
def describe(
    *,
    by: User,
    name_en: str,
    name_zh: str,
    address_en: str = "",
    address_zh: str = "",
    is_demonstration: bool = False,
) -> Laboratory:
    """Say which laboratory this is; pages and reports carry its name."""
    check_has(by, Permission.LABORATORY_WRITE)
    laboratory, _created = Laboratory.objects.update_or_create(
        id=1,
        defaults={
            "name_en": name_en,
            "name_zh": name_zh,
            "address_en": address_en,
            "address_zh": address_zh,
            "is_demonstration": is_demonstration,
        },
    )
    return laboratory
