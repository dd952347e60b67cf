"""What the role that the application runs as may do in the database: use the records, never lift their guards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

READ_ONLY_TABLES = frozenset({"audit_entry", "audit_head", "django_migrations"})
FUNCTIONS = (
    "audit_record_event(text, text, jsonb)",
    "audit_hash(audit_entry)",
    "audit_setting(text)",
)

_APPEND_ONLY = """
SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
 WHERE tgname = 'append_only' AND relnamespace = 'public'::regnamespace
"""
_TABLES = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
_TOO_MIGHTY = """
SELECT rolsuper OR rolreplication OR rolcreaterole OR pg_has_role(rolname, current_user, 'MEMBER')
  FROM pg_roles WHERE rolname = %s
"""


def privileges_by_table() -> dict[str, str]:
    """Return what the runtime role gets on each table; append-only tables are known by their trigger."""
    append_only = _names(_APPEND_ONLY)
    return {table: _privileges(table, append_only) for table in sorted(_names(_TABLES))}


def grant(role: str) -> None:
    """Give `role` what it needs and take everything else from it.

    Raises
    ------
    ImproperlyConfigured
        The role does not exist, or it could lift the guards.
    """
    _check(role)
    with transaction.atomic():
        quoted, database = _quoted(role), _quoted(connection.settings_dict["NAME"])
        _run(
            [
                # Without temporary tables nobody can put one before ours in the search path.
                f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC, {quoted}",
                f"GRANT CONNECT ON DATABASE {database} TO {quoted}",
                f"REVOKE ALL ON SCHEMA public FROM {quoted}",
                f"GRANT USAGE ON SCHEMA public TO {quoted}",
                f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted}",
                *(f"GRANT {what} ON {_quoted(table)} TO {quoted}" for table, what in privileges_by_table().items()),
                f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
                *(f"GRANT EXECUTE ON FUNCTION {function} TO {quoted}" for function in FUNCTIONS),
            ]
        )


def _privileges(table: str, append_only: Iterable[str]) -> str:
    if table in READ_ONLY_TABLES:
        return "SELECT"
    return "SELECT, INSERT" if table in append_only else "SELECT, INSERT, UPDATE, DELETE"


def _check(role: str) -> None:
    found = _rows(_TOO_MIGHTY, [role])
    if not found:
        raise ImproperlyConfigured(
            f"The database role {role} does not exist. Create it first: CREATE ROLE {role} LOGIN PASSWORD '…'. "
            "EXOMARK_RUNTIME_ROLE names it."
        )
    if found[0][0]:
        raise ImproperlyConfigured(
            f"The database role {role} is a superuser, may replicate or make roles, or acts as the tables' owner: "
            "it could switch the audit trail off. Run the application as another role; EXOMARK_RUNTIME_ROLE names it."
        )


def _names(query: str) -> set[str]:
    return {row[0] for row in _rows(query, [])}


def _rows(query: str, parameters: list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _run(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _quoted(name: object) -> str:
    return str(connection.ops.quote_name(str(name)))
