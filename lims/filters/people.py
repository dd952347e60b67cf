"""Filters of accounts."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lims.choices import AccountKind, Role
from lims.models import User


class PersonFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(label=_("Name contains"), method="by_name")
    role = django_filters.ChoiceFilter(label=_("Role"), choices=Role, empty_label=_("Any"), method="by_role")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=AccountKind, empty_label=_("Any"))
    is_active = django_filters.ChoiceFilter(
        label=_("State"), choices=[("True", _("Active")), ("False", _("Switched off"))], empty_label=_("Any")
    )

    class Meta:
        model = User
        fields: list[str] = []

    def by_name(self, people: QuerySet[User], _name: str, value: str) -> QuerySet[User]:
        return people.filter(Q(username__icontains=value) | Q(printed_name__icontains=value))

    def by_role(self, people: QuerySet[User], _name: str, value: str) -> QuerySet[User]:
        return people.filter(role_assignments__role=value, role_assignments__revoked_at=None)
