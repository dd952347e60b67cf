"""The one family of errors that actions, selectors and policies raise; edges translate it once (`config/errors.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.utils.functional import Promise

Sentence = str | Promise


class DomainError(Exception):
    """What was asked cannot be done.

    Parameters
    ----------
    message : str or lazy str
        A sentence for a person: what happened, what it means, what to do.
    code : str
        Stable machine name.
    fields : mapping, optional
        Sentences by the field of the input that they speak of.
    """

    status = 422
    code = "invalid"

    def __init__(
        self, message: Sentence, *, code: str | None = None, fields: Mapping[str, Sentence] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        return str(self.message)


class InvalidInput(DomainError):
    """The values given break a rule."""


class NotFound(DomainError):
    """There is no such record for this person."""

    status = 404
    code = "not_found"


class NotPermitted(DomainError):
    """This person may not do this; `roles` names the roles that may."""

    status = 403
    code = "not_permitted"

    def __init__(self, message: Sentence, *, roles: Iterable[str] = (), code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.roles = tuple(roles)


class InvalidTransition(DomainError):
    """The record is in a state in which this may not be done."""

    status = 409
    code = "invalid_transition"


class Stale(DomainError):
    """Somebody else changed the record in the meantime."""

    status = 409
    code = "stale"


class Differs(DomainError):
    """A record of this key is there already, with other values; `fields` names each."""

    status = 409
    code = "differs"


class LockedOut(DomainError):
    """Too many failed tries; nothing is checked until the time is over."""

    status = 429
    code = "locked_out"


class ReauthenticationFailed(InvalidInput):
    """The password or the one-time code given again is not right.

    `note` counts the failure and writes it into the trail. It runs after the act has been rolled back, because what the
    act's own transaction wrote is lost with it.
    """

    code = "reauthentication_failed"

    def __init__(self, message: Sentence, *, fields: Mapping[str, Sentence], note: Callable[[], None]) -> None:
        super().__init__(message, fields=fields)
        self.note = note
