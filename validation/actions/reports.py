"""Issuing the report of a decided study."""

from __future__ import annotations

import hashlib
import uuid

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims import storage
from lims.audit import action
from lims.choices import FileKind, FileOrigin, FileState
from lims.exceptions import InvalidInput, InvalidTransition
from lims.models import DataFile, User
from lims.permissions import Permission
from lims.policies import check_has
from validation.documents import study_report
from validation.models import Study, StudyReport
from validation.selectors import reports


@action
def issue(*, by: User, study: Study, language: str) -> StudyReport:
    """Typeset the report of a decided study and keep it; the same record gives the stored report.

    Raises
    ------
    InvalidTransition
        The study has not been decided on.
    InvalidInput
        The language is not one of the product's.
    """
    check_has(by, Permission.REPORT_READ)
    if language not in dict(settings.LANGUAGES):
        raise InvalidInput(_("There is no report in this language."), fields={"language": _("Choose a language.")})
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    source = reports.source_of(study)
    stored = study.reports.filter(language=language, content_sha256=source.content_sha256).first()
    if stored is not None:
        return stored
    anchor = source.anchor
    if anchor.sequence is None or anchor.hash is None:
        raise InvalidTransition(_("The decision is not sealed in the audit trail yet. Ask for the report again."))
    file = _store(by, f"{study.code}.{language}.pdf", study_report.render(source, language=language))
    return StudyReport.objects.create(
        study=study,
        language=language,
        file=file,
        content_sha256=source.content_sha256,
        audit_sequence=anchor.sequence,
        audit_hash=anchor.hash,
        issued_by=by,
    )


def _store(by: User, name: str, content: bytes) -> DataFile:
    public_id = uuid.uuid4()
    return DataFile.objects.create(
        public_id=public_id,
        name=name,
        kind=FileKind.REPORT,
        state=FileState.READY,
        origin=FileOrigin.COMPUTED,
        location=storage.store_content(public_id, name, content),
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        registered_by=by,
        verified_at=timezone.now(),
    )
