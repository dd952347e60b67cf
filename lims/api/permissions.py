"""What an API view demands: refused unless the view says which permission and, for keys, which scope it needs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from lims.choices import KeyScope
from lims.exceptions import NotPermitted
from lims.models import MachineKey
from lims.permissions import Permission
from lims.policies import check_has


class DenyByDefault(BasePermission):
    """Refuse whatever a view does not open: `read_permission`, and `write_permission` with `write_scope`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        reading = request.method in SAFE_METHODS
        permission: Permission | None = getattr(view, "read_permission" if reading else "write_permission", None)
        if permission is None:
            return False
        if isinstance(request.auth, MachineKey):
            self._check_scope(request.auth, KeyScope.READ if reading else view.write_scope)
        check_has(request.user, permission)
        return True

    def _check_scope(self, key: MachineKey, scope: KeyScope) -> None:
        if not key.has_scope(scope):
            raise NotPermitted(_("This key does not have the scope “%s”.") % scope.value, code="scope_missing")
