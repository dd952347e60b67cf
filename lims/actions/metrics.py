"""The metric catalogue: loaded from the product's own definitions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from lims.audit import action
from lims.catalogue import METRICS, MetricDefinition
from lims.models import Metric, User
from lims.permissions import Permission
from lims.policies import check_has


@action
def load_catalogue(*, by: User, definitions: Iterable[MetricDefinition] = METRICS) -> int:
    """Add the definitions that are not in the database and bring changed ones up to date; return how many changed."""
    check_has(by, Permission.REGISTER_WRITE)
    stored = {metric.code: metric for metric in Metric.objects.all()}
    return sum(_store(stored.get(definition.code), definition) for definition in definitions)


def _store(metric: Metric | None, definition: MetricDefinition) -> bool:
    fields = asdict(definition)
    if metric is None:
        Metric.objects.create(**fields)
        return True
    changed = [name for name, value in fields.items() if getattr(metric, name) != value]
    for name in changed:
        setattr(metric, name, fields[name])
    if changed:
        metric.save(update_fields=changed)
    return bool(changed)
