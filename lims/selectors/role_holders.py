"""Who holds a role: what a refused person asks next."""

from __future__ import annotations

from collections.abc import Iterable

from lims.choices import AccountKind, Role
from lims.models import RoleAssignment


def printed_names_by_role(*, roles: Iterable[str]) -> dict[Role, list[str]]:
    """Return the printed names of the active people who hold each of `roles` now."""
    names: dict[Role, list[str]] = {Role(role): [] for role in roles if role != Role.MACHINE}
    held = RoleAssignment.objects.filter(
        role__in=list(names), revoked_at=None, user__is_active=True, user__kind=AccountKind.PERSON
    )
    for role, name in held.order_by("user__printed_name").values_list("role", "user__printed_name"):
        names[Role(role)].append(name)
    return names
