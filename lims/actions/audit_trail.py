"""What is written of reading the trail: that it was verified, how far, and that parts of it were carried out."""

from __future__ import annotations

from typing import Any

from lims.audit import action, record_event
from lims.models import User
from lims.permissions import Permission
from lims.policies import check_has
from lims.selectors import audit_verification
from lims.selectors.audit import last_verification
from lims.selectors.audit_verification import Anchor, ChainReport


@action
def verify(*, by: User) -> ChainReport:
    """Verify the trail from where it was last found intact, and write down how far it holds."""
    check_has(by, Permission.AUDIT_READ)
    last = last_verification()
    since = Anchor(last.sequence, last.hash) if last and last.is_intact else audit_verification.BEGINNING
    report = audit_verification.verify_chain(since=since)
    _write(report)
    return report


@action
def note_verification(*, by: User, report: ChainReport) -> None:
    """Write down what `manage.py verify_audit` found; whoever may run that command may do this."""
    _write(report)


@action
def note_export(*, by: User, filters: dict[str, Any], file_format: str) -> None:
    """Write down who carried which part of the trail out of the laboratory."""
    check_has(by, Permission.AUDIT_READ)
    record_event("audit_entry", "", {"filters": filters, "format": file_format})


def _write(report: ChainReport) -> None:
    facts = {"sequence": report.verified_to.sequence, "hash": report.verified_to.hash, "fault": report.fault}
    record_event("audit_head", "1", facts)
