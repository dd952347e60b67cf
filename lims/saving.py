"""Inserting and changing rows that their model finds valid; what is wrong is said field by field."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from lims.exceptions import InvalidInput, Sentence

Row = TypeVar("Row", bound=models.Model)


def save_valid(row: Row) -> Row:
    """Insert a row that its model finds valid.

    Raises
    ------
    InvalidInput
        With a sentence for each field that the model refuses; `recorded_meanwhile` where somebody else was faster.
    """
    check_valid(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        message = _("Somebody recorded the same at the same moment. Look at what is there now.")
        raise InvalidInput(message, code="recorded_meanwhile") from error
    return row


def change_valid(row: Row, fields: Collection[str]) -> Row:
    """Write changed fields of a row that its model still finds valid."""
    check_valid(row)
    row.save(update_fields=fields)
    return row


def check_valid(row: models.Model) -> None:
    """Refuse a row that breaks a rule of its model."""
    try:
        row.full_clean()
    except ValidationError as error:
        sentences = {name: " ".join(each) for name, each in error.message_dict.items()}
        fields = {name: sentence for name, sentence in sentences.items() if name != NON_FIELD_ERRORS}
        raise InvalidInput(" ".join(sentences.values()), fields=fields) from error


def check_reason(reason: str, message: Sentence) -> None:
    """Refuse an act that needs a reason and has none; `message` asks for it."""
    if not reason.strip():
        raise InvalidInput(message, fields={"reason": _("A reason is needed.")})
