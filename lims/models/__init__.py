"""The laboratory's records; one module a noun."""

from lims.models.audit_entry import AuditEntry, AuditHead
from lims.models.data_file import DataFile, Upload
from lims.models.job import Job, JobInput, JobResult, WorkerHeartbeat
from lims.models.laboratory import Laboratory, Site
from lims.models.material import Library, Run, RunLibrary, Sample
from lims.models.measurement import Measurement, Metric
from lims.models.person import MachineKey, RoleAssignment, User
from lims.models.register import Assay, AssayVersion, ReferenceGenome, ReferenceMaterial, TruthSet
from lims.models.signature import Signature

__all__ = [
    "Assay",
    "AssayVersion",
    "AuditEntry",
    "AuditHead",
    "DataFile",
    "Job",
    "JobInput",
    "JobResult",
    "Laboratory",
    "Library",
    "MachineKey",
    "Measurement",
    "Metric",
    "ReferenceGenome",
    "ReferenceMaterial",
    "RoleAssignment",
    "Run",
    "RunLibrary",
    "Sample",
    "Signature",
    "Site",
    "TruthSet",
    "Upload",
    "User",
    "WorkerHeartbeat",
]
