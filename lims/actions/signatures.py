"""Electronic signatures: the signer is asked for again, is not an author, and signs exactly one text."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims import canonical
from lims.actions import reauthentication
from lims.audit import action
from lims.choices import SignatureMeaning
from lims.exceptions import InvalidInput, NotPermitted
from lims.models import Signature, User


@action
def sign(
    *,
    by: User,
    record_type: str,
    record_id: str,
    content: dict[str, Any],
    meaning: SignatureMeaning,
    password: str,
    one_time_code: str = "",
    reason: str = "",
    author_ids: Collection[int],
) -> Signature:
    """Put a signature under the canonical text of `content`.

    Whether this person may sign this record with this meaning is the caller's policy; that the signer is who they claim
    to be and not one of the authors is checked here.
    """
    if by.pk in author_ids:
        raise NotPermitted(_("You are an author of this record. Somebody else must sign it."), code="signer_is_author")
    if meaning == SignatureMeaning.REJECTED and not reason.strip():
        raise InvalidInput(_("Say why it is rejected."), fields={"reason": _("A reason is needed.")})
    method = reauthentication.confirm(by=by, password=password, one_time_code=one_time_code)
    text = canonical.text(content)
    return Signature.objects.create(
        record_type=record_type,
        record_id=record_id,
        meaning=meaning,
        signer=by,
        signer_printed_name=by.printed_name,
        signer_roles=sorted(by.roles),
        signed_at=timezone.now(),
        time_zone=timezone.get_current_timezone_name(),
        method=method,
        reason=reason.strip(),
        canonical_text=text,
        sha256=canonical.sha256(content),
    )
