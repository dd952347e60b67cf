"""What is written of reading the trail: that it was verified, how far, and that parts of it were carried out."""

from __future__ import annotations

from typing import Any

import structlog

from lims.audit import action, record_event
from lims.models import User
from lims.permissions import Permission
from lims.policies import check_has
from lims.selectors import audit_verification
from lims.selectors.audit import head, last_verification
from lims.selectors.audit_verification import BEGINNING, Anchor, ChainReport

log = structlog.get_logger()
_ENTRIES_AT_ONCE = 200_000  # some five seconds


@action
def verify(*, by: User) -> ChainReport:
    """Verify the trail while somebody waits, and write down how far it holds.

    A trail too long for that is read on from where it was last found intact; every night it is read whole.
    """
    check_has(by, Permission.AUDIT_READ)
    last, end = last_verification(), head()
    is_short = end is None or end.sequence <= _ENTRIES_AT_ONCE
    since = BEGINNING if is_short or last is None or not last.is_intact else Anchor(last.sequence, last.hash)
    report = audit_verification.verify_chain(since=since)
    _write(report)
    return report


@action
def verify_whole(*, by: User) -> ChainReport:
    """Verify the trail from its first entry, and write down how far it holds; the scheduler asks for it every night."""
    report = audit_verification.verify_chain()
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
    if report.fault:
        log.error("audit_trail_broken", fault=report.fault)
    facts = {"sequence": report.verified_to.sequence, "hash": report.verified_to.hash, "fault": report.fault}
    record_event("audit_head", "1", facts)
