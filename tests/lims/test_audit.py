"""The audit trail: what the database records, refuses and seals."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from lims.audit import acting, record_event
from lims.models import AuditEntry, AuditHead, Sample, User
from tests.factories import lims as make

pytestmark = pytest.mark.django_db


def newest(object_type: str) -> AuditEntry:
    return AuditEntry.objects.filter(object_type=object_type).first()


def test_acting__names_actor_act_and_reason_in_the_row(technician: User) -> None:
    with acting(by=technician, action="samples.register", reason="arrived"):
        sample = make.sample(code="S-1")

    entry = newest("lims_sample")
    assert (entry.actor, entry.action, entry.reason) == ("technician", "samples.register", "arrived")
    assert (entry.object_id, entry.operation, entry.after["code"]) == (str(sample.pk), "insert", "S-1")


def test_acting__inside_another_act_gives_the_outer_one_back(technician: User, director: User) -> None:
    with acting(by=technician, action="outer"):
        with acting(by=director, action="inner"):
            make.sample()
        make.sample()

    assert list(AuditEntry.objects.filter(object_type="lims_sample").values_list("action", "actor")) == [
        ("outer", "technician"),
        ("inner", "director"),
    ]


def test_acting__that_fails_leaves_neither_row_nor_entry(technician: User) -> None:
    with pytest.raises(RuntimeError), acting(by=technician, action="samples.register"):
        make.sample(code="S-1")
        raise RuntimeError

    assert not Sample.objects.filter(code="S-1").exists()
    assert not AuditEntry.objects.filter(object_type="lims_sample").exists()


def test_update__records_only_what_changed() -> None:
    sample = make.sample(note="old")
    sample.note = "new"
    sample.save()

    entry = newest("lims_sample")
    assert (entry.before, entry.after) == ({"note": "old"}, {"note": "new"})


def test_bulk_and_raw_writes__are_recorded_too() -> None:
    sample = make.sample()
    Sample.objects.filter(pk=sample.pk).update(note="by update()")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE lims_sample SET note = 'by SQL' WHERE id = %s", [sample.pk])

    updates = AuditEntry.objects.filter(object_type="lims_sample", operation="update")
    assert list(updates.values_list("after__note", flat=True)) == ["by SQL", "by update()"]
    assert newest("lims_sample").actor.startswith("db:")


def test_secrets__are_masked(technician: User) -> None:
    technician.set_password("another-long-password")
    technician.save()

    assert newest("lims_user").after["password"] == "•••"


def test_ignored_columns__alone_write_nothing() -> None:
    job = make.job()
    before = AuditEntry.objects.count()
    job.progress_fraction = 0.5
    job.save()

    assert AuditEntry.objects.count() == before


def test_record_event__is_an_event_and_never_a_forged_change(technician: User) -> None:
    with acting(by=technician, action="files.download"):
        record_event("lims_datafile", "7", {"name": "reads.bam"})

    entry = newest("lims_datafile")
    assert (entry.operation, entry.after) == ("event", {"name": "reads.bam"})


def test_entries__refuse_update_and_delete() -> None:
    make.sample()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in ("UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_seal__chains_the_rows_without_gaps() -> None:
    make.sample()
    make.sample()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    entries = list(AuditEntry.objects.order_by("sequence"))
    head = AuditHead.objects.get()
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.previous_hash for entry in entries] == ["", *(entry.hash for entry in entries[:-1])]
    assert (head.sequence, head.hash) == (entries[-1].sequence, entries[-1].hash)


def test_append_only_table__refuses_change() -> None:
    measurement_table = "lims_measurement"
    library = make.run_library()
    metric = make.metric()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {measurement_table} (metric_id, run_library_id, value, source, recorded_at, recorded_by_id,"
            " reason, variant_type, stratum) VALUES (%s, %s, 1.0, 'entered', now(), %s, '', '', '')",
            [metric.pk, library.pk, library.loaded_by_id],
        )
    for statement in (f"UPDATE {measurement_table} SET value = 2", f"DELETE FROM {measurement_table}"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_guarded_state__refuses_an_undefined_edge() -> None:
    job = make.job(state="done")
    job.state = "queued"
    with pytest.raises(IntegrityError, match="cannot move from done to queued"), transaction.atomic():
        job.save()
