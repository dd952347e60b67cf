"""The report of a study: what the signed record says, in one language, ready to be typeset.

Every value here comes from the signed content or the rows that it names; the template only sets them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lims import numbers
from lims.choices import Role, SignatureMeaning
from lims.documents.typesetting import render_pdf
from lims.models import AuditEntry, Laboratory, Signature
from validation.choices import StudyState, Verdict
from validation.models import Evaluation, Evidence, Judgement, Study
from validation.wording import (
    bar_positions,
    bare_limit_words,
    count_words,
    criterion_words,
    interval_words,
    judged_words,
)

TEMPLATE = Path(__file__).resolve().parent / "study_report.typ"


@dataclass(frozen=True, slots=True)
class ReportSource:
    """The rows that a report is made of, read once."""

    study: Study
    laboratory: Laboratory | None
    evaluation: Evaluation
    evidence: list[Evidence]
    signatures: list[Signature]
    anchor: AuditEntry
    content_sha256: str


def render(source: ReportSource, *, language: str) -> bytes:
    """Return the PDF of a study's report; the same source and language give the same bytes."""
    with translation.override(language):
        values = report_values(source, language)
    assert source.study.decided_at is not None
    return render_pdf(template=TEMPLATE, values=values, created_at=source.study.decided_at)


def report_values(source: ReportSource, language: str) -> dict[str, Any]:
    """Return everything that the template prints, as text in the active language."""
    study = source.study
    judgements = list(source.evaluation.judgements.all())
    return {
        "lang": language.partition("-")[0],
        "region": "CN" if language.startswith("zh") else "GB",
        "title": study.title,
        "code": study.code,
        "kind": study.get_kind_display(),
        "assay": str(study.assay_version),
        "laboratory": source.laboratory.name_in(language) if source.laboratory else "Exomark",
        "demonstration": _demonstration(source.laboratory),
        "running_head": _("Report of performance validation"),
        "content_sha256": source.content_sha256,
        "state": study.get_state_display(),
        "verdict": "met" if study.state == StudyState.APPROVED else "not_met",
        "verdict_sentence": _verdict_sentence(judgements),
        "words": _words(),
        "scope": _scope(study),
        "design": study.design,
        "material_head": [_("Sample"), _("Library"), _("Run"), _("Input files")],
        "materials": _materials(source.evidence),
        "result_head": [_("Criterion"), "n", _("Result"), _("Interval"), _("Limit"), _("Verdict")],
        "results": [_result(judgement) for judgement in judgements],
        "conclusion": study.conclusion,
        "limitations": study.limitations,
        "provenance": [_provenance(item) for item in source.evidence],
        "signatures": [_signature(signature) for signature in source.signatures],
        "anchor": _anchor(source.anchor),
    }


def _demonstration(laboratory: Laboratory | None) -> str:
    if laboratory is not None and laboratory.is_demonstration:
        return _("Demonstration: simulated data, not for diagnostic use.")
    return ""


def _verdict_sentence(judgements: list[Judgement]) -> str:
    counts = Counter(judgement.verdict for judgement in judgements)
    total = len(judgements)
    met = ngettext("%(met)d of %(total)d criterion met", "%(met)d of %(total)d criteria met", total)
    parts = [met % {"met": counts[Verdict.MET], "total": total}]
    if counts[Verdict.NOT_MET]:
        parts.append(_("%(n)s not met") % {"n": counts[Verdict.NOT_MET]})
    if counts[Verdict.NOT_EVALUATED]:
        parts.append(_("%(n)s not evaluated") % {"n": counts[Verdict.NOT_EVALUATED]})
    return " · ".join(parts)


def _words() -> dict[str, str]:
    return {
        "scope": _("Scope"),
        "design": _("Design"),
        "materials": _("Materials"),
        "results": _("Results"),
        "results_note": _(
            "The bar shows the estimate and its two-sided confidence interval; the upright line is the limit. "
            "Counts of several libraries are added."
        ),
        "conclusion": _("Conclusion"),
        "limitations": _("Limitations"),
        "provenance": _("Where the numbers come from"),
        "signatures": _("Signatures"),
        "none": _("None stated."),
    }


def _scope(study: Study) -> list[list[str]]:
    version = study.assay_version
    return [
        [_("Intended use"), study.intended_use],
        [_("Assay version"), str(version)],
        [_("Build"), version.genome.code],
        [_("Targets"), version.targets.name, f"SHA-256 {version.targets.sha256}"],
        [_("Capture kit"), version.capture_kit or numbers.UNDEFINED],
        [_("Instrument model"), version.instrument_model or numbers.UNDEFINED],
        [_("Pipeline version"), version.pipeline_version or numbers.UNDEFINED],
        [_("Callable depth"), f"{version.callable_depth_reads} ×"],
        [_("Reason of the study"), study.get_trigger_display()],
        [_("Supersedes"), study.supersedes.code if study.supersedes else numbers.UNDEFINED],
    ]


def _materials(evidence: list[Evidence]) -> list[list[str]]:
    rows: dict[int, list[str]] = {}
    for item in evidence:
        place = item.job.run_library
        if place is None:
            continue
        files = ", ".join(each.file.name for each in item.job.inputs.all())
        row = rows.setdefault(place.pk, [place.library.sample.code, place.library.code, place.run.code, ""])
        row[3] = "; ".join(filter(None, [row[3], f"{item.job.get_kind_display()}: {files}"]))
    return list(rows.values())


def _result(judgement: Judgement) -> dict[str, Any]:
    criterion = judgement.criterion
    return {
        "criterion": criterion_words(criterion),
        "count": count_words(judgement),
        "value": judged_words(judgement),
        "interval": interval_words(judgement),
        "limit": bare_limit_words(criterion),
        "basis": criterion.get_basis_display() if criterion.metric.is_proportion else "",
        "bar": bar_positions(judgement),
        "verdict": judgement.verdict,
        "verdict_word": judgement.get_verdict_display(),
    }


def _provenance(item: Evidence) -> dict[str, Any]:
    job = item.job
    place = f"{job.run_library.run.code} · {job.run_library.library.code}" if job.run_library else ""
    rows = [
        [_("Job"), str(job.public_id)],
        [_("Kernel"), f"{job.kernel} {job.kernel_version}"],
        [_("SHA-256 of the result"), job.result.sha256],
        *([each.role_label, each.file.name, f"SHA-256 {each.sha256}"] for each in job.inputs.all()),
    ]
    if item.exclusion_reason:
        rows.append([_("Excluded"), item.exclusion_reason])
    return {"title": f"{job.get_kind_display()} · {place}", "rows": rows}


def _signature(signature: Signature) -> dict[str, str]:
    roles = " · ".join(str(Role(role).label) for role in signature.signer_roles)
    return {
        "name": signature.signer_printed_name,
        "roles": roles,
        "meaning": str(SignatureMeaning(signature.meaning).label),
        "time": _local_time(signature.signed_at, signature.time_zone),
        "reason": signature.reason,
        "hash_line": _("Signed content: SHA-256 %s") % signature.sha256,
    }


def _anchor(entry: AuditEntry) -> str:
    facts: Mapping[str, Any] = {"sequence": entry.sequence, "hash": entry.hash}
    return _("Audit trail: entry %(sequence)s, hash %(hash)s. An intact record still has both.") % facts


def _local_time(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M:%S} {zone} (UTC{local:%z})"
