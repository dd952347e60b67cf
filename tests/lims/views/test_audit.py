"""The audit trail for auditors, its export, and the page of a signature."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lims import signing
from lims.audit import acting
from lims.choices import Role
from lims.models import AuditEntry, Sample, User
from lims.permissions import Permission
from lims.selectors import audit
from tests.factories import lims as make
from tests.lims.actions.test_signatures import sign

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def sample(technician: User) -> Sample:
    make.somebody()
    with acting(by=technician, action="material.register_sample", reason="arrived on dry ice"):
        row = make.sample(code="S-77", note="frozen")
    with acting(by=technician, action="material.edit_sample", reason="checked"):
        row.note = "thawed"
        row.save()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return row


def shown(client: Client, **query: Any) -> list[tuple[str, str, str]]:
    answer = client.get("/audit/", query)
    assert answer.status_code == 200, answer.content.decode()
    return [(entry.object_type, entry.object_id, entry.operation) for entry in answer.context["page"].entries]


def test_filters__find_what_was_done_to_one_record(client_of: ClientOf, auditor: User, sample: Sample) -> None:
    story = [("lims_sample", str(sample.pk), "update"), ("lims_sample", str(sample.pk), "insert")]
    assert shown(client_of(auditor), object_type="lims_sample", object_id=sample.pk) == story


@pytest.mark.parametrize(
    ("query", "operations"),
    [
        ({"actor": "technician"}, ["update", "insert"]),
        ({"actor": "nobody"}, []),
        ({"action": "material.edit"}, ["update"]),
        ({"operation": "insert", "actor": "technician"}, ["insert"]),
        ({"reason": "DRY ice"}, ["insert"]),
        ({"recorded_from": "2999-01-01"}, []),
        ({"recorded_to": "1999-01-01"}, []),
    ],
)
def test_filter__lets_through(
    client_of: ClientOf, auditor: User, sample: Sample, query: dict[str, str], operations: list[str]
) -> None:
    assert [operation for _table, _pk, operation in shown(client_of(auditor), **query)] == operations


def test_days__are_the_laboratorys(client_of: ClientOf, auditor: User, sample: Sample) -> None:
    today = timezone.localdate().isoformat()
    assert len(shown(client_of(auditor), actor="technician", recorded_from=today, recorded_to=today)) == 2


def test_page__shows_before_and_after_in_words(client_of: ClientOf, auditor: User, sample: Sample) -> None:
    page = client_of(auditor).get("/audit/", {"actor": "technician"}).content.decode()
    assert "<del>frozen</del> → <ins>thawed</ins>" in page
    assert "arrived on dry ice" in page


def test_unreadable_filter__answers_422_and_shows_nothing(client_of: ClientOf, auditor: User, sample: Sample) -> None:
    answer = client_of(auditor).get("/audit/", {"recorded_from": "yesterday"})
    assert (answer.status_code, answer.context["page"].entries) == (422, [])


def test_who_may_not_read_the_trail__is_told_who_may(client_of: ClientOf, technician: User) -> None:
    answer = client_of(technician).get("/audit/")
    assert answer.status_code == 403
    assert "Auditor" in answer.content.decode()


def test_pages__walk_the_whole_trail_there_and_back_without_counting_it(client_of: ClientOf, auditor: User) -> None:
    Sample.objects.bulk_create(
        Sample(code=f"S-{number}", registered_by=auditor) for number in range(audit.PAGE_LENGTH * 2 + 7)
    )
    client, query = client_of(auditor), {"object_type": "lims_sample"}
    everything = list(AuditEntry.objects.filter(**query).order_by("-id").values_list("id", flat=True))

    with CaptureQueriesContext(
        connection,
    ) as captured:
        page = client.get("/audit/", query).context["page"]
    assert not any("COUNT(" in each["sql"].upper() for each in captured)

    there = [[entry.pk for entry in page.entries]]
    while page.older_than:
        page = client.get("/audit/", {**query, "older_than": page.older_than}).context["page"]
        there.append([entry.pk for entry in page.entries])
    assert [len(ids) for ids in there] == [50, 50, 7]
    assert [pk for ids in there for pk in ids] == everything

    back = [there[-1]]
    while page.newer_than:
        page = client.get("/audit/", {**query, "newer_than": page.newer_than}).context["page"]
        back.insert(0, [entry.pk for entry in page.entries])
    assert back == there
    assert page.newer_than is None


def test_verify__says_how_far_and_keeps_it_on_the_page(client_of: ClientOf, auditor: User, sample: Sample) -> None:
    client = client_of(auditor)
    assert "Not verified yet" in client.get("/audit/").content.decode()
    client.post("/audit/verify/")
    verification = audit.last_verification()
    assert verification.verified_by == "Auditor"
    assert AuditEntry.objects.get(sequence=verification.sequence).hash == verification.hash
    assert f"Verified up to {verification.sequence:,}" in client.get("/audit/").content.decode()


def test_verify__that_finds_a_change_names_it(client_of: ClientOf, auditor: User, sample: Sample) -> None:
    entry = AuditEntry.objects.get(object_type="lims_sample", operation="update")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = 'replica'")
        cursor.execute("UPDATE audit_entry SET reason = 'x' WHERE id = %s", [entry.pk])
        cursor.execute("SET session_replication_role = 'origin'")
    client = client_of(auditor)
    client.post("/audit/verify/")
    page = client.get("/audit/").content.decode()
    assert f"Entry {entry.sequence} was altered" in page
    client.post("/audit/verify/")  # a fault is not forgotten by verifying again
    assert f"Entry {entry.sequence} was altered" in client.get("/audit/").content.decode()


def export(client: Client, file_format: str, **query: str) -> str:
    return b"".join(client.get(f"/audit/export/{file_format}/", query).streaming_content).decode()


def test_export__as_csv_has_the_filtered_rows_and_no_formula(
    client_of: ClientOf, auditor: User, technician: User
) -> None:
    make.somebody()
    with acting(by=technician, action="material.register_sample", reason="=HYPERLINK(1)"):
        make.sample(code="S-1")
    text = export(client_of(auditor), "csv", actor="technician")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(row["actor"], row["object_type"], row["reason"]) for row in rows] == [
        ("technician", "lims_sample", "'=HYPERLINK(1)")
    ]
    assert json.loads(rows[0]["after"])["code"] == "S-1"


def test_export__as_json_is_the_same_chain(client_of: ClientOf, auditor: User, sample: Sample) -> None:
    rows = json.loads(export(client_of(auditor), "json", object_type="lims_sample"))
    stored = AuditEntry.objects.filter(object_type="lims_sample").order_by("id")
    assert [(row["sequence"], row["hash"]) for row in rows] == list(stored.values_list("sequence", "hash"))


def test_export__is_written_into_the_trail(client_of: ClientOf, auditor: User, sample: Sample) -> None:
    export(client_of(auditor), "csv", actor="technician")
    entry = AuditEntry.objects.get(action="audit_trail.note_export")
    assert (entry.actor, entry.after) == ("auditor", {"filters": {"actor": "technician"}, "format": "csv"})


def test_export__in_another_format_is_not_there(client_of: ClientOf, auditor: User) -> None:
    assert client_of(auditor).get("/audit/export/xlsx/").status_code == 404


def test_story_of_a_record__is_shown_to_who_may_read_the_record(
    technician: User, outsider: User, administrator: User, sample: Sample
) -> None:
    entries = audit.entries_of(user=technician, table="lims_sample", object_id=sample.pk)
    assert [entry.operation for entry in entries] == ["update", "insert"]
    assert audit.entries_of(user=outsider, table="lims_sample", object_id=sample.pk) == []
    assert audit.entries_of(user=technician, table="lims_user", object_id=technician.pk) == []
    assert audit.entries_of(user=administrator, table="lims_user", object_id=technician.pk)


@pytest.fixture
def record() -> Any:
    """A kind of record whose content the test holds in its hands."""
    content = {"limit": "0.95"}
    signing.register_record(
        "test.record",
        lambda _pk: content,
        label="Test record",
        permission=Permission.STUDY_READ,
        url=lambda pk: f"/t/{pk}",
    )
    yield content
    signing._records.pop("test.record")


def test_signature__is_intact_until_the_record_changes(
    client_of: ClientOf, person: Callable[..., User], technician: User, record: dict[str, str]
) -> None:
    signature = sign(person("boss", Role.DIRECTOR), content={"limit": "0.95"})
    client = client_of(technician)
    answer = client.get(f"/signatures/{signature.pk}/")
    assert answer.context["state"].is_intact
    assert "intact" in answer.content.decode()

    record["limit"] = "0.80"
    page = client.get(f"/signatures/{signature.pk}/").content.decode()
    assert "$.limit" in page
    assert "0.80" in page
    assert "not intact" in page


def test_signature__under_a_record_of_no_known_kind_is_for_auditors(
    client_of: ClientOf, person: Callable[..., User], technician: User, auditor: User
) -> None:
    signature = sign(person("boss", Role.DIRECTOR))
    assert client_of(technician).get(f"/signatures/{signature.pk}/").status_code == 403
    assert client_of(auditor).get(f"/signatures/{signature.pk}/").status_code == 200
    assert client_of(auditor).get("/signatures/999999/").status_code == 404
