"""Filters of the audit trail."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.choices import AuditOperation
from lims.models import AuditEntry
from lims.selectors import audit


def _kinds() -> list[tuple[str, object]]:
    return sorted(audit.kinds(), key=lambda kind: str(kind[1]))


def _midnight(day: date) -> datetime:
    """When a day begins in the laboratory: compared with a moment, so that the index by time is used."""
    return timezone.make_aware(datetime.combine(day, time.min))


class AuditFilter(django_filters.FilterSet):
    """Every filter but the text in the reason is answered by an index."""

    actor = django_filters.CharFilter(label=_("Account"))
    action = django_filters.CharFilter(label=_("Act"), lookup_expr="startswith")
    object_type = django_filters.ChoiceFilter(label=_("Kind of record"), choices=_kinds, empty_label=_("Any"))
    object_id = django_filters.CharFilter(label=_("Record"))
    operation = django_filters.ChoiceFilter(label=_("Operation"), choices=AuditOperation, empty_label=_("Any"))
    recorded_from = django_filters.DateFilter(label=_("From"), method="since", widget=forms.DateInput({"type": "date"}))
    recorded_to = django_filters.DateFilter(label=_("To"), method="through", widget=forms.DateInput({"type": "date"}))
    reason = django_filters.CharFilter(label=pgettext_lazy("audit", "Reason contains"), lookup_expr="icontains")
    request_id = django_filters.CharFilter(label=_("Request"))

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def since(self, entries: QuerySet[AuditEntry], _name: str, day: date) -> QuerySet[AuditEntry]:
        return entries.filter(recorded_at__gte=_midnight(day))

    def through(self, entries: QuerySet[AuditEntry], _name: str, day: date) -> QuerySet[AuditEntry]:
        return entries.filter(recorded_at__lt=_midnight(day + timedelta(days=1)))
