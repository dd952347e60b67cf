"""Pages of files: the list, adding by upload or by path, one file with what verification found, the download."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lims import downloads, policies, storage
from lims.actions import files as actions
from lims.choices import FileKind, FileState, JobState
from lims.filters.files import FileFilter
from lims.forms.files import FileForm, PathForm
from lims.models import DataFile, RunLibrary
from lims.permissions import Permission
from lims.policies import check_has
from lims.selectors import audit, files
from lims.selectors import jobs as job_selectors
from lims.tables.files import FileTable
from lims.views import entry, lists

# What the page's script says.
UPLOAD_WORDS = {
    "waiting": pgettext_lazy("upload", "waiting"),
    "starting": pgettext_lazy("upload", "starting"),
    "paused": pgettext_lazy("upload", "paused"),
    "arrived": pgettext_lazy("upload", "arrived, being verified"),
    "broken": _("The connection broke. Go on when it is back: nothing that arrived is lost."),
    "tooLarge": _("Too large to upload. Register it by path."),
}


@require_safe
def file_list(request: HttpRequest) -> HttpResponse:
    return lists.show(
        request,
        rows=files.list_for(user=request.user),
        filters=FileFilter,
        table=FileTable,
        template="lims/file_list.html",
        context={"may_write": policies.can(check_has, request.user, Permission.FILE_WRITE)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def file_create(request: HttpRequest) -> HttpResponse:
    """Add files: the upload happens in the browser's script, registering by path is this page's form."""
    check_has(request.user, Permission.FILE_WRITE)
    by_path = request.GET.get("by") == "path"
    initial = {"run_library": _chosen_library(request), "path": request.GET.get("path", "")}
    if not by_path:
        context = {
            "form": FileForm(initial=initial),
            "most_bytes": settings.UPLOAD_MAX_BYTES,
            "upload_words": {name: str(sentence) for name, sentence in UPLOAD_WORDS.items()},
        }
        return render(request, "lims/file_create.html", context)

    def act(values: dict[str, Any]) -> entry.Done:
        kind = FileKind(values.pop("kind"))
        file, is_new = actions.register_path(by=request.user, kind=kind, **values)
        said = _("{name} is registered and being verified.") if is_new else _("{name} is already registered.")
        return file.get_absolute_url(), format_lazy(said, name=file.name)

    folder, entries = storage.list_folder(request.GET.get("folder", ""))
    context = {
        "folder": folder,
        "entries": entries,
        "parent": storage.parent_of(folder) if folder else "",
        "kept": _kept_parameters(request),
    }
    form = PathForm(request.POST or None, initial=initial | {"kind": kind_by_name(initial["path"])})
    return entry.enter(request, form=form, act=act, template="lims/file_create_path.html", context=context)


@require_safe
def file_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    file = files.get_for(user=request.user, public_id=public_id)
    verification = files.verification_of(file)
    is_stuck = (
        file.state == FileState.VERIFYING
        and verification is not None
        and verification.state in (JobState.FAILED, JobState.CANCELLED)
    )
    context = {
        "file": file,
        "why_rejected": files.why_rejected(file),
        "verification": verification,
        "is_stuck": is_stuck,
        "why_failed": job_selectors.why_failed(verification) if verification else "",
        "findings": findings_of(file),
        "jobs": files.jobs_of(file),
        "entries": audit.entries_of(user=request.user, table="lims_datafile", object_id=file.pk),
        "why_not_download": policies.why_not(policies.check_can_download, request.user, file),
        "may_write": policies.can(check_has, request.user, Permission.FILE_WRITE),
    }
    return render(request, "lims/file_detail.html", context)


@require_safe
def file_download(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    file = files.get_for(user=request.user, public_id=public_id)
    return downloads.respond(request, user=request.user, file=file)


@require_POST
def file_verify(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for the verification of a file again, after its job failed."""
    file = files.get_for(user=request.user, public_id=public_id)
    actions.verify_again(by=request.user, file=file)
    messages.success(request, _("The file is being verified again."))
    return HttpResponseRedirect(file.get_absolute_url())


def findings_of(file: DataFile) -> list[tuple[Any, Any]]:
    """Return what verification read from a file, as label and value; what it did not look at is left out."""
    found = file.findings
    labels: tuple[tuple[str, Any], ...] = (
        ("samples", _("Samples")),
        ("sort_order", _("Sort order in the header")),
        ("reads", _("Reads")),
        ("mapped", _("Mapped reads")),
        ("duplicates", _("Duplicate reads")),
        ("records", _("Records")),
        ("calls", _("Calls of the sample")),
        ("regions", _("Regions")),
        ("territory_bp", _("Territory (bp)")),
        ("overlapping_bp", _("Listed more than once (bp)")),
        ("bases", _("Bases")),
        ("index", _("Index")),
    )
    rows = [(label, _shown(found[name])) for name, label in labels if found.get(name) not in (None, [])]
    if contigs := found.get("contigs"):
        rows.append((_("Contigs"), len(contigs)))
    if groups := found.get("read_groups"):
        rows.append((_("Read groups"), ", ".join(group["id"] for group in groups[:8])))
    return rows


def _shown(value: Any) -> Any:
    return ", ".join(map(str, value[:8])) if isinstance(value, list) else value


def kind_by_name(name: str) -> str:
    """Guess a kind from a file name."""
    endings = {
        FileKind.BAM: (".bam",),
        FileKind.CRAM: (".cram",),
        FileKind.VCF: (".vcf", ".vcf.gz"),
        FileKind.BED: (".bed", ".bed.gz", ".interval_list"),
        FileKind.FASTA: (".fa", ".fasta", ".fna", ".fa.gz", ".fasta.gz", ".fna.gz"),
    }
    return next((kind.value for kind, ends in endings.items() if name.lower().endswith(ends)), "")


def _chosen_library(request: HttpRequest) -> RunLibrary | None:
    run, library = request.GET.get("run", ""), request.GET.get("library", "")
    return RunLibrary.objects.filter(run__code=run, library__code=library).first() if run and library else None


def _kept_parameters(request: HttpRequest) -> str:
    """Return what every link of the folder list keeps: the library that files are added to."""
    kept = request.GET.copy()
    for name in ("folder", "path"):
        kept.pop(name, None)
    return kept.urlencode()
