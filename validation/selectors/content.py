"""The content that signatures are put under, and that reports print: plain values, numbers as text or counts.

What is not here is not signed. Floating-point values stand as their shortest exact text, so that the canonical JSON of
the same record is the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from validation.models import Criterion, Evaluation, Evidence, Judgement, Study
from validation.selectors import studies

PLAN_RECORD = "validation.plan"
STUDY_RECORD = "validation.study"


def plan_content(study: Study) -> dict[str, Any]:
    """Return what is locked: scope, design and every criterion."""
    version = study.assay_version
    return {
        "study": study.code,
        "title": study.title,
        "kind": study.kind,
        "trigger": study.trigger,
        "assay": version.assay.code,
        "assay_version": version.version,
        "genome": version.genome.code,
        "targets_sha256": version.targets.sha256,
        "callable_depth_reads": version.callable_depth_reads,
        "intended_use": study.intended_use,
        "design": study.design,
        "supersedes": study.supersedes.code if study.supersedes else None,
        "author": study.created_by.username,
        "criteria": [_criterion(criterion) for criterion in studies.criteria_of(study)],
    }


def study_content(study: Study) -> dict[str, Any]:
    """Return what is approved: the plan, the evidence by checksum, the judgement, the conclusion."""
    evaluation = studies.latest_evaluation(study)
    return {
        "plan": plan_content(study),
        "evidence": [_evidence(item) for item in studies.evidence_of(study)],
        "evaluation": _evaluation(evaluation) if evaluation else None,
        "conclusion": study.conclusion,
        "limitations": study.limitations,
        "submitted_by": study.submitted_by.username if study.submitted_by else None,
    }


def evidence_sha256(study: Study) -> str:
    """Return the SHA-256 over the evidence that counts: which jobs, with which results."""
    facts = [[str(item.job.public_id), item.job.result.sha256] for item in studies.active_evidence_of(study)]
    return hashlib.sha256(json.dumps(sorted(facts)).encode()).hexdigest()


def number(value: float | Decimal | None) -> str | None:
    """Return a number as its shortest exact text."""
    if value is None:
        return None
    return format(value.normalize(), "f") if isinstance(value, Decimal) else repr(float(value))


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {
        "position": criterion.position,
        "metric": criterion.metric.code,
        "variant_type": criterion.variant_type,
        "stratum": criterion.stratum,
        "comparator": criterion.comparator,
        "limit": number(criterion.limit),
        "basis": criterion.basis,
        "interval_method": criterion.interval_method,
        "confidence": number(criterion.confidence),
        "rationale": criterion.rationale,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    job = item.job
    return {
        "job": str(job.public_id),
        "kind": job.kind,
        "kernel": job.kernel,
        "kernel_version": job.kernel_version,
        "parameters_sha256": hashlib.sha256(json.dumps(job.parameters, sort_keys=True).encode()).hexdigest(),
        "result_sha256": job.result.sha256,
        "inputs": {each.role: each.sha256 for each in job.inputs.all()},
        "run": job.run_library.run.code if job.run_library else None,
        "library": job.run_library.library.code if job.run_library else None,
        "excluded": item.exclusion_reason or None,
    }


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "evidence_sha256": evaluation.evidence_sha256,
        "judgements": [_judgement(judgement) for judgement in evaluation.judgements.all()],
    }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "position": judgement.criterion.position,
        "libraries": judgement.library_count,
        "numerator": judgement.numerator,
        "denominator": judgement.denominator,
        "value": number(judgement.value),
        "lower": number(judgement.lower),
        "upper": number(judgement.upper),
        "verdict": judgement.verdict,
        "measurements": sorted(measurement.pk for measurement in judgement.measurements.all()),
    }


def _plan_now(code: str) -> dict[str, Any]:
    return plan_content(Study.objects.get(code=code))


def _study_now(code: str) -> dict[str, Any]:
    return study_content(Study.objects.get(code=code))


PROVIDERS = {PLAN_RECORD: _plan_now, STUDY_RECORD: _study_now}
