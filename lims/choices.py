"""Enumerations. Stored values never change without a migration; labels are translated."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    """What a person or machine may be in the laboratory."""

    TECHNICIAN = "technician", _("Technician")
    SUPERVISOR = "supervisor", _("Technical supervisor")
    DIRECTOR = "director", _("Laboratory director")
    DATA_STEWARD = "data_steward", _("Data steward")
    COMMITTEE_MEMBER = "committee_member", _("Committee member")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    MACHINE = "machine", _("Machine account")
    SYSTEM = "system", _("Exomark itself")


class AccountKind(models.TextChoices):
    PERSON = "person", _("Person")
    MACHINE = "machine", _("Machine")


class KeyScope(models.TextChoices):
    """What a machine key may do; its account's role bounds it too."""

    READ = "read", _("Read")
    RUNS_WRITE = "runs:write", _("Write samples, libraries and runs")
    METRICS_WRITE = "metrics:write", _("Write measurements")
    FILES_WRITE = "files:write", _("Register and upload files, start jobs")


class FileKind(models.TextChoices):
    BAM = "bam", "BAM"
    CRAM = "cram", "CRAM"
    VCF = "vcf", "VCF"
    BED = "bed", "BED"
    FASTA = "fasta", "FASTA"
    RESULT = "result", _("Result of a job")
    REPORT = "report", _("Report")
    OTHER = "other", pgettext_lazy("file kind", "Other")


class FileState(models.TextChoices):
    """Where a file stands; only a ready file may be used."""

    RECEIVING = "receiving", _("Receiving")
    VERIFYING = "verifying", _("Verifying")
    READY = "ready", pgettext_lazy("file state", "Ready")
    REJECTED = "rejected", pgettext_lazy("file state", "Rejected")
    EXPIRED = "expired", pgettext_lazy("upload state", "Upload expired")


class FileOrigin(models.TextChoices):
    UPLOAD = "upload", _("Uploaded")
    PATH = "path", _("Registered by path")
    COMPUTED = "computed", pgettext_lazy("file origin", "Computed here")


class JobKind(models.TextChoices):
    VERIFY_FILE = "verify_file", _("File verification")
    COVERAGE = "coverage", _("Coverage")
    CONCORDANCE = "concordance", _("Concordance")
    REPORT = "report", _("Report")


class JobState(models.TextChoices):
    """The row is the truth; the queue is only the messenger."""

    QUEUED = "queued", pgettext_lazy("job state", "Queued")
    RUNNING = "running", pgettext_lazy("job state", "Running")
    DONE = "done", pgettext_lazy("job state", "Done")
    FAILED = "failed", pgettext_lazy("job state", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("job state", "Cancelled")


class InputRole(models.TextChoices):
    """The part that a file plays in a job; kernels know these by the same names."""

    ALIGNMENT = "alignment", pgettext_lazy("input", "Reads")
    TARGETS = "targets", pgettext_lazy("input", "Targets")
    BAITS = "baits", pgettext_lazy("input", "Baits")
    REFERENCE = "reference", pgettext_lazy("input", "Reference sequence")
    QUERY = "query", pgettext_lazy("input", "Query calls")
    TRUTH = "truth", pgettext_lazy("input", "Truth variants")
    CONFIDENT = "confident", pgettext_lazy("input", "Confident regions")
    FILE = "file", pgettext_lazy("input", "File")


class Direction(models.TextChoices):
    """Which way a metric is better."""

    HIGHER = "higher", _("Higher is better")
    LOWER = "lower", _("Lower is better")
    BOTH = "both", _("Both sides matter")
    INFORMATION = "information", _("Information only")


class MetricStage(models.TextChoices):
    SPECIMEN = "specimen", _("Specimen and DNA")
    LIBRARY = "library", pgettext_lazy("stage", "Library and capture")
    RUN = "run", pgettext_lazy("stage", "Sequencing run")
    SAMPLE = "sample", _("Sample data")
    CONTROL = "control", _("Reference material and controls")


class ChartTransform(models.TextChoices):
    NONE = "none", pgettext_lazy("transform", "None")
    LOG = "log", pgettext_lazy("transform", "Logarithm")
    LOGIT = "logit", pgettext_lazy("transform", "Logit")


class MeasurementSource(models.TextChoices):
    COMPUTED = "computed", pgettext_lazy("source", "Computed here")
    IMPORTED = "imported", pgettext_lazy("source", "Imported from a tool's output")
    ENTERED = "entered", pgettext_lazy("source", "Entered by a person")


class VariantType(models.TextChoices):
    SNP = "SNP", _("SNV")
    INDEL = "INDEL", _("Indel")


class SignatureMeaning(models.TextChoices):
    """Why somebody signed; printed with every signature."""

    AUTHORED = "authored", _("Authored")
    PLAN_APPROVED = "plan_approved", _("Plan approved and locked")
    REVIEWED = "reviewed", _("Reviewed")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", pgettext_lazy("signature meaning", "Rejected")


class SignatureMethod(models.TextChoices):
    PASSWORD = "password", _("Password")
    PASSWORD_TOTP = "password_totp", _("Password and one-time code")


class AuditOperation(models.TextChoices):
    INSERT = "insert", pgettext_lazy("audit", "Created")
    UPDATE = "update", pgettext_lazy("audit", "Changed")
    DELETE = "delete", pgettext_lazy("audit", "Removed")
    EVENT = "event", pgettext_lazy("audit", "Event")
