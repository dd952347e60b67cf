"""The plan's criteria: written while the study is a draft, frozen with its signature."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.audit import action
from lims.choices import VariantType
from lims.exceptions import InvalidInput
from lims.models import Metric, User
from lims.saving import save_valid
from validation import policies
from validation.choices import Basis, Comparator, IntervalMethod
from validation.models import Criterion, Study


@dataclass(frozen=True, slots=True)
class Demand:
    """What a criterion asks, before it is a row."""

    metric: Metric
    limit: Decimal
    variant_type: VariantType | str = ""
    stratum: str = ""
    comparator: Comparator = Comparator.AT_LEAST
    basis: Basis = Basis.POINT
    interval_method: IntervalMethod = IntervalMethod.CLOPPER_PEARSON
    confidence: Decimal = Decimal("0.95")
    rationale: str = ""


@action
def add(*, by: User, study: Study, demand: Demand) -> Criterion:
    """Add a criterion at the end of a draft's plan."""
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    policies.check_can_edit_plan(by, study)
    _check_demand(demand)
    last = study.criteria.aggregate(last=Max("position"))["last"] or 0
    return save_valid(
        Criterion(
            study=study,
            position=last + 1,
            metric=demand.metric,
            variant_type=demand.variant_type,
            stratum=demand.stratum,
            comparator=demand.comparator,
            limit=demand.limit,
            basis=demand.basis,
            interval_method=demand.interval_method,
            confidence=demand.confidence,
            rationale=demand.rationale,
        )
    )


@action
def remove(*, by: User, study: Study, criterion: Criterion) -> None:
    """Take a criterion out of a draft's plan."""
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    policies.check_can_edit_plan(by, study)
    study.criteria.filter(pk=criterion.pk).delete()


def _check_demand(demand: Demand) -> None:
    if demand.metric.is_proportion and not 0 <= demand.limit <= 1:
        message = _("The limit of a proportion lies between 0 and 1: write 0.99 for 99 %.")
        raise InvalidInput(message, fields={"limit": message})
    if demand.basis == Basis.CONFIDENCE_BOUND and not demand.metric.is_proportion:
        message = format_lazy(
            _("“{metric}” is not a proportion and has no confidence bound. Compare its point estimate."),
            metric=demand.metric.name,
        )
        raise InvalidInput(message, fields={"basis": message})
