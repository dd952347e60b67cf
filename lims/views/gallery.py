"""Every component in all its states, for those who work on the pages; only served in development.

Nothing here is a result: the numbers are made up to show how a page looks.
"""

from __future__ import annotations

import math
import random
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from lims.choices import JobKind, JobState, Role, SignatureMeaning, SignatureMethod, VariantType
from lims.models import Job, Measurement, Metric, Signature, User
from lims.selectors.provenance import Provenance, ProvenanceFile
from lims.selectors.signatures import Difference, SignatureState
from lims.templatetags.components import LOOKS

_SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@login_not_required
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the components that stand inside the frame."""
    messages.success(request, "The study was submitted. The director will find it under Today.")
    messages.error(request, "The upload of NA12878.bam stopped at 41 %. Choose the file again to go on.")
    context = {
        "states": [(state, state.replace("_", " ")) for state in LOOKS],
        "since": timezone.now() - timedelta(hours=3),
        "proportion": _measurement(_TARGETS_20X, 0.98421, 128_310, 130_368),
        "coverage": _measurement(_MEAN_COVERAGE, 118.24),
        "undefined": _measurement(_TARGETS_20X, None),
        "limit_20x": Decimal("0.950000"),
        "limit_high": Decimal("0.990000"),
        "provenance": _provenance(),
        "judgements": _judgements(),
        "signature": _signature(),
        "intact": SignatureState(True, ()),
        "broken": SignatureState(False, (Difference("$.criteria[3].limit", "0.90", "0.85"),)),
        "entries": _entries(),
        "steps": _steps(),
        "jobs": [_job(state) for state in JobState],
        "progress_url": reverse("gallery-progress"),
        "chart": _chart(),
        "form": _Form(),
        "refused_form": _Form({"code": "two words", "depth": "many"}),
        "reason_form": _ReasonForm(auto_id="reason_%s"),
        "sign_form": _SignForm(auto_id="sign_%s"),
        "signer": _signer(),
        "table": _table(request),
        "empty_table": _Table([], prefix="empty-"),
        "filtered_table": _filtered_out(),
        "facts": [
            ("Instrument", "NovaSeq X · A00123"),
            ("Flow cell", "H5JJ2DSX7"),
            ("Note", ""),
            ("Callable depth", 20),
        ],
    }
    return render(request, "lims/gallery.html", context)


@login_not_required
@require_safe
def bare(request: HttpRequest) -> HttpResponse:
    """Show the frame of pages for people who are not logged in."""
    return render(request, "lims/gallery_bare.html", {"form": _SignForm()})


@login_not_required
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """Answer the polling of the gallery's running job."""
    context = {"job": _job(JobState.RUNNING), "url": reverse("gallery-progress")}
    return render(request, "_components/progress.html", context)


_TARGETS_20X = Metric(
    code="target_fraction_20x",
    name_en="Targets at 20×",
    name_zh="20×覆盖率",
    definition_en="Share of target bases covered by at least 20 reads.",
    definition_zh="测序深度不低于 20 的目标碱基所占比例。",
    is_proportion=True,
    decimals=2,
)
_MEAN_COVERAGE = Metric(
    code="mean_target_coverage",
    name_en="Mean target coverage",
    name_zh="平均目标深度",
    definition_en="Mean depth over the targets.",
    definition_zh="目标区域的平均深度。",
    unit="×",
    decimals=1,
)
_PPA = Metric(
    code="ppa",
    name_en="PPA",
    name_zh="阳性符合率",
    definition_en="Share of the true variants that were called.",
    definition_zh="真变异被检出的比例。",
    is_proportion=True,
    decimals=2,
)


def _signer() -> User:
    user = User(username="li.wei", printed_name="Li Wei")
    user._roles = frozenset({Role.DIRECTOR})
    return user


def _measurement(metric: Metric, value: float | None, *counts: int) -> Measurement:
    numerator, denominator = counts or (None, None)
    return Measurement(
        pk=random.randrange(10**9),
        metric=metric,
        value=value,
        numerator=numerator,
        denominator=denominator,
        source="computed",
        recorded_by=_signer(),
    )


def _provenance() -> Provenance:
    return Provenance(
        metric_name="Targets at 20×",
        definition="Share of target bases covered by at least 20 reads.",
        exact_value="0.9842139787371134",
        numerator=128_310,
        denominator=130_368,
        limit="≥ 95 %",
        limit_source="Acceptance profile 3, clause 5.2",
        inputs=[
            ProvenanceFile("Alignment", "NA12878.bam", _SHA, "/files/"),
            ProvenanceFile("Targets", "exome_v3.bed", _SHA[::-1], "/files/"),
        ],
        kernel="coverage",
        kernel_version="1.2.0",
        job_url="/jobs/",
        parameters=[("min_base_quality", 20), ("min_mapping_quality", 20)],
        instrument="NovaSeq X · A00123",
        source="Computed here",
        recorded_by="Zhang Min",
        recorded_at=timezone.now(),
    )


def _judgement(stratum: str, counts: tuple[int, int] | None, bounds: Any, limit: str, verdict: str, change: Any) -> Any:
    kinds = {"SNP": "SNV", "INDEL": "Indel"}
    variant_type = VariantType.INDEL if "bp" in stratum else VariantType.SNP
    criterion = SimpleNamespace(
        metric=_PPA,
        variant_type=variant_type,
        get_variant_type_display=kinds[variant_type],
        stratum=stratum,
        comparator="ge",
        get_comparator_display="≥",
        limit=Decimal(limit),
        get_basis_display="lower bound",
        rationale="Starting value; fill in from your own copy of the standard.",
    )
    numerator, denominator = counts or (None, None)
    lower, upper = bounds or (None, None)
    return SimpleNamespace(
        criterion=criterion,
        library_count=3,
        numerator=numerator,
        denominator=denominator,
        value=counts and counts[0] / counts[1],
        lower=lower,
        upper=upper,
        verdict=verdict,
        get_verdict_display=verdict.replace("_", " "),
        change=change,
    )


def _judgements() -> list[Any]:
    return [
        _judgement("16+ bp", (37, 42), (0.744, 0.960), "0.900000", "not_met", -0.021),
        _judgement("1–5 bp", (481, 486), (0.976, 0.997), "0.950000", "met", 0.003),
        _judgement("", (20_391, 20_405), (0.99885, 0.99963), "0.990000", "met", 0.0),
        _judgement("mitochondrial", None, None, "0.900000", "not_evaluated", None),
    ]


def _signature() -> Signature:
    return Signature(
        meaning=SignatureMeaning.APPROVED,
        signer_printed_name="Li Wei",
        signer_roles=[Role.DIRECTOR],
        signed_at=timezone.now(),
        time_zone="Asia/Shanghai",
        method=SignatureMethod.PASSWORD_TOTP,
        reason="All criteria met; the one deviation is explained in the report.",
        sha256=_SHA,
    )


def _entries() -> list[Any]:
    now = timezone.now()
    told = [
        ("approved the study", "Li Wei", "signature", "pen", "All criteria met"),
        ("submitted the study", "Zhang Min", "state", "send", ""),
        ("took job 7 out of the evidence", "Zhang Min", "evidence", "dash-circle", "Contaminated replicate"),
        ("added 3 jobs as evidence", "Zhang Min", "evidence", "plus-circle", ""),
        ("locked the plan", "Chen Jie", "signature", "lock-fill", ""),
    ]
    return [
        SimpleNamespace(at=now - timedelta(hours=5 * at), act=act, who=who, kind=kind, icon=icon, reason=reason)
        for at, (act, who, kind, icon, reason) in enumerate(told)
    ]


def _steps() -> list[Any]:
    told = [("Sample", "NA12878-03"), ("Library", "LIB-0042"), ("Run", "230517_A00123"), ("File", "NA12878-03.bam")]
    return [SimpleNamespace(kind=kind, name=name, url="#", is_current=kind == "Run") for kind, name in told]


def _job(state: JobState) -> Job:
    now = timezone.now()
    is_running = state == JobState.RUNNING
    return Job(
        public_id=UUID(int=list(JobState).index(state) + 1),
        kind=JobKind.COVERAGE,
        state=state,
        requested_at=now - timedelta(minutes=5),
        started_at=None if state == JobState.QUEUED else now - timedelta(minutes=4, seconds=12),
        finished_at=None if is_running or state == JobState.QUEUED else now,
        progress_fraction=0.42 if is_running else 0.0,
        progress_stage="counting reads" if is_running else "",
    )


def _chart() -> Any:
    chance = random.Random(7)
    days = [f"2026-10-{day:02d}" for day in range(1, 31)]
    depths = [round(118 + 6 * math.sin(day / 4) + chance.gauss(0, 3), 1) for day in range(30)]
    depths[21] = 93.4
    return SimpleNamespace(
        id="gallery-chart",
        title="Mean target coverage of the control, October",
        summary="30 runs, 93.4 × to 128 ×; one of them, on 22 October, lies below the lower limit of 100 ×.",
        height=320,
        figure={
            "data": [
                {"x": days, "y": depths, "type": "scatter", "mode": "lines+markers", "meta": {"tone": "accent"}},
                {
                    "x": [days[21]],
                    "y": [depths[21]],
                    "type": "scatter",
                    "mode": "markers+text",
                    "text": ["93.4 ×"],
                    "textposition": "bottom center",
                    "marker": {"size": 10, "symbol": "x"},
                    "meta": {"tone": "fail"},
                },
            ],
            "layout": {
                "showlegend": False,
                "yaxis": {"title": {"text": "Mean target coverage (×)"}},
                "shapes": [
                    {
                        "type": "line",
                        "xref": "paper",
                        "x0": 0,
                        "x1": 1,
                        "y0": 100,
                        "y1": 100,
                        "name": "fail",
                        "line": {"width": 1, "dash": "dash"},
                    }
                ],
            },
        },
        changes=[("10-15", "Lot RK2231 → RK2240")],
        columns=["Day", "Coverage (×)"],
        rows=list(zip(days, depths, strict=True)),
        download_url="#",
    )


class _Form(forms.Form):
    code = forms.SlugField(label="Sample", help_text="As printed on the tube.")
    received = forms.DateTimeField(label="Received at", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    kit = forms.ChoiceField(label="Capture kit", choices=[("v2", "Exome v2"), ("v3", "Exome v3")])
    depth = forms.IntegerField(label="Callable depth (reads)", required=False)
    basis = forms.ChoiceField(
        label="What is compared", choices=[("point", "Point estimate"), ("bound", "Bound")], widget=forms.RadioSelect
    )
    file = forms.FileField(label="Targets (BED)", required=False)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    is_control = forms.BooleanField(label="This is a reference material", required=False)


class _ReasonForm(forms.Form):
    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


class _SignForm(forms.Form):
    password = forms.CharField(label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))
    otp = forms.CharField(label="One-time code", widget=forms.TextInput(attrs={"inputmode": "numeric"}))


class _Table(tables.Table):
    run = tables.Column(verbose_name="Run", linkify=lambda value: f"#{value}")
    state = tables.TemplateColumn(
        "{% load components %}{% status_chip record.state record.state %}", verbose_name="State", orderable=False
    )
    libraries = tables.Column(verbose_name="Libraries", attrs={"th": {"class": "num"}, "td": {"class": "num"}})
    coverage = tables.Column(verbose_name="Mean coverage (×)", attrs={"th": {"class": "num"}, "td": {"class": "num"}})
    instrument = tables.Column(verbose_name="Instrument")

    caption = "Runs"
    empty_icon = "hdd-stack"
    empty_title = "No run yet"
    empty_act_url = "#"
    empty_act_label = "Register a run"

    class Meta:
        empty_text = "Runs are registered when they are loaded, here or by the instrument."


def _table(request: HttpRequest) -> _Table:
    rows = [
        {
            "run": f"2305{day:02d}_A00123",
            "state": "in_control" if day % 7 else "out_of_control",
            "libraries": 24,
            "coverage": f"{118 - day / 3:.1f}",
            "instrument": "NovaSeq X",
        }
        for day in range(1, 31)
    ]
    table = _Table(rows, order_by=request.GET.get("sort", "-run"))
    table.paginate(page=request.GET.get("page", 1), per_page=8)
    return table


def _filtered_out() -> _Table:
    table = _Table([], prefix="filtered-")
    table.is_filtered = True
    return table
