"""The audit trail's functions, and the triggers of every table of the laboratory."""

from pathlib import Path

from django.db import migrations

from lims.database import AppendOnlyTable, AuditTable, GuardTransitions

SQL = (Path(__file__).resolve().parent.parent / "sql" / "audit.sql").read_text(encoding="utf-8")

AUDITED = [
    "lims_assay",
    "lims_assayversion",
    "lims_datafile",
    "lims_jobinput",
    "lims_laboratory",
    "lims_library",
    "lims_measurement",
    "lims_metric",
    "lims_referencegenome",
    "lims_referencematerial",
    "lims_roleassignment",
    "lims_run",
    "lims_runlibrary",
    "lims_sample",
    "lims_site",
    "lims_truthset",
]
APPEND_ONLY = ["lims_jobinput", "lims_jobresult", "lims_measurement", "lims_signature"]

FILE_EDGES = {
    "receiving": ["verifying", "expired"],
    "verifying": ["ready", "rejected"],
}
JOB_EDGES = {
    "queued": ["running", "cancelled", "failed"],
    "running": ["queued", "done", "failed", "cancelled"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("lims", "0001_first_records"),
        ("otp_static", "0003_add_timestamps"),
        ("otp_totp", "0003_add_timestamps"),
    ]

    operations = [
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        *(AuditTable(table) for table in AUDITED),
        AuditTable("lims_user", ignored=["last_login"], masked=["password"]),
        AuditTable("lims_machinekey", ignored=["last_used_at", "last_used_address"], masked=["sha256"]),
        AuditTable("lims_upload", ignored=["offset_bytes"]),
        AuditTable(
            "lims_job",
            ignored=["heartbeat_at", "lease_token", "lease_expires_at", "progress_stage", "progress_fraction"],
        ),
        AuditTable("lims_jobresult", masked=["document"]),
        AuditTable("lims_signature", masked=["canonical_text"]),
        AuditTable(
            "otp_totp_totpdevice",
            ignored=["last_t", "drift", "throttling_failure_timestamp", "throttling_failure_count", "last_used_at"],
            masked=["key"],
        ),
        AuditTable(
            "otp_static_staticdevice",
            ignored=["throttling_failure_timestamp", "throttling_failure_count", "last_used_at"],
        ),
        AuditTable("otp_static_statictoken", masked=["token"]),
        *(AppendOnlyTable(table) for table in APPEND_ONLY),
        GuardTransitions("lims_datafile", "state", ["receiving", "verifying", "ready"], FILE_EDGES),
        GuardTransitions("lims_job", "state", ["queued"], JOB_EDGES),
    ]
