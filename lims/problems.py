"""The one shape of every error of the REST interface: `{message, code, fields}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lims.exceptions import DomainError


def problem(message: str, code: str, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the body of an error answer.

    Parameters
    ----------
    message : str
        A sentence for a person, in the language asked for.
    code : str
        Stable machine name.
    fields : mapping, optional
        Sentences by field of the input.
    """
    return {"message": message, "code": code, "fields": dict(fields or {})}


def problem_of(error: DomainError) -> dict[str, Any]:
    """Return the body for a domain error."""
    return problem(str(error), error.code, {name: str(sentence) for name, sentence in error.fields.items()})
