"""The triggers that audit studies, hold their states to the transition map and freeze what was signed."""

from django.db import migrations

from lims.database import AppendOnlyTable, AuditTable, FreezeChildren, FreezeRow, GuardTransitions

AUDITED = [
    "validation_criterion",
    "validation_evaluation",
    "validation_evidence",
    "validation_judgement",
    "validation_judgement_measurements",
    "validation_study",
    "validation_studyreport",
]
APPEND_ONLY = [
    "validation_evaluation",
    "validation_judgement",
    "validation_judgement_measurements",
    "validation_studyreport",
]
EDGES = {
    "draft": ["locked", "withdrawn"],
    "locked": ["submitted", "withdrawn"],
    "submitted": ["approved", "rejected"],
    "rejected": ["locked", "withdrawn"],
    "approved": ["retired"],
}
AFTER_PLAN = ["locked_at", "locked_by_id", "submitted_at", "submitted_by_id", "decided_at", "decided_by_id"]


class Migration(migrations.Migration):
    dependencies = [("validation", "0001_first_studies"), ("lims", "0002_audit_trail_and_guards")]

    operations = [
        *(AuditTable(table) for table in AUDITED),
        *(AppendOnlyTable(table) for table in APPEND_ONLY),
        GuardTransitions("validation_study", "state", ["draft"], EDGES),
        # From the plan's signature on, only the steps that follow and the conclusion may be written; after the decision, no more.
        FreezeRow(
            "validation_study",
            "state",
            ["locked", "submitted", "rejected"],
            [*AFTER_PLAN, "conclusion", "limitations"],
        ),
        FreezeRow("validation_study", "state", ["approved", "withdrawn", "retired"], [], name="freeze_decided"),
        FreezeChildren("validation_criterion", "study_id", "validation_study", "state", ["draft"]),
        FreezeChildren("validation_evidence", "study_id", "validation_study", "state", ["locked"]),
    ]
