"""Valid, minimal rows of the laboratory. Each maker fills what it is not given."""

from __future__ import annotations

import hashlib
import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from lims.choices import FileKind, FileOrigin, FileState, JobKind, JobState, Role
from lims.models import (
    Assay,
    AssayVersion,
    DataFile,
    Job,
    Library,
    Metric,
    ReferenceGenome,
    ReferenceMaterial,
    RoleAssignment,
    Run,
    RunLibrary,
    Sample,
    TruthSet,
    Upload,
    User,
)
from tests.conftest import PASSWORD

_numbers = itertools.count(1)


def person(username: str = "", *roles: Role, **fields: Any) -> User:
    """A person who holds `roles` and logs in with `PASSWORD`."""
    username = username or f"person{next(_numbers)}"
    user = User(username=username, printed_name=fields.pop("printed_name", username.title()), **fields)
    user.set_password(PASSWORD)
    user.save()
    RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in roles)
    return user


def somebody() -> User:
    """The account that rows without a more telling maker are registered by."""
    return User.objects.filter(username="somebody").first() or person("somebody")


def genome(**fields: Any) -> ReferenceGenome:
    fields.setdefault("code", f"build{next(_numbers)}")
    fields.setdefault("contigs", [["chr1", 10_000], ["chr2", 5_000]])
    fields.setdefault("registered_by", fields.get("registered_by") or somebody())
    return ReferenceGenome.objects.create(**fields)


def data_file(*, content: bytes | None = b"chr1\t10\t20\n", **fields: Any) -> DataFile:
    """A ready BED by default; with content None nothing is written to the storage folder."""
    number = next(_numbers)
    fields.setdefault("name", f"file{number}.bed")
    fields.setdefault("kind", FileKind.BED)
    fields.setdefault("origin", FileOrigin.UPLOAD)
    fields.setdefault("state", FileState.READY)
    fields.setdefault("location", f"files/{number}/{fields['name']}")
    fields.setdefault("registered_by", fields.get("registered_by") or somebody())
    if content is not None:
        path = Path(settings.STORAGE_DIR) / fields["location"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        fields.setdefault("size_bytes", len(content))
        fields.setdefault("sha256", hashlib.sha256(content).hexdigest())
    return DataFile.objects.create(**fields)


def upload(**fields: Any) -> Upload:
    """An upload of which nothing has arrived."""
    file = fields.pop("file", None) or data_file(state=FileState.RECEIVING, content=b"", size_bytes=None, sha256="")
    fields.setdefault("length_bytes", 100)
    fields.setdefault("created_by", file.registered_by)
    fields.setdefault("expires_at", timezone.now() + timedelta(hours=1))
    return Upload.objects.create(file=file, **fields)


def reference_material(**fields: Any) -> ReferenceMaterial:
    fields.setdefault("code", f"RM{next(_numbers)}")
    fields.setdefault("name", fields["code"])
    fields.setdefault("registered_by", fields.get("registered_by") or somebody())
    return ReferenceMaterial.objects.create(**fields)


def truth_set(**fields: Any) -> TruthSet:
    fields.setdefault("material", fields.get("material") or reference_material())
    fields.setdefault("genome", fields.get("genome") or genome())
    fields.setdefault("version", "v1")
    fields.setdefault("variants", fields.get("variants") or data_file(name="truth.vcf.gz", kind=FileKind.VCF))
    fields.setdefault("confident_regions", fields.get("confident_regions") or data_file(name="confident.bed"))
    fields.setdefault("registered_by", fields.get("registered_by") or somebody())
    return TruthSet.objects.create(**fields)


def assay_version(**fields: Any) -> AssayVersion:
    assay_code = f"EXOME{next(_numbers)}"
    if "assay" not in fields:
        fields["assay"] = Assay.objects.create(
            code=assay_code, name_en="Clinical exome", name_zh="临床全外显子组", registered_by=somebody()
        )
    fields.setdefault("version", "v1")
    fields.setdefault("genome", fields.get("genome") or genome())
    fields.setdefault("targets", fields.get("targets") or data_file(name="targets.bed"))
    fields.setdefault("registered_by", fields.get("registered_by") or somebody())
    return AssayVersion.objects.create(**fields)


def sample(**fields: Any) -> Sample:
    fields.setdefault("code", f"S{next(_numbers)}")
    fields.setdefault("registered_by", fields.get("registered_by") or somebody())
    return Sample.objects.create(**fields)


def run(**fields: Any) -> Run:
    fields.setdefault("code", f"R{next(_numbers)}")
    fields.setdefault("assay_version", fields.get("assay_version") or assay_version())
    fields.setdefault("registered_by", fields.get("registered_by") or somebody())
    return Run.objects.create(**fields)


def library(**fields: Any) -> Library:
    fields.setdefault("code", f"L{next(_numbers)}")
    fields.setdefault("sample", fields.get("sample") or sample())
    fields.setdefault("registered_by", fields.get("registered_by") or somebody())
    return Library.objects.create(**fields)


def run_library(**fields: Any) -> RunLibrary:
    fields.setdefault("run", fields.get("run") or run())
    fields.setdefault("library", fields.get("library") or library())
    fields.setdefault("loaded_by", fields.get("loaded_by") or somebody())
    return RunLibrary.objects.create(**fields)


def metric(code: str = "", **fields: Any) -> Metric:
    fields.setdefault("name_en", "Mean target coverage")
    fields.setdefault("name_zh", "平均目标深度")
    fields.setdefault("definition_en", "Mean depth over the targets.")
    fields.setdefault("definition_zh", "目标区域的平均深度。")
    fields.setdefault("direction", "higher")
    fields.setdefault("stage", "sample")
    return Metric.objects.create(code=code or f"metric{next(_numbers)}", **fields)


def job(*, state: JobState = JobState.QUEUED, **fields: Any) -> Job:
    """A job in any state: it is made queued and walks the allowed edges."""
    fields.setdefault("kind", JobKind.COVERAGE)
    fields.setdefault("kernel", "coverage")
    fields.setdefault("kernel_version", "1")
    fields.setdefault("fingerprint", hashlib.sha256(str(next(_numbers)).encode()).hexdigest())
    fields.setdefault("requested_by", fields.get("requested_by") or somebody())
    row = Job.objects.create(**fields)
    for step in {JobState.DONE: (JobState.RUNNING, JobState.DONE), JobState.QUEUED: ()}.get(state, (state,)):
        row.state = step
        row.started_at = row.started_at or timezone.now()
        row.error_code = "kernel_failed" if step == JobState.FAILED else ""
        row.save()
    return row
