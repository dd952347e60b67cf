"""From a kernel's document to measurements, by the metric catalogue: each number with the counts behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.choices import MeasurementSource, VariantType
from lims.exceptions import InvalidInput
from lims.models import Job, Measurement, Metric, User

_ABSENT = object()


def store(*, by: User, job: Job, document: Mapping[str, Any]) -> list[Measurement]:
    """Record every metric that a kernel's document carries; only inside an action, with the result itself.

    Raises
    ------
    InvalidInput
        `result_contradictory`: a count is not a whole number, or a part exceeds its whole.
    """
    if job.run_library is None:
        return []
    tool = f"exomark.{job.kernel}"
    metrics = Metric.objects.filter(tool_fields__has_key=tool).order_by("code")
    found = [row for metric in metrics for row in _measurements(metric, metric.tool_fields[tool], document)]
    for row in found:
        row.run_library, row.job, row.recorded_by = job.run_library, job, by
        row.source = MeasurementSource.COMPUTED
    return Measurement.objects.bulk_create(found)


def _measurements(metric: Metric, fields: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Measurement]:
    for variant_type in _variant_types(fields):
        row = Measurement(metric=metric, variant_type=variant_type)
        if "value" in fields:
            is_found = _fill_value(row, fields["value"], document)
        else:
            is_found = _fill_proportion(row, fields["numerator"], fields["denominator"], document)
        if is_found:
            yield row


def _variant_types(fields: Mapping[str, Any]) -> Sequence[str]:
    return VariantType.values if "{type}" in str(dict(fields)) else ("",)


def _fill_value(row: Measurement, path: str, document: Mapping[str, Any]) -> bool:
    value = _at(document, path, row.variant_type)
    row.value = None if value is None or value is _ABSENT else float(value)
    return value is not _ABSENT


def _fill_proportion(
    row: Measurement, numerator: Sequence[str], denominator: Sequence[str], document: Mapping[str, Any]
) -> bool:
    part = _sum(document, numerator, row)
    whole = _sum(document, denominator, row)
    if part is _ABSENT or whole is _ABSENT:
        return False
    if part is None or whole is None:
        return True
    if part > whole:
        raise _contradiction(row.metric, f"{part} > {whole}")
    row.numerator, row.denominator = part, whole
    row.value = part / whole if whole else None
    return True


def _sum(document: Mapping[str, Any], paths: Sequence[str], row: Measurement) -> Any:
    counts = [_at(document, path, row.variant_type) for path in paths]
    if _ABSENT in counts:
        return _ABSENT
    if None in counts:
        return None
    if any(isinstance(count, bool) or count != int(count) or count < 0 for count in counts):
        raise _contradiction(row.metric, str(counts))
    return sum(int(count) for count in counts)


def _at(document: Mapping[str, Any], path: str, variant_type: str) -> Any:
    value: Any = document
    for key in path.replace("{type}", variant_type).split("."):
        if not isinstance(value, Mapping) or key not in value:
            return _ABSENT
        value = value[key]
    return value


def _contradiction(metric: Metric, counts: str) -> InvalidInput:
    return InvalidInput(
        format_lazy(
            _("The kernel's counts for {metric} contradict each other ({counts})."), metric=metric.code, counts=counts
        ),
        code="result_contradictory",
    )
