"""Who does what and why: every write runs inside `action`; the database's own triggers put its facts into the trail."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from django.conf import settings
from django.db import connection, transaction

from lims.exceptions import ReauthenticationFailed
from lims.models import User

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What an edge knows of the call that it serves."""

    request_id: str = ""
    client_address: str = ""


_OUTSIDE_A_REQUEST = RequestFacts()
request_facts: ContextVar[RequestFacts] = ContextVar("request_facts", default=_OUTSIDE_A_REQUEST)

_is_acting: ContextVar[bool] = ContextVar("is_acting", default=False)
_SETTINGS = ("actor", "actor_name", "action", "reason", "request_id", "client_address", "software_version")
_READ = "SELECT " + ", ".join(f"coalesce(current_setting('exomark.{name}', true), '')" for name in _SETTINGS)
_WRITE = "SELECT " + ", ".join(f"set_config('exomark.{name}', %s, true)" for name in _SETTINGS)


@contextmanager
def acting(*, by: User, action: str, reason: str = "") -> Iterator[None]:
    """Run a block as one transaction whose audit rows name the actor, the act and the reason.

    Inside another act, the outer act's facts are restored afterwards. A failed re-authentication is noted when the
    outermost act has been rolled back, so that it counts although nothing else of the act remains.
    """
    facts = request_facts.get()
    values = [by.username, by.printed_name, action, reason, facts.request_id, facts.client_address, settings.VERSION]
    is_outermost = not _is_acting.get()
    try:
        with _marked_as_acting(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_READ)
            outer = cast("tuple[str, ...]", cursor.fetchone())
            cursor.execute(_WRITE, values)
            yield
            cursor.execute(_WRITE, outer)
    except ReauthenticationFailed as error:
        if is_outermost:
            error.note()
        raise


@contextmanager
def _marked_as_acting() -> Iterator[None]:
    token = _is_acting.set(True)
    try:
        yield
    finally:
        _is_acting.reset(token)


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function an action: keyword-only, `by=` the actor, one transaction, named in the audit trail.

    The name in the trail is `<module>.<function>`; a keyword `reason` of the function is recorded too.
    """
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        by = cast("User", kwargs["by"])
        with acting(by=by, action=name, reason=str(kwargs.get("reason") or "")):
            return function(*args, **kwargs)

    wrapper.is_action = True  # type: ignore[attr-defined]
    return wrapper


def record_event(object_type: str, object_id: str, facts: dict[str, Any] | None = None) -> None:
    """Write an audit row for something that changes no table: a log-in, a download, a view of guarded fields.

    Call it inside `acting` or an action.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_record_event(%s, %s, %s::jsonb)",
            [object_type, object_id, json.dumps(facts or {}, default=str)],
        )
