"""Files: registered by path, received, verified; usable once ready, kept aside with the reason when rejected."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kernels.document import sha256_of
from lims import storage
from lims.actions import jobs
from lims.audit import action, record_event
from lims.choices import FileKind, FileOrigin, FileState, JobKind
from lims.exceptions import InvalidInput, InvalidTransition
from lims.models import DataFile, Job, ReferenceGenome, RunLibrary, User
from lims.permissions import Permission
from lims.policies import FILE_TRANSITIONS, check_can_download, check_has, check_transition
from lims.storage import Stamp

KINDS_TO_ADD = (FileKind.BAM, FileKind.CRAM, FileKind.VCF, FileKind.BED, FileKind.FASTA, FileKind.OTHER)
STILL_CHANGING: dict[str, Any] = {"code": "still_changing", "where": {}, "message": ""}
KINDS_OF_LIBRARIES = (FileKind.BAM, FileKind.CRAM, FileKind.VCF)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@action
def register_path(
    *,
    by: User,
    path: str,
    kind: FileKind,
    run_library: RunLibrary | None = None,
    genome: ReferenceGenome | None = None,
    sha256: str = "",
) -> tuple[DataFile, bool]:
    """Register a file where it lies, under one of the configured folders; it is verified before use.

    Returns
    -------
    file : DataFile
    created : bool
        False where the same unchanged file is already registered for the same use.
    """
    check_has(by, Permission.FILE_WRITE)
    sha256 = clean_sha256(sha256)
    real = storage.registrable(path)
    described = describe(name=real.name, kind=kind, run_library=run_library, genome=genome)
    known = _registered(str(real), described, sha256)
    if known is not None:
        return known, False
    file = DataFile.objects.create(
        public_id=uuid.uuid4(),
        state=FileState.VERIFYING,
        origin=FileOrigin.PATH,
        location=str(real),
        size_bytes=real.stat().st_size,
        findings={"stamp": asdict(storage.stamp_of(real)), "expected_sha256": sha256},
        registered_by=by,
        **described,
    )
    ask_for_verification(by=by, file=file)
    return file, True


@action
def verify_again(*, by: User, file: DataFile) -> tuple[Job, bool]:
    """Ask for the verification of a file whose verification job failed or was cancelled."""
    check_has(by, Permission.FILE_WRITE)
    if file.state != FileState.VERIFYING:
        raise InvalidTransition(_("Only a file that waits for verification is verified again."))
    return ask_for_verification(by=by, file=file)


@action
def conclude_verification(
    *,
    by: User,
    job_id: int,
    lease_token: uuid.UUID,
    file: DataFile,
    document: dict[str, Any],
    stamp: Stamp,
    is_changed: bool,
) -> None:
    """Store what verification found: the file becomes ready, or rejected with its reason."""
    job = jobs.finish(by=by, job_id=job_id, lease_token=lease_token, document=document)
    file = DataFile.objects.select_for_update().get(pk=file.pk)
    rejection: dict[str, Any] | None = STILL_CHANGING if is_changed else document["rejection"]
    new_state = FileState.REJECTED if rejection else FileState.READY
    check_transition(FILE_TRANSITIONS, FileState(file.state), new_state)
    file.state, file.verified_at = new_state, timezone.now()
    file.size_bytes, file.sha256 = document["inputs"]["file"]["size"], document["inputs"]["file"]["sha256"]
    file.findings = {**document["findings"], "stamp": asdict(stamp)}
    if rejection:
        file.rejection_code = rejection["code"]
        file.rejection_where = {**rejection["where"], "message": rejection["message"]}
        file.location = storage.quarantine(file)
    file.save()
    job.inputs.create(role="file", file=file, sha256=file.sha256)


@action
def confirm(*, by: User, file: DataFile) -> bool:
    """Read a file whose stamp differs again; return whether it still has its checksum, and then keep the new stamp."""
    path = storage.working_path(file)
    if not path.exists():
        return False
    stamp = storage.stamp_of(path)
    if sha256_of(path) != file.sha256 or storage.stamp_of(path) != stamp:
        return False
    file = DataFile.objects.select_for_update().get(pk=file.pk)
    file.findings = {**file.findings, "stamp": asdict(stamp)}
    file.save(update_fields=["findings"])
    storage.refresh_indexes(path)
    return True


@action
def record_download(*, by: User, file: DataFile, byte_range: str = "") -> None:
    """Put the download of a file into the audit trail."""
    check_can_download(by, file)
    facts = {"name": file.name, "sha256": file.sha256, "size_bytes": file.size_bytes}
    record_event("lims_datafile", str(file.pk), facts | ({"range": byte_range} if byte_range else {}))


def describe(
    *, name: str, kind: FileKind, run_library: RunLibrary | None, genome: ReferenceGenome | None
) -> dict[str, Any]:
    """Return what a new file must agree with: its library's build, sample name and targets, or the build it is given.

    Raises
    ------
    InvalidInput
        The kind cannot be added, or does not belong to a library.
    """
    if kind not in KINDS_TO_ADD:
        raise InvalidInput(_("Files of this kind are made here, not added."), fields={"kind": _("Choose another.")})
    described: dict[str, Any] = {"name": storage.safe_name(name), "kind": kind, "genome": genome}
    if run_library is None:
        return described
    if kind not in KINDS_OF_LIBRARIES:
        message = _("Only reads (BAM, CRAM) and variants (VCF) belong to a library on a run.")
        raise InvalidInput(message, fields={"run_library": message})
    version = run_library.run.assay_version
    if genome is not None and genome.pk != version.genome_id:
        message = format_lazy(_("The run's assay is on the build {genome}."), genome=version.genome.code)
        raise InvalidInput(message, fields={"genome": message})
    return described | {
        "genome": version.genome,
        "run_library": run_library,
        "expected_sample_name": run_library.library.sample.name_in_files,
        "expected_targets": version.targets,
    }


def ask_for_verification(*, by: User, file: DataFile) -> tuple[Job, bool]:
    """Ask for the verification of a received file; only inside an action that has checked who asks."""
    parameters = {
        "file": str(file.public_id),
        "name": file.name,
        "kind": file.kind,
        "contigs": file.genome.contigs if file.genome else None,
        "sample": file.expected_sample_name,
        "targets": str(file.expected_targets.public_id) if file.expected_targets else None,
        "sha256": file.findings.get("expected_sha256", ""),
    }
    return jobs.ask_for(by=by, kind=JobKind.VERIFY_FILE, kernel="verify", parameters=parameters, inputs={})


def clean_sha256(sha256: str) -> str:
    """Return a checksum as lower-case hex, or nothing where none is given."""
    cleaned = sha256.strip().lower()
    if cleaned and not _SHA256.fullmatch(cleaned):
        message = _("A SHA-256 checksum has 64 hexadecimal digits.")
        raise InvalidInput(message, fields={"sha256": message})
    return cleaned


def is_changed(file: DataFile) -> bool:
    """Return whether the bytes are gone or no longer those that were verified, as far as a glance can tell.

    In our own folder nobody else writes, and a restored backup may carry other times: there only the size is asked.
    """
    known = file.findings.get("stamp")
    try:
        found = storage.stamp_of(storage.working_path(file))
    except OSError:
        return True
    if file.origin != FileOrigin.PATH:
        return found.size_bytes != file.size_bytes
    return known is not None and asdict(found) != known


def _registered(location: str, described: Mapping[str, Any], sha256: str) -> DataFile | None:
    """Return the row of the same unchanged file for the same use, so that registering again adds nothing."""
    same = DataFile.objects.filter(
        location=location,
        origin=FileOrigin.PATH,
        state__in=(FileState.VERIFYING, FileState.READY),
        kind=described["kind"],
        genome=described["genome"],
        run_library=described.get("run_library"),
    ).first()
    if same is None or is_changed(same) or (sha256 and same.sha256 and same.sha256 != sha256):
        return None
    return same
