"""Every table is audited by a trigger of the database, or listed here with the reason why not."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db

# Neither the trail itself nor what only says that the machinery runs.
EXEMPT = {
    "audit_entry": "it is the trail",
    "audit_head": "it is the end of the trail",
    "django_session": "sessions: log-in and log-out are events of the trail; the content changes with every request",
    "django_content_type": "written by migrations alone",
    "django_migrations": "written by migrations alone",
    "auth_group": "unused: roles are assignments of our own",
    "auth_group_permissions": "unused",
    "auth_permission": "written by migrations alone; unused",
    "axes_accessattempt": "counts failed tries, which are events of the trail; emptied by every success",
    "axes_accessattemptexpiration": "unused",
    "axes_accesslog": "log-ins, which are events of the trail",
    "axes_accessfailurelog": "unused; failed tries are events of the trail",
    "lims_workerheartbeat": "a sign of life every few seconds",
}


def audited_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE tgname = 'audit_capture' AND tgenabled = 'O' AND tgtype & 29 = 29"  # row, insert, delete, update
        )
        return {row[0] for row in cursor.fetchall()}


def model_tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}


def test_every_model__is_audited_or_exempt_with_a_reason() -> None:
    assert model_tables() - audited_tables() - set(EXEMPT) == set()


def test_every_table__belongs_to_a_model_or_is_exempt() -> None:
    tables = set(connection.introspection.table_names())
    assert tables - model_tables() - set(EXEMPT) == set()


def test_exemptions__are_needed_and_exist() -> None:
    assert set(EXEMPT) & audited_tables() == set()
    assert set(EXEMPT) <= set(connection.introspection.table_names())


def test_secrets__are_masked_wherever_they_are_audited() -> None:
    secrets = {
        ("lims_user", "password"),
        ("lims_machinekey", "sha256"),
        ("otp_totp_totpdevice", "key"),
        ("otp_static_statictoken", "token"),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, split_part(encode(tgargs, 'escape'), '\\000', 2) FROM pg_trigger"
            " JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = 'audit_capture'"
        )
        masked = {(table, column) for table, columns in cursor.fetchall() for column in columns.split(",")}
    assert secrets <= masked
